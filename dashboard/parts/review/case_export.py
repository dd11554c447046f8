"""Write the listed cases as CSV with all digits, so that every metric of the page can be recomputed."""

import io
from collections.abc import Sequence
from typing import Any

from core.imaging.tables.formulas import CsvWriter
from core.services.evaluation import case_call
from core.services.evaluation.review_cases import facts
from core.services.evaluation.review_data import ReviewData
from dashboard.result_cache import review_source


def cases_csv(data: ReviewData, rows: Sequence[int]) -> bytes:
    """Return one CSV line per row: case, patient, reference label, prediction, scores and metadata."""
    metadata = facts(review_source(), data)
    names, scores, truths, patients = _columns(data)
    file = io.StringIO()
    writer = CsvWriter(file)
    calls = [case_call.call_of_row(data, row) for row in rows] if data.titles else []
    at_point = ["threshold", "outcome"] if calls else []
    writer.writerow(["case", "patient", "truth", *(["called"] if data.titles else []), *names, *at_point, *metadata])
    for at, row in enumerate(rows):
        predicted = [calls[at].called] if calls else []
        digits = [repr(float(score)) for score in scores[row]]
        values = [str(column[row]) for column in metadata.values()]
        against = [calls[at].threshold_text, calls[at].outcome] if calls else []
        writer.writerow([int(data.cases[row]), patients[row], truths[row], *predicted, *digits, *against, *values])
    return file.getvalue().encode()


def _columns(data: ReviewData) -> tuple[list[str], Any, list[str], Sequence[str]]:
    """Return the names and values of the score columns, the reference labels and the patients, row by row."""
    truths = [data.titles[row] for row in data.truth.tolist()] if data.titles else []
    if (scored := data.scored) is not None:
        patients = [scored.patients[row] for row in scored.owner.tolist()]
        return [f"score {scored.name}"], scored.scores[:, None], truths, patients
    if data.titles:
        columns = review_source().columns(data.run.id, data.state.split)
        return [f"score {title}" for title in data.titles], columns.scores, truths, columns.names()
    numbers = review_source().numbers(data.run, data.state)
    return ["predicted"], numbers.scores, [repr(float(number)) for number in numbers.truths[:, 0]], numbers.names()
