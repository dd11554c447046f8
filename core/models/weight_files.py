"""Reading of weight files from any source: tensors by name, and nothing executable."""

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.errors import NotTrainable

SUFFIXES = (".safetensors", ".pth", ".pt")
WRAPPED = ("state_dict", "model", "model_state_dict")  # keys under which other frameworks store the state dict


def read_weight_file(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file, on the CPU.

    Raises:
        NotTrainable: a missing, damaged or unknown file, or one with more than tensors.
    """
    if path.suffix not in SUFFIXES:
        raise NotTrainable(f"{path.name} is not a weight file; choose one that ends in {', '.join(SUFFIXES)}.")
    if not path.is_file():
        raise NotTrainable(f"No file {path.name} in the folder {path.parent.name}; copy it there.")
    tensors = _safe(path) if path.suffix == ".safetensors" else _pickled(path)
    if not tensors or not all(isinstance(name, str) and isinstance(one, Tensor) for name, one in tensors.items()):
        raise NotTrainable(f"{path.name} contains more than tensors by name; save the network's state_dict.")
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
        with warnings.catch_warnings(action="ignore"):  # the error below replaces torch's warnings
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError, OSError, KeyError, AttributeError) as error:
        raise NotTrainable(
            f"{path.name} is damaged, or contains code, which is never executed; save the network's state_dict, "
            "preferably as .safetensors."
        ) from error
    wrapped = [content[name] for name in WRAPPED if name in content] if isinstance(content, Mapping) else [{}]
    tensors = wrapped[0] if wrapped else content
    return tensors if isinstance(tensors, Mapping) else {}
