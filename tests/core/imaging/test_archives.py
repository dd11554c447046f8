"""Archives unpack to their files only: within limits, inside the folder, and each other entry is named."""

import io
import stat
import tarfile
import zipfile

import pytest

from core.errors import InvalidInput
from core.imaging.archives.room import Limits, Room
from core.imaging.archives.unpack import unpack


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for entry, data in entries:
            file.writestr(entry, data)
    return path


def linked(name, kind):
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (kind | 0o777) << 16
    return entry


def tarred(path, members):
    with tarfile.open(path, "w:gz") as file:
        for name, kind, data in members:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(data), "/etc/passwd"
            file.addfile(member, io.BytesIO(data))
    return path


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def reasons(folder, refused):
    return {one.path.relative_to(folder).as_posix(): one.reason.split(",")[0].split(";")[0] for one in refused}


def test_a_zip_gives_its_files_and_names_what_it_may_not_write(tmp_path):
    entries = [
        ("a/one.png", b"1"),
        ("../../slip.png", b"x"),
        ("/root.png", b"x"),
        ("..\\back.png", b"x"),
        ("C:/disk.png", b"x"),
        (linked("link.png", stat.S_IFLNK), b"/etc/passwd"),
        (linked("pipe.png", stat.S_IFIFO), b""),
        ("a/one.png", b"2"),
        ("a", b"a file where a folder is"),
        (f"{'x' * 300}.png", b"x"),
    ]
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = zipped(tmp_path / "scans.zip", entries)
    (tmp_path / "out").mkdir()
    refused = unpack(archive, tmp_path / "out")
    assert files(tmp_path / "out") == {"a/one.png": b"1"}
    assert not list(tmp_path.parent.rglob("slip.png"))
    outside, link = "names a place outside the archive", "is a link or a device"
    assert reasons(tmp_path / "out", refused) == {
        "slip.png": outside,
        "root.png": outside,
        "back.png": outside,
        "C:/disk.png": outside,
        "link.png": link,
        "pipe.png": link,
        "a/one.png": "is twice in the archive",
        "a": "is twice in the archive",
        f"{'x' * 300}.png": "cannot be written under its name (File name too long)",
    }


def test_a_tar_gives_its_files_and_names_links_and_devices(tmp_path):
    members = [
        ("b/two.png", tarfile.REGTYPE, b"2"),
        ("soft", tarfile.SYMTYPE, b""),
        ("hard", tarfile.LNKTYPE, b""),
        ("zero", tarfile.CHRTYPE, b""),
        ("pipe", tarfile.FIFOTYPE, b""),
        ("../up", tarfile.REGTYPE, b"x"),
        ("folder", tarfile.DIRTYPE, b""),
    ]
    refused = unpack(tarred(tmp_path / "scans.tar.gz", members), tmp_path / "out")
    assert files(tmp_path / "out") == {"b/two.png": b"2"}
    assert set(reasons(tmp_path / "out", refused)) == {"soft", "hard", "zero", "pipe", "up"}


@pytest.mark.parametrize("ending", ["zip", "tar.gz"])
def test_a_bomb_is_stopped_where_it_exceeds_a_limit(tmp_path, ending):
    data = b"\0" * (3 << 20)
    if ending == "zip":
        bomb = zipped(tmp_path / "bomb.zip", [("a", data)])
    else:
        bomb = tarred(tmp_path / "bomb.tar.gz", [("a", tarfile.REGTYPE, data)])
    for limits, what in (
        (Limits(ratio=10, free=1 << 20), "far more data"),
        (Limits(size=1 << 20), r"more than the archives of an import may hold together \(1,000,000 files, 0\.0009"),
        (Limits(files=0), r"more than the archives of an import may hold together \(0 files"),
    ):
        with pytest.raises(InvalidInput, match=f"unpacks to {what}"):
            unpack(bomb, tmp_path / "out", Room.of(limits))
        assert not files(tmp_path / "out")
    assert unpack(bomb, tmp_path / "out") == []


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz", "x.tar"])
@pytest.mark.parametrize("data", [b"", b"no archive", b"\x1f\x8b\x08\0broken", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_is_one_sentence(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InvalidInput, match="is no archive, or is damaged"):
        unpack(tmp_path / name, tmp_path / "out")


def test_names_in_the_encoding_of_a_country_are_read(tmp_path):
    archive = zipped(tmp_path / "scans.zip", [("XXXXXXXX/1.png", b"1"), ("XXXX.png", b"2")])
    data = archive.read_bytes()
    archive.write_bytes(data.replace(b"XXXXXXXX", "病人图像".encode("gbk")).replace(b"XXXX", "胸片".encode("gbk")))
    assert unpack(archive, tmp_path / "out") == []
    assert set(files(tmp_path / "out")) == {"病人图像/1.png", "胸片.png"}
