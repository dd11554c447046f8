"""`rounds demo` by its command: a workspace worth looking at, whose truths the model half finds."""

import json
import os

import numpy as np
import pytest

from core.evaluation.metrics import auroc
from core.services.images import images
from core.services.predictions import predictions
from core.services.workspace import home as workspace_home
from core.settings import Settings
from tests.journeys import planted_truths

SEEDS = range(int(os.environ.get("ROUNDS_SEEDS", "1")))  # 5 for the run of record


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_demo_is_neither_trivial_nor_hopeless(rounds, seed):
    summary = rounds("demo", "--seed", seed, "--no-serve")
    print(summary)
    key = json.loads((rounds.home / "demo-key.json").read_text())
    scores = _tested(rounds.home, run=1)
    truth = {sha256: key["images"][sha256]["truth"] == "opacity" for sha256 in scores}
    hard = set(key["failing_subgroup"]["images"])

    def reached(run) -> float:
        return auroc(np.array([scores[sha256] for sha256 in run]), np.array([truth[sha256] for sha256 in run]))

    assert 0.80 <= reached(scores) <= 0.95
    failing = [sha256 for sha256 in scores if sha256 in hard]
    assert sum(truth[sha256] for sha256 in failing) >= 20
    assert reached(failing) < reached([sha256 for sha256 in scores if sha256 not in hard]) - 0.2
    assert rounds("evaluate", "--run", 2)
    print(planted_truths.check(rounds, key))
    assert rounds(
        "operating-point", "--run", 2, "--sensitivity", 0.9
    )  # it has predicted validation, where points are chosen


def _tested(home, *, run: int) -> dict[str, float]:
    """The opacity's probability of each file in the test split, by sha256."""
    db = workspace_home.open_home(Settings.read(home))
    rows = predictions.list_predictions(db, run, split="test")
    scores = {images.find(db, str(row.image_id)).sha256: row.probabilities[1] for row in rows}
    db.close()
    return scores
