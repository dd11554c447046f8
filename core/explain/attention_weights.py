"""Attention of a network's layers as a pass leaves it, and what of it lies over the image."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor, nn


@contextmanager
def record_attention(module: "nn.Module") -> "Iterator[list[Tensor]]":
    """Attention weights (B, heads, tokens, tokens) of every layer of the next pass; logits stay what they are.

    With gradients on, they are part of the graph: `joined` gives those that gradients can be asked of.
    """
    from torch import nn

    weights: list[Tensor] = []

    def ask(_: "nn.Module", args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return args, {**kwargs, "need_weights": True, "average_attn_weights": False}

    def keep(_: "nn.Module", __: tuple[Any, ...], output: "tuple[Tensor, Tensor]") -> None:
        weights.append(output[1])

    layers = [one for one in module.modules() if isinstance(one, nn.MultiheadAttention)]
    handles = [one.register_forward_pre_hook(ask, with_kwargs=True) for one in layers]
    handles += [one.register_forward_hook(keep) for one in layers]
    try:
        yield weights
    finally:
        for handle in handles:
            handle.remove()


def joined(weights: "Tensor") -> "Tensor":
    """What the network itself went on with: of a layer's weights torch hands out another shape of it."""
    return weights if weights._base is None else weights._base


def over_cells(flow: "Tensor") -> "Tensor":
    """What the head reads, over the grid (B, h, w): the class token's row, or the mean row where there is none."""
    tokens = flow.shape[-1]
    edge = int(tokens**0.5)
    if edge * edge == tokens:
        return flow.mean(dim=1).view(-1, edge, edge)
    edge = int((tokens - 1) ** 0.5)
    return flow[:, 0, 1:].reshape(-1, edge, edge)


def tokens_to_image(cells: "Tensor", images: "Tensor") -> "Tensor":
    """(B, h, w) stretched over images of (…, S, S): (B, S, S)."""
    import torch.nn.functional as F  # noqa: N812

    size = tuple(images.shape[-2:])
    return F.interpolate(cells[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]


def of_layer(module: "nn.Module", weights: "list[Tensor]", layer: str | None) -> "tuple[str, Tensor]":
    """One layer's attention (B, tokens, tokens) and its name: "NAME:HEAD" is one head, "NAME" the mean of its heads.

    Without a name the last layer's mean.

    Raises:
        InvalidInput: there is no such layer or head.
    """
    from torch import nn

    names = [name for name, one in module.named_modules() if isinstance(one, nn.MultiheadAttention)]
    name, _, head = (layer or names[-1]).partition(":")
    if name not in names:
        raise InvalidInput(f"There is no attention '{layer}' in this model; choose one of {', '.join(names)}.")
    chosen = weights[names.index(name)]  # (B, heads, tokens, tokens)
    if not head:
        return name, chosen.mean(dim=1)
    if not head.isdecimal() or not 1 <= int(head) <= chosen.shape[1]:
        raise InvalidInput(f"There is no head '{head}' in {name}; give a number from 1 to {chosen.shape[1]}.")
    return f"{name}:{head}", chosen[:, int(head) - 1]
