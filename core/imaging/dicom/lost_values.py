"""Read binary values of an impossible length as absent, and list them, where pydicom would refuse the whole header."""

from contextvars import ContextVar
from typing import Any

PADDING = ("PixelPaddingValue", "PixelPaddingRangeLimit")  # without a VR, pydicom reads them beside its hook
LOST: ContextVar[list[int] | None] = ContextVar("lost", default=None)


def collect_lost_values(tags: list[int]) -> None:
    """Append to `tags` from now on the tag of each value that is read as absent, in this thread."""
    from pydicom.hooks import hooks

    hooks.register_callback("raw_element_value", _value_or_none)
    LOST.set(tags)


def drop_lost_padding(header: Any, tags: list[int]) -> None:
    """Leave padding of an impossible length out of a data set, and append its tag to `tags`."""
    from pydicom.datadict import tag_for_keyword
    from pydicom.errors import BytesLengthException

    for name in PADDING:
        try:
            header.get(name)
        except BytesLengthException:
            tags.append(tag_for_keyword(name) or 0)
            del header[tags[-1]]


def _value_or_none(raw: Any, data: dict[str, Any], **options: Any) -> None:
    from pydicom.errors import BytesLengthException
    from pydicom.hooks import raw_element_value

    try:
        raw_element_value(raw, data, **options)
    except BytesLengthException:
        data["value"] = None
        tags = LOST.get()
        if tags is not None:
            tags.append(int(raw.tag))
