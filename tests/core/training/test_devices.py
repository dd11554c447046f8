"""Where to compute, without a GPU and with one made up."""

import platform
import subprocess
import sys

import pytest
import torch

from core.errors import NotTrainable
from core.training import devices


def test_auto_without_a_gpu_is_the_cpu_and_says_so(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    device = devices.choose_device("auto")
    assert (device.type, devices.device_name(device)) == ("cpu", "cpu")
    assert devices.describe(device, "auto") == "No GPU found. Training on the CPU."


def test_a_gpu_asked_for_and_missing_is_a_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(NotTrainable, match=r"torch finds no GPU; choose auto or cpu"):
        devices.choose_device("cuda")


def test_a_gpu_is_taken_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert devices.choose_device("auto").type == "cuda"
    assert devices.choose_device("cuda:1") == torch.device("cuda:1")
    assert devices.describe(devices.choose_device("cpu"), "cpu") == "Training on the CPU, as set."


FAULTS = """
import resource, sys, torch
from core.training import devices
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.ones(10_000_000)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10
given_back = faults()
devices.retain_freed_memory()
faults()
print(given_back, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's memory is asked to stay")
def test_memory_that_a_step_frees_is_there_for_the_next():
    message = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True).stdout
    given_back, remaining = map(float, message.split())
    assert given_back > 10_000_000 * 4 / 4096 / 20  # a fault for each page, or each of some pages
    assert remaining < given_back / 10
