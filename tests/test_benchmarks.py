"""The benchmarks' own parts, on a few items: what they compare does the work it says. Nothing is measured here."""

import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.imaging.importers.dicom import read
from core.models import entry
from core.training.spec import TrainSpec
from tests.benchmarks import __main__ as command
from tests.benchmarks import gradcam, measure, pneumonia_mnist, table, train
from tests.benchmarks.dicom import write_files, write_series
from tests.benchmarks.measure import Benchmark, Repetitions, Sides, Taken
from tests.benchmarks.references import forward, gradcam_package, import_dicom, train_loop

APP = Path(__file__).parent / "benchmarks" / "references" / "label_app.py"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write_files(tmp_path / "files", 3, edge=64)
    return tmp_path / "files"


def test_a_line_says_the_median_of_the_rounds_own_ratios(tmp_path: Path):
    figures = iter([(30.0, 10.0), (20.0, 10.0), (90.0, 10.0)])
    order: list[str] = []

    @contextmanager
    def sides(folder: Path, repetitions: Repetitions):
        now = {}

        def take(name: str, index: int) -> Taken:
            order.append(name)
            if len(order) % 2:
                now["pair"] = next(figures)
            return Taken(now["pair"][index], 1.0)

        yield Sides(ours=lambda: take("ours", 0), reference=lambda: take("reference", 1))

    made = Benchmark(name="x", against="y", unit="files per second", goal=">=2.5", sides=sides)
    line = measure.compare(made, tmp_path, Repetitions(rounds=3))
    assert order == ["ours", "reference", "reference", "ours", "ours", "reference"]
    expected = {
        "name": "x",
        "ours": 30.0,
        "reference": 10.0,
        "against": "y",
        "unit": "files per second",
        "ratio": 3.0,
        "goal": ">=2.5",
        "holds": True,
    }
    assert {name: line[name] for name in expected} == expected


def test_a_goal_may_be_of_our_own_figure_and_single_figures_are_told():
    made = Benchmark(
        name="x", against="y", unit="frames per second", goal=">=30", goal_of="ours", sides=lambda *_: None
    )
    slow, quick = Taken(29.0, 1.0), Taken(31.0, 1.0, tuple(float(number) for number in range(1, 101)))
    assert not measure.line(made, [slow], [Taken(1.0, 1.0)])["holds"]
    line = measure.line(made, [quick, quick], [Taken(60.0, 1.0, (5.0,)), Taken(60.0, 1.0, (7.0,))])
    assert (line["holds"], line["ratio"], line["goal_of"]) == (True, 0.517, "ours")
    assert line["each"]["ours"] == {"count": 200, "median": 50.5, "p95": 95.0}
    assert line["each"]["reference"] == {"count": 2, "median": 6.0, "p95": 7.0}


@pytest.mark.parametrize(("keys", "rounds", "each"), [(200, 5, 20), (60, 5, 6), (1, 5, 1)])
def test_keys_are_shared_out_among_both_sides_and_all_rounds(keys: int, rounds: int, each: int):
    assert Repetitions(rounds, keys).keys_each == each


@pytest.mark.parametrize(
    ("ratio", "goal", "holds"),
    [(2.5, ">=2.5", True), (2.49, ">=2.5", False), (0.25, "<=0.25", True), (0.26, "<=0.25", False)],
)
def test_a_goal_is_met_or_missed(ratio: float, goal: str, holds: bool):
    assert measure.holds(ratio, goal) == holds


def test_the_cpu_of_a_process_and_of_its_children_is_counted(tmp_path: Path):
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    cpu, wall = measure.process(
        measure.python("-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"), cwd=tmp_path
    )
    assert cpu >= 0.3
    assert wall > 0
    with pytest.raises(RuntimeError, match="ended with 3"):
        measure.process(measure.python("-c", "raise SystemExit(3)"), cwd=tmp_path)


def test_an_unknown_name_is_a_sentence(capsys):
    assert command.main(["nothing"]) == 2
    assert "choose from import_dicom" in capsys.readouterr().err
    assert command.main(["stack_scroll", "--keys", "0"]) == 2
    assert "--keys 0; give 1 or more" in capsys.readouterr().err
    assert [table.benchmark(name)().name for name in table.NAMES] == list(table.NAMES)


def test_the_files_are_such_as_are_imported(files: Path):
    for path in files.iterdir():
        (image,) = read(path, path.read_bytes())
        assert (image.format.rows, image.format.bits, image.format.decoder) == (64, 16, "numpy")
        assert image.identity.patient_id == "MRN0000000"


def test_the_import_of_the_reference_takes_every_file(files: Path, tmp_path: Path):
    home = tmp_path / "home"
    import_dicom.main(files, home)
    with sqlite3.connect(home / "catalogue.sqlite") as catalogue:
        rows = catalogue.execute("SELECT sha256, patient, tags FROM image ORDER BY name").fetchall()
    catalogue.close()
    assert len(rows) == 3
    for (sha256, patient, tags), path in zip(rows, sorted(files.iterdir()), strict=True):
        assert patient == "MRN0000000"
        assert '"Modality": "DX"' in tags
        assert (home / "originals" / f"{sha256}.dcm").read_bytes() == path.read_bytes()
        with Image.open(home / "thumbnails" / f"{sha256}.png") as picture:
            assert max(picture.size) <= 256


