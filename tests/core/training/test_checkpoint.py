"""Weights that tell how they were made, and refuse to be anything else."""

import io
import json

import pytest
import torch
from safetensors.torch import save_file

from core.errors import NotFound, UserError
from core.models import MODELS
from core.models.heads import single_head
from core.training.checkpoint import Manifest, read_epoch, read_weights, save_weights, versions
from core.training.spec import TrainSpec

MANIFEST = Manifest(
    model="small_cnn",
    heads=(single_head(("a", "b")),),
    channels=1,
    size=28,
    stored=28,
    mean=(0.5,),
    deviation=(0.2,),
    spec=TrainSpec(epochs=3),
    seed=0,
    device="cpu",
    facts={"snapshot": "abc"},
    versions=versions(),
)


def module():
    torch.manual_seed(0)
    return MODELS["small_cnn"].build(1, 2, 28, 0.0)


def test_weights_and_manifest_come_back(tmp_path):
    made = module()
    save_weights(made, tmp_path / "best.safetensors", MANIFEST)
    weights, manifest = read_weights(tmp_path / "best.safetensors")
    assert manifest == MANIFEST
    assert set(weights) == set(made.state_dict())
    assert all(torch.equal(weights[name], one) for name, one in made.state_dict().items())


def test_equal_trainings_give_equal_files(tmp_path):
    item = MANIFEST.at(2, {"val_auroc": 0.9, "images_per_second": 100.0})
    two = MANIFEST.at(2, {"val_auroc": 0.9, "images_per_second": 200.0})
    assert save_weights(module(), tmp_path / "1", item) == save_weights(module(), tmp_path / "2", two)
    assert item.metrics == {"val_auroc": 0.9}


def test_no_draft_is_left_and_the_old_file_stays_when_writing_fails(tmp_path, monkeypatch):
    before = save_weights(module(), tmp_path / "best.safetensors", MANIFEST)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_weights(MODELS["small_cnn"].build(1, 2, 28, 0.0), tmp_path / "best.safetensors", MANIFEST)
    assert [one.name for one in tmp_path.iterdir()] == ["best.safetensors"]
    monkeypatch.undo()
    assert save_weights(module(), tmp_path / "again", MANIFEST) == before


def test_a_missing_checkpoint_is_a_sentence(tmp_path):
    with pytest.raises(
        NotFound, match=r"No checkpoint best.safetensors in .*; restore it from a backup, or train the run"
    ):
        read_weights(tmp_path / "best.safetensors")


@pytest.mark.parametrize("harm", ["empty", "short", "garbage", "foreign", "other manifest"])
def test_a_damaged_or_foreign_checkpoint_is_a_sentence(tmp_path, harm):
    path = tmp_path / "best.safetensors"
    save_weights(module(), path, MANIFEST)
    if harm == "empty":
        path.write_bytes(b"")
    elif harm == "short":
        path.write_bytes(path.read_bytes()[:-1000])
    elif harm == "garbage":
        path.write_bytes(b"\xff" * 1000)
    elif harm == "foreign":
        save_file({"weight": torch.zeros(3)}, path)
    else:
        save_file({"weight": torch.zeros(3)}, path, {"manifest": json.dumps({"model": "small_cnn"})})
    with pytest.raises(UserError, match=r"best.safetensors of .* is damaged or was not written by Rounds"):
        read_weights(path)


def headed(header):
    """A file of that header and nothing else."""
    return io.BytesIO(len(header).to_bytes(8, "little") + header)


def test_the_epoch_is_read_from_the_header_alone(tmp_path):
    path = tmp_path / "last.safetensors"
    save_weights(module(), path, MANIFEST.at(3, {}))
    with path.open("rb") as file:
        file.read(100)
        assert read_epoch(file) == 3
    length = int.from_bytes(path.read_bytes()[:8], "little")
    assert read_epoch(io.BytesIO(path.read_bytes()[: 8 + length])) == 3
    assert read_epoch(io.BytesIO(path.read_bytes()[: length // 2])) is None


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"__metadata__": {"manifest": 1}}',
        b'{"__metadata__": {"manifest": "1"}}',
        b'{"__metadata__": {"manifest": "{\\"epoch\\": \\"x\\"}"}}',
        b'{"__metadata__": {"manifest": "{\\"epoch\\": Infinity}"}}',
    ],
)
def test_a_damaged_or_foreign_header_names_no_epoch(header):
    assert read_epoch(headed(header)) is None


@pytest.mark.parametrize("length", [2**27, 2**40, 2**63, 2**64 - 1])
def test_a_damaged_length_claims_no_memory(length):
    class Watched(io.BytesIO):
        requested = 0

        def read(self, size=-1):
            self.requested = max(self.requested, size)
            return super().read(size)

    file = Watched(length.to_bytes(8, "little") + b"{}")
    assert read_epoch(file) is None
    assert file.requested == 8
