"""Join the two files of a NIfTI or Analyze 7.5 pair, header (.hdr) and voxels (.img), into one NIfTI file.

One file, because all that is stored goes by the SHA-256 of a file: two pairs may have equal headers.
"""

import gzip
import struct
import zlib
from pathlib import Path

from core.errors import RejectedFile

HEADER, VOXELS = (".hdr", ".HDR"), (".img", ".IMG", ".img.gz")
NIFTI1, NIFTI2 = 348, 540  # bytes of a header; an Analyze header has as many as NIfTI-1
FLAG = 4  # bytes behind it that say whether extensions follow
LONGEST = 1 << 20  # bytes of a header with its extensions
ANALYZE_ONLY = ((56, 70), (74, 76), (116, 124), (132, 148), (252, 348))
"""Fields that Analyze has where NIfTI-1 has others: units, order of slices, history, orientation."""


def is_pair_header(head: bytes) -> bool:
    """Return whether the first bytes are a header whose voxels are in another file."""
    if head[344:348] == b"ni1\0" or head[4:8] == b"ni2\0":
        return True
    return head[344:348] != b"n+1\0" and _analyze_order(head) is not None


def find_header(voxels: Path) -> Path | None:
    """Return the header of an .img file if it is beside it."""
    if not voxels.name.endswith(VOXELS):
        return None
    stem = voxels.name[: voxels.name.lower().rindex(".img")]
    paths = (voxels.with_name(stem + ending) for ending in HEADER)
    return next((path for path in paths if path.is_file() and is_pair_header(_head(path))), None)


def join_pair(path: Path) -> bytes | None:
    """Return the NIfTI file of a pair, of which `path` is either half; None if it is not, or the other half is missing.

    Raises:
        OSError: `path` cannot be read.
        RejectedFile: its other half cannot be read.
    """
    header = path if path.name.endswith(HEADER) else find_header(path)
    if header is None or not header.is_file():
        return None
    halves = (header.with_name(header.name[:-4] + ending) for ending in VOXELS)
    voxels = next((path for path in halves if path.is_file()), None)
    if voxels is None or not is_pair_header(_head(header)):
        return None
    with header.open("rb") as file:
        fields = bytearray(file.read(LONGEST))
    content = _read_voxels(voxels)
    return _join_second(fields, content) if fields[4:8] == b"ni2\0" else _join_first(fields, content)


def _read_voxels(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RejectedFile("has damaged or truncated voxels (.img.gz) and cannot be read.") from error
    except OSError as error:
        raise RejectedFile(
            f"has voxels (.img) that cannot be opened ({error.strerror}); check their permissions."
        ) from error


def _join_first(fields: bytearray, voxels: bytes) -> bytes:
    order = "<" if fields[:4] == struct.pack("<i", NIFTI1) else ">"
    if fields[344:348] != b"ni1\0":
        for start, end in ANALYZE_ONLY:
            fields[start:end] = bytes(end - start)
        del fields[NIFTI1:]
    fields = _padded(fields, NIFTI1 + FLAG)
    (skipped,) = struct.unpack_from(order + "f", fields, 108)
    struct.pack_into(order + "f", fields, 108, float(len(fields)))
    fields[344:348] = b"n+1\0"
    return bytes(fields) + voxels[_offset(skipped) :]


def _join_second(fields: bytearray, voxels: bytes) -> bytes:
    order = "<" if fields[:4] == struct.pack("<i", NIFTI2) else ">"
    fields = _padded(fields, NIFTI2 + FLAG)
    (skipped,) = struct.unpack_from(order + "q", fields, 168)
    struct.pack_into(order + "q", fields, 168, len(fields))
    fields[4:8] = b"n+2\0"
    return bytes(fields) + voxels[_offset(skipped) :]


def _padded(fields: bytearray, least: int) -> bytearray:
    """Return header, flag and whole extensions (multiples of 16 bytes), else without extensions."""
    if len(fields) > least and (len(fields) - least) % 16 == 0:
        return fields
    return fields[: least - FLAG].ljust(least, b"\0")


def _offset(skipped: float) -> int:
    return int(skipped) if 0 < skipped < 1 << 40 else 0


def _analyze_order(head: bytes) -> str | None:
    for order in "<>":
        if len(head) >= NIFTI1 and struct.unpack_from(order + "i", head)[0] == NIFTI1:
            return order if 1 <= struct.unpack_from(order + "h", head, 40)[0] <= 7 else None
    return None


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(NIFTI1)
