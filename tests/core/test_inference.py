"""A checkpoint at work."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import NotFound, NotTrainable, UserError
from core.inference import load, predict
from core.models.heads import single_head
from core.training.checkpoint import read_weights, save_weights
from core.training.loop import fit
from core.training.spec import TrainSpec
from tests.core.training.textures import CLASSES, moved, textures


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(run folder, examples): three classes of stripes."""
    folder = tmp_path_factory.mktemp("inference")
    examples = textures(folder, classes=3)
    list(
        fit(
            TrainSpec(epochs=3, batch_size=8, learning_rate=0.003),
            examples,
            heads=[single_head(CLASSES)],
            folder=folder / "run",
            cache=folder / "cache",
        )
    )
    return folder / "run", examples


def test_probabilities_in_the_order_given(trained):
    folder, examples = trained
    judged = [one for one in examples if one.split == "test"]
    result = list(predict(load(folder), judged, batch_size=7))
    assert [key for key, _ in result] == [one.key for one in judged]
    table = np.array([probabilities for _, probabilities in result])
    assert table.shape == (48, 3)
    assert table.sum(axis=1) == pytest.approx(1.0)
    assert (table.argmax(axis=1) == [one.label for one in judged]).mean() > 0.9


def test_cached_or_not_batched_or_alone_the_answer_is_the_same(trained, tmp_path):
    folder, examples = trained
    model, judged = load(folder), [one for one in examples if one.split == "test"]
    plain = np.array([one for _, one in predict(model, judged)])
    cached = np.array([one for _, one in predict(model, judged, cache=tmp_path)])
    assert list(tmp_path.glob("*.u16"))
    alone = np.array([one for example in judged[:5] for _, one in predict(model, [example])])
    assert np.array_equal(plain, cached)
    assert alone == pytest.approx(plain[:5], abs=1e-6)
    assert list(predict(model, [])) == []


def test_the_seen_input_is_the_scored_one(trained):
    folder, examples = trained
    model = load(folder)
    with torch.no_grad():
        direct = model.module(model.input_of(examples[-1])).softmax(dim=1)[0].tolist()
    assert direct == pytest.approx(next(predict(model, [examples[-1]]))[1], abs=1e-6)


def test_it_is_ready_to_judge(trained):
    model = load(trained[0], "last")
    assert not model.module.training
    assert model.manifest.classes == CLASSES
    assert model.manifest.epoch == 3


def test_missing_damaged_and_unfit_checkpoints_are_sentences(trained, tmp_path):
    with pytest.raises(NotFound, match=r"No checkpoint best\.safetensors"):
        load(tmp_path)
    path = tmp_path / "best.safetensors"
    path.write_bytes((trained[0] / "best.safetensors").read_bytes()[:-4])
    with pytest.raises(UserError, match="damaged"):
        load(tmp_path)
    _, manifest = read_weights(trained[0] / "best.safetensors")
    save_weights(load(trained[0]).module, path, replace(manifest, model="vit_tiny"))
    with pytest.raises(UserError, match=r"do not fit their vit_tiny"):
        load(tmp_path)
    save_weights(load(trained[0]).module, path, replace(manifest, model="resnet900"))
    with pytest.raises(UserError, match=r"an unknown model 'resnet900'; this version has small_cnn"):
        load(tmp_path)


def test_a_gpu_asked_for_and_missing_is_a_sentence(trained, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(NotTrainable, match="finds no GPU"):
        load(trained[0], device="cuda")


def test_pixels_that_are_gone_are_a_sentence(trained, tmp_path):
    gone = [moved(one, pixels=tmp_path / "gone.raw") for one in trained[1][:2]]
    with pytest.raises(NotTrainable, match="cannot be read; import"):
        list(predict(load(trained[0]), gone))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="finds no GPU")
def test_a_gpu_gives_what_the_cpu_gives(trained):
    folder, examples = trained
    present = np.array([one for _, one in predict(load(folder, device="cuda"), examples)])
    local = np.array([one for _, one in predict(load(folder, device="cpu"), examples)])
    assert present == pytest.approx(local, abs=0.02)
