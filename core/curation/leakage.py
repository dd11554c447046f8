"""Patient leakage between splits: no split of ours has it, and what a given split shares is counted."""

from collections.abc import Iterable, Mapping, Sequence

from core.curation.records import SPLITS, AssignedCase
from core.errors import LeakingSplit

_NAMED = 5


def shared_patients(placed: Iterable[AssignedCase]) -> list[str]:
    """Return the sorted patients who are in more than one split; an empty list is the proof."""
    return sorted(patients_in_several_splits((row.patient, row.split) for row in placed))


def shared_persons(placed: Iterable[AssignedCase]) -> list[str]:
    """Return the sorted persons who are in more than one split, by the name of their first patient."""
    return sorted(patients_in_several_splits((row.group, row.split) for row in placed))


def patients_in_several_splits(places: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return, from (patient, split) pairs, each patient in several splits with those splits in their usual order."""
    splits_of: dict[str, set[str]] = {}
    for patient, split in places:
        splits_of.setdefault(patient, set()).add(split)
    return {who: sorted(splits, key=SPLITS.index) for who, splits in splits_of.items() if len(splits) > 1}


def assert_no_leakage(placed: Sequence[AssignedCase]) -> None:
    """Check that no patient and no person is in two splits: the law of every split that Rounds makes itself.

    Raises:
        LeakingSplit: names the patients and their splits.
    """
    leaking = patients_in_several_splits((who, row.split) for row in placed for who in {row.patient, row.group})
    if leaking:
        raise LeakingSplit(_sentence(leaking))


def _sentence(shared: Mapping[str, list[str]]) -> str:
    count = "1 patient is" if len(shared) == 1 else f"{len(shared)} patients are"
    return (
        f"{count} in more than one split of this snapshot: {named(shared)}; "
        "assign all images of a patient to the same split."
    )


def named(shared: Mapping[str, list[str]]) -> str:
    """Name the first of those in several splits, with their splits.

    >>> named({"B": ["train", "test"], "A": ["train", "val"]})
    'A (train and val), B (train and test)'
    """
    names = [f"{who} ({' and '.join(shared[who])})" for who in sorted(shared)[:_NAMED]]
    return ", ".join(names) + (f" and {len(shared) - _NAMED} more" if len(shared) > _NAMED else "")
