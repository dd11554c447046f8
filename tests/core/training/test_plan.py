"""What can be trained, and the sentence for what cannot."""

from dataclasses import replace

import pytest

from core.errors import NotTrainable
from core.models.heads import Head, single_head
from core.training.plan import make_plan
from core.training.spec import TrainSpec
from tests.core.training.textures import textures

TWO = ("across", "down")
HEADS = [single_head(TWO)]


def test_repeats_are_shown_and_zero_is_left_out(tmp_path):
    first, second, third, *rest = textures(tmp_path, each=2)
    planned = make_plan(TrainSpec(), [replace(first, repeats=3), replace(second, repeats=0), third, *rest], HEADS)
    keys = [planned.examples[row].key for row in planned.train]
    assert keys == ["train/0"] * 3 + ["train/2", "train/3"]
    assert "train/1" not in [one.key for one in planned.examples]
    assert "4 images" not in planned.sentence()
    assert planned.sentence() == ("Training on 3 images, shown 5 times an epoch; validating on 4. Input 28×28 px.")


def test_test_images_are_not_read(tmp_path):
    planned = make_plan(TrainSpec(), textures(tmp_path, each=2), HEADS)
    assert {one.split for one in planned.examples} == {"train", "val"}


def test_upsampling_is_said(tmp_path):
    planned = make_plan(TrainSpec(model="resnet18"), textures(tmp_path, each=2), HEADS)
    assert (planned.size, planned.stored) == (64, 28)
    assert planned.sentence().endswith("Input 64×64 px, upsampled from 28 px.")


def refusal(examples, classes=TWO):
    with pytest.raises(NotTrainable) as refused:
        make_plan(TrainSpec(), examples, [single_head(classes)])
    return str(refused.value)


def test_a_class_without_training_images_is_named(tmp_path):
    examples = textures(tmp_path, each=2)
    assert refusal(examples, (*TWO, "checks")) == (
        "No training image of class 'checks'; label more of them and freeze again."
    )
    unseen = [replace(one, repeats=0) if one.label == 1 else one for one in examples]
    assert "class 'down'" in refusal(unseen)
    weightless = [replace(one, weight=0.0) if one.label == 0 else one for one in examples]
    assert "class 'across'" in refusal(weightless)


def test_one_class_is_too_few(tmp_path):
    assert "at least 2" in refusal(textures(tmp_path, classes=1, each=2), ("only",))


def test_something_must_judge(tmp_path):
    assert "neither validation nor test" in refusal(textures(tmp_path, each=2, splits=("train",)))
    assert make_plan(TrainSpec(), textures(tmp_path, each=2, splits=("train", "test")), HEADS).val.size == 0


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_refused(tmp_path, weight):
    first, *rest = textures(tmp_path, each=2)
    assert "weights must be 0 or more" in refusal([replace(first, weight=weight), *rest])


def test_a_label_outside_the_classes_is_refused(tmp_path):
    assert "outside the 2 classes" in refusal(textures(tmp_path, classes=3, each=2))


def test_class_weights_and_a_balanced_sampler_give_every_class_the_same(tmp_path):
    across, down, *rest = textures(tmp_path, each=4)
    few = [across, down, *[one for one in rest if one.label == 0 or one.split != "train"]]  # 4 across, 1 down
    weighed = make_plan(TrainSpec(imbalance="class weights"), few, HEADS)
    labels, weights = weighed.targets[weighed.train, 0], weighed.weights[weighed.train]
    assert weights[labels == 0].sum() == pytest.approx(weights[labels == 1].sum()) == pytest.approx(2.5)
    drawn = make_plan(TrainSpec(imbalance="balanced sampler"), few, HEADS)
    assert drawn.sampling_weights[labels == 0].sum() == pytest.approx(0.5)
    assert make_plan(TrainSpec(), few, HEADS).sampling_weights is None


def test_findings_have_no_class_to_balance_by_and_need_both_answers(tmp_path):
    examples = [replace(one, targets=(one.label, 1.0)) for one in textures(tmp_path, each=2)]
    head = Head("signs", "multi", ("x", "y"))
    with pytest.raises(NotTrainable, match="'y' is labelled absent in no training image, so it cannot be"):
        make_plan(TrainSpec(), examples, [head])
    known = [replace(one, targets=(one.label, 1.0 - one.label)) for one in examples]
    assert make_plan(TrainSpec(), known, [head]).targets.shape == (8, 2)
    with pytest.raises(NotTrainable, match="Imbalance is 'class weights', which needs a single class per case, unlike"):
        make_plan(TrainSpec(imbalance="class weights"), known, [head])


def test_a_number_is_learned_by_the_training_cases_own_scale(tmp_path):
    examples = [
        replace(item, targets=(40.0 + 20 * item.label if item.split == "train" else 99.0,))
        for item in textures(tmp_path, each=2)
    ]
    head = make_plan(TrainSpec(), examples, [Head("age", "number")]).heads[0]
    assert (head.mean, head.deviation) == (50.0, 10.0)
    with pytest.raises(NotTrainable, match="All training images have the same value of 'age', so there is nothing"):
        make_plan(TrainSpec(), [replace(one, targets=(7.0,)) for one in examples], [Head("age", "number")])
