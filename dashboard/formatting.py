"""Format numbers, times and names for people: the one place for how they are written."""

import re
import time
from urllib.parse import parse_qsl

from core.evaluation.metric_value import MetricValue
from db.vocabulary import Unit


def format_metric(found: MetricValue) -> str:
    """`0.912 (0.874–0.944)`, or the word undefined."""
    if found.value is None:
        return "undefined"
    if found.low is None or found.high is None:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} ({found.low:.3f}–{found.high:.3f})"


def count(number: int, one: str, many: str = "") -> str:
    """`1 image`, `1,204 images`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def cases(number: int, unit: Unit) -> str:
    """So many of what a task asks about: `12 images`, `1 series`, `8 studies`."""
    return count(number, unit.value, {Unit.SERIES: "series", Unit.STUDY: "studies"}.get(unit, ""))


def format_age(at: float | None) -> str:
    """How long ago, in words."""
    if at is None:
        return "–"
    seconds = max(0.0, time.time() - at)
    for unit, length in (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0)):
        if seconds >= length:
            return f"{count(int(seconds // length), unit)} ago"
    return "just now"


def minutes(seconds: float) -> str:
    """`45 s`, `12 min`."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def seconds(count: float) -> str:
    """`12 ms`, `1.4 s`."""
    return f"{count * 1000:.3g} ms" if count < 1 else f"{count:.3g} s"


def escape_markdown(text: str) -> str:
    """What somebody wrote, shown as it is and not as markdown."""
    return re.sub(r"([\\`*_\[\]$:<>#~|])", r"\\\1", text)


def format_subgroup(facts: str) -> str:
    """`site=A&sex=F` as words: site A, sex F."""
    return ", ".join(f"{fact(name)} {value}" for name, value in parse_qsl(facts, keep_blank_values=True))


def p_value(p: float) -> str:
    """`0.032`, `< 0.001`."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def fact(name: str) -> str:
    """A fact's name in words."""
    return name.replace("_", " ")


def signed(number: float) -> str:
    """`+0.041`, `−0.354`."""
    return f"{number:+.3f}".replace("-", "−")


def format_with_unit(found: MetricValue, *, signed: bool = False) -> str:
    """In its own unit: `4.21 (3.1 to 5.3)`, with signs `+1.2 (−0.3 to +2.7)`; `–` where it is not told."""
    if found.value is None or found.low is None or found.high is None:
        return "–"
    value, low, high = (f"{one:{'+' if signed else ''}.3g}" for one in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})".replace("-", "−")
