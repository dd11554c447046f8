"""`rounds models`: every network, with what to know before choosing it."""

import json

from core.__main__ import main
from core.models import MODELS


def test_every_model_is_listed_with_what_it_needs(capsys) -> None:
    assert main(["models", "--json"]) == 0
    records = {record["model"]: record for record in json.loads(capsys.readouterr().out)}
    assert set(records) == set(MODELS)
    resnet = records["resnet18"]
    assert (resnet["family"], resnet["input"], resnet["least_size"], resnet["default_size"]) == (
        "cnn",
        "one image",
        64,
        224,
    )
    assert resnet["parameters"] == MODELS["resnet18"].parameters
    assert resnet["explainers"] == list(MODELS["resnet18"].explainers)
    assert records["cnn_gru"]["input"] == "slices of a series"


def test_as_plain_text_each_model_is_a_line(capsys) -> None:
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(MODELS)
    assert "parameters 11.2 M," in lines[list(MODELS).index("resnet18")]
    assert lines[0].startswith("model small_cnn, family cnn, input one image, least_size 16, default_size 64")
