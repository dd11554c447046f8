"""The groups of hyperparameters on the form, and which of them apply to the current choices."""

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
    """A group of the form. `first` are always shown, the other `knobs` are behind a fold."""

    name: str
    title: str
    knobs: tuple[str, ...]
    first: tuple[str, ...] = ()


WINDOWING = ("windowing", "window_center", "window_width")
INPUT = ("model", "image_size", "encoder", "slices", "views", *WINDOWING)

GROUPS = (
    FormGroup(
        "model",
        "Model",
        (*INPUT, "kernel_size", "blocks", "pooling", "norm", "dense"),
        INPUT,
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
"""The groups in the order of the form; a hyperparameter that none of them names is in the last one."""

SEVERAL = ("stack", "bag")  # inputs of a model that takes up to `slices` images

RULES: dict[str, Callable[[Mapping[str, Any], ModelEntry], bool]] = {
    "slices": lambda _, model: model.takes in SEVERAL,
    "views": lambda _, model: model.takes == "views",
    "window_center": lambda values, _: values["windowing"] == "fixed",
    "window_width": lambda values, _: values["windowing"] == "fixed",
    "gamma": lambda values, _: values["loss"] == "focal",
    "start_run": lambda values, _: values["start"] == "run",
    "start_file": lambda values, _: values["start"] == "file",
    "download": lambda values, _: values["start"] == "published",
    "freeze": lambda values, _: values["start"] != "nothing",
    "threads": lambda values, _: values["device"] != "cuda",
    **{name: lambda values, _: values["augment"] == "custom" for name in augmentation_ranges.KNOBS},
}
"""When a hyperparameter applies; others always do, unless they shape a model that is not chosen."""


def group_hyperparameters(group: FormGroup) -> tuple[Hyperparameter, ...]:
    """Return the hyperparameters of a group in its order."""
    known = {item.name: item for item in hyperparameters()}
    named = {name for other in GROUPS for name in other.knobs}
    left = tuple(item for item in hyperparameters() if item.name not in named) if group is GROUPS[-1] else ()
    return tuple(known[name] for name in group.knobs if name in known) + left


def is_relevant(name: str, values: Mapping[str, Any]) -> bool:
    """Return whether a hyperparameter has an effect at these values of all hyperparameters, by name."""
    model = MODELS[values["model"]]
    if name in RULES and not RULES[name](values, model):
        return False
    return name not in SHAPES or (name in model.knobs and _shapes_encoder(name, values, model))


def _shapes_encoder(name: str, values: Mapping[str, Any], model: ModelEntry) -> bool:
    """Return whether a hyperparameter shapes the encoder of a model of several images; True for other models."""
    return "encoder" not in model.knobs or name not in TRUNK or name in ENCODERS[values["encoder"]].knobs


SHAPES = {name for model in MODELS.values() for name in model.knobs}
