"""Cases as a CSV with all digits: what every number of the page can be reckoned from again."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from dashboard import asked
from dashboard.asked import Asked


def of(found: Asked, rows: Sequence[int]) -> bytes:
    """A line for each of the rows: case, patient, truth, called, a score for each column, and the facts."""
    facts = asked.facts(found)
    names, scores, truths, patients = _columns(found)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["case", "patient", "truth", *(["called"] if found.titles else []), *names, *facts])
    for at in rows:
        called = [found.titles[found.called[at]]] if found.titles else []
        told = [repr(float(one)) for one in scores[at]]
        own = [str(values[at]) for values in facts.values()]
        writer.writerow([int(found.cases[at]), patients[at], truths[at], *called, *told, *own])
    return file.getvalue().encode()


def _columns(found: Asked) -> tuple[list[str], Any, list[str], Sequence[str]]:
    """Names and values of the score columns, truths and patients, row by row."""
    if found.scored is not None:
        one = found.scored
        truths = [found.titles[at] for at in found.truth.tolist()]
        return [f"score {one.name}"], one.scores[:, None], truths, [one.patients[row] for row in one.owner.tolist()]
    held = asked.columns(found.run.id, found.state.split) if found.titles else asked.numbers(found.run, found.state)
    if found.titles:
        truths = [found.titles[at] for at in found.truth.tolist()]
        return [f"score {title}" for title in found.titles], held.scores, truths, held.names()
    return ["predicted"], held.scores, [repr(float(one)) for one in held.truths[:, 0]], held.names()
