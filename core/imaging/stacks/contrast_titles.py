"""Name stacks of one place by what differs among them: "Echo 2 · TE 60 ms", "Phase 3 · 240 ms", "b 1000"."""

from collections.abc import Callable, Mapping, Sequence

from core.imaging.stacks.attributes import sort_key

Span = tuple[float, float]
Spans = Mapping[str, Span | None]  # the least and the greatest value of each attribute of a stack

PHASE = ("temporal_position", "cardiac_phase", "trigger_ms")
MINUTES_FROM_S = 120.0  # longer times are given in minutes


def contrast_titles(stacks: Sequence[Spans]) -> list[str]:
    """Return a title for each of some ordered stacks, all different; time is named only where nothing else differs."""
    parts = [
        [name for name in names if name]
        for names in zip(_echoes(stacks), _b_values(stacks), *_settings(stacks), _phases(stacks), strict=True)
    ]
    if len(set(map(tuple, parts))) < len(parts):
        parts = [[*part, *filter(None, [name])] for part, name in zip(parts, _times(stacks), strict=True)]
    return _numbered([" · ".join(part) for part in parts])


def _echoes(stacks: Sequence[Spans]) -> list[str]:
    numbers = _each(stacks, "echo", lambda span: f"Echo {_range(span)}")
    times = _each(stacks, "echo_ms", lambda span: f"TE {_range(span)} ms")
    names = [" · ".join(filter(None, pair)) for pair in zip(numbers, times, strict=True)]
    return [name or "Echo not given" for name in names] if any(names) else names


def _b_values(stacks: Sequence[Spans]) -> list[str]:
    names = _each(stacks, "b_value", lambda span: f"b {_range(span)}")
    return [name or "b not given" for name in names] if any(names) else names


def _settings(stacks: Sequence[Spans]) -> tuple[list[str], list[str]]:
    return (
        _each(stacks, "inversion_ms", lambda span: f"TI {_range(span)} ms"),
        _each(stacks, "flip_degrees", lambda span: f"flip {_range(span)}°"),
    )


def _phases(stacks: Sequence[Spans]) -> list[str]:
    """Return numbers of phases, with their percentage of the heart beat or their trigger time."""
    if not any(_vary(stacks, name) for name in PHASE):
        return [""] * len(stacks)
    keys = [tuple(one[name] for name in PHASE) for one in stacks]
    ranks = sorted(set(keys), key=lambda key: [sort_key(span) for span in key])
    given = _each(stacks, "temporal_position", lambda span: f"Phase {_range(span)}")
    numbers = [name or f"Phase {ranks.index(key) + 1}" for name, key in zip(given, keys, strict=True)]
    beats = _each(stacks, "cardiac_phase", lambda span: f"{_range(span)} % of R–R")
    delays = _each(stacks, "trigger_ms", lambda span: f"{_range(span)} ms")
    return [" · ".join(filter(None, names)) for names in zip(numbers, beats if any(beats) else delays, strict=True)]


def _times(stacks: Sequence[Spans]) -> list[str]:
    """Return the acquisition (else a phase) of each stack, and its start after that of the first."""
    starts = [one["acquired_s"][0] if one["acquired_s"] else None for one in stacks]
    first = min((start for start in starts if start is not None), default=0.0)
    later = ["" if start is None or len(set(starts)) == 1 else _later(start - first) for start in starts]
    numbers = _each(stacks, "acquisition", lambda span: f"Acquisition {_range(span)}")
    if any(later) and not any(numbers):
        ranks = sorted(set(starts), key=sort_key)
        numbers = [f"Phase {ranks.index(start) + 1}" for start in starts]
    return [" · ".join(filter(None, names)) for names in zip(numbers, later, strict=True)]


def _later(seconds: float) -> str:
    if seconds < MINUTES_FROM_S:
        return f"+{_number(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"+{minutes} min {rest} s" if rest else f"+{minutes} min"


def _each(stacks: Sequence[Spans], name: str, words: Callable[[Span], str]) -> list[str]:
    """Return the words about an attribute of each stack, "" where it is not given; all "" where it does not differ."""
    if not _vary(stacks, name):
        return [""] * len(stacks)
    return [words(span) if (span := one[name]) else "" for one in stacks]


def _vary(stacks: Sequence[Spans], name: str) -> bool:
    return len({one[name] for one in stacks}) > 1


def _range(span: Span | None) -> str:
    low, high = map(_number, span or (0.0, 0.0))
    return low if low == high else f"{low}–{high}"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{round(value, 1 if abs(value) >= 10 else 2):g}"


def _numbered(titles: Sequence[str]) -> list[str]:
    """Return the titles, equal ones with a number: without a word they are phases in the order of their images."""
    if len(set(titles)) == 1 and not titles[0]:
        return [f"Phase {number}" for number in range(1, len(titles) + 1)]
    return [
        f"{title or 'Not given'} ({titles[: at + 1].count(title)})" if titles.count(title) > 1 else title or "Not given"
        for at, title in enumerate(titles)
    ]
