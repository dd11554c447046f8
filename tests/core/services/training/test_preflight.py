"""What a training will do and what speaks against it, from real snapshots."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.curation.recipe import Recipe
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.training.preflight import preflight, warnings
from core.training.spec import TrainSpec
from db.vocabulary import Answer, TaskKind
from tests.core.conftest import holding, make


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A home of 48 pictures of 24 patients, every third patient ill; a given split, so that the counts are known."""
    folder = tmp_path_factory.mktemp("many")
    lines = ["file,patient_id,split,finding"]
    for number in range(48):
        patient = number // 2
        pixels = np.random.default_rng(number).integers(0, 255, (20, 20), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        split = "test" if patient % 8 == 7 else "val" if patient % 8 == 6 else "train"
        lines.append(f"{number}.png,p{patient},{split},{'ill' if patient % 3 == 0 else 'well'}")
    (folder / "data.csv").write_text("\n".join(lines))
    made = make(tmp_path_factory.mktemp("filled") / "home")
    made.take(folder, metadata=folder / "data.csv", task="finding", label_column="finding")
    made.db.close()
    return made.settings.home


@pytest.fixture
def frozen(home, many):
    """Freezes a task of these pictures."""
    holding(home, many)

    def freeze(task="finding", **recipe):
        recipe = Recipe(**{"split_fact": "split", **recipe})
        return snapshots.freeze(home.db, tasks.task_named(home.db, task).id, recipe, name=f"{task} {recipe}", by="t").id

    return freeze


def test_images_patients_and_steps_are_counted(home, frozen):
    result = preflight(home.db, frozen())
    assert dict(result.images) == {"train": 36, "val": 6, "test": 6}
    assert dict(result.patients) == {"train": 18, "val": 3, "test": 3}
    assert result.shown == 36
    assert result.steps(10) == 4
    assert sum(one.patients["train"] for one in result.classes.values()) == 18
    assert result.effective == pytest.approx(18)


def test_weights_bring_classes_alike_and_no_patient(home, frozen):
    as_they_are, weighted = preflight(home.db, frozen()), preflight(home.db, frozen(balance="weights"))
    for title, item in as_they_are.classes.items():
        assert item.effective == pytest.approx(item.patients["train"])
        assert weighted.classes[title].effective == pytest.approx(item.effective)
    assert weighted.effective == pytest.approx(as_they_are.effective_balanced)
    assert weighted.effective < as_they_are.effective


def test_rare_classes_and_a_batch_too_large_are_told(home, frozen):
    message = warnings(preflight(home.db, frozen()), TrainSpec(batch_size=64))
    assert "The batch size 64 exceeds the 36 training images: each epoch is one step." in message
    assert [one for one in message if one.startswith("Few patients in training (")]
    assert "intervals will be wide" in next(one for one in message if "in validation" in one)


def test_a_model_of_two_views_on_single_images_is_told(home, frozen):
    result = preflight(home.db, frozen())
    assert warnings(result, TrainSpec(model="cross_attention"))[0] == (
        "Cross-attention uses two views of a study, but task 'finding' is about single images: choose a model of "
        "single images, or freeze a task about studies or series."
    )
    assert not [one for one in warnings(result, TrainSpec()) if "reads" in one]


def test_a_class_that_a_split_lacks_is_told(home, frozen):
    result = preflight(home.db, frozen())
    ill = result.classes["ill"]

    def without(*splits):
        images = {split: 0 if split in splits else count for split, count in ill.images.items()}
        return warnings(replace(result, classes={**result.classes, "ill": replace(ill, images=images)}), TrainSpec())

    assert without("val")[0] == "No image of ill in validation: its metrics will be undefined there."
    assert (
        without("train")[0] == "Every training image is labelled well: the model cannot learn to distinguish classes."
    )
    nothing = replace(result, images={**result.images, "val": 0, "test": 0})
    assert warnings(nothing, TrainSpec())[:2] == [
        "There is no validation split: the last epoch is used.",
        "There is no test split: the model cannot be tested.",
    ]


def test_findings_are_counted_where_they_are_present(home, frozen):
    task = tasks.create(home.db, name="signs", classes=["a", "b"], kind=TaskKind.MULTI)
    for number, case in enumerate(annotations.queue(home.db, task_id=task.id, limit=50)):
        findings = {0: "present" if number % 2 else "absent", 1: "present" if number % 5 == 0 else "absent"}
        annotations.label(
            home.db, case_id=case.id, answer=Answer.FINDINGS, label=None, findings=findings, by="t", key=f"k{number}"
        )
    result = preflight(home.db, frozen("signs"))
    assert sum(result.classes["a"].images.values()) == 24
    assert result.effective_balanced is None
