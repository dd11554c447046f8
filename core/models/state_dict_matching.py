"""Matching of a foreign state dict to one of our networks by name and shape, with a readable reason where it fails."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from core.errors import NotTrainable
from core.models.multi_image_layers import Encoder, last_layer

SAME = "use weights of the same network, or random initialisation"
# torchvision's names of our last layer, which has a dropout in front of it
LAST = {
    "fc.1": ("fc",),
    "head.1": ("classifier", "head"),
    "heads.1.head": ("heads.head",),
    "classifier.2.1": ("classifier.2",),
    "classifier.6.1": ("classifier.6",),
}
# output layers and auxiliary classifiers, which may be left over
ANSWERS = ("fc.", "classifier.", "head.", "heads.", "dense.", "aux1.", "aux2.", "AuxLogits.")


@dataclass(frozen=True, slots=True)
class WeightSource:
    """Tensors by name, their description for messages, and the network they belong to where known."""

    tensors: dict[str, Tensor]
    called: str
    network: str = ""


@dataclass(slots=True)
class MatchResult:
    """Tensors by our names, the names of those adapted to other channels, and of ours that stay random."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    adapted: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


def load_matching_weights(module: nn.Module, source: WeightSource, title: str) -> MatchResult:
    """Match the source's tensors to the module, which messages call `title`; nothing is copied yet.

    Weights of a single-image network also fit a model of several images that uses it as encoder. Only the last layer
    may differ, and the first convolution in its channels.

    Raises:
        NotTrainable: any other tensor is missing, left over, of another shape, or not finite.
    """
    last, prefixes, match = _name_of(module, last_layer(module)), _prefixes(module, source), MatchResult()
    firsts, used = _first_convolutions(module), set()
    for name, parameter in module.state_dict().items():
        is_last = name.rpartition(".")[0] == last
        source_name = _source_name(name, prefixes, last, source.tensors)
        if source_name is None:
            if not is_last and name.startswith(prefixes) and not _is_counter(name):
                raise _misfit(source, title, f"'{name}' is missing")
            match.new += [] if _is_counter(name) else [name]
            continue
        used.add(source_name)
        tensor = source.tensors[source_name]
        if name in firsts and _differ_in_channels(tensor, parameter):
            match.tensors[name] = adapt_channels(tensor, parameter.shape[1])
            match.adapted.append(name)
        elif tensor.shape == parameter.shape:
            match.tensors[name] = tensor
        elif is_last:
            match.new.append(name)
        else:
            raise _misfit(source, title, f"'{name}' has shape {_shape_text(tensor)}, expected {_shape_text(parameter)}")
    _check_rest(source, used, title)
    _check_numbers(source, match)
    return match


def adapt_channels(weight: Tensor, channels: int) -> Tensor:
    """Adapt a convolution's weight (D, C, …) to other channels: its sum over C, spread evenly.

    The output is unchanged for images with equal channels, such as greyscale images stored as RGB.
    """
    alike = weight.float().sum(dim=1, keepdim=True) / channels
    return alike.repeat_interleave(channels, dim=1)


def encoder_names(module: nn.Module) -> list[str]:
    """Return the module names of the encoders in a model of several images."""
    return [name for name, one in module.named_modules() if isinstance(one, Encoder)]


def _prefixes(module: nn.Module, source: WeightSource) -> tuple[str, ...]:
    """Return the prefixes of our names under which the source's names are: the encoders', for a single-image source."""
    within = tuple(f"{name}." for name in encoder_names(module))
    return ("",) if any(name.startswith(within) for name in source.tensors) or not within else within


def _source_name(name: str, prefixes: tuple[str, ...], last: str, tensors: dict[str, Tensor]) -> str | None:
    """Return the source's name of one of our tensors, or None."""
    candidates = [name.removeprefix(one) for one in prefixes if name.startswith(one)]
    block, _, kind = name.rpartition(".")
    if block == last:
        candidates += [f"{one}.{kind}" for one in LAST.get(last, ())]
    return next((one for one in candidates if one in tensors), None)


def _check_rest(source: WeightSource, used: set[str], title: str) -> None:
    """Check that no tensor of the feature extractor is left over, which would mean another network."""
    for name in source.tensors:
        if name not in used and not name.startswith(ANSWERS) and not _is_counter(name):
            raise _misfit(source, title, f"the model has no '{name}'")


def _check_numbers(source: WeightSource, match: MatchResult) -> None:
    for name, tensor in match.tensors.items():
        if not torch.isfinite(tensor).all():
            raise NotTrainable(f"The weights of {source.called} are not finite in '{name}'; use other weights.")


def _misfit(source: WeightSource, title: str, reason: str) -> NotTrainable:
    return NotTrainable(f"The weights of {source.called} do not fit {title}: {reason}; {SAME}.")


def _first_convolutions(module: nn.Module) -> set[str]:
    """Return the names of the first convolutions' weights."""
    names = set()
    for within in encoder_names(module) or [""]:
        layers = module.get_submodule(within).named_modules(prefix=within)
        first = next(name for name, one in layers if isinstance(one, nn.Conv2d | nn.Conv3d))
        names.add(f"{first}.weight")
    return names


def _name_of(module: nn.Module, part: nn.Module) -> str:
    return str(next(name for name, one in module.named_modules() if one is part))


def _differ_in_channels(source: Tensor, parameter: Tensor) -> bool:
    """Return whether the two shapes differ in their channels and in nothing else."""
    shape, source_shape = list(parameter.shape), list(source.shape)
    return (
        len(shape) == len(source_shape)
        and shape[1] != source_shape[1]
        and shape[:1] + shape[2:] == source_shape[:1] + source_shape[2:]
    )


def _is_counter(name: str) -> bool:
    """Return whether a tensor counts batches, which older files lack."""
    return name.endswith("num_batches_tracked")


def _shape_text(tensor: Tensor) -> str:
    return "×".join(str(size) for size in tensor.shape) or "scalar"