def test_what_a_machine_lacks_is_said_by_name_and_limits_are_goals_too(tmp_path: Path):
    made = Benchmark(name="x", against="y", unit="z", goal=">=1", sides=lambda *_: None, missing=lambda: "no GPU here")
    assert measure.compare(made, tmp_path, Repetitions()) == {"name": "x", "skipped": "no GPU here", "holds": True}
    limited = Benchmark(name="x", against="y", unit="z", goal=">=1", sides=made.sides, limits={"waits": "<=0.03"})
    ours = [Taken(2.0, 1.0, more={"waits": waits, "light": 7.0}) for waits in (0.01, 0.02, 0.9)]
    line = measure.line(limited, ours, [Taken(1.0, 1.0)] * 3)
    assert (line["waits"], line["light"], line["limits"], line["holds"]) == (0.02, 7.0, {"waits": "<=0.03"}, True)
    assert not measure.line(limited, ours[1:], [Taken(1.0, 1.0)] * 2)["holds"]


def test_both_trainings_learn(tmp_path: Path, monkeypatch):
    """From imported files on; the speed is measured elsewhere."""
    seen = []
    monkeypatch.setattr(train, "images_per_second", lambda module, **options: seen.append(options) or 1.0)
    shape = train.Shape("small_cnn", 20, 4, 12, epochs=2)
    with train.sides(tmp_path, Repetitions(), shape=shape, device="cpu") as sides:
        taken = sides.ours()
        sides.reference()
    assert taken.figure > 0
    assert set(taken.more) == {"data_wait_share", "light"}
    assert 0 <= taken.more["data_wait_share"] < 1
    arguments = {"shape": (4, 1, 20, 20), "classes": 2, "batches": 3, "kind": torch.float32, "clock": time.process_time}
    assert seen == [arguments]
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 2))
    before = [one.clone() for one in module.parameters()]
    assert train_loop.images_per_second(module, shape=(4, 1, 8, 8), batches=2, classes=2) > 0
    assert all(not torch.equal(one, was) for one, was in zip(module.parameters(), before, strict=True))


def test_both_ways_to_a_map_give_the_same_maps(tmp_path: Path, monkeypatch):
    """And the forward pass alone gives the answers that they explain."""
    torch.manual_seed(0)
    module = entry("resnet18").build(1, 2, 64, 0.0).eval()
    images, layer = torch.randn(3, 1, 64, 64), module.layer4
    ours, theirs = gradcam.ours(module, layer, images).numpy(), gradcam_package.maps(module, layer, images)
    assert ours.shape == theirs.shape == (3, 64, 64)
    assert np.abs(ours - theirs).max() <= 0.01
    assert torch.equal(gradcam.alone(module, layer, images), forward.answer(module, images))
    monkeypatch.setattr(gradcam, "BATCHES", 1)
    monkeypatch.setattr(gradcam, "BATCH", 2)
    with gradcam.sides(tmp_path, Repetitions(), reference=gradcam.alone, edge=64) as sides:
        assert sides.ours().figure > 0
        assert sides.reference().figure > 0


def test_the_study_judges_its_test_images_by_means_over_seeds(tmp_path: Path, data_dir: Path, monkeypatch):
    """A few of its images, and one epoch of two seeds."""
    with np.load(data_dir / pneumonia_mnist.SOURCE) as archive:
        few = {name: archive[name][:40] for name in archive}
    (tmp_path / "data" / "medmnist").mkdir(parents=True)
    np.savez(tmp_path / "data" / pneumonia_mnist.SOURCE, **few)
    monkeypatch.setenv("ROUNDS_TEST_DATA", str(tmp_path / "data"))
    spec = TrainSpec(model="small_cnn", epochs=1, batch_size=16, threads=1, device="cpu")
    line = pneumonia_mnist.evaluate_recipe("x", spec, tmp_path, seeds=(0, 1))
    assert [one["seed"] for one in line["seeds"]] == [0, 1]
    for what in ("auroc", "accuracy"):
        values = [one[what] for one in line["seeds"]]
        assert line[what]["mean"] == pytest.approx(sum(values) / 2, abs=1e-4)
        assert line[what]["interval"][0] < line[what]["mean"] < line[what]["interval"][1]
    assert line["ours"] == line["auroc"]["mean"]
    assert line["holds"] == (line["auroc"]["mean"] >= 0.962 and line["accuracy"]["mean"] >= 0.884)


def test_the_labelling_page_of_the_reference_goes_on_and_keeps_the_answer(files: Path, monkeypatch):
    monkeypatch.setenv("IMAGES", str(files))
    page = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not page.exception
    assert page.caption[0].value.startswith("1 of 3")
    page.sidebar.button[1].click().run()
    assert page.caption[0].value.startswith("2 of 3")
    with sqlite3.connect(files.parent / "labels.sqlite") as catalogue:
        assert catalogue.execute("SELECT * FROM label").fetchall() == [("IM000000.dcm", "opacity")]
    catalogue.close()


@pytest.mark.parametrize(("app", "slider"), [("stack_app", "Slice"), ("window_app", "Width")])
def test_the_pages_of_the_references_show_another_picture_when_their_slider_moves(app, slider, tmp_path, monkeypatch):
    write_series(tmp_path / "files", 4 if app == "stack_app" else 1, edge=32)
    monkeypatch.setenv("IMAGES", str(tmp_path / "files"))
    page = AppTest.from_file(str(APP.with_name(f"{app}.py")), default_timeout=30).run()
    moved = next(one for one in page.slider if one.label == slider)
    seen = {page.get("image")[0].proto.imgs[0].url}
    for _ in range(2):
        moved.set_value(moved.value + (moved.step or 1)).run()
        assert not page.exception
        seen.add(page.get("image")[0].proto.imgs[0].url)
    assert len(seen) == 3
