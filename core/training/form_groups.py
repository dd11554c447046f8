"""Which knobs belong together on a form, and which of them matter for what was chosen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.models import MODELS, ModelEntry
from core.models.encoders import ENCODERS, TRUNK
from core.training import augmentation_ranges
from core.training.hyperparameters import Hyperparameter
from core.training.spec import hyperparameters


@dataclass(frozen=True, slots=True)
class FormGroup:
    """A part of the form. `first` are the knobs that stand open, the rest is behind a fold."""

    name: str
    title: str
    knobs: tuple[str, ...]
    first: tuple[str, ...] = ()


GROUPS = (
    FormGroup(
        "model",
        "Model",
        ("model", "image_size", "encoder", "slices", "views", "kernel_size", "blocks", "pooling", "norm", "dense"),
        ("model", "image_size", "encoder", "slices", "views"),
    ),
    FormGroup(
        "recipe",
        "Recipe",
        (
            "epochs",
            "batch_size",
            "learning_rate",
            "optimizer",
            "schedule",
            "warmup",
            "loss",
            "gamma",
            "dropout",
            "weight_decay",
            "l1",
            "label_smoothing",
            "ema",
            "clip_norm",
            "monitor",
            "early_stopping",
        ),
        ("epochs", "batch_size", "learning_rate"),
    ),
    FormGroup("imbalance", "Imbalance", ("imbalance",), ("imbalance",)),
    FormGroup(
        "augmentation", "Augmentation", ("augment", *augmentation_ranges.KNOBS), ("augment", *augmentation_ranges.KNOBS)
    ),
    FormGroup(
        "start",
        "Start from",
        ("start", "start_run", "start_file", "download", "freeze"),
        ("start", "start_run", "start_file", "download"),
    ),
    FormGroup("machine", "Machine", ("device", "threads", "seed")),
)
"""In the order of the form. A knob that none of them names stands in the last one."""

SEVERAL = ("stack", "bag")  # what a model takes that sees as many pictures as `slices` says

RULES: dict[str, Callable[[Mapping[str, Any], ModelEntry], bool]] = {
    "slices": lambda _, model: model.takes in SEVERAL,
    "views": lambda _, model: model.takes == "views",
    "gamma": lambda asked, _: asked["loss"] == "focal",
    "start_run": lambda asked, _: asked["start"] == "run",
    "start_file": lambda asked, _: asked["start"] == "file",
    "download": lambda asked, _: asked["start"] == "published",
    "freeze": lambda asked, _: asked["start"] != "nothing",
    "threads": lambda asked, _: asked["device"] != "cuda",
    **{name: lambda asked, _: asked["augment"] == "custom" for name in augmentation_ranges.KNOBS},
}
"""When a knob matters; one that is not named here always does, unless it shapes another model."""


def group_hyperparameters(group: FormGroup) -> tuple[Hyperparameter, ...]:
    """The group's knobs in its order."""
    known = {one.name: one for one in hyperparameters()}
    named = {name for each in GROUPS for name in each.knobs}
    left = tuple(one for one in hyperparameters() if one.name not in named) if group is GROUPS[-1] else ()
    return tuple(known[name] for name in group.knobs if name in known) + left


def is_relevant(name: str, asked: Mapping[str, Any]) -> bool:
    """Whether a knob changes anything at these values: of all knobs, by name."""
    model = MODELS[asked["model"]]
    if name in RULES and not RULES[name](asked, model):
        return False
    return name not in SHAPES or (name in model.knobs and _shapes(name, asked, model))


def _shapes(name: str, asked: Mapping[str, Any], model: ModelEntry) -> bool:
    """Of a model of several pictures, whether its encoder is shaped by it."""
    return "encoder" not in model.knobs or name not in TRUNK or name in ENCODERS[asked["encoder"]].knobs


SHAPES = {name for model in MODELS.values() for name in model.knobs}
