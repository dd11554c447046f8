"""A training as events: it learns, says what it does, stops where it is left and goes on to the same weights."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import NotTrainable, UserError
from core.evaluation.metrics import auroc
from core.imaging.voi_lut import format_of_unsigned
from core.inference import load, predict
from core.models.heads import single_head
from core.training import loop as loops
from core.training import train_step as steps_
from core.training.checkpoint import read_weights
from core.training.events import CheckpointSaved, EpochDone, Finished, Log, Step
from core.training.examples import ImageRef, read_image
from core.training.loop import fit
from core.training.losses import LOSSES
from core.training.spec import TrainSpec
from tests.core.training.textures import CLASSES, example_of, textures

QUICK = TrainSpec(epochs=3, batch_size=8, learning_rate=0.003)


def run(tmp_path, spec=QUICK, *, name="run", examples=None, classes=2):
    result = examples if examples is not None else textures(tmp_path, classes=classes)
    return fit(
        spec,
        result,
        heads=[single_head(CLASSES[:classes])],
        folder=tmp_path / name,
        cache=tmp_path / "cache",
        facts={"snapshot": "abc"},
    )


def kinds(events, kind):
    return [one for one in events if isinstance(one, kind)]


def weights_hash(folder, kind="last"):
    weights, _ = read_weights(folder / f"{kind}.safetensors")
    return hashlib.sha256(b"".join(weights[name].numpy().tobytes() for name in sorted(weights))).hexdigest()


def test_it_learns_and_tells(tmp_path):
    events = list(run(tmp_path, classes=3))
    done = kinds(events, EpochDone)
    assert [one.epoch for one in done] == [1, 2, 3]
    assert done[-1].metrics["val_auroc"] > 0.95
    assert done[-1].metrics["train_loss"] < done[0].metrics["train_loss"]
    assert set(done[0].metrics) == {
        "train_loss",
        "val_loss",
        "val_auroc",
        "val_accuracy",
        "learning_rate",
        "images_per_second",
        "data_wait_share",
    }
    assert isinstance(events[-1], Finished)
    assert events[-1].epochs == 3
    assert events[-1].images_per_second > 0
    assert 0 <= events[-1].data_wait_share <= 1
    steps = kinds(events, Step)
    assert {one.epoch for one in steps} == {1, 2, 3}
    assert steps[-1].step == steps[-1].steps == 6


def test_colour_images_make_a_model_of_three_channels(tmp_path):
    grey = textures(tmp_path / "grey", each=4)
    coloured, path = [], tmp_path / "colour.raw"
    with path.open("wb") as file:
        for item in grey:
            plane = read_image(item.picture, size=28, channels=1)[0] // 257
            samples, form = format_of_unsigned(
                np.stack([plane, plane * 0, plane], -1).astype(np.uint8)[None], bits=8, decoder="made", colour=True
            )
            coloured.append(replace(item, images=(ImageRef(path, file.tell(), form),)))
            file.write(samples.tobytes())
    list(run(tmp_path, replace(QUICK, epochs=1), examples=[*coloured[:10], *grey[10:]]))
    manifest = read_weights(tmp_path / "run" / "last.safetensors")[1]
    assert manifest.channels == 3
    assert manifest.mean[1] < manifest.mean[0]


def test_too_little_memory_is_a_sentence(tmp_path, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(steps_.Trainer, "gradients", full)
    with pytest.raises(
        NotTrainable, match=r"Not enough GPU memory for batches of 8 at 28 px; train again with a smaller batch_size"
    ):
        list(run(tmp_path))


def test_a_batch_too_large_for_the_memory_is_cut_and_the_training_stays_the_same(tmp_path, monkeypatch):
    spec = replace(QUICK, epochs=1, model="vit_tiny", augment="none")  # no batch norm, which sees the parts
    list(run(tmp_path, spec, name="whole"))
    small = steps_.forward_logits

    def full(module, images, kind=None):
        if module.training and len(images) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return small(module, images, kind)

    monkeypatch.setattr(steps_, "forward_logits", full)
    message = [one.text for one in kinds(run(tmp_path, spec, name="cut"), Log)]
    ways = [text.split(": ")[1] for text in message if "Not enough GPU memory for 8 images at once" in text]
    assert ways == [
        f"continuing with {parts}, accumulated to the same step."
        for parts in ("2 micro-batches of 4", "4 micro-batches of 2")
    ]
    whole, cut = (read_weights(tmp_path / name / "last.safetensors")[0] for name in ("whole", "cut"))
    for name, weights in whole.items():
        torch.testing.assert_close(weights, cut[name], atol=2e-4, rtol=1e-2)


def test_what_is_saved_is_the_average(tmp_path):
    spec = replace(QUICK, epochs=2, ema=0.9)
    list(run(tmp_path, spec, name="averaged"))
    saved = read_weights(tmp_path / "averaged" / "last.safetensors")[0]
    state = torch.load(tmp_path / "averaged" / "resume.pt", weights_only=True)
    assert all(torch.equal(saved[name], one) for name, one in state["average"].items())
    assert not torch.equal(state["module"]["head.weight"], state["average"]["head.weight"])


def test_on_a_plateau_the_rate_falls(tmp_path, monkeypatch):
    monkeypatch.setattr(loops, "PATIENCE", 2)
    monkeypatch.setattr(loops, "evaluate", lambda *_, **__: {"val_loss": 1.0})  # never better than the first
    done = kinds(run(tmp_path, replace(QUICK, epochs=6, schedule="plateau")), EpochDone)
    rates = [one.metrics["learning_rate"] / QUICK.learning_rate for one in done]
    assert rates == pytest.approx([1, 1, 1, 0.1, 0.1, 0.01])


def test_the_figure_that_was_asked_for_decides(tmp_path, monkeypatch):
    result = iter([{"val_loss": 1.0, "val_auroc": 0.9}, {"val_loss": 0.5, "val_auroc": 0.8}])
    monkeypatch.setattr(loops, "evaluate", lambda *_, **__: next(result))
    done = kinds(run(tmp_path, replace(QUICK, epochs=2, monitor="val_loss")), EpochDone)
    assert [one.is_best for one in done] == [True, True]


def test_the_log_says_device_and_sizes(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    message = [one.text for one in kinds(run(tmp_path, replace(QUICK, epochs=1)), Log)]
    assert message[:2] == [
        "No GPU found. Training on the CPU.",
        "Training on 32 images; validating on 32. Input 28×28 px.",
    ]


def test_saved_files_are_what_the_events_say(tmp_path):
    events = list(run(tmp_path))
    for kind in ("best", "last"):
        result = [one for one in kinds(events, CheckpointSaved) if one.kind == kind][-1]
        data = (tmp_path / "run" / f"{kind}.safetensors").read_bytes()
        assert hashlib.sha256(data).hexdigest() == result.sha256
        assert read_weights(tmp_path / "run" / f"{kind}.safetensors")[1].epoch == result.epoch
    assert kinds(events, Finished)[0].best_epoch == [one.epoch for one in kinds(events, EpochDone) if one.is_best][-1]
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["facts"] == {"snapshot": "abc"}
    assert manifest["seed"] == 0
    assert manifest["versions"]["torch"] == torch.__version__
    assert [head["classes"] for head in manifest["heads"]] == [["across", "down"]]
    assert sorted(one.name for one in (tmp_path / "run").iterdir()) == [
        "best.safetensors",
        "last.safetensors",
        "manifest.json",
        "resume.pt",
    ]


@pytest.mark.parametrize(
    ("optimizer", "more"),
    [
        ("adamw", {}),
        ("nesterov", {"schedule": "one cycle", "warmup": 1.0}),
        ("rmsprop", {"ema": 0.9, "loss": "focal", "l1": 1e-5}),
        ("sgd", {"schedule": "plateau"}),
    ],
)
def test_stopped_and_gone_on_gives_the_same_weights_to_the_last_bit(tmp_path, optimizer, more):
    spec = replace(QUICK, epochs=4, dropout=0.3, optimizer=optimizer, clip_norm=1.0, label_smoothing=0.1, **more)
    list(run(tmp_path, spec, name="straight"))
    with closing(run(tmp_path, spec, name="stopped")) as going:
        for event in going:
            if isinstance(event, Step) and event.epoch == 3:
                break
    torch.manual_seed(12345)  # what chance did meanwhile must not matter
    rest = list(run(tmp_path, spec, name="stopped"))
    assert "Resuming after epoch 2 of 4." in [one.text for one in kinds(rest, Log)]
    assert [one.epoch for one in kinds(rest, EpochDone)] == [2, 3, 4]
    for kind in ("last", "best"):
        assert weights_hash(tmp_path / "stopped", kind) == weights_hash(tmp_path / "straight", kind)


def test_an_epochs_files_are_told_before_it_is_done(tmp_path):
    result = [one for one in run(tmp_path) if isinstance(one, CheckpointSaved | EpochDone)]
    last = [index for index, one in enumerate(result) if isinstance(one, EpochDone)]
    assert isinstance(result[-1], EpochDone)
    for start, end in zip([0, *(one + 1 for one in last)], last, strict=False):
        epoch = result[end]
        assert [one.kind for one in result[start:end]] == (["best", "last"] if epoch.is_best else ["last"])
        assert {one.epoch for one in result[start:end]} == {epoch.epoch}


def test_what_a_killed_training_left_half_written_is_swept_away(tmp_path):
    with closing(run(tmp_path)) as going:
        next(one for one in going if isinstance(one, EpochDone))
    folder = tmp_path / "run"
    remaining = sorted(one.name for one in folder.iterdir())
    for name in remaining:
        (folder / f".{name}.0123456789ab").write_bytes(b"half")
    (folder / ".somebody's").write_bytes(b"")
    list(run(tmp_path))
    assert sorted(one.name for one in folder.iterdir()) == sorted([*remaining, ".somebody's"])


def test_another_seed_gives_other_weights(tmp_path):
    list(run(tmp_path, replace(QUICK, epochs=1), name="one"))
    list(run(tmp_path, replace(QUICK, epochs=1, seed=1), name="two"))
    list(run(tmp_path, replace(QUICK, epochs=1), name="again"))
    assert weights_hash(tmp_path / "one") == weights_hash(tmp_path / "again")
    assert weights_hash(tmp_path / "one") != weights_hash(tmp_path / "two")


def test_a_finished_training_is_only_told_again(tmp_path):
    first = list(run(tmp_path))
    before = weights_hash(tmp_path / "run")
    again = list(run(tmp_path))
    assert kinds(again, Step) == []
    assert again[-1] == first[-1]
    assert kinds(again, EpochDone)[-1].metrics == kinds(first, EpochDone)[-1].metrics
    assert {one.kind for one in kinds(again, CheckpointSaved)} == {"best", "last"}
    assert weights_hash(tmp_path / "run") == before


def test_the_state_of_another_training_is_refused(tmp_path):
    list(run(tmp_path, replace(QUICK, epochs=1)))
    with pytest.raises(NotTrainable, match="other images or settings; start a new run"):
        list(run(tmp_path, replace(QUICK, epochs=2)))
    (tmp_path / "run" / "resume.pt").write_bytes(b"PK\x03\x04 not a state")
    with pytest.raises(NotTrainable, match=r"saved state resume.pt of run is damaged"):
        list(run(tmp_path, replace(QUICK, epochs=1)))


def test_a_state_with_code_in_it_is_refused(tmp_path):
    list(run(tmp_path, replace(QUICK, epochs=1)))
    planted = tmp_path / "planted"
    torch.save({"fingerprint": Touch(planted)}, tmp_path / "run" / "resume.pt")
    with pytest.raises(NotTrainable, match="damaged"):
        list(run(tmp_path, replace(QUICK, epochs=1)))
    assert not planted.exists()


class Touch:
    """Makes a file when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_without_validation_the_last_epoch_is_the_best(tmp_path):
    events = list(run(tmp_path, examples=textures(tmp_path, splits=("train", "test"))))
    assert any("No validation images" in one.text for one in kinds(events, Log))
    assert all(one.is_best for one in kinds(events, EpochDone))
    assert "val_loss" not in kinds(events, EpochDone)[0].metrics
    assert events[-1].best_epoch == 3


