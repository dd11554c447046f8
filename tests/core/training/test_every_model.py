"""Every model and every head on real images: two steps, saved, loaded, the same outputs, and explained."""

from dataclasses import replace
from math import nan

import numpy as np
import pytest
import torch

from core.explain import EXPLAINERS
from core.inference import LoadedModel, load, predict
from core.models import MODELS
from core.models.heads import Head, single_head
from core.training import loop
from core.training.events import Step
from core.training.loop import fit
from core.training.spec import TrainSpec
from tests.core.training.real import EACH, cases

TWO = [single_head(("a", "b"), "which")]
GRADE, SIGNS = Head("grade", "ordinal", ("low", "mid", "high")), Head("signs", "multi", ("x", "y", "z"))
AGE = Head("age", "number")
TARGETS = {
    "single": lambda at: (at % 2,),
    "ordinal": lambda at: (at % 3,),
    "multi": lambda at: (at % 2, (at + 1) % 2, nan if at % 4 > 1 else at % 2),
    "number": lambda at: (40.0 + 5 * at,),
}
HEADS = {"ordinal": [GRADE], "multi": [SIGNS], "number": [AGE], "several": [*TWO, GRADE, SIGNS, AGE]}
LARGE = ("alexnet", "vgg11_bn", "vgg16_bn", "vit_base")  # hundreds of megabytes, several times on disk


def kind_of(name, channels="grey"):
    """What pictures a model is shown."""
    takes = MODELS[name].takes
    return takes if takes != "image" else channels


@pytest.fixture(scope="module")
def real(tmp_path_factory, data_dir_or_none):
    """Cases by kind, read or drawn once."""
    made = {}

    def of(kind):
        if kind not in made:
            made[kind] = cases(kind, tmp_path_factory.mktemp(kind), data_dir_or_none)
        return made[kind]

    return of


@pytest.fixture
def saved(monkeypatch):
    """What the network that is saved last said of the last case at that moment."""
    result, save = [], loop.save_weights

    def listening(module, path, manifest, **more):
        with torch.no_grad():
            result.append(module.eval()(LoadedModel(module, manifest, torch.device("cpu")).input_of(told_of[0])))
        return save(module, path, manifest, **more)

    told_of = []
    monkeypatch.setattr(loop, "save_weights", listening)
    return result, told_of


def check(tmp_path, saved, examples, heads, *, steps=2, **spec):
    """A few steps, then the file says what the network said, and an explainer says where it looked."""
    result, told_of = saved
    told_of.append(examples[-1])
    requested = TrainSpec(epochs=1, batch_size=EACH // 2, optimizer="sgd", slices=4, dropout=0.1, **spec)
    events = list(fit(requested, examples, heads=heads, folder=tmp_path / "run", cache=tmp_path / "cache"))
    assert max(one.steps for one in events if isinstance(one, Step)) == steps
    model = load(tmp_path / "run", "last", device="cpu")
    with torch.no_grad():
        assert torch.equal(model.module(model.input_of(examples[-1])), result[-1])
    numbers = [result for _, result in predict(model, examples[-2:])]
    assert np.isfinite(numbers).all()
    assert {len(result) for result in numbers} == {sum(head.answers for head in heads)}
    for method in {"gradcam", "rollout"} & set(MODELS[requested.model].explainers):  # all of them: tests of explain
        output = EXPLAINERS[method].explain(model, examples[-1], None)
        assert output.values.shape == (model.manifest.size,) * 2
        assert np.isfinite(output.values).all()
    return model


@pytest.mark.parametrize("name", [pytest.param(one, marks=pytest.mark.slow) if one in LARGE else one for one in MODELS])
def test_every_model_at_its_least_size(tmp_path, real, saved, name):
    examples = real(kind_of(name))
    model = check(tmp_path, saved, examples, TWO, model=name, image_size=16)
    assert model.manifest.size >= MODELS[name].least_size
    assert model.manifest.channels == 1


@pytest.mark.parametrize("name", ["small_cnn", "resnet18"])
def test_a_model_learns_from_colour(tmp_path, real, saved, name):
    """Each of them does at larger sizes; the passes of each on colour are in `tests/core/models/test_registry.py`."""
    assert check(tmp_path, saved, real("colour"), TWO, model=name, image_size=16).manifest.channels == 3


@pytest.mark.parametrize("heads", HEADS)
@pytest.mark.parametrize("name", ["small_cnn", "cnn_attention"])
def test_every_head_on_two_models(tmp_path, real, saved, name, heads):
    requested = HEADS[heads]
    examples = [
        replace(item, targets=tuple(float(it) for head in requested for it in TARGETS[head.kind](at)))
        for at, item in enumerate(real("grey"))
    ]
    check(tmp_path, saved, examples, requested, model=name)


# the rest of the table of 28, 64 and 224 px: at its least size, to which smaller images are brought, each was above
LARGER = [(name, size) for size in (28, 64, 224) for name, one in MODELS.items() if size > one.least_size]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), LARGER)
def test_every_model_at_larger_sizes(tmp_path, real, saved, name, size):
    """One step of two cases, in colour: that one follows another was shown at the least size, of grey ones."""
    examples = real(kind_of(name, "colour"))
    half = [*examples[: EACH // 2], *examples[EACH : EACH + EACH // 2]]
    model = check(tmp_path, saved, half, TWO, steps=1, model=name, image_size=size)
    assert model.manifest.size >= size
