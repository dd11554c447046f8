"""Why a case cannot be assessed: a short list, so that reasons can be counted."""

from collections.abc import Mapping
from types import MappingProxyType

from core.errors import InvalidInput

# The order is that of the number keys; what is stored is the word on the left.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "blur": "motion or blur",
        "cut": "part of the anatomy cut off",
        "wrong": "wrong body part or view",
        "exposure": "exposure",
        "artefact": "artefact or device over it",
        "other": "other",
    }
)


def checked(reason: str) -> str:
    """The reason, or "" where none was given.

    Raises:
        InvalidInput: says which there are.
    """
    if reason and reason not in REASONS:
        raise InvalidInput(f"'{reason[:40]}' is no reason of the list; choose one of: {', '.join(REASONS)}.")
    return reason
