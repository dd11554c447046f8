"""The schema steps lead to the tables of `db.tables`, and a newer catalogue is left alone."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from core.errors import HomeUnusable
from core.services.workspace.home import open_home
from core.settings import Settings
from db import Database, migrations, schema
from db.tables import Base, Run, Snapshot, SnapshotCase
from db.vocabulary import TaskKind


def test_the_steps_end_at_the_models(tmp_path: Path):
    db = Database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    command.upgrade(migrations._config(db), "head")
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_new_catalogue_has_every_column_constraint_and_index_that_the_steps_make(tmp_path: Path):
    created, stepped = (Database(f"sqlite:///{tmp_path / name}.sqlite") for name in ("created", "stepped"))
    migrations.upgrade(created)
    command.upgrade(migrations._config(stepped), "head")
    assert schema.statements(created) == schema.statements(stepped)
    assert len(schema.statements(created)) > 40
    assert migrations.current(created) == migrations.current(stepped) == migrations.head()


def test_of_processes_that_open_a_new_catalogue_at_once_one_makes_it(tmp_path: Path):
    databases = [Database(f"sqlite:///{tmp_path / 'c.sqlite'}") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(migrations.upgrade, databases))
    with databases[0].read() as session:
        assert session.scalars(text("SELECT version_num FROM alembic_version")).all() == [migrations.head()]


def test_tables_without_a_version_are_not_taken_for_a_new_catalogue(tmp_path: Path):
    db = Database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    with db.transaction() as session:
        session.execute(text("CREATE TABLE project (id INTEGER)"))
    with pytest.raises(OperationalError, match="table project already exists"):
        migrations.upgrade(db)
    assert migrations.current(db) is None


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
    message = str(refused.value)
    assert "9999" in message
    assert migrations.head() in message
    assert "--home" in message
    assert migrations.current(Database(settings.database_url)) == "9999"


def test_a_catalogue_that_is_new_or_at_the_newest_is_opened_without_alembic(tmp_path: Path):
    opened = f"open_home(Settings.read({str(tmp_path / 'home')!r})).close()"
    code = (
        "import sys; from core.settings import Settings; from core.services.workspace.home import open_home; "
        f"{opened}; {opened}; sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_older_catalogue_keeps_every_row_and_every_law(tmp_path: Path):
    db = Database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    _old(db, "0001")
    migrations.upgrade(db)
    with db.read() as session:
        for table in ("case", "annotation"):
            assert session.scalar(text(f'SELECT count(*) FROM "{table}"')) == 1
        assert session.execute(text("SELECT kind, guideline FROM task")).one() == ("single", "")
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
        assert session.execute(text("SELECT flips, measure, low FROM task")).one() == ("none", "", None)
        made = dict(session.execute(text("SELECT name, sql FROM sqlite_master")).all())
    for law in ("answer_known", "label_has_class", "labelsource_known", "value_has_number"):
        assert law in made["annotation"]
    assert "answer_known" in made["case"]
    assert all(law in made["task"] for law in ("unit_known", "taskkind_known", "mirrorsymmetry_known"))
    with db.transaction() as session:
        session.execute(text("UPDATE annotation SET answer = 'findings', label_id = NULL"))
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.execute(text("UPDATE annotation SET answer = 'label'"))
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.execute(text("UPDATE annotation SET answer = 'value'"))
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.execute(text('DELETE FROM "case"'))


def test_what_was_frozen_before_there_were_kinds_is_of_one_label_each(tmp_path: Path):
    db = Database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    _old(db, "0002")
    with db.transaction() as session:
        for row in FROZEN_ROWS:
            session.execute(text(row))
    migrations.upgrade(db)
    with db.read() as session:
        assert session.scalars(select(Snapshot.kind)).all() == [TaskKind.SINGLE]
        assert session.scalars(select(SnapshotCase.targets)).all() == [None]
        assert session.scalars(select(Run.extra_snapshots)).all() == [[]]
    with db.transaction() as session:
        session.execute(text("UPDATE task SET unit = 'study', kind = 'number', low = 0, high = 120, flips = 'any'"))
        session.execute(text("UPDATE annotation SET answer = 'value', label_id = NULL, value = 61.5"))
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.execute(text("UPDATE task SET flips = 'diagonal'"))
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.execute(text('UPDATE "case" SET study_id = 7'))


def test_a_catalogue_of_before_there_were_points_keeps_its_runs_and_jobs(tmp_path: Path):
    db = Database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    _old(db, "0003")
    with db.transaction() as session:
        for row in (*FROZEN_ROWS, *JOB_ROWS):
            session.execute(text(row))
    migrations.upgrade(db)
    with db.read() as session:
        assert session.execute(text("SELECT kind, state, run_id FROM job ORDER BY id")).all() == [
            ("train", "succeeded", 1),
            ("predict", "queued", 1),
        ]
        assert session.scalars(select(Run.external_source)).all() == [None]
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        made = dict(session.execute(text("SELECT name, sql FROM sqlite_master")).all())
    assert all(law in made["job"] for law in ("jobkind_known", "jobstate_known", "UNIQUE (request_key)"))
    with db.transaction() as session:
        session.execute(text("UPDATE job SET kind = 'analyze' WHERE id = 2"))
        session.execute(text(POINT.format(level="patient", rule="max")))
    refused = (
        "UPDATE job SET kind = 'dream'",
        "UPDATE job SET state = 'asleep'",
        POINT.format(level="patient", rule=""),
        POINT.format(level="image", rule="max"),
        POINT.format(level="planet", rule=""),
        "INSERT INTO test_set_view (run_id, reader_id, created_at) VALUES (7, 1, 0)",
        "INSERT INTO analysis (run_id, kind, checkpoint_sha256, settings, result, created_at) "
        "VALUES (7, 'check', '', '{}', '{}', 0)",
    )
    for row in refused:
        with pytest.raises(IntegrityError), db.transaction() as session:
            session.execute(text(row))


def test_a_point_of_before_weights_were_kept_says_that_they_are_not_known(tmp_path: Path):
    db = Database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    _old(db, "0004")
    with db.transaction() as session:
        for row in (*FROZEN_ROWS, POINT.format(level="patient", rule="max")):
            session.execute(text(row))
    migrations.upgrade(db)
    with db.read() as session:
        assert session.execute(text("SELECT threshold, checkpoint_sha256 FROM operating_point")).all() == [(0.5, None)]
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.execute(text(POINT.format(level="image", rule="max")))


def test_series_of_before_stacks_wait_to_be_grouped_and_keep_their_images(tmp_path: Path):
    db = Database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    _old(db, "0006")
    with db.transaction() as session:
        session.execute(text("INSERT INTO study VALUES (1, 1, 'u')"))
        for number in (1, 2):
            session.execute(
                text(f"INSERT INTO series (id, study_id, uid_key, modality) VALUES ({number}, 1, 's{number}', 'CT')")
            )
        session.execute(text("UPDATE image SET series_id = 1"))
        for number, series in ((2, 1), (3, 2)):
            session.execute(
                text(
                    "INSERT INTO image (id, project_id, patient_id, series_id, sha256, item, name, name_key, importer, "
                    f'format, "offset", pixel_sha256, position, created_at) VALUES ({number}, 1, 1, {series}, '
                    f"'a{number}', '', 'n', 'k', 'dicom', '{{}}', 0, 'p', {number}.5, 0)"
                )
            )
    migrations.upgrade(db)
    with db.read() as session:
        assert session.execute(text("SELECT id, stack, title, notes FROM series ORDER BY id")).all() == [
            (1, -1, "", "[]"),
            (2, 0, "", "[]"),
        ]
        assert session.execute(text("SELECT id, series_id, position, place, attributes FROM image")).all() == [
            (1, 1, 0.0, 0, "{}"),
            (2, 1, 2.5, 0, "{}"),
            (3, 2, 3.5, 0, "{}"),
        ]
    with db.transaction() as session:
        session.execute(text("INSERT INTO series (study_id, uid_key, modality, stack) VALUES (1, 's2', 'CT', 1)"))
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.execute(text("INSERT INTO series (study_id, uid_key, modality, stack) VALUES (1, 's2', 'CT', 1)"))


def _old(db: Database, revision: str) -> None:
    """A catalogue as an older Rounds left it, with one labelled case."""
    command.upgrade(migrations._config(db), revision)
    with db.transaction() as session:
        for row in OLD_ROWS:
            session.execute(text(row))


OLD_ROWS = (
    "INSERT INTO project VALUES (1, 'Rounds', 0)",
    "INSERT INTO reader VALUES (1, 'ann', 0)",
    "INSERT INTO patient VALUES (1, 1, 'P-1', 1)",
    'INSERT INTO image (id, project_id, patient_id, sha256, item, name, name_key, importer, format, "offset", '
    "pixel_sha256, position, created_at) VALUES (1, 1, 1, 'a', '', 'n', 'k', 'dicom', '{}', 0, 'p', 0, 0)",
    "INSERT INTO task (id, project_id, name, question, unit, created_at) VALUES (1, 1, 't', '', 'image', 0)",
    "INSERT INTO label_class (id, task_id, position, name, title) VALUES (1, 1, 0, 'yes', '')",
    "INSERT INTO \"case\" (id, task_id, image_id, answer, label_id) VALUES (1, 1, 1, 'label', 1)",
    "INSERT INTO annotation (id, case_id, reader_id, answer, label_id, source, client_key, created_at) "
    "VALUES (1, 1, 1, 'label', 1, 'human', 'key', 0)",
)
FROZEN_ROWS = (
    "INSERT INTO snapshot (id, task_id, name, hash, recipe, classes, summary, reader_id, created_at) "
    "VALUES (1, 1, 's', 'h', '{}', '[]', '{}', 1, 0)",
    "INSERT INTO snapshot_case (snapshot_id, case_id, patient_id, label, split, weight, repeats) "
    "VALUES (1, 1, 1, 0, 'train', 1, 1)",
    "INSERT INTO run (id, snapshot_id, reader_id, spec, request_key, result, created_at) "
    "VALUES (1, 1, 1, '{}', 'r', '{}', 0)",
)
JOB_ROWS = (
    "INSERT INTO job (id, project_id, kind, request, run_id, request_key, state, attempt, cancel_requested, progress, "
    "result, created_at) VALUES (1, 1, 'train', '{}', 1, 'a', 'succeeded', 1, 0, '{}', '{}', 0)",
    "INSERT INTO job (id, project_id, kind, request, run_id, request_key, state, attempt, cancel_requested, progress, "
    "result, created_at) VALUES (2, 1, 'predict', '{}', 1, 'b', 'queued', 0, 0, '{}', '{}', 0)",
)
POINT = (
    "INSERT INTO operating_point (run_id, finding, positive, threshold, rule, level, patient_rule, reader_id, "
    "created_at) VALUES (1, 0, 1, 0.5, '{{}}', '{level}', '{rule}', 1, 0)"
)
