"""Where to compute, without a GPU and with one made up."""

import pytest
import torch

from core.errors import NotTrainable
from core.training import devices


def test_auto_without_a_gpu_is_the_cpu_and_says_so(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    device = devices.choose("auto")
    assert (device.type, devices.name(device)) == ("cpu", "cpu")
    assert devices.sentence(device, "auto") == "No GPU found: training on the CPU."


def test_a_gpu_asked_for_and_missing_is_a_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(NotTrainable, match=r"torch finds no GPU here; choose auto or cpu"):
        devices.choose("cuda")


def test_a_gpu_is_taken_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert devices.choose("auto").type == "cuda"
    assert devices.choose("cuda:1") == torch.device("cuda:1")
    assert devices.sentence(devices.choose("cpu"), "cpu") == "Training on the CPU, as asked."
