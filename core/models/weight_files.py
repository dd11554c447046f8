"""Weights in a file of any maker: tensors by name, and nothing that could run."""

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.errors import NotTrainable

SUFFIXES = (".safetensors", ".pth", ".pt")
WRAPPED = ("state_dict", "model", "model_state_dict")  # where trainers of others keep it


def read_weight_file(path: Path) -> dict[str, Tensor]:
    """Its tensors, on the CPU.

    Raises:
        NotTrainable: no such file, of another kind, damaged, or it holds more than tensors.
    """
    if path.suffix not in SUFFIXES:
        raise NotTrainable(f"{path.name} is no file of weights; give one that ends in {', '.join(SUFFIXES)}.")
    if not path.is_file():
        raise NotTrainable(f"There is no file {path.name} in the folder {path.parent.name}; put it there.")
    tensors = _safe(path) if path.suffix == ".safetensors" else _pickled(path)
    if not tensors or not all(isinstance(name, str) and isinstance(one, Tensor) for name, one in tensors.items()):
        raise NotTrainable(f"{path.name} holds other things than tensors by name; save the network's state_dict.")
    return dict(tensors)


def _safe(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, OSError) as error:
        raise NotTrainable(f"{path.name} is damaged; copy it again.") from error


def _pickled(path: Path) -> Mapping[str, Any]:
    try:
        with warnings.catch_warnings(action="ignore"):  # what torch has to say of a file is said below
            whole = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError, OSError, KeyError, AttributeError) as error:
        raise NotTrainable(
            f"{path.name} is damaged, or holds code beside its tensors, which is never run here; save the network's "
            "state_dict, best as .safetensors."
        ) from error
    inner = [whole[name] for name in WRAPPED if name in whole] if isinstance(whole, Mapping) else [{}]
    found = inner[0] if inner else whole
    return found if isinstance(found, Mapping) else {}