def test_one_class_in_validation_leaves_auroc_out_and_says_so_once(tmp_path):
    examples = [one for one in textures(tmp_path) if one.split != "val" or one.label == 1]
    events = list(run(tmp_path, examples=examples))
    assert sum("AUROC is undefined" in one.text for one in kinds(events, Log)) == 1
    done = kinds(events, EpochDone)
    assert "val_auroc" not in done[0].metrics
    losses = [one.metrics["val_loss"] for one in done]
    assert events[-1].best_epoch == 1 + int(np.argmin(losses))


def test_a_lost_loss_stops_with_a_way_out(tmp_path, monkeypatch):
    monkeypatch.setitem(LOSSES["single"], "cross-entropy", lambda logits, *_, **__: logits.sum(dim=1) * float("nan"))
    with pytest.raises(UserError, match=r"loss in epoch 1 .* at learning rate 0\.003; train again with a lower one"):
        list(run(tmp_path))
    assert not (tmp_path / "run" / "last.safetensors").exists()


def test_a_wild_learning_rate_is_such_a_loss(tmp_path):
    wild = TrainSpec(epochs=30, batch_size=8, learning_rate=1.0, optimizer="nesterov", model="vit_tiny", augment="none")
    with pytest.raises(UserError, match="not finite"):
        list(run(tmp_path, wild))


