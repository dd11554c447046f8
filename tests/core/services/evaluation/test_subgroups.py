"""Groups of a split by what is known of its cases; what tells nothing is left out with its reason."""

import json

import numpy as np
import pytest
from sqlalchemy import text

from core.errors import InvalidInput
from core.evaluation.metadata_binning import MIXED
from core.services.evaluation import operating_points, subgroups
from core.services.evaluation.metadata_columns import facts
from core.services.predictions import predictions
from db.tables import Case, Fact, Image
from db.vocabulary import TaskKind
from tests.core.services.predicted import draw


def test_a_site_where_the_run_fails_stands_first(home):
    drawn = draw(home.db, patients=180)
    with home.db.transaction() as session:  # in the south it says the opposite
        session.execute(
            text(
                "UPDATE prediction SET probabilities = json_array(json_extract(probabilities, '$[1]'), "
                "json_extract(probabilities, '$[0]')) WHERE case_id IN (SELECT c.id FROM \"case\" c JOIN fact f ON "
                "f.image_id = c.image_id WHERE f.name = 'site' AND f.value = 'south')"
            )
        )
    operating_points.set_operating_point(home.db, drawn.run, threshold=0.4, by="ann")
    for figure in ("auroc", "sensitivity"):
        result = subgroups.subgroup_report(home.db, drawn.run, figure=figure, pairs=False, resamples=200)
        assert result.rows[0].facts == (("site", "south"),)
        assert result.rows[0].adjusted_p < 0.05
        assert result.point.threshold == 0.4
    sites = {row.facts[0][1]: row for row in result.rows if row.facts[0][0] == "site"}
    rows = predictions.list_predictions(home.db, drawn.run, split="test", point=result.point)
    report = facts(home.db, [row.case_id for row in rows])
    for name, row in sites.items():
        ill = [one for one, site in zip(rows, report["site"], strict=True) if site == name and one.label == 1]
        assert row.figure.value == pytest.approx(np.mean([one.predicted_class for one in ill]), abs=1e-12)
        assert row.events == len(ill)


def test_ages_are_banded_and_what_says_nothing_is_left_out_and_said(home):
    drawn = draw(home.db, patients=180)
    result = subgroups.subgroup_report(home.db, drawn.run, resamples=100)
    named = {name: {value for row in result.rows for key, value in row.facts if key == name} for name in result.facts}
    assert set(result.facts) == {"age", "sex", "site"}
    assert "unknown" in named["age"]
    assert named["age"] <= {"18–39", "40–54", "55–69", "70 and older", "unknown"}
    assert result.left_out == {
        "image size": "every case has the same value (64×48)",
        "row": "it has 180 values, none of them with 20 cases",
    }
    assert any(len(row.facts) == 2 for row in result.rows)
    assert all(row.thin == (row.cases < 20 or row.events < 5) for row in result.rows)
    plain = result.to_json()["groups"][0]
    assert {"facts", "cases", "events", "patients", "figure", "rest", "gap", "thin", "adjusted_p"} <= set(plain)
    only = subgroups.subgroup_report(home.db, drawn.run, only=("sex",), resamples=100)
    assert {key for row in only.rows for key, _ in row.facts} == {"sex"}


def test_many_sites_and_many_sizes_make_groups_and_rare_sites_are_one(home):
    drawn = draw(home.db, patients=600)
    with home.db.transaction() as session:
        for at, image in enumerate(session.query(Image).order_by(Image.id)):
            image.format = image.format | {"columns": 2000 + at % 97, "rows": 1500}
            site = f"site {at % 13}" if at % 8 else f"room {at}"
            session.add(Fact(image_id=image.id, name="where", value=site))
    result = subgroups.subgroup_report(home.db, drawn.run, pairs=False, resamples=50)
    assert {"where", "image size"} <= set(result.facts)
    named = {name: {value for row in result.rows for key, value in row.facts if key == name} for name in result.facts}
    assert len(named["image size"]) == 4
    assert all(one.startswith("longer side 20") for one in named["image size"])
    assert {f"site {one}" for one in range(13)} < named["where"]
    assert sum(one.startswith("other values (") for one in named["where"]) == 1
    assert result.left_out == {"row": "it has 600 values, none of them with 20 cases"}


