"""Know the table that Rounds writes of a run's predictions, so that its metadata can be imported as they were."""

from collections.abc import Sequence
from itertools import takewhile

FIRST = ("case", "image", "item", "name", "patient", "split")
FACT = "fact "  # before the title of a metadata column that is called as another column is
SIZE = "image size"
OF_FINDING = ("truth ", "score ", "calibrated ", "called ")


def run_columns(columns: Sequence[str]) -> frozenset[str]:
    """Return the columns of such a table that are about the run or its cases; of other tables none.

    >>> sorted(run_columns([*FIRST, "truth", "score a", "score b", "called", "age"]) - {*FIRST, SIZE})
    ['called', 'score a', 'score b', 'truth']
    """
    first, others = tuple(columns[: len(FIRST)]), list(columns[len(FIRST) :])
    if first != FIRST:
        return frozenset()
    if others[:2] == ["truth", "value"]:
        others = others[:2]
    elif others[:1] == ["truth"] and "called" in others:
        others = others[: others.index("called") + 1]
    else:
        others = list(takewhile(lambda title: title.startswith(OF_FINDING), others))
    return frozenset((*first, *others, SIZE))