def test_early_stopping(tmp_path, monkeypatch):
    monkeypatch.setattr("core.training.loop.evaluate", lambda *_, **__: {"val_loss": 1.0, "val_accuracy": 0.5})
    events = list(run(tmp_path, replace(QUICK, epochs=50, early_stopping=2)))
    assert (events[-1].epochs, events[-1].best_epoch) == (3, 1)
    assert "Stopped early: no improvement since epoch 1." in [one.text for one in kinds(events, Log)]


def test_weights_move_the_decision(tmp_path):
    """Pure noise in two classes: the model can only learn which one counts more."""
    generator, path, examples = np.random.default_rng(0), tmp_path / "noise.raw", []
    with path.open("wb") as file:
        for number in range(80):
            samples, form = format_of_unsigned(
                generator.integers(0, 255, (1, 16, 16), np.uint8), bits=8, decoder="made"
            )
            split = "train" if number < 60 else "val"
            examples.append(example_of(str(number), path, file.tell(), form, number % 2, split))
            file.write(samples.tobytes())
    for heavy in (0, 1):
        weighted = [replace(one, weight=20.0 if one.label == heavy else 1.0) for one in examples]
        list(run(tmp_path, replace(QUICK, augment="none"), name=f"heavy{heavy}", examples=weighted))
        judged = [one for one in weighted if one.split == "val"]
        called = np.array([result for _, result in predict(load(tmp_path / f"heavy{heavy}", "last"), judged)])
        assert called[:, heavy].mean() > 0.7


