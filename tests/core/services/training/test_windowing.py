"""A run on CT files at a window of its spec: training, predictions, maps and folds read the very same plane."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import inference
from core.errors import NotTrainable
from core.services.analysis import out_of_fold
from core.services.analysis.analysis import AnalysisContext
from core.services.datasets import snapshots, training_examples
from core.services.predictions import predictions
from core.services.training import older_reading, preflight, runs, submit
from core.services.training.older_reading import ReadingChange
from core.training.examples import read_image
from core.training.spec import TrainSpec
from core.training.windowing import ValueRange, windowed
from tests.core.conftest import Asleep, Home, copied, done
from tests.core.services.images.stack_files import write
from tests.core.services.training.ct_home import draw_ct_home, freeze_images

TINY = TrainSpec(epochs=1, batch_size=8, threads=1, image_size=16, augment="none", device="cpu")
LUNG, BRAIN = (-600, 1500), (40, 80)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    return draw_ct_home(tmp_path_factory.mktemp("ct"))


@pytest.fixture
def ct(drawn: Path, tmp_path: Path):
    made = copied(drawn, tmp_path / "copy")
    yield made
    made.db.close()


def examples(home: Home, **options):
    return training_examples.examples_of(home.db, home.settings, snapshots.snapshot_named(home.db, "one").id, **options)


def values(example) -> np.ndarray:
    """The values of a case from its stored pixels: (16, 16), NaN where padding is."""
    stored = np.fromfile(example.picture.pixels, "<u2", 256, offset=example.picture.offset).reshape(16, 16)
    return np.where(stored == 0, np.nan, stored - 1024.0)


def expected(example, center: float, width: float) -> np.ndarray:
    """The greys 0..1 of DICOM's linear window (PS3.3 C.11.2.1.2.1); padding is black."""
    greys = np.clip((values(example) - (center - 0.5)) / (width - 1) + 0.5, 0.0, 1.0)
    return np.nan_to_num(greys, nan=0.0)


def train(home: Home, **settings) -> runs.RunView:
    spec = TINY.replace(settings)
    snapshot = snapshots.snapshot_named(home.db, "one").id
    made = submit.submit(home.db, snapshot_id=snapshot, spec=spec, by="ann", key=str(settings), launcher=Asleep())
    done(home, made.job)
    return runs.get(home.db, made.run)


@pytest.mark.parametrize(
    ("settings", "window"),
    [
        ({"windowing": "CT lung"}, LUNG),
        ({"windowing": "CT brain"}, BRAIN),
        ({"windowing": "fixed", "window_center": -100, "window_width": 333}, (-100, 333)),
    ],
)
def test_a_fixed_window_gives_the_greys_of_the_standard(ct, settings, window):
    spec = TrainSpec(window_center=float(window[0]), window_width=float(window[1])).replace(settings)
    for example in windowed(examples(ct), spec):
        plane = read_image(example.picture, size=16, channels=1)[0]
        assert plane.dtype == np.uint16
        assert np.abs(plane / 65535 - expected(example, *window)).max() < 1 / 65535


def test_each_slice_of_a_stack_spans_its_own_values(ct):
    as_shown, per_image = examples(ct), windowed(examples(ct), TrainSpec(windowing="per image"))
    for patient in {one.patient for one in as_shown}:
        stack, slices = ([one for one in each if one.patient == patient] for each in (as_shown, per_image))
        assert len({one.picture.format.window_bounds for one in stack}) == 1
        assert len({one.picture.format.window_bounds for one in slices}) == len(slices) == 3
    for example in per_image:
        shown = values(example)
        greys = np.nan_to_num((shown - np.nanmin(shown)) / np.ptp(shown[1:]), nan=0.0)
        assert np.abs(read_image(example.picture, size=16, channels=1)[0] / 65535 - greys).max() < 1 / 65535


