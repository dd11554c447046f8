"""Know the codes of file names that name nobody, whatever their letters: hashes, UIDs, numbers of files."""

import re

HASH = re.compile(r"(?<![^\W_])(?=[0-9a-fA-F-]{16})[0-9a-fA-F]{4,}(?:-[0-9a-fA-F]{4,})*(?![^\W_])")
SHORT_HASH = re.compile(  # of eight signs or more; three letters before digits alone may be a name
    r"(?<![^\W_])(?=(?:[0-9a-f]{8,}|[0-9A-F]{8,})(?![^\W_]))"
    r"(?:(?:\d+[a-fA-F]|[a-fA-F]+\d+[a-fA-F])[0-9a-fA-F]*|[a-fA-F]{1,2}\d+(?![^\W_]))"
)
CODE = re.compile(
    r"(?<![^\W_])(?:(?:[A-Za-z]{1,2}\d+){2,}[A-Za-z]{0,2}|(?:\d+[A-Za-z]{1,2}){2,}\d*|[A-Z]{2}\d{4,7}"
    r"|(?=[a-z\d]{16})(?:[a-z]*+\d++){3,}[a-z]*)(?![^\W_])"
)
UID = re.compile(r"\d+(?:\.\d+){6,}")


def codes_in(text: str) -> list[tuple[int, int]]:
    """Return where the codes of a text are, as (start, end).

    >>> [text[start:end] for text in ["a_93fd0adb_1.2.840.10008.5.1.4"] for start, end in codes_in(text)]
    ['1.2.840.10008.5.1.4', '93fd0adb']
    """
    codes = [match.span() for form in (HASH, CODE, UID) for match in form.finditer(text) if _has_digits(match[0])]
    return codes + [match.span() for match in SHORT_HASH.finditer(text)]


def without_hashes(text: str) -> str:
    """Return a text without the hashes in it."""
    return SHORT_HASH.sub("", HASH.sub(lambda match: "" if _has_digits(match[0]) else match[0], text))


def _has_digits(text: str) -> bool:
    return sum(map(str.isdigit, text)) * 5 >= len(text)
