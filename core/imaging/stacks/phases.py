"""Cut a group in which places repeat: by echo, b-value, kind of value, acquisition, phase or time.

A cut needs evidence: places that repeat. Where none does, other acquisition numbers or times leave a stack whole.
"""

from collections.abc import Callable, Sequence
from typing import Any

from core.imaging.stacks.attributes import sort_key
from core.imaging.stacks.fields import fields_of_view
from core.imaging.stacks.part import Part

TIMES = ("temporal_position", "cardiac_phase", "trigger_ms", "acquired_s")

Title = Callable[[int, int, Any], str]


def cut_repeats(part: Part) -> list[Part]:
    """Return the stacks of a group of one plane, size and kind."""
    if any(one.frames > 1 for one in part.slices):
        return [part]  # each image is a stack by itself
    contrasts = [piece for each in _by_contrast(part, "echo", "echo") for piece in _by_contrast(each, "b_value", "b")]
    return [stack for each in contrasts for stack in _cut(each)]


def _by_contrast(part: Part, name: str, word: str) -> list[Part]:
    """Cut by a contrast; one image of each contrast (a train of echoes at one place) stays together."""
    keys = [getattr(one, name) for one in part.slices]
    if not 1 < len(set(keys)) < len(keys):
        return [part]
    return part.cut(keys, lambda _number, _count, key: "" if key is None else f"{word} {key:g}")


def _cut(part: Part) -> list[Part]:
    if len(part.counts) == 1:
        return _by_type_at_one_place(part)
    if part.repeats == 1:
        return [part]
    for keys, title in _differences(part):
        if _explains(part, keys):
            return [stack for each in part.cut(keys, title) for stack in _cut(each)]
    return _by_rank(part) or _by_pass(part) or [part]


def _by_type_at_one_place(part: Part) -> list[Part]:
    """Keep a cine whole, but magnitude and phase (two kinds of values) apart."""
    keys = [one.image_type for one in part.slices]
    if len(set(keys)) == 1 or any(keys.count(key) < 2 for key in set(keys)):
        return [part]
    return part.cut(keys, _type_title(keys))


def _differences(part: Part) -> list[tuple[list[Any], Title]]:
    """Return what can set slices of one place apart, the strongest first: a key for each slice, and a title."""
    types = [one.image_type for one in part.slices]
    times = [([getattr(one, name) for one in part.slices], _phase_title) for name in TIMES]
    return [
        (types, _type_title(types)),
        (fields_of_view(part), lambda number, count, _: f"field {number} of {count}"),
        ([one.echo_ms for one in part.slices], lambda _number, _count, key: _named("echo time", key, "ms")),
        ([one.inversion_ms for one in part.slices], lambda _number, _count, key: _named("inversion time", key, "ms")),
        ([one.flip_degrees for one in part.slices], lambda _number, _count, key: _named("flip angle", key, "°")),
        *times[:2],
        ([one.acquisition for one in part.slices], lambda _number, _count, key: _named("acquisition", key)),
        *times[2:],
    ]


def _explains(part: Part, keys: Sequence[Any]) -> bool:
    """Return whether the keys differ at a place, and are no more than slices at a place (not one for each slice)."""
    return 1 < len(set(keys)) <= part.repeats and any(len(at) > 1 for at in part.values_at(keys).values())


def _by_rank(part: Part) -> list[Part]:
    """Cut by the order in time at each place, where all places occur equally often; [] if nothing tells the order."""
    if len(set(part.counts.values())) > 1:
        return []
    for name in (*TIMES, "instance"):
        keys = [getattr(one, name) for one in part.slices]
        if None not in keys and all(len(at) == part.repeats for at in part.values_at(keys).values()):
            at = part.values_at(keys)
            ordered = {rank: sorted(values, key=sort_key) for rank, values in at.items()}
            numbers = [ordered[rank].index(key) for rank, key in zip(part.ranks, keys, strict=True)]
            return part.cut(numbers, _phase_title)
    return []


def _by_pass(part: Part) -> list[Part]:
    """Cut where the acquisition returns to a place, if most places repeat; [] if that gives no clean stacks."""
    if sum(count > 1 for count in part.counts.values()) * 2 < len(part.counts):
        return []  # a few duplicates
    for name in ("acquired_s", "instance"):
        keys = [getattr(one, name) for one in part.slices]
        if None in keys or len(set(keys)) < len(keys):
            continue
        numbers, number, seen = [0] * len(keys), 0, set[int]()
        for at in sorted(range(len(keys)), key=keys.__getitem__):
            number, seen = (number + 1, set()) if part.ranks[at] in seen else (number, seen)
            seen.add(part.ranks[at])
            numbers[at] = number
        if number + 1 == part.repeats:
            return part.cut(numbers, _phase_title)
    return []


def _phase_title(number: int, count: int, _key: Any) -> str:
    return f"phase {number} of {count}"


def _type_title(types: Sequence[tuple[str, ...]]) -> Title:
    common = set.intersection(*(set(one) for one in types))
    return lambda _number, _count, key: " ".join(word for word in key if word not in common)


def _named(word: str, key: Any, unit: str = "") -> str:
    return "" if key is None else f"{word} {key:g} {unit}".strip()
