"""The schema steps lead to the tables of `db.tables`, and a newer catalogue is left alone."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from core.errors import HomeUnusable
from core.services.workspace import open_home
from core.settings import Settings
from db import Database, migrations
from db.tables import Base


def test_the_steps_end_at_the_models(tmp_path: Path):
    db = Database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    migrations.upgrade(db)
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_missing_column_would_be_seen(tmp_path: Path):
    db = Database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    migrations.upgrade(db)
    with db.transaction() as session:
        session.execute(text("ALTER TABLE reader DROP COLUMN created_at"))
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) != []


def test_there_is_one_head():
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [migrations.head()]


def test_upgrading_twice_changes_nothing_and_keeps_the_rows(tmp_path: Path):
    settings = Settings(tmp_path / "home", f"sqlite:///{tmp_path / 'home' / 'catalogue.sqlite'}")
    open_home(settings).close()
    again = open_home(settings)
    with again.read() as session:
        assert session.scalar(text("SELECT count(*) FROM project")) == 1
    assert migrations.current(again) == migrations.head()


def test_a_newer_schema_is_refused_with_a_sentence_and_untouched(tmp_path: Path):
    settings = Settings(tmp_path / "home", f"sqlite:///{tmp_path / 'home' / 'catalogue.sqlite'}")
    db = open_home(settings)
    with db.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    db.close()
    with pytest.raises(HomeUnusable) as refused:
        open_home(settings)
    said = str(refused.value)
    assert "9999" in said
    assert migrations.head() in said
    assert "--home" in said
    assert migrations.current(Database(settings.database_url)) == "9999"


def test_a_catalogue_at_the_newest_is_opened_without_alembic(tmp_path: Path):
    settings = Settings(tmp_path / "home", f"sqlite:///{tmp_path / 'home' / 'catalogue.sqlite'}")
    open_home(settings).close()
    code = (
        "import sys; from core.settings import Settings; from core.services.workspace import open_home; "
        f"open_home(Settings.read({str(settings.home)!r})).close(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