@pytest.mark.parametrize("name", ["small_cnn", pytest.param("cnn_attention", marks=pytest.mark.slow)])
def test_real_images_are_learned(tmp_path, data_dir, name):
    """400 of PneumoniaMNIST, 200 unseen: far better than chance after a few seconds."""
    examples = pneumonia(data_dir, tmp_path, train=400, val=200)
    spec = TrainSpec(model=name, epochs=4, batch_size=32, learning_rate=0.001)
    events = list(run(tmp_path, spec, examples=examples))
    assert max(one.metrics["val_auroc"] for one in kinds(events, EpochDone)) > 0.93


def pneumonia(data_dir, folder, **counts):
    examples, path = [], folder / "pneumonia.raw"
    with np.load(data_dir / "medmnist" / "pneumoniamnist.npz") as archive, path.open("wb") as file:
        for split, count in counts.items():
            images, labels = (archive[f"{split}_{part}"][:count] for part in ("images", "labels"))
            for number, (image, label) in enumerate(zip(images, labels[:, 0].tolist(), strict=True)):
                samples, form = format_of_unsigned(image[None], bits=8, decoder="npz")
                examples.append(example_of(f"{split}/{number}", path, file.tell(), form, label, split))
                file.write(samples.tobytes())
    return examples


KILLED = """
import os, signal, sys
from pathlib import Path
from core.models.heads import single_head
from core.training.events import Step
from core.training.loop import fit
from tests.core.training.textures import textures
from tests.core.training.test_loop import CLASSES, KILLED_SPEC
folder = Path(sys.argv[1])
heads = [single_head(CLASSES[:2])]
for event in fit(KILLED_SPEC, textures(folder), heads=heads, folder=folder / "run", cache=folder / "cache"):
    if isinstance(event, Step) and event.epoch == 3:
        assert "torch._dynamo" not in sys.modules, "a training that compiles nothing starts a second later"
        print("in epoch 3", flush=True)
        sys.stdin.read()
"""
KILLED_SPEC = TrainSpec(epochs=4, batch_size=8, learning_rate=0.003, dropout=0.2)


@pytest.mark.slow
def test_a_process_killed_in_the_middle_goes_on_to_the_same_weights(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as process:
        assert process.stdout.readline() == "in epoch 3\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    rest = list(run(tmp_path, KILLED_SPEC))
    assert "Resuming after epoch 2 of 4." in [one.text for one in kinds(rest, Log)]
    list(run(tmp_path, KILLED_SPEC, name="straight"))
    assert weights_hash(tmp_path / "run") == weights_hash(tmp_path / "straight")


@pytest.mark.slow
def test_the_solid_baseline_reaches_the_published_auroc(tmp_path, data_dir):
    """2 of its 12 epochs, half the images. MedMNIST v2: 0.944 for ResNet-18 at 28 px; logistic regression: 0.917."""
    examples = pneumonia(data_dir, tmp_path, train=2400, val=524, test=624)
    spec = TrainSpec().with_preset("solid baseline").replace({"epochs": 2})
    list(run(tmp_path, spec, examples=examples))
    judged = [one for one in examples if one.split == "test"]
    result = np.array([probabilities for _, probabilities in predict(load(tmp_path / "run"), judged)])
    assert auroc(result[:, 1], np.array([one.label == 1 for one in judged])) >= 0.93
