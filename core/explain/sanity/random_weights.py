"""The same network with weights drawn by chance, all of them or only those of its last layers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from core.lazy_modules import LazyModule
from core.models import MODELS
from core.models.heads import output_count

if TYPE_CHECKING:
    from torch import nn

    from core.inference import LoadedModel
    from core.training import compilation
else:
    compilation = LazyModule("core.training.compilation")

STAGES = 5


def randomize_all(model: "LoadedModel", seed: int) -> "LoadedModel":
    """The network as a training would begin it with that seed: it has learned nothing."""
    import torch

    manifest = model.manifest
    entry, spec = MODELS[manifest.model], manifest.spec
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = entry.build(
            manifest.channels, output_count(manifest.heads), manifest.size, spec.dropout, **spec.subset(entry.knobs)
        )
    return replace(model, module=compilation.channels_last(module.to(model.device).eval()))


def cascading_randomization(
    model: "LoadedModel", seed: int, stages: int = STAGES
) -> "Iterator[tuple[str, LoadedModel]]":
    """The trained network with ever more of its layers drawn anew, from the last to the first (Adebayo et al. 2018).

    Each comes with the name of the deepest layer that is new.
    """
    new = randomize_all(model, seed).module.state_dict()
    layers = list(reversed(_layers(model.module)))
    for stage in range(1, min(stages, len(layers)) + 1):
        count = round(len(layers) * stage / min(stages, len(layers)))
        names = tuple(f"{name}." for name in layers[:count])
        changed = randomize_all(model, seed)
        old = {name: one for name, one in model.module.state_dict().items() if not name.startswith(names)}
        changed.module.load_state_dict({**new, **old})
        yield layers[count - 1], changed


def _layers(module: "nn.Module") -> list[str]:
    """Names of the modules that hold weights themselves, in the order of the network."""
    return [
        name
        for name, module in module.named_modules()
        if name and next(module.parameters(recurse=False), None) is not None
    ]
