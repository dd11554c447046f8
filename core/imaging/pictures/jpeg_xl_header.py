"""Read depth and orientation from the header of a JPEG XL codestream (ISO/IEC 18181-1, annexes A and D)."""

import struct
from collections.abc import Iterator

CODESTREAM = b"\xff\x0a"
PART = 4  # bytes before the codestream's in a jxlp box
Choice = tuple[int, int]  # an offset, and the number of bits to add to it
SIZES: tuple[Choice, ...] = ((1, 9), (1, 13), (1, 18), (1, 30))
PREVIEW_SIZES: tuple[Choice, ...] = ((1, 6), (65, 8), (321, 10), (1345, 12))
PREVIEW_EIGHTHS: tuple[Choice, ...] = ((16, 0), (32, 0), (1, 5), (33, 9))
TICKS: tuple[Choice, ...] = ((100, 0), (1000, 0), (1, 10), (1, 30))
PARTS_OF_TICKS: tuple[Choice, ...] = ((1, 0), (1001, 0), (1, 8), (1, 10))
LOOPS: tuple[Choice, ...] = ((0, 0), (0, 3), (0, 16), (0, 32))
INTEGERS: tuple[Choice, ...] = ((8, 0), (10, 0), (12, 0), (1, 6))
FLOATS: tuple[Choice, ...] = ((32, 0), (16, 0), (24, 0), (1, 6))


class _Bits:
    """The bits of a codestream, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self.number, self.at = int.from_bytes(data, "little"), 0

    def take(self, count: int = 1) -> int:
        value = self.number >> self.at & ((1 << count) - 1)
        self.at += count
        return value

    def choose(self, choices: tuple[Choice, ...]) -> int:
        offset, count = choices[self.take(2)]
        return offset + self.take(count)


def depth_and_orientation(data: bytes) -> tuple[int, int]:
    """Return the bits of a channel and the orientation (1 to 8) of a JPEG XL file.

    Raises:
        ValueError: it has no codestream.
    """
    bits = _Bits(_codestream(data)[2:])
    _skip_size(bits)
    if bits.take():  # all default
        return 8, 1
    orientation = 1
    if bits.take():
        orientation = 1 + bits.take(3)
        if bits.take():
            _skip_size(bits)
        if bits.take():
            _skip_preview(bits)
        if bits.take():
            _skip_animation(bits)
    return bits.choose(FLOATS if bits.take() else INTEGERS), orientation


def _codestream(data: bytes) -> bytes:
    """Return the first bytes of the codestream, which stands alone or in boxes."""
    if data.startswith(CODESTREAM):
        return data[:64]
    content = next((body[PART * (name == b"jxlp") :] for name, body in _boxes(data) if name in (b"jxlc", b"jxlp")), b"")
    if not content.startswith(CODESTREAM):
        raise ValueError("a JPEG XL file has no codestream")
    return content[:64]


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        head = 8
        if size == 1 and at + 16 <= len(data):
            size, head = struct.unpack(">Q", data[at + 8 : at + 16])[0], 16
        end = at + size if size >= head else len(data)  # 0: until the end of the file
        yield name, data[at + head : min(end, at + head + 64 + PART)]
        at = end


def _skip_size(bits: _Bits) -> None:
    in_eighths = bits.take()
    bits.take(5) if in_eighths else bits.choose(SIZES)
    if bits.take(3) == 0:  # no ratio of width and height
        bits.take(5) if in_eighths else bits.choose(SIZES)


def _skip_preview(bits: _Bits) -> None:
    sizes = PREVIEW_EIGHTHS if bits.take() else PREVIEW_SIZES
    bits.choose(sizes)
    if bits.take(3) == 0:
        bits.choose(sizes)


def _skip_animation(bits: _Bits) -> None:
    bits.choose(TICKS)
    bits.choose(PARTS_OF_TICKS)
    bits.choose(LOOPS)
    bits.take()