def test_the_answer_itself_makes_no_groups(home):
    drawn = draw(home.db, patients=30)
    with home.db.transaction() as session:
        for row in predictions.list_predictions(home.db, drawn.run):
            session.add(Fact(image_id=row.image_id, name="finding", value="ab"[row.label]))
    result = subgroups.subgroup_report(home.db, drawn.run, resamples=50)
    assert result.left_out["finding"] == "it is the label itself: all cases of one value have the same reference label"


def test_with_one_class_a_fact_is_not_the_answer_itself_and_auroc_is_a_sentence(home):
    drawn = draw(home.db, patients=90)
    with home.db.transaction() as session:
        session.execute(text("UPDATE snapshot_case SET label = 1, targets = '[1]' WHERE split = 'test'"))
    operating_points.set_operating_point(home.db, drawn.run, threshold=0.5, by="ann")
    result = subgroups.subgroup_report(home.db, drawn.run, figure="sensitivity", pairs=False, resamples=50)
    assert set(result.facts) == {"age", "sex", "site"}
    sites = {row.facts[0][1]: row for row in result.rows if row.facts[0][0] == "site"}
    rows = predictions.list_predictions(home.db, drawn.run, split="test", point=result.point)
    report = facts(home.db, [row.case_id for row in rows])["site"]
    for name, row in sites.items():
        called = [one.predicted_class for one, site in zip(rows, report, strict=True) if site == name]
        assert row.figure.value == pytest.approx(np.mean(called), abs=1e-12)
    ranked = subgroups.subgroup_report(home.db, drawn.run, pairs=False, resamples=50)
    assert {(row.figure.value, row.figure.note) for row in ranked.rows} == {(None, "Undefined: every case is Ill.")}
    assert all(row.gap.value is row.p is None for row in ranked.rows)
    json.dumps(ranked.to_json(), allow_nan=False)


def viewed(home, drawn, views):
    """Each patient's cases get these views in turn, which of them scores highest being chance."""
    with home.db.transaction() as session:
        images = session.query(Image).join(Case, Case.image_id == Image.id).filter(Case.id.in_(drawn.cases))
        for at, image in enumerate(images.order_by(Image.id)):
            patient, place = divmod(at, 3)
            if value := views(patient)[place]:
                session.add(Fact(image_id=image.id, name="view", value=value))


