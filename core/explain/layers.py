"""Which layers of a network can be read, found by one pass with hooks: nothing is written down twice."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput
from core.explain.targets import model_lock
from core.models import MODELS

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.inference import LoadedModel

SEVERAL = 4  # pictures of a stack or a bag in the pass that finds layers


def layers_of(model: "LoadedModel", needs: str = "convolution") -> list[str]:
    """The layers that can be chosen, from the input on; see `titled`."""
    return list(layer_titles(model, needs))


def layer_titles(model: "LoadedModel", needs: str = "convolution") -> dict[str, str]:
    """Each layer's name and what people read.

    Of convolutions the last layer of every size of map: `layer3`, "layer3 · 14 × 14". Of attention every layer, its
    heads' mean, and each of its heads: "layer 2, head 3".
    """
    list_layers = {"convolution": _maps, "attention": _heads}.get(needs)
    return list_layers(model) if list_layers else {}


def resolve_layer(model: "LoadedModel", layer: str | None = None) -> "tuple[str, nn.Module]":
    """The convolutional layer of that name, or the model's usual one: the last map before places are joined.

    Raises:
        InvalidInput: the model has no layer of that name.
    """
    module = model.module
    if not layer:
        usual = MODELS[model.manifest.model].target_layer(module)
        if usual is None:
            raise InvalidInput(f"{model.manifest.model} has no convolutional map to read.")
        return next(name for name, one in module.named_modules() if one is usual), usual
    named = dict(module.named_modules())
    if layer not in named or layer == "":
        raise InvalidInput(
            f"There is no layer '{layer}' in a {model.manifest.model}; choose one of {', '.join(layers_of(model))}."
        )
    return layer, named[layer]


def _maps(model: "LoadedModel") -> dict[str, str]:
    """The last layer of every size that ran once, square and of more than one place; and the usual one."""
    usual = resolve_layer(model)[0]
    if MODELS[model.manifest.model].takes == "views":
        return {usual: _title(usual, dict(_shapes(model)).get(usual, ()))}  # what lies in one view's encoder reads one
    shapes = _shapes(model)
    runs, last = Counter(name for name, _ in shapes), dict[int, tuple[str, tuple[int, ...]]]()
    for name, shape in shapes:
        if runs[name] == 1 and name and len(shape) in (4, 5) and shape[-1] == shape[-2] > 1:
            last[shape[-1]] = (name, shape)
    titles = {name: _title(name, shape) for name, shape in last.values()}
    return titles if usual in titles else {**titles, usual: _title(usual, dict(shapes).get(usual, ()))}


def _title(name: str, shape: tuple[int, ...]) -> str:
    return f"{name} · {' × '.join(map(str, shape[2:]))}" if shape else name


def _shapes(model: "LoadedModel") -> list[tuple[str, tuple[int, ...]]]:
    """What every layer gives, in the order in which they finish."""
    import torch

    shapes: list[tuple[str, tuple[int, ...]]] = []

    def note(name: str) -> "Callable[[nn.Module, Any, Any], None]":
        def noted(_: "nn.Module", __: Any, output: Any) -> None:
            shapes.append((name, tuple(output.shape) if isinstance(output, torch.Tensor) else ()))

        return noted

    with model_lock():
        handles = [one.register_forward_hook(note(name)) for name, one in model.module.named_modules()]
        try:
            with torch.no_grad():
                model.module(_blank(model))
        finally:
            for handle in handles:
                handle.remove()
    return shapes


def _blank(model: "LoadedModel") -> "Tensor":
    import torch

    manifest, takes = model.manifest, MODELS[model.manifest.model].takes
    several = {"image": (), "views": (2,)}.get(takes, (SEVERAL,))
    return torch.zeros(1, *several, manifest.channels, manifest.size, manifest.size, device=model.device)


def _heads(model: "LoadedModel") -> dict[str, str]:
    from torch import nn

    titles: dict[str, str] = {}
    attentions = [(name, one) for name, one in model.module.named_modules() if isinstance(one, nn.MultiheadAttention)]
    for number, (name, attention) in enumerate(attentions, start=1):
        titles[name] = f"layer {number}, mean of heads"
        titles |= {f"{name}:{head}": f"layer {number}, head {head}" for head in range(1, attention.num_heads + 1)}
    return titles
