"""Review and Compare: every section of every kind of task opens, and says in sentences what it cannot show."""

import json
import re
import shutil

import numpy as np
import pytest
from sqlalchemy import text

from core.evaluation.curve_bands import precision_band, roc_band
from core.services.evaluation import operating_points, report, subgroups
from core.services.predictions import score_arrays
from core.services.training import older_reading, runs
from core.services.training.older_reading import ReadingChange
from core.services.training.submit import Submitted
from core.services.workspace import home as workspace_home
from dashboard.links import section_names
from dashboard.parts.review import subgroups as review_subgroups
from db.vocabulary import Split, TaskKind
from tests.core.conftest import make
from tests.core.services.predicted import another, draw
from tests.dashboard.test_pages import home, on_test, opened, text_of

__all__ = ["home"]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A home with its tables, made once."""
    made = make(tmp_path_factory.mktemp("empty") / "home")
    made.db.close()
    return made.settings.home


@pytest.fixture
def db(home, empty):
    shutil.copytree(empty, home.home)
    db = workspace_home.open_home(home)
    yield db
    db.close()


def tables(app) -> str:
    """The text of the page's own tables, cells apart by a bar."""
    markup = " ".join(one.proto.body for one in app.get("html") if "rd-figures" in one.proto.body)
    return re.sub(r"<[^>]+>", "|", markup)


@pytest.mark.parametrize(
    "section",
    [
        name if name == "overview" else pytest.param(name, marks=pytest.mark.slow)
        for name in section_names.SECTIONS
        if name not in (*section_names.OF_MODEL, "findings")
    ],
)
def test_every_section_of_a_yes_no_question_opens(db, section):
    drawn = draw(db, patients=60)
    app = opened("review", run=str(drawn.run), section=section, split="val")
    assert not app.error, [one.value for one in app.error]
    assert f"**{20 * 3} cases**, largest error first" in text_of(app)
    assert app.segmented_control(key="review_section").value == section
    if section == "calibration":
        assert "Bars: 95 % CI (" in text_of(app)
        assert "CI method: patient-level bootstrap" in text_of(app)


def test_figures_of_the_page_are_those_of_the_operating_point_and_test_is_locked(db):
    drawn = draw(db)
    operating_points.set_operating_point(db, drawn.run, by="ann", rule={"kind": "sensitivity", "at_least": 0.9})
    app = on_test("review", run=str(drawn.run), at="0.99")  # a point that is tried does not reach test
    assert "Chosen on validation by ann" in text_of(app)
    assert "Locked on this split" in text_of(app)
    assert "Test results viewed once." in text_of(app)
    assert operating_points.count_test_views(db, drawn.run) == 1
    assert "ECE: Biased upwards" in text_of(app)
    sensitivity = re.search(r"Sensitivity\|+([\d.]+)", tables(app))
    assert sensitivity is not None
    assert float(sensitivity[1]) > 0.5
    on_validation = opened("review", run=str(drawn.run), split="val", at="0.99")
    assert "Trying 0.99, set manually; not saved." in text_of(on_validation)


def test_a_rule_that_is_tried_is_told_of_the_scores_it_was_looked_for_among_and_kept_as_told(db):
    drawn = draw(db)
    app, key = opened("review", run=str(drawn.run), split="val"), f"{drawn.run}_val_0_-1"
    app.selectbox(key=f"rule_{key}").select("sensitivity").run()
    each = re.search(
        r"Trying ([\d.]+), the highest threshold with a sensitivity of at least 0.95 on validation; not", text_of(app)
    )
    app.selectbox(key=f"level_{key}").select("max").run()
    match = re.search(
        r"Trying ([\d.]+), the highest threshold with a .* validation, on the highest score of each pat", text_of(app)
    )
    app.button(key=f"keep_{key}").click().run()
    point = operating_points.current(db, drawn.run)
    assert (point.rule, point.patient_rule) == ({"kind": "sensitivity", "at_least": 0.95}, "max")
    assert f"{point.threshold:.4g}" == match[1] != each[1]
    app.selectbox(key=f"level_{key}").select("mean").run()  # the rule that stands, without a threshold in the URL
    match = re.search(
        r"Trying ([\d.]+), the highest threshold with a .* validation, on the mean score of each pat", text_of(app)
    )
    app.button(key=f"keep_{key}").click().run()
    assert f"{operating_points.current(db, drawn.run).threshold:.4g}" == match[1]


