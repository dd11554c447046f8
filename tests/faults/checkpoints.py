"""What lies in a run's folder after a kill, and whether two trainings came to the same weights."""

import hashlib
import json
import tempfile
from pathlib import Path

import torch
from sqlalchemy import select

from core.training.checkpoint import read_weights
from core.training.pixel_cache import file_sha256
from db import Database
from db.tables import Checkpoint


def weights_hash(path: Path) -> str:
    """sha256 over names, types, shapes and bytes of the tensors, in the names' order.

    Not of the file: its metadata names the run, and two runs of the same spec on the same snapshot differ in that.
    """
    digest = hashlib.sha256()
    weights, _ = read_weights(path)
    for name in sorted(weights):
        tensors = weights[name]
        digest.update(f"{name} {tensors.dtype} {tuple(tensors.shape)}".encode() + tensors.numpy().tobytes())
    return digest.hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """Of the best and the last weights."""
    return {kind: weights_hash(folder / f"{kind}.safetensors") for kind in ("best", "last")}


def drafts(folder: Path) -> set[str]:
    """Names of files that are being written, or were when their writer died, such as '.last.safetensors.3f…'."""
    return {path.name for path in folder.glob(".*.*")} if folder.exists() else set()


def check(db: Database, folder: Path, run_id: int, *, ended: bool = False) -> None:
    """Every file under its final name is readable and what its row says.

    A row names the newest epoch that was told. Killed between the files and the rows, a run may hold weights of a later
    epoch (its next attempt tells or replaces them), never of an earlier one; `ended`: of no other.
    """
    with db.read() as session:
        rows = {row.kind.value: row for row in session.scalars(select(Checkpoint).where(Checkpoint.run_id == run_id))}
    for kind in ("best", "last"):
        path, row = folder / f"{kind}.safetensors", rows.get(kind)
        if not path.exists():
            assert row is None, f"{path} is gone"
            continue
        epoch, sha256 = _recorded(path)
        if row is not None and (ended or epoch == row.epoch):
            assert (epoch, sha256) == (row.epoch, row.sha256), path
        assert row is None or epoch >= row.epoch, path
    if (folder / "manifest.json").exists():
        assert json.loads((folder / "manifest.json").read_bytes())["epoch"] >= 1
    if rows:
        state = torch.load(folder / "resume.pt", weights_only=True)
        assert state["progress"]["epoch"] >= rows["last"].epoch
    elif (folder / "resume.pt").exists():
        torch.load(folder / "resume.pt", weights_only=True)


def _recorded(path: Path) -> tuple[int, str]:
    """Epoch and sha256 of one and the same file: a training that goes on may put another in its place meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        still = Path(folder) / path.name
        still.write_bytes(path.read_bytes())
        return read_weights(still)[1].epoch, file_sha256(still)
