"""What a mark opens and what a page counts: the same cases, and figures that their CSV gives again."""

import csv
import io
from urllib.parse import urlencode

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from core.errors import InvalidInput
from core.evaluation.metadata_binning import MIXED
from core.evaluation.metrics import ORDER
from core.services.evaluation import (
    comparison_data,
    operating_points,
    regression_comparison,
    review_curves,
    run_comparison,
    subgroups,
)
from core.services.evaluation.review_cases import selected_rows
from core.services.evaluation.review_data import review_data
from core.services.evaluation.review_metrics import point_metrics
from core.services.evaluation.review_point import stored_point
from core.services.predictions import coverage
from core.services.training import runs
from core.services.workspace import home as workspace_home
from core.settings import Settings
from dashboard import reader
from dashboard.context import build_context
from dashboard.parts.review import case_export, case_list, curves, multiclass, operating_point_text, threshold_slider
from dashboard.parts.widgets import chart, metric_table
from dashboard.result_cache import review_source
from dashboard.url_state import CaseState, ListState, ReviewState
from db.tables import Case, Fact, Image, Run, Snapshot, SnapshotCase
from db.vocabulary import TaskKind
from tests.core.evaluation.independent import recomputed
from tests.core.services.predicted import another, draw


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One home for all: each test draws what it needs."""
    patch = pytest.MonkeyPatch()
    patch.setenv("ROUNDS_HOME", str(tmp_path_factory.mktemp("asked") / "home"))
    patch.setattr(reader, "session_id", lambda: "a browser")
    db = workspace_home.open_home(Settings.read())
    yield db
    db.close()
    build_context(Settings.read(), 8501).db.close()
    patch.undo()


@pytest.fixture(scope="module")
def drawn(home):
    return draw(home, patients=120, name="asked")


def reviewed(run, state):
    return review_data(review_source(), run, state)


def rows_of_mark(data, state):
    return selected_rows(review_source(), data, state)


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_a_cell_counts_what_its_list_holds_at_fifty_thresholds(home, drawn):
    run = runs.get(home, drawn.run)
    for level in ("image", "noisy_or"):
        for at in np.linspace(0, 1, 50):
            state = ReviewState(run=run.id, split="val", at=float(at), level=level)
            data = reviewed(run, state)
            matrix = data.matrix()
            for truth in (0, 1):
                for called in (0, 1):
                    cell = ReviewState(run=run.id, split="val", at=float(at), level=level, truth=truth, called=called)
                    rows = rows_of_mark(data, cell)
                    assert len(rows) == matrix[truth][called]
                    assert at < 0.9 or len(rows) == len(case_list.ordered(run, cell))
                    assert (data.truth[rows] == truth).all()
                    assert ((data.score[rows] >= at) == called).all()
                    assert (np.diff(data.wrong[rows]) <= 0).all()
        assert sum(map(sum, matrix)) == (40 if level != "image" else 120)


def test_every_figure_of_the_page_is_recomputed_from_its_cases_csv(home, drawn):
    run = runs.get(home, drawn.run)
    data = reviewed(run, ReviewState(run=run.id, split="val", at=0.37))
    rows = rows_of(case_export.cases_csv(data, rows_of_mark(data, data.state)))
    figures = {row["figure"]: row for row in rows_of(metric_table.figures_csv(point_metrics(review_source(), data)))}
    truth = np.array([row["truth"] == "Ill" for row in rows])
    score, called = (
        np.array([float(row["score Ill"]) for row in rows]),
        np.array([row["called"] == "Ill" for row in rows]),
    )
    assert (called == (score >= 0.37)).all()
    (tn, fp), (fn, tp) = metrics.confusion_matrix(truth, called)
    expected = recomputed(ORDER, truth, score, called)
    for name, value in expected.items():
        assert float(figures[name]["value"]) == pytest.approx(value, abs=1e-9), name
        assert float(figures[name]["low"]) < value < float(figures[name]["high"])
        assert figures[name]["method"] == "patient-level bootstrap"
    assert tuple(figures) == ORDER
    assert data.matrix() == [[tn, fp], [fn, tp]]
    assert len({row["patient"] for row in rows}) == 40
    assert {row["site"] for row in rows} == {"north", "south"}


def test_a_typed_prevalence_moves_ppv_and_npv_by_bayes(home, drawn):
    run = runs.get(home, drawn.run)
    data = reviewed(run, ReviewState(run=run.id))
    metrics_at_2_percent = point_metrics(review_source(), data, prevalence=0.02)
    sensitivity, specificity = metrics_at_2_percent["sensitivity"].value, metrics_at_2_percent["specificity"].value
    assert metrics_at_2_percent["ppv"].value == pytest.approx(
        sensitivity * 0.02 / (sensitivity * 0.02 + (1 - specificity) * 0.98), abs=1e-9
    )
    assert metrics_at_2_percent["npv"].value == pytest.approx(
        specificity * 0.98 / (specificity * 0.98 + (1 - sensitivity) * 0.02), abs=1e-9
    )


def test_the_spans_of_a_curve_part_all_cases_among_its_points(home, drawn):
    run = runs.get(home, drawn.run)
    state = ReviewState(run=run.id)
    data = reviewed(run, state)
    curve = review_curves.roc(review_source(), data).curve.thinned(20)
    opened = [
        rows_of_mark(data, ReviewState(run=run.id, span=f"{low!r}:{high!r}"))
        for low, high in curves.spans(curve)
        if low < high
    ]
    assert sorted(np.concatenate(opened).tolist()) == list(range(len(data.cases)))


def test_a_group_opens_its_own_cases(home, drawn):
    run = runs.get(home, drawn.run)
    data = reviewed(run, ReviewState(run=run.id))
    rows = rows_of(case_export.cases_csv(data, range(len(data.cases))))
    for group, in_group in (
        ("site=north", lambda row: row["site"] == "north"),
        ("site=south&sex=F", lambda row: row["site"] == "south" and row["sex"] == "F"),
        ("age=unknown", lambda row: row["age"] == "unknown"),
    ):
        opened = rows_of_mark(data, ReviewState(run=run.id, group=group))
        assert {int(data.cases[at]) for at in opened} == {int(row["case"]) for row in rows if in_group(row)}
        assert len(opened)


def test_the_group_of_rare_values_opens_its_cases(home):
    drawn = draw(home, name="rare", patients=90)
    with home.transaction() as session:
        images = session.query(Image).join(Case, Case.image_id == Image.id).filter(Case.id.in_(drawn.cases))
        session.add_all(
            Fact(image_id=image.id, name="room", value="hall" if at % 3 else f"room {at}")
            for at, image in enumerate(images.order_by(Image.id))
        )
    run = runs.get(home, drawn.run)
    groups = subgroups.subgroup_report(home, run.id, pairs=False, resamples=20)
    (row,) = [one for one in groups.rows if one.facts[0][1].startswith("other values")]
    opened = selected_rows(
        review_source(),
        reviewed(run, ReviewState(run=run.id)),
        ReviewState(run=run.id, group=urlencode(row.facts)),
    )
    assert len(opened) == row.cases > 0


@pytest.mark.parametrize("kind", [TaskKind.SINGLE, TaskKind.MULTI, TaskKind.NUMBER])
def test_a_group_of_patients_opens_as_many_as_it_counts(home, kind):
    classes = () if kind is TaskKind.NUMBER else ("well", "ill")
    drawn = draw(home, kind, classes, patients=120, name=f"{kind} groups", each=2)
    run, state = runs.get(home, drawn.run), ReviewState(run=drawn.run, level="mean")
    if kind is TaskKind.NUMBER:
        groups = subgroups.regression_subgroup_report(home, run.id, per_patient=True, resamples=20)
    else:
        operating_points.set_operating_point(
            home, run.id, by="ann", threshold=0.4, level="patient", patient_rule="mean"
        )
        groups = subgroups.subgroup_report(
            home, run.id, finding=0 if kind is TaskKind.MULTI else None, figure="accuracy", resamples=20
        )
    shown = reviewed(run, state)
    assert shown.unit == "patient"
    cases = rows_of(case_export.cases_csv(shown, range(len(shown.cases))))
    assert (("site", MIXED),) in [row.facts for row in groups.rows]
    for row in groups.rows:
        opened = selected_rows(
            review_source(), shown, ReviewState(run=run.id, level="mean", group=urlencode(row.facts))
        )
        assert len(opened) == row.cases > 0
        if not any(value.startswith("other values") for _, value in row.facts):
            assert row.cases == sum(all(one[name] == value for name, value in row.facts) for one in cases)


def test_test_is_called_at_the_point_that_stands_whatever_is_tried(home):
    drawn = draw(home, name="locked")
    run = runs.get(home, drawn.run)
    operating_points.set_operating_point(home, run.id, by="ann", threshold=0.4, level="patient", patient_rule="mean")
    tried = ListState(run=run.id, at=0.9, level="image", scale="isotonic")
    locked = reviewed(run, tried)
    assert (locked.threshold, locked.unit, locked.tried) == (0.4, "patient", False)
    free = review_data(
        review_source(), run, ListState(run=run.id, split="val", at=0.9, level="image", scale="isotonic")
    )
    assert (free.threshold, free.unit, free.tried, free.point.scale_name) == (0.9, "case", True, "isotonic")
    plain = reviewed(run, ListState(run=run.id, split="val", level="image"))
    assert stats.spearmanr(plain.score, free.score).statistic > 0.9  # a staircase keeps the order
    assert metrics.brier_score_loss(free.truth, free.score) < metrics.brier_score_loss(plain.truth, plain.score)


def test_other_scores_look_anew_for_the_threshold_of_the_rule_that_stands(home, monkeypatch):
    run = runs.get(home, draw(home, name="ruled").run)
    usual = reviewed(run, ListState(run=run.id, split="val", level="max")).point
    assert usual.words == "0.5 (default), on the highest score of each patient. No operating point chosen yet"
    stands = operating_points.set_operating_point(home, run.id, by="ann", rule={"kind": "sensitivity", "at_least": 0.9})
    for tried in ({"level": "max"}, {"level": "mean"}, {"scale": "temperature"}):
        data = reviewed(run, ListState(run=run.id, split="val", **tried))
        ill = np.sort(data.score[data.truth == 1])[::-1]
        assert data.point.rule == stands.rule
        assert data.threshold == ill[int(np.ceil(0.9 * len(ill))) - 1] != stands.threshold
    moved = reviewed(run, ListState(run=run.id, split="val", level="max", at=0.4)).point
    assert (moved.threshold, moved.rule) == (0.4, {"kind": "threshold"})

    def nowhere(*_, **__):
        raise InvalidInput("No score keeps it.")

    monkeypatch.setattr("core.evaluation.operating_point.threshold_for", nowhere)
    unchanged = reviewed(run, ListState(run=run.id, split="val", level="max"))
    assert (unchanged.threshold, unchanged.point.rule) == (stands.threshold, {"kind": "threshold"})
    assert (
        "set manually, on the highest score of each patient; no threshold of these scores reaches that sensitivity"
        in (
            operating_point_text.sentence(
                unchanged, ReviewState(run=run.id, split="val", level="max"), coverage.coverage_of(home, run.id, "val")
            )
        )
    )


def test_of_many_classes_the_most_probable_or_one_against_the_rest(home):
    drawn = draw(home, classes=("a", "b", "c"), name="many")
    run = runs.get(home, drawn.run)
    every = reviewed(run, ListState(run=run.id))
    rows = rows_of(case_export.cases_csv(every, range(len(every.cases))))
    called = [max("ABC", key=lambda name, row=row: float(row[f"score {name}"])) for row in rows]
    assert [row["called"] for row in rows] == called
    truth = [row["truth"] for row in rows]
    assert every.matrix() == metrics.confusion_matrix(truth, called, labels=list("ABC")).tolist()
    against_rest = reviewed(run, ListState(run=run.id, positive=1))
    assert against_rest.titles == ("not B", "B")
    assert against_rest.truth.tolist() == [int(row["truth"] == "B") for row in rows]


def test_a_number_s_point_opens_the_cases_of_that_prediction(home):
    drawn = draw(home, TaskKind.NUMBER, (), name="number")
    run = runs.get(home, drawn.run)
    data = reviewed(run, ListState(run=run.id))
    value = float(data.score[3])
    rows = rows_of_mark(data, ListState(run=run.id, span=f"{value!r}:{value!r}"))
    assert rows.tolist() == [3]
    cases = rows_of(case_export.cases_csv(data, rows))
    assert float(cases[0]["predicted"]) == value


def test_a_patient_s_number_is_the_mean_and_its_furthest_case_speaks_for_it(home):
    drawn = draw(home, TaskKind.NUMBER, (), name="of patients")
    run = runs.get(home, drawn.run)
    each, state = reviewed(run, ListState(run=run.id)), ListState(run=run.id, level="mean")
    per_patient, owner = reviewed(run, state), review_source().columns(run.id, "test").owner
    assert (each.unit, len(each.cases), per_patient.unit, len(per_patient.cases)) == ("case", 60, "patient", 20)
    for patient in range(20):
        of_patient = owner == patient
        assert per_patient.score[patient] == pytest.approx(each.score[of_patient].mean(), abs=1e-12)
        assert per_patient.cases[patient] == each.cases[of_patient][np.argmax(each.wrong[of_patient])]
    tiles = case_list._tiles(per_patient, rows_of_mark(per_patient, state)[:3])
    cases = rows_of(case_export.cases_csv(per_patient, rows_of_mark(per_patient, state)))
    for tile, case in zip(tiles, cases[:3], strict=True):
        true, predicted = float(case["truth"]), float(case["predicted"])
        assert (tile.title, tile.note) == (f"{true:.4g} → {predicted:.3g}", f"{predicted - true:+.3g}")
    wrong = [abs(float(case["predicted"]) - float(case["truth"])) for case in cases]
    assert wrong == pytest.approx(np.sort(per_patient.wrong)[::-1], abs=1e-12)
    assert reviewed(run, ListState(run=run.id, level="mean", other=run.id, change="nearer")).unit == "case"


def test_the_lists_of_a_comparison_are_those_of_the_service(home, drawn):
    other = another(home, drawn, seed=11, skill=0.3)
    run = runs.get(home, other)
    comparison = run_comparison.compare(home, drawn.run, other).comparison
    assert len(comparison.broken) > len(comparison.fixed) > 0
    for change in comparison_data.CHANGES:
        state = CaseState(run=other, other=drawn.run, change=change)
        assert set(case_list.ordered(run, state).ids) == set(getattr(comparison, change).tolist())
    operating_points.set_operating_point(home, drawn.run, by="ann", threshold=0.5, level="patient", patient_rule="max")
    comparison = run_comparison.compare(home, drawn.run, other).comparison
    for change in comparison_data.CHANGES:
        state = CaseState(run=other, other=drawn.run, change=change)
        assert len(case_list.ordered(run, state)) == len(getattr(comparison, change))


def test_a_comparison_of_findings_in_another_order_takes_a_new_point_at_once(home):
    drawn = draw(home, TaskKind.MULTI, ("effusion", "nodule"), name="turned")
    other, seen = another(home, drawn, seed=3), draw(home, TaskKind.MULTI, ("nodule", "effusion"), name="order")
    with home.transaction() as session:  # the other run's dataset names them in another order
        snapshot_cases = session.query(SnapshotCase).filter(SnapshotCase.snapshot_id == drawn.snapshot)
        session.query(SnapshotCase).filter(SnapshotCase.snapshot_id == seen.snapshot).delete()
        session.add_all(
            SnapshotCase(
                snapshot_id=seen.snapshot,
                case_id=snapshot_case.case_id,
                patient_id=snapshot_case.patient_id,
                label=0,
                split=snapshot_case.split,
                targets=snapshot_case.targets[::-1],
            )
            for snapshot_case in snapshot_cases
        )
        session.get_one(Snapshot, seen.snapshot).task_id = drawn.task
        session.get_one(Run, other).snapshot_id = seen.snapshot
    state = ListState(run=drawn.run, other=other, finding=1)  # a nodule is finding 0 of the other run
    assert [
        snapshot_case.finding for snapshot_case in comparison_data.compare_classes(review_source(), state).points
    ] == [0, 1]
    for run, finding, at in ((other, 0, 0.7), (drawn.run, 1, 0.2)):
        operating_points.set_operating_point(home, run, by="ann", finding=finding, threshold=at)
        assert at in [
            snapshot_case.threshold for snapshot_case in comparison_data.compare_classes(review_source(), state).points
        ]


def test_the_lists_of_two_runs_of_numbers_begin_with_what_changed_most(home):
    drawn = draw(home, TaskKind.NUMBER, (), name="two numbers")
    other = another(home, drawn, seed=11)
    run, comparison = runs.get(home, other), regression_comparison.compare(home, drawn.run, other)
    for change in comparison_data.NUMBER_CHANGES:
        state = CaseState(run=other, other=drawn.run, change=change)
        assert list(case_list.ordered(run, state).ids) == getattr(comparison, change).tolist()
    assert case_list.ordered(run, CaseState(run=other, other=drawn.run, change="fixed")).ids == ()


def test_the_bins_under_the_slider_hold_every_case(home, drawn):
    run = runs.get(home, drawn.run)
    data = reviewed(run, ReviewState(run=run.id))
    rows = rows_of(threshold_slider.histogram_csv(data))
    assert len(rows) == threshold_slider.BINS
    for at, title in enumerate(data.titles):
        for row in rows:
            low, high = float(row["scores from"]), float(row["to"])
            inside = (data.score >= low) & ((data.score < high) | (high == 1)) & (data.truth == at)
            assert int(row[f"{data.unit}s {title}"]) == inside.sum()


def test_the_csv_of_classes_holds_every_figure_of_each(home):
    drawn = draw(home, classes=("a", "b", "c"), name="classes")
    report = multiclass.report(reviewed(runs.get(home, drawn.run), ListState(run=drawn.run)))
    rows = rows_of(metric_table.as_csv(multiclass.by_class(report, ("A", "B", "C")), of="class"))
    for name, title in zip("abc", "ABC", strict=True):
        rows_of_class = {row["figure"]: row for row in rows if row["class"] == title}
        assert set(rows_of_class) == set(report.per_class[name]) > set(multiclass.COLUMNS)
        assert float(rows_of_class["specificity"]["value"]) == report.per_class[name]["specificity"].value


def test_a_table_s_csv_has_all_digits():
    third = 1 / 3
    assert chart.as_csv({"x": [third, None], "n": [1, 2]}).decode() == f"x,n\r\n{third!r},1\r\n,2\r\n"


def test_a_calibration_without_validation_says_so(home):
    from db.vocabulary import Split

    drawn = draw(home, name="alone")
    run = runs.get(home, another(home, drawn, seed=2, splits=(Split.TEST,)))
    with pytest.raises(InvalidInput, match="has no predictions on the val split"):
        review_source().calibrator(run, stored_point(review_source(), run, ListState(run=run.id)), "isotonic")
