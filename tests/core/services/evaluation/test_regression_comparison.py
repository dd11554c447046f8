"""Two runs of numbers on the same cases; others refuse and say why."""

import numpy as np
import pytest

from core.errors import InvalidInput
from core.services.evaluation import regression_comparison, report
from core.services.predictions import predictions
from db.vocabulary import Split, TaskKind
from tests.core.services.predicted import another, draw


def test_the_figures_are_those_of_the_runs_and_the_lists_those_of_their_errors(home):
    drawn = draw(home.db, TaskKind.NUMBER, ())
    other = another(home.db, drawn, seed=7)
    result = regression_comparison.compare(home.db, drawn.run, other)
    assert result.comparison.first == report.evaluate_regression(home.db, drawn.run)
    assert result.comparison.second == report.evaluate_regression(home.db, other)
    first, second = (
        {row.case_id: abs(row.error) for row in predictions.list_predictions(home.db, run, split="test")}
        for run in (drawn.run, other)
    )
    grown = {case: second[case] - error for case, error in first.items()}
    assert result.further.tolist() == sorted((case for case in grown if grown[case] > 0), key=lambda item: -grown[item])
    assert result.nearer.tolist() == sorted((case for case in grown if grown[case] < 0), key=grown.__getitem__)
    assert result.comparison.differences["mae"].value == pytest.approx(np.mean(list(grown.values())), abs=1e-9)
    message = result.to_json()
    assert (message["runs"], message["split"]) == ([drawn.run, other], "test")
    assert message["differences"]["r2"]["low"] < message["differences"]["r2"]["high"]
    assert message["differences"]["mae"]["value"] == -message["run_minus_baseline"]["mae"]["value"]
    assert "the same 60 cases of 20 patients" in message["note"]


def test_what_cannot_be_compared_says_why(home):
    drawn, single = draw(home.db, TaskKind.NUMBER, ()), draw(home.db, name="two")
    part, beside = another(home.db, drawn, seed=2, splits=(Split.VAL,)), another(home.db, single, seed=3)
    for first, other, why in (
        (drawn.run, single.run, "they belong to different tasks ('one number' and 'two single')"),
        (drawn.run, part, f"Run {part} has no predictions on the test split"),
        (single.run, beside, "they predict single, not a number"),
    ):
        assert why in regression_comparison.refusal(home.db, first, other)
        with pytest.raises(InvalidInput, match=r"cannot be compared|no predictions"):
            regression_comparison.compare(home.db, first, other)
