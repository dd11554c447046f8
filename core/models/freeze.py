"""Layers that do not learn: fixed once, and held so in every pass."""

from collections.abc import Sequence

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.errors import NotTrainable
from core.models.multi_image_layers import Encoder, last_layer

READERS = "encoder"  # the name of all that reads pictures


def freeze(module: nn.Module, names: str) -> str:
    """Fix the weights of some blocks and say which, for the log; "" where none is named.

    `names` are blocks such as "conv1,layer1" (with all that is in them), or "encoder": the encoders of a model of
    several pictures, all but the last layer of others.

    Raises:
        NotTrainable: a name that the network has not, or nothing left to learn.
    """
    asked = [one.strip() for one in names.split(",") if one.strip()]
    fixed = {name for one in asked for name in _weights_of(module, one)}
    for name, one in module.named_parameters():
        one.requires_grad_(name not in fixed)
    learning = sum(one.requires_grad for one in module.parameters())
    if not learning:
        raise NotTrainable(f"Frozen layers (freeze) are '{names}', which leaves nothing to learn; name fewer.")
    return f"Frozen: {', '.join(asked)}; {len(fixed)} weights stay and {learning} learn." if fixed else ""


def set_frozen_eval(module: nn.Module) -> None:
    """Frozen batch norms judge by what they knew, and go on knowing it. After every `module.train()`."""
    for one in module.modules():
        if isinstance(one, _BatchNorm) and one.weight is not None and not one.weight.requires_grad:
            one.eval()


def _weights_of(module: nn.Module, name: str) -> Sequence[str]:
    """Names of the parameters below that block."""
    weights = [one for one, _ in module.named_parameters()]
    if name == READERS:
        below = [one for one, part in module.named_modules() if isinstance(part, Encoder)]
        last = next(one for one, part in module.named_modules() if part is last_layer(module))
        return [one for one in weights if _is_below(one, below)] if below else _others(weights, last)
    found = [one for one in weights if _is_below(one, [name])]
    if not found:
        blocks = dict.fromkeys(one.split(".")[0] for one in weights)
        raise NotTrainable(
            f"Frozen layers (freeze) name '{name}', which this network has not; it has {', '.join(blocks)} and what is "
            "in them, such as layer1.0, and `encoder` for all that reads pictures."
        )
    return found


def _is_below(weight: str, blocks: Sequence[str]) -> bool:
    return any(weight == block or weight.startswith(f"{block}.") for block in blocks)


def _others(weights: Sequence[str], last: str) -> Sequence[str]:
    return [one for one in weights if not _is_below(one, [last])]
