"""Labels that say nothing: what is learned from them judges unseen images no better than chance."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.evaluation.metrics import auroc
from core.inference import load, predict
from core.models.heads import single_head
from core.training.examples import Example
from core.training.loop import fit
from core.training.spec import TrainSpec
from tests.core.training.test_loop import pneumonia
from tests.core.training.textures import CLASSES

RUNS, SPEC = 20, TrainSpec(model="small_cnn", epochs=2, batch_size=64, learning_rate=0.002, threads=1, device="cpu")


def permuted(examples: list[Example], seed: int) -> list[Example]:
    """The same images; the labels of each split shuffled among them."""
    generator, result = np.random.default_rng(seed), []
    for split in ("train", "val", "test"):
        group = [one for one in examples if one.split == split]
        order = generator.permutation(len(group))
        result += [replace(one, targets=group[other].targets) for one, other in zip(group, order, strict=True)]
    return result


@pytest.mark.slow
def test_twenty_runs_on_permuted_labels_are_no_better_than_chance(tmp_path: Path, data_dir: Path):
    """PneumoniaMNIST; the epoch is chosen on validation, as always. The mean's own standard error is 0.005."""
    examples, areas = pneumonia(data_dir, tmp_path, train=750, val=524, test=624), []
    for seed in range(RUNS):
        run, shown = tmp_path / f"run-{seed}", permuted(examples, seed)
        list(
            fit(
                SPEC.replace({"seed": seed}),
                shown,
                heads=[single_head(CLASSES[:2])],
                folder=run,
                cache=tmp_path / "cache",
            )
        )
        test = [one for one in shown if one.split == "test"]
        result = np.array([answers[1] for _, answers in predict(load(run), test, cache=tmp_path / "cache")])
        areas.append(auroc(result, np.array([one.label == 1 for one in test])))
    assert np.mean(areas) == pytest.approx(0.5, abs=0.03), areas
