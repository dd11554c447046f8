"""List the reasons why a case cannot be assessed, so that they can be counted."""

from collections.abc import Mapping
from types import MappingProxyType

from core.errors import InvalidInput

# In the order of the number keys; the word on the left is stored.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "blur": "motion or blur",
        "cut": "part of the anatomy cut off",
        "wrong": "wrong body part or view",
        "exposure": "exposure",
        "artefact": "artefact or device",
        "other": "other",
    }
)


def checked(reason: str) -> str:
    """Return the reason; "" if none is given.

    Raises:
        InvalidInput: not on the list; gives the list.
    """
    if reason and reason not in REASONS:
        raise InvalidInput(f"The reason '{reason[:40]}' is not on the list; choose one of: {', '.join(REASONS)}.")
    return reason
