"""Initial weights of a training: from a finished run, a file, or torchvision's pretrained weights."""

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
    from core.models.model_entry import ModelEntry
    from core.training.spec import TrainSpec

__all__ = ["freeze", "load_initial_weights", "set_frozen_eval"]


def load_initial_weights(
    module: nn.Module, entry: "ModelEntry", spec: "TrainSpec", source: Path | None, *, channels: int
) -> str:
    """Load the weights that `spec.start` names into a new network of `channels`, and return a sentence for the log.

    `source` is the run's best.safetensors, or the file in the home's folder `weights`; pretrained weights are looked up
    here. The last layer stays random where its outputs differ; the first convolution is adapted to the channels, see
    `core.models.state_dict_matching`. The module is unchanged when this raises.

    Raises:
        NotFound: the run has no such file.
        NotTrainable: weights of another network, unavailable, or not finite.
        UserError: the run's file is damaged.
    """
    if spec.start == "nothing":
        return "Random initialisation."
    weight_source = _source(module, entry, spec, source)
    _check_network(module, entry, spec, weight_source)
    match, state = load_matching_weights(module, weight_source, entry.name), module.state_dict()
    with torch.no_grad():
        for name, tensor in match.tensors.items():
            state[name].copy_(tensor)
    return f"Initialised from {weight_source.called}: {_describe(match, channels)}."


def _source(module: nn.Module, entry: "ModelEntry", spec: "TrainSpec", path: Path | None) -> WeightSource:
    if spec.start == "published":
        network = spec.encoder if encoder_names(module) else entry.name
        path = pretrained.cache_path(network, download=spec.download == "yes")
        tensors = pretrained.to_our_names(network, pretrained.to_current_names(weight_files.read_weight_file(path)))
        return WeightSource(tensors, f"the pretrained weights of {network}", network)
    if path is None:
        setting = "start_run" if spec.start == "run" else "start_file"
        raise NotTrainable(f"Start from (start) is '{spec.start}', but no {spec.start} is named; set {setting}.")
    if spec.start == "file":
        return WeightSource(pretrained.to_current_names(weight_files.read_weight_file(path)), path.name)
    tensors, manifest = read_weights(path)
    return WeightSource(tensors, f"run {spec.start_run}", manifest.model)


def _check_network(module: nn.Module, entry: "ModelEntry", spec: "TrainSpec", source: WeightSource) -> None:
    """Check the network of the source, where it is known."""
    compatible = (entry.name, spec.encoder) if encoder_names(module) else (entry.name,)
    if source.network and source.network not in compatible:
        raise NotTrainable(
            f"The weights of {source.called} are of a {source.network}, but the model to train is a "
            f"{' with '.join(compatible)}; {SAME}."
        )


def _describe(match: MatchResult, channels: int) -> str:
    parts = [f"{len(match.tensors) - len(match.adapted)} tensors loaded"]
    if match.adapted:
        parts.append(f"{len(match.adapted)} adapted to {channels} channel{'s' * (channels != 1)}")
    if match.new:
        blocks = dict.fromkeys(name.split(".")[0] for name in match.new)
        parts.append(f"{len(match.new)} random ({', '.join(blocks)})")
    return ", ".join(parts)