@pytest.mark.slow
def test_many_classes_at_once_and_one_against_the_rest(db):
    drawn = draw(db, classes=("a", "b", "c"))
    app = on_test("review", run=str(drawn.run))
    assert (
        "The predicted class of an image is the most probable one. Select a class above to analyse patients"
        in text_of(app)
    )
    assert "CI method: " in text_of(app)
    assert "Each class vs. the rest" in text_of(app)
    app = on_test("review", run=str(drawn.run), positive="1", truth="1", called="1")
    assert "reference B, predicted B" in text_of(app)
    assert "Default threshold 0.5." in text_of(app)


@pytest.mark.parametrize("section", ["overview", "groups", "shortcuts"])
def test_every_section_of_a_run_of_numbers_opens(db, section):
    drawn = draw(db, TaskKind.NUMBER, (), patients=60)
    app = on_test("review", run=str(drawn.run), section=section)
    assert not app.error, [one.value for one in app.error]
    assert not app.exception
    chosen = app.segmented_control(key="review_section")
    assert (chosen.value, chosen.options) == (section, ["Overview", "Subgroups", "Saliency maps", "Shortcuts"])
    assert f"**{20 * 3} cases**, largest error first" in text_of(app)
    if section == "groups":
        assert app.selectbox(key="groups_figure_number").value == "mae"
        assert "Mean absolute error by subgroup, worst first" in text_of(app)
        assert "Test results viewed once." in text_of(app)
        south = on_test("review", run=str(drawn.run), section=section, group="site=south")
        assert "cases**: site south, largest error first" in text_of(south)


def test_numbers_are_counted_by_image_or_by_patient(db):
    drawn = draw(db, TaskKind.NUMBER, (), patients=60)
    app = on_test("review", run=str(drawn.run))
    assert "60 cases of 20 patients. CI: patient-level bootstrap" in text_of(app)
    app.selectbox(key="number_level").set_value("mean").run()
    assert "20 patients, one value each. CI: patient-level bootstrap" in text_of(app)
    assert "**20 patients**, largest error first" in text_of(app)
    mae = report.evaluate_regression(db, drawn.run, per_patient=True).metrics["mae"]
    assert f"95 % CI {mae.ci_low:.3g} to {mae.ci_high:.3g}, n = 20" in text_of(app)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [TaskKind.ORDINAL, TaskKind.MULTI, TaskKind.NUMBER])
def test_other_kinds_of_answers_open(db, kind):
    drawn = draw(db, kind, () if kind is TaskKind.NUMBER else ("a", "b", "c"))
    app = on_test("review", run=str(drawn.run), **({"finding": "1"} if kind is TaskKind.MULTI else {}))
    assert not app.error
    assert not app.exception
    assert "largest error first" in text_of(app)
    if kind is TaskKind.NUMBER:
        assert "Mean absolute error" in [one.label for one in app.metric]


@pytest.mark.slow
def test_findings_together_are_each_with_their_mean_and_their_pool(db):
    drawn = draw(db, TaskKind.MULTI, ("a", "b", "c"))
    with db.transaction() as session:
        session.execute(text("UPDATE snapshot_case SET targets = json_set(targets, '$[2]', NULL)"))
    app = on_test("review", run=str(drawn.run), section="findings")
    table = tables(app)
    for name in ("A", "B", "macro average (mean of the findings)", "micro average (all labels pooled)"):
        assert f"|{name}|" in table
    assert "No labels in this split: C." in text_of(app)
    each = [float(value) for value in re.findall(r"\|[AB]\|+([\d.]+) ", table)]
    mean = re.search(r"macro average[^|]*\|+([\d.]+) ", table)
    assert mean is not None
    assert float(mean[1]) == pytest.approx(sum(each) / 2, abs=1e-3)
    assert "is labelled for C" in on_test("review", run=str(drawn.run), finding="2").error[0].value