@pytest.mark.parametrize("name", ["CT lung", "per dataset"])
def test_a_run_has_its_window_in_its_spec_and_predicts_at_it(ct, name):
    run = train(ct, windowing=name)
    of_training = np.concatenate([values(one).ravel() for one in examples(ct, split="train")])
    low, high = np.percentile(of_training[~np.isnan(of_training)], (0.5, 99.5), method="inverted_cdf").tolist()
    window = LUNG if name == "CT lung" else ((low + high) / 2, high - low)
    assert (run.spec.windowing, run.spec.window_center, run.spec.window_width) == (name, *window)
    assert f"Windowing: {name}, level {window[0]:g}, width {window[1]:g}." in runs.log(ct.settings, run.id)

    job = predictions.submit(ct.db, run_id=run.id, split="test", by="ann", key="p", launcher=Asleep()).job
    done(ct, job)
    model = inference.load(runs.folder(ct.settings, run.id), device="cpu")
    assert model.manifest.spec == run.spec
    stored = {row.case_id: row.probabilities for row in predictions.list_predictions(ct.db, run.id, split="test")}
    assert stored
    import torch

    for example in examples(ct, split="test"):
        grey = (expected(example, *window) - model.manifest.mean[0]) / model.manifest.deviation[0]
        with torch.inference_mode():
            scores = model.module(torch.tensor(grey, dtype=torch.float32)[None, None]).softmax(1)[0]
        assert stored[int(example.key)] == pytest.approx(scores.tolist(), abs=1e-4)
        assert np.abs(model.input_of(example)[0, 0].numpy() - grey).max() < 1e-3  # what saliency maps explain


def test_label_errors_are_searched_at_the_runs_window(ct):
    run = train(ct, windowing="per dataset")
    for choice in ("own", "quick"):
        work = AnalysisContext(ct.db, ct.settings, run, "", {"recipe": choice}, "cpu", lambda: None, lambda *_: None)
        spec, _, _ = out_of_fold.recipe(work, 18, 2)
        assert (spec.windowing, spec.window_center, spec.window_width) == (
            "per dataset",
            run.spec.window_center,
            run.spec.window_width,
        )


def test_a_run_trained_again_on_what_reads_differently_computes_its_window_again(ct):
    run = train(ct, windowing="per dataset")
    again = older_reading.train_again(ct.db, run, ReadingChange(order=0, window=1), by="ann", launcher=Asleep())
    spec = runs.get(ct.db, again.run).spec
    assert (spec.windowing, spec.window_center, spec.window_width) == ("per dataset", 0.0, 0.0)


def test_a_run_of_before_reads_as_before(ct):
    run = train(ct)
    model = inference.load(runs.folder(ct.settings, run.id), device="cpu")
    former = {name: value for name, value in model.manifest.to_json()["spec"].items() if not name.startswith("window")}
    manifest = type(model.manifest).from_json({**model.manifest.to_json(), "spec": former})
    shown = inference.select_model_images(manifest, examples(ct))
    assert [one.picture for one in shown] == [one.picture for one in examples(ct)]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"windowing": "fixed"}, "but the width of the window is 0"),
        ({"windowing": "fixed", "window_center": 5000, "window_width": 100}, "contains no value of the images"),
    ],
)
def test_a_window_that_cannot_be_is_refused_before_a_run_begins(ct, settings, sentence):
    snapshot = snapshots.snapshot_named(ct.db, "one").id
    spec = TINY.replace(settings)
    with pytest.raises(NotTrainable, match=sentence):
        submit.submit(ct.db, snapshot_id=snapshot, spec=spec, by="ann", key="k", launcher=Asleep())
    assert runs.list_runs(ct.db) == []
    assert [one for one in preflight.warnings(preflight.preflight(ct.db, snapshot), spec) if sentence in one]


def test_the_values_of_a_snapshot_are_known_by_modality(ct):
    summary = preflight.preflight(ct.db, snapshots.snapshot_named(ct.db, "one").id)
    every = np.concatenate([values(one).ravel() for one in examples(ct)])
    assert summary.values == (ValueRange("CT", "HU", np.nanmin(every), np.nanmax(every)),)
    assert not [one for one in preflight.warnings(summary, TrainSpec(windowing="CT lung")) if "window" in one]


def test_one_window_for_two_modalities_is_warned_about(ct, tmp_path):
    write(tmp_path / "mr/a.dcm", 0.0, 700, series="m", PatientID="m")
    ct.take(tmp_path / "mr")
    summary = preflight.preflight(ct.db, freeze_images(ct, "both"))
    for name, warned in {"CT lung": 1, "per dataset": 1, "per image": 0, "as shown": 0}.items():
        messages = preflight.warnings(summary, replace(TINY, windowing=name))
        assert len([one for one in messages if "do not compare: CT (HU), MR (no unit)" in one]) == warned
