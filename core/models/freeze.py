"""Freezing of layers, and their eval mode during training."""

from collections.abc import Sequence

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.errors import NotTrainable
from core.models.multi_image_layers import Encoder, last_layer

READERS = "encoder"  # stands for all encoders of a model


def freeze(module: nn.Module, names: str) -> str:
    """Freeze the weights of some blocks and return a sentence for the log; "" where none is named.

    `names` are blocks such as "conv1,layer1" (with their content), or "encoder": the encoders of a model of several
    images, and everything but the last layer of other models.

    Raises:
        NotTrainable: an unknown name, or nothing left to train.
    """
    blocks = [one.strip() for one in names.split(",") if one.strip()]
    frozen = {name for block in blocks for name in _weights_of(module, block)}
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(name not in frozen)
    trainable = sum(one.requires_grad for one in module.parameters())
    if not trainable:
        raise NotTrainable(f"Frozen layers (freeze) are '{names}', which leaves nothing to train; freeze fewer layers.")
    return f"Frozen: {', '.join(blocks)}; {len(frozen)} tensors frozen, {trainable} trainable." if frozen else ""


def set_frozen_eval(module: nn.Module) -> None:
    """Put frozen batch norms into eval mode; call after every `module.train()`."""
    for layer in module.modules():
        if isinstance(layer, _BatchNorm) and layer.weight is not None and not layer.weight.requires_grad:
            layer.eval()


def _weights_of(module: nn.Module, name: str) -> Sequence[str]:
    """Return the names of the parameters in that block."""
    weights = [one for one, _ in module.named_parameters()]
    if name == READERS:
        encoders = [one for one, part in module.named_modules() if isinstance(part, Encoder)]
        last = next(one for one, part in module.named_modules() if part is last_layer(module))
        return [one for one in weights if _is_below(one, encoders)] if encoders else _others(weights, last)
    matching = [one for one in weights if _is_below(one, [name])]
    if not matching:
        blocks = dict.fromkeys(one.split(".")[0] for one in weights)
        raise NotTrainable(
            f"Frozen layers (freeze): this network has no '{name}'; it has {', '.join(blocks)}, their sublayers such "
            "as layer1.0, and `encoder` for the whole encoder."
        )
    return matching


def _is_below(weight: str, blocks: Sequence[str]) -> bool:
    return any(weight == block or weight.startswith(f"{block}.") for block in blocks)


def _others(weights: Sequence[str], last: str) -> Sequence[str]:
    return [one for one in weights if not _is_below(one, [last])]
