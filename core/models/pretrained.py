"""torchvision's pretrained weights: read from its cache folder, downloaded only on request."""

import hashlib
import re
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from core.errors import NotTrainable
from core.imaging.atomic_write import atomic_write
from core.models.registry import MODELS

if TYPE_CHECKING:
    from torch import Tensor

TIMEOUT_S = 30.0
CHUNK = 1 << 20
PUBLISHED = {name: entry.pretrained for name, entry in MODELS.items() if entry.pretrained}

# parameter names of older torchvision files, and their current names
_OLDER = (
    (re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)"), r"\1\2"),
    (re.compile(r"(\.mlp)\.linear_1\."), r"\1.0."),
    (re.compile(r"(\.mlp)\.linear_2\."), r"\1.3."),
)
# these two rescale their input internally; ours has mean 0 and deviation 1, so their first weights are scaled instead
_INNER = {"googlenet": "conv1.conv.weight", "inception_v3": "Conv2d_1a_3x3.conv.weight"}
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


def cache_path(network: str, *, download: bool) -> Path:
    """Return the file of a network's pretrained weights in torchvision's cache.

    Raises:
        NotTrainable: no pretrained weights exist, or the file is missing and may not or cannot be downloaded.
    """
    import torch

    url = get_url(network)
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlsplit(url).path).name
    if path.is_file():
        return path
    if not download:
        raise NotTrainable(
            f"The pretrained weights of {network} are not on this machine; allow the download (download yes), or put "
            f"{path.name} into torch's cache folder `checkpoints` (TORCH_HOME)."
        )
    _fetch(url, path)
    return path


def get_url(network: str) -> str:
    """Return torchvision's URL of the weights; the file name ends in the start of its sha256.

    Raises:
        NotTrainable: no pretrained weights exist.
    """
    return str(_weights(network).url)


def to_our_names(network: str, tensors: "dict[str, Tensor]") -> "dict[str, Tensor]":
    """Return pretrained weights for inputs of mean 0 and deviation 1."""
    import torch

    first = _INNER.get(network, "")
    if first not in tensors:
        return tensors
    factor = 2 * torch.tensor(_IMAGENET_DEVIATION)[:, None, None]
    return {**tensors, first: tensors[first] * factor}


def to_current_names(tensors: "dict[str, Any]") -> "dict[str, Any]":
    """Return the tensors under torchvision's current parameter names."""
    return {_current_name(name): tensor for name, tensor in tensors.items()}


def _current_name(name: str) -> str:
    name = name.removeprefix("module.")  # of a network that was trained on several GPUs
    for older, newer in _OLDER:
        name = older.sub(newer, name)
    return name


def _weights(network: str) -> Any:
    from torchvision.models import get_weight

    if network not in PUBLISHED:
        raise NotTrainable(
            f"torchvision has no pretrained weights of {network}; it has those of {', '.join(PUBLISHED)}."
        )
    return get_weight(PUBLISHED[network])


def _fetch(url: str, path: Path) -> None:
    """Download completely and verify against the hash in the file name, or leave no file."""
    digest, expected = hashlib.sha256(), path.stem.rpartition("-")[2]
    with atomic_write(path) as file:
        for chunk in _chunks(url, path.name):
            digest.update(chunk)
            file.write(chunk)
        if not digest.hexdigest().startswith(expected):
            raise NotTrainable(f"The downloaded {path.name} does not match its checksum; try again later.")


def _chunks(url: str, name: str) -> Iterator[bytes]:
    try:
        with urlopen(url, timeout=TIMEOUT_S) as answer:
            while chunk := answer.read(CHUNK):
                yield chunk
    except (OSError, HTTPException) as error:
        raise NotTrainable(
            f"The pretrained weights {name} cannot be downloaded: this machine seems to be offline; use random "
            "initialisation, or put that file into torch's cache folder `checkpoints` (TORCH_HOME)."
        ) from error
