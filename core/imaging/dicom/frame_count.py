"""Count frames by the bytes of the pixel data, not only by NumberOfFrames, which writers leave out."""

from typing import Any

from core.errors import RejectedFile
from core.imaging.dicom.values import UNREADABLE, count

NOTE = "frame_count"


def frames_in(header: Any, available: int, frame_bits: int, notes: list[str]) -> int:
    """Return how many frames of a size lie in uncompressed data of a number of bytes.

    Raises:
        RejectedFile: the header declares more.
    """
    declared, whole = declared_frames(header), available * 8 // frame_bits if frame_bits else 0
    expected = -(-max(declared, 1) * frame_bits // 8)
    if whole > max(declared, 1) and available - expected <= 1:
        whole = max(declared, 1)  # the byte that makes the length even (PS3.5 8.1.1) holds no frame, however small
    if whole < max(declared, 1):
        raise RejectedFile(
            f"is truncated: its header declares {expected} bytes of pixel data{_of_frames(declared, frame_bits)}, "
            f"but the file has {available}."
        )
    return agreed(header, whole, notes)


def _of_frames(declared: int, frame_bits: int) -> str:
    return f" ({declared} frames of {-(-frame_bits // 8)})" if declared > 1 else ""


def declared_frames(header: Any) -> int:
    """Return NumberOfFrames; 0 if it is absent or no number."""
    return max(0, count(header, "NumberOfFrames"))


def agreed(header: Any, counted: int, notes: list[str]) -> int:
    """Return the number of frames that were counted, with a note if the header says another number.

    Raises:
        RejectedFile: the header declares more.
    """
    declared = declared_frames(header)
    if declared > counted:
        raise RejectedFile(
            f"is truncated: its header declares {declared} frames, but the file has {counted}; export it again."
        )
    if counted != max(declared, 1) or not _is_readable(header):
        notes.append(NOTE)
    return counted


def _is_readable(header: Any) -> bool:
    try:
        value = header.get("NumberOfFrames")
        return value is None or value == "" or int(value) >= 0
    except UNREADABLE:
        return False
