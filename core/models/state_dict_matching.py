"""Weights of a network made to fit one of ours: by name and shape, and a sentence where they do not."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from core.errors import NotTrainable
from core.models.multi_image_layers import Encoder, last_layer

SAME = "start from weights of the same network, or from nothing"
# what torchvision calls the layer that is our last; ours has a dropout in front of it
LAST = {
    "fc.1": ("fc",),
    "head.1": ("classifier", "head"),
    "heads.1.head": ("heads.head",),
    "classifier.2.1": ("classifier.2",),
    "classifier.6.1": ("classifier.6",),
}
# what only learns to answer: of no use where the network stands inside another, or has no such helpers
ANSWERS = ("fc.", "classifier.", "head.", "heads.", "dense.", "aux1.", "aux2.", "AuxLogits.")


@dataclass(frozen=True, slots=True)
class WeightSource:
    """Tensors by name, what they are called in a sentence, and the network they are of where that is known."""

    tensors: dict[str, Tensor]
    called: str
    network: str = ""


@dataclass(slots=True)
class MatchResult:
    """Tensors by our names; names of those whose channels were adapted, and of ours that stay as they were drawn."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    adapted: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


def load_matching_weights(module: nn.Module, source: WeightSource, title: str) -> MatchResult:
    """What of the source goes where in the module, which is called `title`; nothing is written yet.

    Weights of a network of one image also fit a model of several that has it as its encoder. Only the last layer may
    differ; a first convolution may in its channels.

    Raises:
        NotTrainable: anything else is missing, too much, of another shape, or no number.
    """
    last, prefixes, found = _name_of(module, last_layer(module)), _prefixes(module, source), MatchResult()
    firsts, used = _first_convolutions(module), set()
    for name, mine in module.state_dict().items():
        is_last = name.rpartition(".")[0] == last
        theirs = _theirs(name, prefixes, last, source.tensors)
        if theirs is None:
            if not is_last and name.startswith(prefixes) and not _counts(name):
                raise _misfit(source, title, f"they have no '{name}'")
            found.new += [] if _counts(name) else [name]
            continue
        used.add(theirs)
        tensor = source.tensors[theirs]
        if name in firsts and _differ_in_channels(tensor, mine):
            found.tensors[name] = adapt_channels(tensor, mine.shape[1])
            found.adapted.append(name)
        elif tensor.shape == mine.shape:
            found.tensors[name] = tensor
        elif is_last:
            found.new.append(name)
        else:
            raise _misfit(source, title, f"'{name}' is {_edges(tensor)} there and {_edges(mine)} here")
    _check_rest(source, used, title)
    _check_numbers(source, found)
    return found


def adapt_channels(weight: Tensor, channels: int) -> Tensor:
    """A convolution's weight (D, C, …) for other channels: its sum over C, spread evenly over ours.

    On pictures whose channels are alike, as a grey one shown in colour, it answers as before.
    """
    alike = weight.float().sum(dim=1, keepdim=True) / channels
    return alike.repeat_interleave(channels, dim=1)


def encoder_names(module: nn.Module) -> list[str]:
    """Where the encoders of a model of several pictures stand in it."""
    return [name for name, one in module.named_modules() if isinstance(one, Encoder)]


def _prefixes(module: nn.Module, source: WeightSource) -> tuple[str, ...]:
    """In front of which of our names theirs stand: the encoders', where the source is a network of one image."""
    within = tuple(f"{name}." for name in encoder_names(module))
    return ("",) if any(name.startswith(within) for name in source.tensors) or not within else within


def _theirs(name: str, prefixes: tuple[str, ...], last: str, tensors: dict[str, Tensor]) -> str | None:
    """The name that one of our tensors has over there; None where it is not there."""
    bare = [name.removeprefix(one) for one in prefixes if name.startswith(one)]
    block, _, kind = name.rpartition(".")
    if block == last:
        bare += [f"{one}.{kind}" for one in LAST.get(last, ())]
    return next((one for one in bare if one in tensors), None)


def _check_rest(source: WeightSource, used: set[str], title: str) -> None:
    """Nothing of what reads pictures may be left over: then it would be another network."""
    for name in source.tensors:
        if name not in used and not name.startswith(ANSWERS) and not _counts(name):
            raise _misfit(source, title, f"this network has no '{name}'")


def _check_numbers(source: WeightSource, found: MatchResult) -> None:
    for name, one in found.tensors.items():
        if not torch.isfinite(one).all():
            raise NotTrainable(f"The weights of {source.called} are no numbers in '{name}'; start from others.")


def _misfit(source: WeightSource, title: str, reason: str) -> NotTrainable:
    return NotTrainable(f"The weights of {source.called} do not fit a {title}: {reason}; {SAME}.")


def _first_convolutions(module: nn.Module) -> set[str]:
    """Names of the weights that meet the pictures."""
    found = set()
    for within in encoder_names(module) or [""]:
        layers = module.get_submodule(within).named_modules(prefix=within)
        first = next(name for name, one in layers if isinstance(one, nn.Conv2d | nn.Conv3d))
        found.add(f"{first}.weight")
    return found


def _name_of(module: nn.Module, part: nn.Module) -> str:
    return str(next(name for name, one in module.named_modules() if one is part))


def _differ_in_channels(theirs: Tensor, mine: Tensor) -> bool:
    """And in nothing else."""
    here, there = list(mine.shape), list(theirs.shape)
    return len(here) == len(there) and here[1] != there[1] and here[:1] + here[2:] == there[:1] + there[2:]


def _counts(name: str) -> bool:
    """Batches seen: missing in older files, and of no weight."""
    return name.endswith("num_batches_tracked")


def _edges(tensor: Tensor) -> str:
    return "×".join(str(one) for one in tensor.shape) or "one number"
