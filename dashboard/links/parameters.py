"""Read the parameters of a link against the fields of a page's state."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from dashboard.links.problem import Problem, missing, quoted
from dashboard.url_state import State, parsed

NOUNS = {
    "run": "run",
    "other": "run",
    "task": "task",
    "snapshot": "snapshot",
    "image": "image",
    "series": "series",
    "case": "case",
    "imported": "import",
    "job": "import job",
}
"""What a parameter names by its number in the catalogue."""


def unreadable(state: type[State], query: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Yield the parameters that the page does not have, that stand twice, or that are not of the field's type."""
    defaults = {field.name: field.default for field in fields(state)}
    for name, values in query.items():
        if name not in defaults:
            yield Problem(name, f"The part {quoted(name)} of this link is not known on this page.")
        elif len(set(values)) > 1:
            yield Problem(name, f"This link gives {name} more than once: {', '.join(map(quoted, values))}.")
        elif parsed(values[0], defaults[name]) is None:
            yield Problem(name, _wrong_type(name, values[0], defaults[name]))
        elif name in NOUNS and int(values[0]) <= 0:
            yield Problem(name, missing(NOUNS[name], values[0]))


def _wrong_type(name: str, text: str, default: object) -> str:
    if not text:
        return f"This link gives no value for {name}."
    if name in NOUNS:
        return missing(NOUNS[name], text if _is_whole(text) else quoted(text))
    kind = "a whole number of up to 18 digits" if isinstance(default, int) else "a number"
    return f"In this link {name} is {quoted(text)}, but it must be {kind}."


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) < 40
