"""Files of a run: weights with a manifest of how they were trained, and the state for resuming."""

import hashlib
import io
import json
import pickle
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from core.errors import NotFound, NotTrainable, UserError
from core.imaging.atomic_write import atomic_write
from core.models.heads import Head, single_head
from core.training.spec import TrainSpec

if TYPE_CHECKING:
    import torch
    from torch import nn

TIMINGS = ("images_per_second", "data_wait_share")
WEIGHTS = ("best.safetensors", "last.safetensors")
LONGEST_HEADER = 100_000_000  # bytes, the limit of safetensors: a damaged length must not exhaust the memory


@dataclass(frozen=True, slots=True)
class Manifest:
    """How a checkpoint was trained: enough to rebuild its model and its input.

    `heads` are the trained tasks and `views` the views of a two-view model in order. `size` is the edge of the input
    and `stored` that of the cached images, in pixels; `mean` and `deviation` are per channel of the training images,
    white = 1.
    """

    model: str
    heads: tuple[Head, ...]
    channels: int
    size: int
    stored: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    spec: TrainSpec
    seed: int
    device: str
    facts: Mapping[str, str]
    versions: Mapping[str, str]
    views: tuple[str, ...] = ()
    epoch: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes of the first head, which decides."""
        return self.heads[0].classes

    def at(self, epoch: int, metrics: Mapping[str, float]) -> "Manifest":
        """Return this manifest at an epoch, without timings, so that equal trainings give equal files."""
        return replace(self, epoch=epoch, metrics={name: one for name, one in metrics.items() if name not in TIMINGS})

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "facts": dict(self.facts), "versions": dict(self.versions)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Manifest":
        """Read the output of `to_json`; manifests without heads name the classes of a single one."""
        values = {name: value for name, value in data.items() if name != "classes"}
        lists = {name: tuple(data.get(name, ())) for name in ("mean", "deviation", "views")}
        heads = (
            tuple(Head.from_json(one) for one in data["heads"]) if "heads" in data else (single_head(data["classes"]),)
        )
        return cls(**{**values, **lists, "heads": heads, "spec": TrainSpec.from_json(data["spec"])})


def versions() -> dict[str, str]:
    """Return the versions of everything that affects the numbers."""
    import torch

    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),  # with its build, such as +cu132, which package metadata leaves out
        "torchvision": version("torchvision"),  # not imported: that takes a second, and few models need it
        "rounds": version("rounds"),
    }


def save_weights(module: "nn.Module", path: Path, manifest: Manifest, *, also: Sequence[Path] = ()) -> str:
    """Write a safetensors file with the manifest as metadata, also to further paths; return its sha256."""
    from safetensors.torch import save

    weights = {name: one.detach().cpu().contiguous() for name, one in module.state_dict().items()}
    content = save(weights, {"manifest": json.dumps(manifest.to_json(), sort_keys=True)})
    for place in (path, *also):
        with atomic_write(place) as file:
            file.write(content)
    return hashlib.sha256(content).hexdigest()


def read_weights(path: Path) -> "tuple[dict[str, torch.Tensor], Manifest]":
    """Return tensors and manifest of a checkpoint, on the CPU.

    Raises:
        NotFound: no such file.
        UserError: it is damaged, or not written by Rounds.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        where = f"{path.parent.parent.name}/{path.parent.name}"
        raise NotFound(
            f"No checkpoint {path.name} in {where}; restore it from a backup, or train the run to at least its first "
            "epoch."
        )
    try:
        with safe_open(path, framework="pt") as file:
            manifest = Manifest.from_json(json.loads(file.metadata()["manifest"]))
            return {name: file.get_tensor(name) for name in file.keys()}, manifest  # noqa: SIM118
    except (SafetensorError, ValueError, TypeError, KeyError, OSError, UserError) as error:
        raise UserError(
            f"The checkpoint {path.name} of {path.parent.name} is damaged or was not written by Rounds; "
            "restore the file, or train the run again."
        ) from error


def read_epoch(file: BinaryIO) -> int | None:
    """Return the epoch in the header of a weight file; None where the header is damaged or not ours."""
    file.seek(0)
    try:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length) if length <= LONGEST_HEADER else b"")
        return int(json.loads(header["__metadata__"]["manifest"])["epoch"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def remove_partial_files(folder: Path) -> None:
    """Remove incomplete files that a killed training left in its folder; each is as large as a checkpoint."""
    for name in (*WEIGHTS, "manifest.json", "resume.pt"):
        for draft in folder.glob(f".{name}.*"):
            draft.unlink(missing_ok=True)


def save_manifest(path: Path, manifest: Manifest, *, best_epoch: int) -> None:
    """Write the manifest as JSON, for people and programs without safetensors."""
    document = {**manifest.to_json(), "best_epoch": best_epoch}
    with atomic_write(path) as file:
        file.write(json.dumps(document, indent=1, sort_keys=True).encode())


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write the state for resuming; it is the last file of an epoch, so what it refers to is on disk."""
    import torch

    buffer = io.BytesIO()  # writing directly, torch would turn a full disk into an unspecific RuntimeError
    torch.save(dict(state), buffer)
    with atomic_write(path) as file:
        file.write(buffer.getbuffer())


def read_state(path: Path, fingerprint: str) -> dict[str, Any]:
    """Return the saved state of this training.

    Raises:
        NotTrainable: the file is damaged, or of another training.
    """
    import torch

    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError, OSError, KeyError) as error:
        raise NotTrainable(
            f"The saved state {path.name} of {path.parent.name} is damaged; start a new run on the same dataset."
        ) from error
    if state.get("fingerprint") != fingerprint:
        raise NotTrainable(
            f"The saved state {path.name} of {path.parent.name} belongs to other images or settings; start a new run."
        )
    return state
