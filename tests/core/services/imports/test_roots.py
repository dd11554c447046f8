"""The Import page lists and reads only what lies below the allowed roots, nothing hidden, nothing of Rounds itself."""

import os
from dataclasses import replace

import pytest

from core.errors import InvalidInput
from core.imaging.file_listing import list_paths
from core.imaging.tables.table import read_table
from core.services.imports import roots, table_preview
from core.services.imports.import_request import ImportRequest
from core.services.imports.import_sources import ImportSources
from core.services.workspace import home
from core.settings import Settings


@pytest.fixture
def settings(tmp_path):
    top = tmp_path / "data"
    for name in ("chest/one", ".secret", "rounds"):
        (top / name).mkdir(parents=True)
    (top / "chest" / "a.png").write_bytes(b"1")
    (top / "chest" / "labels.csv").write_text("file,label\na.png,x\n")
    (top / "chest" / "scans.zip").write_bytes(b"1")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.png").write_bytes(b"2")
    (top / "chest" / "away").symlink_to(tmp_path / "elsewhere")
    (top / "chest" / "b.png").symlink_to(tmp_path / "elsewhere" / "b.png")
    (top / "near").symlink_to(top / "chest")
    return replace(Settings.read(top / "rounds"), roots=(top,))


def test_a_folder_is_listed_one_level_deep(settings):
    (top,) = settings.roots
    listed = roots.list_folder(settings, top)
    assert [(one.path.name, one.files, one.folders) for one in listed.folders] == [("chest", 4, 2), ("near", 4, 2)]
    chest = roots.list_folder(settings, top / "chest")
    assert [one.name for one in (*chest.tables, *chest.archives)] == ["labels.csv", "scans.zip"]
    assert [(one.path.name, one.reason) for one in chest.folders if one.reason] == [
        ("away", "a link out of the allowed folders")
    ]
    assert (chest.above, chest.files) == ((top, top / "chest"), 4)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("{0}/../elsewhere", "is not below"),
        ("{0}/chest/away", "is not below"),
        ("{0}/chest/b.png", "is not below"),
        ("/dev/zero", "is not below"),
        ("{0}/.secret", "is hidden"),
        ("{0}/rounds/keys", "belongs to Rounds"),
        ("{0}/chesst", "does not exist; correct the path"),
    ],
)
def test_a_typed_path_lies_inside_the_roots(settings, path, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        roots.check_path(settings, path.format(settings.roots[0]))
    assert roots.check_path(settings, f" {settings.roots[0]}/near/ ") == settings.roots[0] / "near"


def test_links_out_of_the_roots_are_named_and_not_followed(settings):
    (top,) = settings.roots
    listing = list_paths(top / "chest", (top,))
    assert [one.name for one in listing.files] == ["a.png", "labels.csv", "scans.zip"]
    assert [one.path.name for one in listing.refused] == ["away", "b.png"]
    assert "and was not followed" in listing.refused[0].reason
    assert len(list_paths(top / "chest").files) == 5  # the command line follows


def test_a_request_of_the_page_reads_nothing_outside(settings, tmp_path):
    db = home.open_home(settings)
    (tmp_path / "elsewhere" / "t.csv").write_text("file,label\na.png,secret\n")
    for request in (
        ImportRequest(tmp_path / "elsewhere", metadata=settings.roots[0] / "chest" / "labels.csv"),
        ImportRequest(settings.roots[0] / "chest", metadata=tmp_path / "elsewhere" / "t.csv"),
    ):
        with pytest.raises(InvalidInput, match="is outside the folders that this page may import from"):
            table_preview.preview(db, replace(request, within=settings.roots))
    db.close()


def test_a_root_that_is_no_folder_is_refused(tmp_path):
    assert roots.read_roots([tmp_path]) == (tmp_path,)
    with pytest.raises(InvalidInput, match="is not a folder"):
        roots.read_roots([tmp_path, tmp_path / "nowhere"])


def test_a_device_or_a_pipe_is_no_table(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    for name, kind in (("pipe.csv", "a named pipe"), ("zero.csv", "a device")):
        with pytest.raises(InvalidInput, match=f"is {kind}.*not a table"):
            read_table(tmp_path / name)


def test_an_error_does_not_show_what_a_text_that_is_no_table_says(tmp_path):
    (tmp_path / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
    with pytest.raises(InvalidInput, match="has no column 'file'") as error:
        read_table(tmp_path / "passwd").column("file")
    assert "root" not in str(error.value)
    (tmp_path / "a.png").write_bytes(b"1")
    with pytest.raises(InvalidInput, match="no other column names the files") as error:
        ImportSources.of(ImportRequest(tmp_path / "a.png", metadata=tmp_path / "passwd"))
    assert "root" not in str(error.value)
    (tmp_path / "wide.csv").write_text(",".join(f"c{number}" for number in range(100_000)) + "\n")
    with pytest.raises(InvalidInput, match="and 99980 more") as error:
        read_table(tmp_path / "wide.csv").column("file")
    assert len(str(error.value)) < 500
