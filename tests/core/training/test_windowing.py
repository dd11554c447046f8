"""The windowing of a spec: which window each image is read at, and what cannot be."""

from dataclasses import replace

import numpy as np
import pytest

from core import inference
from core.errors import NotTrainable
from core.imaging.voi_lut import format_of_unsigned
from core.training import windowing
from core.training.events import WindowChosen
from core.training.examples import read_image
from core.training.loop import fit
from core.training.plan import make_plan
from core.training.spec import TrainSpec
from core.training.windowing import ValueRange, check_windowing, choose_window, windowed
from tests.core.training.textures import HEADS, example_of, moved, textures

CT, MR = ValueRange("CT", "HU", -1000.0, 900.0), ValueRange("MR", "", 0.0, 700.0)
TINY = TrainSpec(epochs=1, batch_size=8, threads=1, image_size=28, augment="none", device="cpu")
TWO = [replace(HEADS[0], classes=HEADS[0].classes[:2])]


def values_of(examples):
    return np.concatenate(
        [np.fromfile(one.picture.pixels, np.uint8, 28 * 28, offset=one.picture.offset) for one in examples]
    )


def chosen(spec, examples, cache):
    return choose_window(spec, make_plan(spec, examples, TWO), cache)


def test_an_old_spec_reads_images_as_they_are_shown(tmp_path):
    examples = textures(tmp_path, each=2)
    spec, planned = chosen(TrainSpec.from_json({"version": 2, "epochs": 3}), examples, tmp_path)
    assert (spec.windowing, spec.non_default) == ("as shown", {"epochs": 3})
    assert [one.picture for one in planned.examples] == [one.picture for one in examples if one.split != "test"]


def test_a_datasets_window_is_of_the_training_images_alone(tmp_path, monkeypatch):
    examples = textures(tmp_path / "in", each=4)
    examples = [replace(one, repeats=0 if one.key == "train/0" else 3) for one in examples]
    spec, planned = chosen(TrainSpec(windowing="per dataset"), examples, tmp_path)
    training = [one for one in examples if one.split == "train" and one.repeats]
    low, high = np.percentile(values_of(training), (0.5, 99.5), method="inverted_cdf").tolist()
    assert (spec.window_center, spec.window_width) == ((low + high) / 2, high - low)
    assert {one.picture.format.window_bounds for one in planned.examples} == {(low, high)}
    assert {one.split for one in planned.examples} == {"train", "val"}

    monkeypatch.setattr(windowing, "ValueHistogram", None)  # computed once: neither again, nor where the spec has it
    assert chosen(TrainSpec(windowing="per dataset"), examples, tmp_path)[0] == spec
    assert chosen(spec, textures(tmp_path / "in", each=3), tmp_path / "empty")[0] == spec


def test_the_models_input_has_the_window_in_training_and_after(tmp_path):
    examples = textures(tmp_path / "in", each=4)
    spec = replace(TINY, windowing="fixed", window_center=100.0, window_width=50.0)
    events = [*fit(spec, examples, heads=TWO, folder=tmp_path / "run", cache=tmp_path)]
    assert WindowChosen(100.0, 50.0) in events
    model = inference.load(tmp_path / "run", device="cpu")
    assert (model.manifest.spec.windowing, model.manifest.spec.window_width) == ("fixed", 50.0)
    stored = values_of(examples).reshape(-1, 28, 28).astype(float)
    greys = np.clip((stored - 75.0) / 50.0, 0.0, 1.0)
    training = np.array([one.split == "train" for one in examples])
    assert model.manifest.mean[0] == pytest.approx(greys[training].mean(), abs=1e-4)
    for example, grey in zip(examples, greys, strict=True):
        seen = model.input_of(example)[0, 0].numpy() * model.manifest.deviation[0] + model.manifest.mean[0]
        assert np.abs(seen - grey).max() < 1e-4


def test_a_resumed_training_has_the_window_of_its_beginning(tmp_path):
    examples = textures(tmp_path / "in", each=4)
    spec = replace(TINY, epochs=2, windowing="per dataset")
    window = None
    for event in fit(spec, examples, heads=TWO, folder=tmp_path / "run", cache=tmp_path):
        window = event if isinstance(event, WindowChosen) else window
        if type(event).__name__ == "EpochDone":
            break
    assert window is not None
    resumed = replace(spec, window_center=window.center, window_width=window.width)  # as the catalogue has it by then
    texts = [str(event) for event in fit(resumed, examples, heads=TWO, folder=tmp_path / "run", cache=tmp_path)]
    assert any("Resuming after epoch 1" in text for text in texts)


def test_each_image_spans_its_own_values_where_that_is_chosen(tmp_path):
    examples = textures(tmp_path, each=2)
    for example in windowed(examples, TrainSpec(windowing="per image")):
        assert example.picture.format.window_bounds == (example.picture.format.low, example.picture.format.high)
        pixels = read_image(example.picture, size=28, channels=1)
        assert (pixels.min(), pixels.max()) == (0, 65535)


def test_colour_is_not_windowed(tmp_path):
    samples, form = format_of_unsigned(np.full((1, 4, 4, 3), 90, np.uint8), bits=8, decoder="made", colour=True)
    (tmp_path / "c.raw").write_bytes(samples.tobytes())
    example = example_of("1", tmp_path / "c.raw", 0, form, 0, "train")
    for name in ("per image", "fixed"):
        (result,) = windowed([example], TrainSpec(windowing=name, window_center=1.0, window_width=2.0))
        assert result == example


def test_missing_pixels_are_one_sentence(tmp_path):
    examples = [moved(one, pixels=tmp_path / "gone.raw", image="7") for one in textures(tmp_path, each=2)]
    with pytest.raises(NotTrainable, match=r"pixels of image 7 cannot be read \(FileNotFoundError\); import the file"):
        chosen(TrainSpec(windowing="per dataset"), examples, tmp_path)


@pytest.mark.parametrize(
    ("spec", "ranges", "sentence"),
    [
        (
            {"windowing": "per dataset"},
            [],
            "'per dataset', but all images are in colour and have no window; use as shown",
        ),
        ({"windowing": "CT lung"}, [], "'CT lung', but all images are in colour"),
        ({"windowing": "CT lung"}, [MR], "'CT lung', a window in HU, but no image has values in HU; choose fixed"),
        ({"windowing": "fixed"}, [CT], "'fixed', but the width of the window is 0; enter its level and width"),
        (
            {"windowing": "fixed", "window_center": 2000.0, "window_width": 100.0},
            [CT, MR],
            "The window from 1950 to 2050 contains no value of the images, which have values from -1000 to 900; choose",
        ),
    ],
)
def test_what_makes_no_sense_is_one_true_sentence(spec, ranges, sentence):
    with pytest.raises(NotTrainable) as refused:
        check_windowing(TrainSpec(**spec), ranges)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("name", ["as shown", "per image", "per dataset", "CT lung"])
def test_what_fits_is_accepted(name):
    check_windowing(TrainSpec(windowing=name), [CT, MR])
