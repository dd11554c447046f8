"""`rounds show`: what was understood of an image, by its name, stem, sha256 or number; its picture and its values."""

import json

import numpy as np
import pytest
from PIL import Image as Picture

from core.__main__ import main
from core.services.images import images
from tests.core.services.images.stack_files import write_heart


@pytest.fixture
def shown(home, tmp_path, capsys):
    """The command's JSON on a home with a heart of three phases and a picture."""
    write_heart(tmp_path / "in")
    ramp = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    Picture.fromarray(ramp).save(tmp_path / "in" / "ramp.png")
    home.take(tmp_path / "in")

    def run(*argv, code=0):
        assert main(["--home", str(home.settings.home), "--json", "show", *map(str, argv)]) == code
        return json.loads(capsys.readouterr().out)

    return run


def test_a_picture_by_each_of_its_names(shown, home):
    (record,) = shown("ramp.png")
    view = images.get(home.db, record["image"])
    assert record == {
        "image": view.id,
        "name": "ramp.png",
        "patient": view.patient,
        "shape": [1, 64, 64],
        "range": [0.0, 4095.0],
        "window": [0.0, 4095.0],
        "stack": None,
        "facts": {},
        "notes": [],
    }
    for name in ("ramp", view.sha256, view.sha256[:12], f"id:{view.id}"):
        assert shown(name) == [record]


def test_slices_say_their_place_in_their_stack(shown, home):
    series = sorted(images.stacks(home.db), key=lambda stack: stack.title)[1]
    views = images.series(home.db, series.id)
    records = [shown(f"id:{view.id}")[0] for view in views]
    assert [record["stack"] for record in records] == [
        {"id": series.id, "place": place, "of": 4, "spacing_mm": 5.0} for place in range(4)
    ]
    assert {record["notes"][0] for record in records} == {"series_cut"}
    assert len({tuple(record["window"]) for record in records}) == 1


def test_without_a_name_it_lists_all_images(shown, home):
    assert len(shown()) == images.totals(home.db).images


def test_it_writes_the_picture_and_the_values_of_one_image(shown, tmp_path):
    shown("ramp", "--out", tmp_path / "shown.png", "--values", tmp_path / "values.npy")
    values = np.load(tmp_path / "values.npy")
    assert values.shape == (1, 64, 64)
    assert np.array_equal(values[0].ravel(), np.arange(4096))
    grey = np.asarray(Picture.open(tmp_path / "shown.png"))
    assert np.array_equal(grey.ravel(), np.round(np.arange(4096) / 4095 * 255))


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (("absent.png",), "No image is named 'absent.png'"),
        (("ramp", "--out", "x.png", "--frame", "1"), "has 1 frames; --frame is 1, give 0 to 0"),
        (("--values", "x.npy"), "--values writes one image, and 14 match"),
        (("ramp", "--frame", "0"), "--frame chooses the frame of a picture"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(shown, argv, sentence):
    assert sentence in shown(*argv, code=1)["error"]
