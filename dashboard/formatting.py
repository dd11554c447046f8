"""Format numbers, times and names for people: the only place that says how they are written."""

import os
import re
import time
from pathlib import Path
from urllib.parse import parse_qsl

from core.evaluation.metric_value import MetricValue
from db.vocabulary import Unit

_MAKES_MORE = re.compile(
    r"(?<=:)(?=[\w+/-]+:)|(?=://)|(?<=www)(?=\.)|(?=@)|(?<!\S)(?=(?:<->|<?--?>?|[<>~]=)(?:\s|$))", re.IGNORECASE
)
_AT_START = re.compile(r"^(\s*\d*)([-+=.)])", re.MULTILINE)  # of a line: a list or a heading


def format_metric(metric: MetricValue) -> str:
    """Format a metric with its interval: `0.912 (0.874–0.944)`, or `undefined`."""
    if metric.value is None:
        return "undefined"
    if metric.ci_low is None or metric.ci_high is None:
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} ({metric.ci_low:.3f}–{metric.ci_high:.3f})"


def count(number: int, singular: str, plural: str = "") -> str:
    """Format a number of things: `1 image`, `1,204 images`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def cases(number: int, unit: Unit) -> str:
    """Format a number of cases of a task: `12 images`, `1 series`, `8 studies`."""
    return count(number, unit.value, {Unit.SERIES: "series", Unit.STUDY: "studies"}.get(unit, ""))


def format_age(at: float | None) -> str:
    """Format the age of a time (seconds since the epoch): `3 hours ago`, or `–` for None."""
    if at is None:
        return "–"
    seconds = max(0.0, time.time() - at)
    for unit, length in (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0)):
        if seconds >= length:
            return f"{count(int(seconds // length), unit)} ago"
    return "just now"


def minutes(seconds: float) -> str:
    """Format a duration in seconds: `45 s`, `12 min`."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def seconds(count: float) -> str:
    """Format a short duration in seconds: `12 ms`, `1.4 s`."""
    return f"{count * 1000:.3g} ms" if count < 1 else f"{count:.3g} s"


def escape_markdown(text: str) -> str:
    """Escape a text so that it is shown as written and not as Markdown.

    Streamlit makes links, emoji and arrows of plain words, escaped or not; a word joiner, of no width, parts them.
    """
    text = _MAKES_MORE.sub("\u2060", text)
    return _AT_START.sub(r"\1\\\2", re.sub(r"([\\`*_\[\]$:<>#~|])", r"\\\1", text))


def format_subgroup(facts: str) -> str:
    """Format a subgroup: `site=A&sex=F` as `site A, sex F`."""
    return ", ".join(f"{fact(name)} {value}" for name, value in parse_qsl(facts, keep_blank_values=True))


def p_value(p: float) -> str:
    """Format a p value: `0.032`, `< 0.001`."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def fact(name: str) -> str:
    """Format the name of a fact: `body_part` as `body part`."""
    return name.replace("_", " ")


def signed(number: float) -> str:
    """Format a difference with its sign: `+0.041`, `−0.354`."""
    return f"{number:+.3f}".replace("-", "−")


def format_with_unit(metric: MetricValue, *, signed: bool = False) -> str:
    """Format a metric in its unit: `4.21 (3.1 to 5.3)`, signed `+1.2 (−0.3 to +2.7)`; `–` without an interval."""
    if metric.value is None or metric.ci_low is None or metric.ci_high is None:
        return "–"
    value, low, high = (f"{one:{'+' if signed else ''}.3g}" for one in (metric.value, metric.ci_low, metric.ci_high))
    return f"{value} ({low} to {high})".replace("-", "−")


def path_text(path: Path) -> str:
    """Format a path whose bytes may be no valid text."""
    return os.fsencode(path).decode("utf-8", "replace")
