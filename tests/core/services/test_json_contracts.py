"""The keys that the command line prints from the services' reports: a field may be renamed, its key may not."""

import pytest

from core.evaluation.metric_value import MetricValue
from core.evaluation.subgroups import Subgroup
from core.imaging.notes import NOTES
from core.services.annotation.drawing_import import DrawingImportReport
from core.services.evaluation.subgroups import Groups
from core.services.images.image_notes import NoteCount
from core.services.imports.import_report import ImportReport

METRIC = {"value", "low", "high", "n", "note", "method"}


def test_the_keys_of_an_import():
    keys = {
        *(
            "found",
            "imported",
            "known",
            "refused",
            "unlisted",
            "missing",
            "ambiguous",
            "images",
            "patients",
            "unknown_patients",
        ),
        *("persons", "person_questions", "studies", "table", "texts", "missing_count"),
        *("series", "labelled", "labels_kept", "labels_apart", "dry_run", "finished", "notes", "columns_left_out"),
    }
    notes = (NoteCount("turned", 2, ("a.jpg", "b.jpg")),)
    report = ImportReport(files_found=3, imported=2, labels_overridden=1, labels_without_case=4, notes=notes)
    data = report.to_json()
    assert data["notes"] == [
        {"kind": "turned", "count": 2, "examples": ["a.jpg", "b.jpg"], "way_out": NOTES["turned"].way_out}
    ]
    assert set(data) == keys
    assert (data["found"], data["labels_kept"], data["labels_apart"]) == (3, 1, 4)
    assert ImportReport.from_json(data) == report


def test_the_keys_of_imported_drawings():
    assert DrawingImportReport(drawn=1, known=2, superseded=3).to_json() == {"drawn": 1, "known": 2, "kept": 3}


def test_the_keys_of_a_subgroup():
    values = [MetricValue(0.5, 0.4, 0.6, 10), MetricValue(0.7, 0.6, 0.8, 20), MetricValue(-0.2, -0.3, -0.1, 30)]
    row = Subgroup((("site", "A"),), 10, 4, 5, *values, False, 0.01, 0.02)
    data = Groups((row,), "auroc", None, ("site",), {}).to_json()
    assert set(data) == {"figure", "point", "facts", "left_out", "words", "groups"}
    (group,) = data["groups"]
    keys = ("facts", "cases", "events", "patients", "figure", "rest", "gap", "thin", "p", "adjusted_p")
    assert set(group) == set(keys)
    assert [set(group[name]) for name in ("figure", "rest", "gap")] == [METRIC] * 3
    assert (group["figure"]["low"], group["figure"]["high"]) == pytest.approx((0.4, 0.6))
