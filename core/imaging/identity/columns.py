"""Find the columns of a table that identify patients, and are left out of the catalogue unless chosen."""

from collections.abc import Sequence

from core.imaging.identity.column_titles import reason_of_title
from core.imaging.identity.column_values import FILE_NAMES, FREE_TEXT, reason_of_values


def identity_reason(title: str, values: Sequence[str]) -> str | None:
    """Return in words why a column may identify patients, None if nothing speaks for it.

    >>> identity_reason("Nachname", []), identity_reason("column 3", ["anna@example.org"])
    ('a name, by its title', 'e-mail addresses')
    >>> identity_reason("View Position", ["PA", "AP"])
    """
    return reason_of_title(title) or reason_of_values(values)


def names_persons(reason: str) -> bool:
    """Return whether the values of such a column are to be masked elsewhere: free text would mask everything."""
    return reason not in ("", FREE_TEXT, FILE_NAMES)


def are_births(reason: str) -> bool:
    """Return whether the values of such a column are dates of birth."""
    return "of birth" in reason
