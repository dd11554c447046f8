"""The one law of a split: a patient stands in one part of it only."""

from collections.abc import Iterable, Mapping, Sequence

from core.curation.records import SPLITS, AssignedCase
from core.errors import LeakingSplit

_NAMED = 5


def shared_patients(placed: Iterable[AssignedCase]) -> list[str]:
    """The patients who stand in more than one split, sorted; empty is the proof."""
    return sorted(patients_in_several_splits((row.patient, row.split) for row in placed))


def patients_in_several_splits(places: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Of (patient, split) pairs: each patient in two splits or more, with those splits in their usual order."""
    seen: dict[str, set[str]] = {}
    for patient, split in places:
        seen.setdefault(patient, set()).add(split)
    return {who: sorted(where, key=SPLITS.index) for who, where in seen.items() if len(where) > 1}


def assert_no_leakage(placed: Sequence[AssignedCase], *, source: str = "this snapshot") -> None:
    """Return quietly if no patient is shared.

    Raises:
        LeakingSplit: names the patients and the splits they stand in.
    """
    shared = patients_in_several_splits((row.patient, row.split) for row in placed)
    if shared:
        raise LeakingSplit(_sentence(shared, source))


def _sentence(shared: Mapping[str, list[str]], source: str) -> str:
    named = [f"{who} ({' and '.join(shared[who])})" for who in sorted(shared)[:_NAMED]]
    more = f" and {len(shared) - _NAMED} more" if len(shared) > _NAMED else ""
    stand = "1 patient stands" if len(shared) == 1 else f"{len(shared)} patients stand"
    return (
        f"{stand} in more than one split of {source}: {', '.join(named)}{more}; "
        "split by patient instead, or give all images of a patient the same split."
    )
