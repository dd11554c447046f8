"""The form shows every knob once, and those only that matter."""

from collections import Counter

import pytest

from core.models import MODELS
from core.training import form_groups
from core.training.spec import TrainSpec, hyperparameters


def shown(**requested):
    values = {one.name: one.default for one in hyperparameters()} | requested
    return {one.name for one in hyperparameters() if form_groups.is_relevant(one.name, values)}


def test_every_knob_stands_in_one_group():
    counted = Counter(one.name for group in form_groups.GROUPS for one in form_groups.group_hyperparameters(group))
    assert counted == Counter(one.name for one in hyperparameters())
    named = {name for group in form_groups.GROUPS for name in group.knobs}
    assert named <= set(counted), "a group names a knob that is none"
    assert all(set(group.first) <= set(group.knobs) for group in form_groups.GROUPS)


@pytest.mark.parametrize("name", list(MODELS))
def test_a_model_shows_the_knobs_that_shape_it_and_no_other(name):
    model = MODELS[name]
    present = shown(model=name)
    assert present & form_groups.SHAPES <= set(model.knobs)
    assert ("slices" in present) == (model.takes in ("stack", "bag"))
    assert ("views" in present) == (model.takes == "views")
    assert {"epochs", "learning_rate", "seed", "augment"} <= present


def test_an_encoder_shows_its_own_knobs():
    assert "kernel_size" in shown(model="attention_mil", encoder="small_cnn")
    assert "kernel_size" not in shown(model="attention_mil", encoder="resnet18")
    assert "kernel_size" not in shown(model="resnet18")


@pytest.mark.parametrize(
    ("requested", "name"),
    [
        ({"loss": "focal"}, "gamma"),
        ({"augment": "custom"}, "elastic"),
        ({"start": "run"}, "start_run"),
        ({"start": "file"}, "start_file"),
        ({"start": "published"}, "download"),
        ({"start": "file"}, "freeze"),
    ],
)
def test_a_choice_shows_what_belongs_to_it(requested, name):
    assert name not in shown()
    assert name in shown(**requested)
    assert TrainSpec(**requested)
