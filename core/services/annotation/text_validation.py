"""What people write, before it is kept: no control characters, no more than there is room for."""

import unicodedata

from core.errors import InvalidInput

# Unprintable, halves of a sign, and signs that turn the reading direction of what stands around them.
REFUSED = ("Cc", "Cs")
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def checked(text: str, *, what: str, most: int, lines: bool = False) -> str:
    """`text` without the white space around it; `what` names it in a refusal, `lines` lets it have several.

    Raises:
        InvalidInput: it is too long, or holds a control character.
    """
    text = text.replace("\r\n", "\n").strip()
    if len(text) > most:
        raise InvalidInput(f"{what} has {len(text):,} characters; write at most {most:,}.")
    for sign in text:
        if (unicodedata.category(sign) in REFUSED and not (lines and sign in "\n\t")) or sign in TURNING:
            raise InvalidInput(f"{what} holds the control character U+{ord(sign):04X}; write it without.")
    return text
