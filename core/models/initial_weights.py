"""What a training begins with: a finished run's weights, those of a file, or the published ones."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from core.errors import NotTrainable
from core.models import pretrained, weight_files
from core.models.freeze import freeze, set_frozen_eval
from core.models.state_dict_matching import SAME, MatchResult, WeightSource, encoder_names, load_matching_weights
from core.training.checkpoint import read_weights

if TYPE_CHECKING:
    from core.models.registry import ModelEntry
    from core.training.spec import TrainSpec

__all__ = ["freeze", "load_initial_weights", "set_frozen_eval"]


def load_initial_weights(
    module: nn.Module, entry: "ModelEntry", spec: "TrainSpec", source: Path | None, *, channels: int
) -> str:
    """Put the weights that `spec.start` asks for into a new network of `channels`; what was done, for the log.

    `source` is the run's best.safetensors, or the file in the home's folder `weights`; published ones are found here.
    The last layer stays new where it answers something else; a first convolution is adapted to the channels, see
    `core.models.state_dict_matching`. The module is as it was when this raises.

    Raises:
        NotFound: the run has no such file.
        NotTrainable: the weights are of another network, cannot be had, or are no numbers.
        UserError: the run's file is damaged.
    """
    if spec.start == "nothing":
        return "Starting from nothing: all weights are drawn by chance."
    found = _source(module, entry, spec, source)
    _check_network(module, entry, spec, found)
    fitted, own = load_matching_weights(module, found, entry.name), module.state_dict()
    with torch.no_grad():
        for name, tensor in fitted.tensors.items():
            own[name].copy_(tensor)
    return f"Starting from {found.called}: {_told(fitted, channels)}."


def _source(module: nn.Module, entry: "ModelEntry", spec: "TrainSpec", path: Path | None) -> WeightSource:
    if spec.start == "published":
        network = spec.encoder if encoder_names(module) else entry.name
        path = pretrained.cache_path(network, download=spec.download == "yes")
        tensors = pretrained.to_our_names(network, pretrained.to_current_names(weight_files.read_weight_file(path)))
        return WeightSource(tensors, f"the published weights of {network}", network)
    if path is None:
        wanted = "start_run" if spec.start == "run" else "start_file"
        raise NotTrainable(f"Start from (start) is '{spec.start}', but none is named; name it ({wanted}).")
    if spec.start == "file":
        return WeightSource(pretrained.to_current_names(weight_files.read_weight_file(path)), path.name)
    tensors, manifest = read_weights(path)
    return WeightSource(tensors, f"run {spec.start_run}", manifest.model)


def _check_network(module: nn.Module, entry: "ModelEntry", spec: "TrainSpec", source: WeightSource) -> None:
    """Where the source says what it is."""
    fitting = (entry.name, spec.encoder) if encoder_names(module) else (entry.name,)
    if source.network and source.network not in fitting:
        raise NotTrainable(
            f"The weights of {source.called} are of a {source.network}, and what is to be trained is a "
            f"{' with '.join(fitting)}; {SAME}."
        )


def _told(fitted: MatchResult, channels: int) -> str:
    parts = [f"{len(fitted.tensors) - len(fitted.adapted)} tensors taken"]
    if fitted.adapted:
        parts.append(f"{len(fitted.adapted)} adapted to {channels} channel{'s' * (channels != 1)}")
    if fitted.new:
        blocks = dict.fromkeys(name.split(".")[0] for name in fitted.new)
        parts.append(f"{len(fitted.new)} new ({', '.join(blocks)})")
    return ", ".join(parts)
