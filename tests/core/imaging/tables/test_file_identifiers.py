"""Files are opened for their identifiers only where a table has no names for them."""

import hashlib
from pathlib import Path

import pytest

from core.imaging.metadata_csv import index
from core.imaging.tables.file_identifiers import identifiers_of
from core.imaging.tables.table import read_table

CONTENT = b"\0" * 128 + b"DICM\x02\x00\x03\x00UI\x0e\x001.2.840.10.77\0"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize(
    ("lines", "identifiers"),
    [
        (["file,label", "IM1,a"], None),
        (["file,sha256", f"IM1,{SHA256}"], None),  # a checksum beside a name
        (["image,name", f"{SHA256},IM1"], [SHA256]),  # as our exports
        (["what,label", f"{SHA256},a"], [SHA256]),
        (["SOPInstanceUID,label", "1.2.840.10.77,a"], ["1.2.840.10.77"]),
        (["version,label", "1.2,a"], None),
    ],
)
def test_what_a_table_needs_is_read(tmp_path: Path, lines: list[str], identifiers: list[str] | None):
    file = tmp_path / "IM1"
    file.write_bytes(CONTENT)
    (tmp_path / "t.csv").write_text("\n".join(lines))
    read = identifiers_of(read_table(tmp_path / "t.csv"), index({file: file.name}, tmp_path), [file])
    assert read == ({} if identifiers is None else {file: identifiers})
