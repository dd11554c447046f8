"""Read the diffusion b-value where scanners put it before the standard had an attribute for it: private elements.

Creators and elements are those that dcm2niix reads, and that the DICOM conformance statements of the makers name.
"""

from collections.abc import Callable, MutableSequence
from math import isfinite
from struct import Struct, error
from typing import Any

from core.imaging.dicom.values import UNREADABLE

Key = tuple[int, str, int]  # group, private creator, element within the creator's block
GE_MARK = 100_000  # GE adds a multiple of it, as in 1000000800


def _text(value: bytes) -> float:
    return float(value.decode("ascii").split("\\")[0].strip("\0 "))


def _of(form: str) -> Callable[[bytes], float]:
    return lambda value: float(Struct(form).unpack(value)[0])


B_VALUES: dict[Key, Callable[[bytes], float]] = {
    (0x0019, "SIEMENS MR HEADER", 0x0C): _text,
    (0x0043, "GEMS_PARM_01", 0x39): _text,
    (0x0065, "Image Private Header", 0x09): _of("<d"),
    (0x2001, "Philips Imaging DD 001", 0x03): _of("<f"),
}
GROUPS = frozenset(group for group, _, _ in B_VALUES)


def private_b_value(header: Any) -> float | None:
    """Return the b-value in s/mm² of a header's private elements, None if it has none that is a number."""
    for key, value_of in B_VALUES.items():
        value = header.private.get(key) if hasattr(header, "private") else _value(header, key)
        try:
            number = value_of(value) if isinstance(value, bytes) else float(value)
        except (TypeError, ValueError, ArithmeticError, error):
            continue
        if isfinite(number) and number >= 0:
            return number % GE_MARK
    return None


def _value(header: Any, key: Key) -> Any:
    """Return the first value of a private element of a pydicom data set."""
    group, creator, element = key
    try:
        value = header.private_block(group, creator)[element].value
    except UNREADABLE:
        return None
    return value[0] if isinstance(value, MutableSequence) and value else value