def test_one_class_in_the_test_set_is_a_sentence_and_never_nan(db):
    drawn = draw(db, patients=30)
    with db.transaction() as session:
        session.execute(text("UPDATE prediction SET label = 1"))
        session.execute(text("UPDATE snapshot_case SET label = 1, targets = '[1]'"))
    for section in ("", "curves", "calibration", "decision", "groups"):
        app = on_test("review", run=str(drawn.run), section=section)
        assert not app.error
        assert not re.search(r"\bnan\b", (text_of(app) + tables(app)).lower())
        if not section:
            assert "Undefined: every case is Ill." in tables(app)
        if section == "curves":
            assert "ROC and precision–recall curves are undefined: all 30 cases are Ill." in text_of(app)


def drawn_plot(app, number=0):
    return json.loads(app.get("plotly_chart")[number].proto.spec)["data"]


def test_both_curves_have_their_band_on_the_plot_and_in_the_table(db):
    run = runs.get(db, draw(db).run)
    scores = score_arrays.binary_scores(db, run.id, split="val", point=operating_points.current_or_default(db, run.id))
    app = opened("review", run=str(run.id), section="curves", split="val")
    for number, made in enumerate((roc_band(scores), precision_band(scores))):
        (band,) = [one for one in drawn_plot(app, number) if one.get("fill") == "toself"]
        np.testing.assert_allclose(band["y"], [*made.high, *reversed(made.low)], atol=1e-9)
    assert text_of(app).count("Band: pointwise 95 % CI, patient-level bootstrap.") == 2


def test_the_diamond_of_the_decision_curve_lies_at_the_threshold_itself(db):
    run = runs.get(db, draw(db).run)
    scores = score_arrays.binary_scores(db, run.id, split="val", point=operating_points.current_or_default(db, run.id))
    app = opened("review", run=str(run.id), section="decision", split="val", at="0.3349")
    (diamond,) = [one for one in drawn_plot(app) if one.get("marker", {}).get("symbol") == "diamond"]
    called = scores.scores >= 0.3349
    worth = ((called & scores.truth).sum() - 0.3349 / 0.6651 * (called & ~scores.truth).sum()) / len(called)
    assert (diamond["x"], diamond["y"]) == ([0.3349], [pytest.approx(worth, abs=1e-9)])
    app = opened("review", run=str(run.id), section="decision", split="val", at="1")
    assert "The net benefit is undefined at the operating point 1." in text_of(app)
    assert not [one for one in drawn_plot(app) if one.get("marker", {}).get("symbol") == "diamond"]


def test_a_bin_of_one_patient_is_hollow_and_said_to_have_no_interval(db):
    drawn = draw(db, patients=30)
    app = on_test("review", run=str(drawn.run), section="calibration")
    with db.transaction() as session:
        pair_of_cases = f"case_id IN ({drawn.cases[6]}, {drawn.cases[7]})"
        session.execute(text("UPDATE prediction SET probabilities = '[0.6, 0.4]', checkpoint_sha256 = 'd'"))
        session.execute(text(f"UPDATE prediction SET probabilities = '[0.05, 0.95]' WHERE {pair_of_cases}"))
    app = on_test("review", run=str(drawn.run), section="calibration")
    (points,) = [pair_of_cases for pair_of_cases in drawn_plot(app) if pair_of_cases["mode"] == "markers+text"]
    assert points["marker"]["symbol"] == ["circle", "circle-open"]
    assert "Hollow points come from a single patient and have no interval." in text_of(app)


