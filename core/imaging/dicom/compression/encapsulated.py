"""Read compressed frames: by offset tables (PS3.5 A.4), then each frame by its codec."""

from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.dicom import frame_count
from core.imaging.dicom.bits import bits_stored, stored_values
from core.imaging.dicom.compression import codestreams, decoders
from core.imaging.dicom.compression.fragments import WRONG_SYNTAX, fragments
from core.imaging.dicom.planes import decode_planes
from core.imaging.dicom.values import IGNORED, count
from core.imaging.voi_lut import Array

UNMASKED = ("JPEG-LS", "JPEG 2000", "JPEG XL")  # the codestream says the number of bits itself


def split_frames(header: Any, pixels: bytes, notes: list[str]) -> list[bytes]:
    """Return the compressed frames: by an offset table, else where a fragment begins like a frame.

    Raises:
        RejectedFile: there are fewer than the header declares.
    """
    (_, table), *parts = list(fragments(pixels)) or [(0, b"")]
    if not parts:
        raise RejectedFile("has compressed pixel data without a frame; it is truncated.")
    start = parts[0][0]
    places = {at - start for at, _ in parts}
    offsets = _offsets(header, table)
    starts = offsets if offsets and offsets <= places and min(offsets) == 0 else set()
    if offsets and not starts:
        notes.append(IGNORED)
    if not starts or (len(starts) == 1 and len(parts) > 1):
        starts = _first_fragments(header, parts, start)
    frames: list[bytearray] = []
    for at, content in parts:
        if at - start in starts or not frames:
            frames.append(bytearray())
        frames[-1] += content
    frame_count.agreed(header, len(frames), notes)
    return [bytes(frame) for frame in frames]


def _offsets(header: Any, table: bytes) -> set[int]:
    extended = header.get("ExtendedOffsetTable")
    if isinstance(extended, bytes) and extended and len(extended) % 8 == 0:
        return set(np.frombuffer(extended, "<u8").tolist())
    return set(np.frombuffer(table[: len(table) // 4 * 4], "<u4").tolist())


def _first_fragments(header: Any, parts: list[tuple[int, bytes]], start: int) -> set[int]:
    """Return where frames begin without an offset table: RLE and deflated frames are one fragment each."""
    if frame_count.declared_frames(header) == len(parts) or _syntax(header) == codestreams.DEFLATED_FRAMES:
        return {at - start for at, _ in parts}
    return {at - start for at, content in parts if codestreams.begins_frame(content)} or {0}


def _syntax(header: Any) -> str:
    return str(header.file_meta.get("TransferSyntaxUID") or "")


def decode_frames(header: Any, pixels: bytes, notes: list[str]) -> tuple[Array, str, str]:
    """Return samples (frames, rows, columns[, 3]), their photometric interpretation and the decoder's name.

    Raises:
        RejectedFile: a frame is damaged, of another size than the header says, or in no syntax that Rounds reads.
    """
    syntax, photometric = _syntax(header), str(header.get("PhotometricInterpretation") or "")
    codec = _codec(pixels, syntax, notes)
    compressed = split_frames(header, pixels, notes)
    frames: Array | None = None
    for number, data in enumerate(compressed):
        try:
            samples, shown_as = _decode(header, data, syntax, photometric)
        except (RejectedFile, MemoryError):
            raise
        except Exception as error:
            raise RejectedFile(_reason(syntax, codec, number + 1, len(compressed))) from error
        frame = _fitting(header, samples)
        if frames is None:
            frames = np.empty((len(compressed), *frame.shape), frame.dtype)
        if frames.shape[1:] != frame.shape or frames.dtype != frame.dtype:
            raise RejectedFile("has frames of several depths; export each as an image.")
        frames[number] = frame
    assert frames is not None
    value_bits = bits_stored(header, frames.dtype.itemsize * 8) - (frames.dtype.kind == "i")
    if codec not in UNMASKED or frames.max() >> value_bits:
        frames = stored_values(frames, header, notes)
    return frames, shown_as, "imagecodecs"


def _codec(pixels: bytes, syntax: str, notes: list[str]) -> str:
    """Return the codec of the first frame, with a note if it is not the declared one.

    Raises:
        RejectedFile: Rounds reads neither.
    """
    first = next((content for number, (_, content) in enumerate(fragments(pixels)) if number), b"")
    codec = codestreams.codec_of(first)
    declared = codestreams.declared_codec(syntax)
    if not codec and not declared:
        raise RejectedFile(_reason(syntax, "", 1, 1))
    if codec and declared != codec:
        notes.append(WRONG_SYNTAX)
    return codec or declared


def _decode(header: Any, data: bytes, syntax: str, photometric: str) -> tuple[Array, str]:
    if not codestreams.codec_of(data) and syntax in (codestreams.RLE, codestreams.DEFLATED_FRAMES):
        return decode_planes(header, data, syntax), photometric
    return decoders.decode_codestream(data, photometric=photometric, signed=count(header, "PixelRepresentation") == 1)


def _fitting(header: Any, samples: Array) -> Array:
    """Return one frame as the header's shape and sign say."""
    rows, columns = count(header, "Rows"), count(header, "Columns")
    if samples.shape[:2] != (rows, columns) or samples.ndim > 3:
        raise RejectedFile(f"decodes to the shape {samples.shape}, not to the {rows} × {columns} of its header.")
    if samples.ndim == 3 and samples.shape[2] == 1:
        samples = samples[..., 0]
    kind = "i" if count(header, "PixelRepresentation") == 1 else "u"
    return samples.view(f"{kind}{samples.dtype.itemsize}") if samples.dtype.kind in "iu" else samples


def _reason(syntax: str, codec: str, number: int, frames: int) -> str:
    from pydicom.uid import UID

    which = f"frame {number} of {frames}" if frames > 1 else "its pixel data"
    if codec:
        return f"has damaged or truncated {codec} data: {which} cannot be decoded; export it again."
    if UID(syntax).name == syntax:
        return f"has the unknown transfer syntax {syntax}; export it uncompressed."
    return f"has {UID(syntax).name} data, which Rounds does not read; export it uncompressed."
