"""A part of a link that cannot be opened, and the sentence about it."""

from dataclasses import dataclass

from dashboard import formatting

LONGEST = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """A parameter of a link, and one sentence about what it names, as Markdown."""

    field: str
    sentence: str


def quoted(text: object) -> str:
    """Return a value of a link in quotes, as Markdown, shortened: a link may hold anything."""
    shown = str(text)
    return f"'{formatting.escape_markdown(shown if len(shown) <= LONGEST else shown[: LONGEST - 2] + ' …')}'"


def missing(noun: str, value: object) -> str:
    """Say that an object of a link is not in this home."""
    return f"There is no {noun} {value} in this home: it was deleted, or the link is from another home."
