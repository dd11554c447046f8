"""Check texts that people write, before they are stored: no control characters, limited length."""

import unicodedata

from core.errors import InvalidInput

# Control characters, surrogates, and characters that change the writing direction of the text around them.
REFUSED = ("Cc", "Cs")
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def checked(text: str, *, what: str, most: int, lines: bool = False) -> str:
    """Return `text` stripped; `what` names it in errors, `lines` allows several lines.

    Raises:
        InvalidInput: too long, or a control character.
    """
    text = text.replace("\r\n", "\n").strip()
    if len(text) > most:
        raise InvalidInput(f"{what} has {len(text):,} characters; write at most {most:,}.")
    for sign in text:
        if (unicodedata.category(sign) in REFUSED and not (lines and sign in "\n\t")) or sign in TURNING:
            raise InvalidInput(f"{what} contains the control character U+{ord(sign):04X}; remove it.")
    return text
