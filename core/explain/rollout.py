"""Attention rollout (Abnar & Zuidema 2020): where information could flow from. The same for every class."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput
from core.explain.asking import alone, choose_class
from core.explain.maps import Map, scaled
from core.models import MODELS

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.inference import LoadedModel
    from core.training.data import Example

NAME = "rollout"


def explain(
    model: "LoadedModel", example: "Example", class_index: int | None = None, plane: int | None = None  # noqa: ARG001
) -> Map:  # fmt: skip
    """The map of one image; the class only decides which probability stands beside it, `plane` nothing.

    Raises:
        InvalidInput: the model does not attend, or has no such class.
    """
    import torch
    import torch.nn.functional as F  # noqa: N812

    if MODELS[model.manifest.model].takes != "image":
        raise InvalidInput(f"Rollout follows attention within one image; for {model.manifest.model} use gradcam.")
    images = model.input_of(example)
    with alone(), torch.no_grad(), recorded(model.module) as weights:
        logits = model.module(images)
    chosen, probability = choose_class(model, logits, class_index)
    if not weights:
        raise InvalidInput(f"Rollout follows attention, which {model.manifest.model} has not; use gradcam.")
    cells = over_cells(rolled(weights))  # (1, h, w)
    size = images.shape[-2:]
    values = F.interpolate(cells[None], size=tuple(size), mode="bilinear", align_corners=False)[0, 0]
    return Map(scaled(values.cpu().numpy()), NAME, chosen, probability)


@contextmanager
def recorded(module: "nn.Module") -> "Iterator[list[Tensor]]":
    """Attention weights (B, heads, tokens, tokens) of every layer of the next pass; logits stay what they are."""
    from torch import nn

    weights: list[Tensor] = []

    def ask(_: "nn.Module", args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return args, {**kwargs, "need_weights": True, "average_attn_weights": False}

    def keep(_: "nn.Module", __: tuple[Any, ...], output: "tuple[Tensor, Tensor]") -> None:
        weights.append(output[1].detach())

    layers = [one for one in module.modules() if isinstance(one, nn.MultiheadAttention)]
    handles = [one.register_forward_pre_hook(ask, with_kwargs=True) for one in layers]
    handles += [one.register_forward_hook(keep) for one in layers]
    try:
        yield weights
    finally:
        for handle in handles:
            handle.remove()


def rolled(weights: "list[Tensor]") -> "Tensor":
    """Attention of the last layer's tokens to the input's, (B, tokens, tokens); rows sum to 1.

    Heads are averaged; half of each layer is the residual connection (the paper's A = 0.5 W + 0.5 I).
    """
    import torch

    tokens = weights[0].shape[-1]
    identity = torch.eye(tokens, device=weights[0].device)
    flow = identity.expand(weights[0].shape[0], tokens, tokens)
    for layer in weights:
        flow = (0.5 * layer.float().mean(dim=1) + 0.5 * identity) @ flow
    return flow


def over_cells(flow: "Tensor") -> "Tensor":
    """What the head reads, over the grid (B, h, w): the class token's row, or the mean row where there is none."""
    tokens = flow.shape[-1]
    edge = int(tokens**0.5)
    if edge * edge == tokens:
        return flow.mean(dim=1).view(-1, edge, edge)
    edge = int((tokens - 1) ** 0.5)
    return flow[:, 0, 1:].reshape(-1, edge, edge)
