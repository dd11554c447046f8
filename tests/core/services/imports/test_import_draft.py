"""A draft survives in a sealed file, and what was only looked at does not stay."""

import os
import time

import pytest

from core.errors import NotFound
from core.services.imports import import_draft, import_files, inbox, leftovers
from core.services.imports.import_request import ImportRequest, save_request
from core.services.workspace import home
from core.settings import Settings


@pytest.fixture
def opened(tmp_path):
    settings = Settings.read(tmp_path / "home")
    db = home.open_home(settings)
    yield db, settings
    db.close()


def test_a_draft_is_read_again_and_its_file_names_nobody(opened, tmp_path):
    db, settings = opened
    draft = import_draft.start(db, settings).at(tmp_path / "Anna_Mueller", settings).with_table(tmp_path / "t.csv")
    draft = draft.with_request(roles=(("a", "file"),), class_order=("x", "y"), encoding="gb18030")
    assert import_draft.load(settings, import_draft.save(settings, draft).key) == draft
    assert not [path for path in settings.home.rglob("*") if path.is_file() and b"Mueller" in path.read_bytes()]
    for key in ("", "../keys/requests", "0" * 32):
        with pytest.raises(NotFound, match="choose its folder again"):
            import_draft.load(settings, key)


def test_a_table_and_an_archive_that_are_sent_find_their_places(opened):
    db, settings = opened
    draft = import_draft.start(db, settings)
    folder = inbox.save(settings, [("scans.zip", b"1"), ("t.xlsx", b"2")])
    sent = import_draft.with_sent_files(settings, draft, folder)
    assert (sent.request.path, sent.request.metadata) == (folder / "scans.zip", folder / "t.xlsx")
    assert folder in sent.request.within
    import_draft.discard(settings, import_draft.save(settings, sent))
    assert not folder.exists()


def test_what_was_only_looked_at_is_removed_after_a_week(opened, tmp_path):
    db, settings = opened
    (tmp_path / "a.txt").write_text("no image")
    *_, report = import_files.run(db, settings, ImportRequest(tmp_path / "a.txt"), by="ann")
    assert len(report.refused) == 1
    dropped = inbox.save(settings, [("a.png", b"1")])
    save_request(settings, "of a preview", ImportRequest(tmp_path))
    week_ago = time.time() - leftovers.DRAFT_S - 60
    paths = [*settings.folder("imports").iterdir(), dropped]
    for path in paths:
        os.utime(path, (week_ago, week_ago))
    fresh = inbox.save(settings, [("b.png", b"1")])
    import_draft.start(db, settings)
    assert [path.exists() for path in (dropped, fresh)] == [False, True]
    assert len(list(settings.folder("imports").iterdir())) == 1  # the request of the import that is listed
