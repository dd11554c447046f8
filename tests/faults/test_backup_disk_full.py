"""A disk that is too small for a backup, or for its restore: one sentence, nothing of it stays, and room mends."""

import tarfile

import pytest

from core.errors import UserError
from core.services.workspace import backup, restore
from core.services.workspace.backup import MANIFEST
from core.settings import Settings
from tests.faults import disks
from tests.faults.places import home_at, pictures

MEGABYTE, BLOCK = 1 << 20, 4096


@pytest.fixture
def home(tmp_path):
    """Some eight megabytes of files."""
    with home_at(tmp_path / "home") as made:
        made.take(pictures(tmp_path / "pictures", 8, edge=512))
        yield made


def is_full(caught, disk: disks.Disk) -> bool:
    message = str(caught.value)
    assert "full" in message or "No space left" in message
    assert "free some space there" in message
    return [path.name for path in disk.root.iterdir()] == ["ballast"]


@pytest.mark.parametrize("leave", [0, 65_536, 3 * MEGABYTE], ids=["nothing fits", "no catalogue", "half"])
def test_of_a_backup(disk, home, leave):
    disk.fill(leave=leave)
    with pytest.raises(UserError) as caught:
        backup.make(home.db, home.settings, disk.root / "one")
    assert is_full(caught, disk)
    disk.clear()
    assert backup.make(home.db, home.settings, disk.root / "one").files["originals"] == 8


@pytest.mark.parametrize("leave", [0, 65_536, 3 * MEGABYTE], ids=["nothing fits", "no catalogue", "half"])
def test_of_a_restore(disk, home, leave, tmp_path):
    backup.make(home.db, home.settings, tmp_path / "one")
    new = Settings(disk.root / "new", f"sqlite:///{disk.root / 'new' / 'catalogue.sqlite'}")
    disk.fill(leave=leave)
    with pytest.raises(UserError) as caught:
        restore.restore(new, tmp_path / "one")
    assert is_full(caught, disk)
    disk.clear()
    assert restore.restore(new, tmp_path / "one").files["originals"] == 8


def test_of_a_restore_where_all_fits_but_what_sqlite_needs_beside_the_catalogue(disk, home, tmp_path):
    backup.make(home.db, home.settings, tmp_path / "one")
    with tarfile.open(tmp_path / "one") as tar:
        blocks = sum(-(-member.size // BLOCK) for member in tar if member.name != MANIFEST)
    new = Settings(disk.root / "new", f"sqlite:///{disk.root / 'new' / 'catalogue.sqlite'}")
    message = []
    for more in range(0, 400, 4):
        disk.fill(leave=(blocks + more) * BLOCK)
        try:
            restore.restore(new, tmp_path / "one")
            break
        except UserError as error:
            message.append(str(error))
        disk.clear()
    assert new.home.exists()
    assert message
    assert [sentence for sentence in message if "damaged" in sentence or "free some space there" not in sentence] == []