def test_a_patient_s_group_is_of_all_of_its_cases_whatever_they_score(home):
    drawn = draw(home.db, patients=180)
    kinds = ["PA", "PA", "PA"], ["AP", "AP", ""], ["PA", "AP", "PA"], ["", "", ""]
    viewed(home, drawn, lambda patient: kinds[patient // 3 % 4])
    for rule in ("max", "mean", "noisy_or"):
        operating_points.set_operating_point(
            home.db, drawn.run, threshold=0.5, level="patient", patient_rule=rule, by="ann"
        )
        result = subgroups.subgroup_report(home.db, drawn.run, figure="accuracy", only=("view",), resamples=50)
        assert {row.facts[0][1]: row.cases for row in result.rows} == {"PA": 15, "AP": 15, MIXED: 15, "unknown": 15}
    with home.db.transaction() as session:  # what is told of a patient does not hang on which case scores highest
        session.execute(
            text(
                "UPDATE prediction SET probabilities = json_array(json_extract(probabilities, '$[1]'), "
                "json_extract(probabilities, '$[0]'))"
            )
        )
    turned = subgroups.subgroup_report(home.db, drawn.run, figure="accuracy", only=("view",), resamples=50)
    assert {row.facts: row.cases for row in turned.rows} == {row.facts: row.cases for row in result.rows}


def test_a_fact_that_differs_within_nearly_all_patients_is_left_out_and_said(home):
    drawn = draw(home.db, patients=90)
    viewed(home, drawn, lambda patient: ["PA", "PA" if patient == 2 else "AP", "PA"])
    operating_points.set_operating_point(
        home.db, drawn.run, threshold=0.5, level="patient", patient_rule="max", by="ann"
    )
    result = subgroups.subgroup_report(home.db, drawn.run, figure="accuracy", resamples=50)
    assert result.left_out["view"] == "it differs within 29 of 30 patients"
    assert result.left_out["row"] == "it differs within 30 of 30 patients"
    operating_points.set_operating_point(home.db, drawn.run, threshold=0.5, by="ann")
    assert "view" in subgroups.subgroup_report(home.db, drawn.run, figure="accuracy", resamples=50).facts


def test_without_metadata_there_are_no_groups_and_a_sentence(home):
    drawn = draw(home.db, patients=12)
    with home.db.transaction() as session:
        session.execute(text("DELETE FROM fact"))
    result = subgroups.subgroup_report(home.db, drawn.run)
    assert result.rows == ()
    assert result.words.startswith("These cases have no metadata to form subgroups; import them with a CSV")


def test_what_cannot_be_grouped_is_one_sentence(home):
    drawn, number = draw(home.db, patients=12), draw(home.db, TaskKind.NUMBER, (), patients=12, name="two")
    with pytest.raises(InvalidInput, match="have no metadata column 'planet'; choose one of: age"):
        subgroups.subgroup_report(home.db, drawn.run, only=("planet",))
    with pytest.raises(InvalidInput, match="Unknown metric 'wish' for subgroups"):
        subgroups.subgroup_report(home.db, drawn.run, figure="wish")
    with pytest.raises(InvalidInput, match="predicts a number"):
        subgroups.subgroup_report(home.db, number.run)
    with pytest.raises(InvalidInput, match="Unknown metric 'auroc' for subgroups of a number"):
        subgroups.regression_subgroup_report(home.db, number.run, figure="auroc")


def test_groups_of_numbers_are_of_the_split_s_own_errors(home):
    run = draw(home.db, TaskKind.NUMBER, (), patients=90).run
    result = subgroups.regression_subgroup_report(home.db, run, pairs=False, resamples=50)
    assert (result.figure, result.point) == ("mae", None)
    assert set(result.facts) == {"age", "sex", "site"}
    rows = predictions.list_predictions(home.db, run, split="test")
    sites = facts(home.db, [row.case_id for row in rows])["site"]
    for item in (row for row in result.rows if row.facts[0][0] == "site"):
        expected = [abs(row.error) for row, site in zip(rows, sites, strict=True) if site == item.facts[0][1]]
        assert item.figure.value == pytest.approx(np.mean(expected), abs=1e-12)
    each = subgroups.regression_subgroup_report(home.db, run, pairs=False, per_patient=True, resamples=50)
    assert all(one.cases == one.patients for one in each.rows)


def test_a_patient_s_number_is_grouped_by_all_of_its_cases(home):
    drawn = draw(home.db, TaskKind.NUMBER, (), patients=90)
    viewed(home, drawn, lambda patient: ["PA", "AP" if patient // 3 % 2 else "PA", "PA"])
    result = subgroups.regression_subgroup_report(home.db, drawn.run, only=("view",), per_patient=True, resamples=50)
    assert {row.facts[0][1]: row.cases for row in result.rows} == {"PA": 15, MIXED: 15}
    each = subgroups.regression_subgroup_report(home.db, drawn.run, only=("view",), resamples=50)
    assert {row.facts[0][1]: row.cases for row in each.rows} == {"PA": 75, "AP": 15}