def test_pairs_of_facts_are_looked_at_unasked_and_p_is_corrected_for_what_was_tested(db, monkeypatch):
    drawn = draw(db, patients=60)
    groups = subgroups.subgroup_report(db, drawn.run, pairs=True)
    tested = sum(one.p is not None for one in groups.rows)
    assert 0 < tested < len(groups.rows)
    app = on_test("review", run=str(drawn.run), section="groups")
    assert app.toggle(key="groups_pairs_True").value
    assert f"adjusted for {tested} tests." in text_of(app)
    monkeypatch.setattr(review_subgroups, "PAIRED", 10)
    app = on_test("review", run=str(drawn.run), section="groups")
    assert not app.toggle(key="groups_pairs_False").value
    assert "Turn on 'Include pairs' to see pairs of metadata." in text_of(app)


def test_nothing_known_of_the_cases_is_a_sentence(db):
    drawn = draw(db)
    with db.transaction() as session:
        session.execute(text("DELETE FROM fact"))
    app = on_test("review", run=str(drawn.run), section="groups")
    assert "These cases have no metadata to form subgroups" in "".join(one.value for one in app.info)


@pytest.mark.slow
def test_garbage_in_the_url_is_no_traceback(db):
    drawn = draw(db, patients=30)
    for query in (
        {"at": "nan", "group": "planet=mars"},
        {"span": "x:y", "section": "horoscope", "level": "planet"},
        {"truth": "7", "positive": "9", "finding": "-3"},
        {"change": "improved", "other": "99"},
    ):
        assert not opened("review", run=str(drawn.run), split="val", **query).exception


def test_a_split_that_was_not_predicted_offers_what_makes_it(db):
    drawn = draw(db)
    run = another(db, drawn, seed=3, splits=(Split.TEST,))
    app = on_test("review", run=str(run), section="calibration")
    assert "fitted on the validation split" in text_of(app)
    assert f"Run {run} has no predictions on the val split" in text_of(app)
    app = opened("review", run=str(run), split="val")
    assert "No predictions for the validation split yet." in text_of(app)


def test_two_runs_are_compared_and_others_refused(db):
    drawn = draw(db)
    second, part = another(db, drawn, seed=5), another(db, drawn, seed=6, splits=(Split.VAL,))
    other = draw(db, name="two")
    app = on_test("compare", run=str(second), other=str(drawn.run))
    assert "McNemar, clustered by patient" in text_of(app)
    assert "AUROC" in tables(app)
    counts = [int(re.sub(r"\D", "", one)) for one in app.segmented_control(key="compare_change").options]
    assert all(counts)
    assert f"**{counts[1]} cases**: wrong by run {second}, correct by run {drawn.run}" in text_of(app)
    for query, why in (
        ({"run": second, "other": other.run}, "they belong to different tasks"),
        ({"run": part, "other": second}, "has no predictions"),
        ({"run": second, "other": second}, "Both selected runs are the same"),
    ):
        app = on_test("compare", **{name: str(one) for name, one in query.items()})
        assert why in "".join(one.value for one in app.info)


@pytest.mark.parametrize("page", ["runs", "review"])
def test_a_run_of_before_says_that_its_stacks_read_differently_and_can_be_trained_again(db, page, monkeypatch):
    drawn = draw(db, patients=20)
    assert "Train again" not in [button.label for button in opened(page, run=str(drawn.run)).button]
    monkeypatch.setattr(older_reading, "reading_change", lambda *_: ReadingChange(order=1, window=2))
    app = opened(page, run=str(drawn.run))
    assert "1 stack in another order and 2 stacks at another window" in text_of(app)
    again = next(button for button in app.button if button.label == "Train again")
    clicks = []
    monkeypatch.setattr(older_reading, "train_again", lambda *_, **__: clicks.append(1) or Submitted(drawn.run, 1))
    again.click().run()
    assert clicks == [1]
