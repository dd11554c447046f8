"""TrainSpec: every knob of a training, once. The form, `--set` and the run's record are drawn from it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from core.errors import InvalidInput
from core.models import MODELS
from core.models.encoders import ENCODERS
from core.models.small_cnn import NORMS, POOLINGS
from core.training.augmentation_ranges import FLIPS
from core.training.hyperparameters import Hyperparameter, choice_field, field_kind, number_field, text_field

VERSION = 2  # of what the knobs mean
RENAMED = {"turn": "rotation", "judge": "monitor"}  # since version 0.5, whose names are read until 1.0


@dataclass(frozen=True, slots=True)
class TrainSpec:
    """What is asked of a training.

    Raises:
        InvalidInput: a value outside what is accepted.
    """

    model: str = choice_field("small_cnn", "Model", "The network to train.", tuple(MODELS))
    epochs: int = number_field(10, "Epochs", "Passes over the training images.", low=1, high=1000)
    batch_size: int = number_field(64, "Batch size", "Images per step.", low=2, high=1024, unit="images")
    learning_rate: float = number_field(
        0.001, "Learning rate", "Length of a step; lower it when the loss jumps or is lost.", low=1e-6, high=1.0
    )
    optimizer: str = choice_field(
        "adamw",
        "Optimizer",
        "How a step is made of gradients; momentum is 0.9.",
        ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"),
    )
    schedule: str = choice_field(
        "cosine",
        "Schedule",
        "How the learning rate falls: step is ×0.1 at 50 % and 75 %, plateau ×0.1 after 5 epochs without a better one.",
        ("constant", "step", "exponential", "inverse time", "cosine", "cosine restarts", "one cycle", "plateau"),
    )
    warmup: float = number_field(
        0.0, "Warm-up", "The learning rate rises in a line for so long; 0 is off.", low=0.0, high=100.0, unit="epochs"
    )
    weight_decay: float = number_field(0.0001, "Weight decay (L2)", "Pull of the weights towards 0.", low=0.0, high=1.0)
    l1: float = number_field(0.0, "L1 penalty", "Pull of small weights to exactly 0; 0 is off.", low=0.0, high=0.1)
    loss: str = choice_field(
        "cross-entropy", "Loss", "Focal looks past what is easy already.", ("cross-entropy", "focal")
    )
    imbalance: str = choice_field(
        "as frozen",
        "Imbalance",
        "As frozen: the weights of the dataset. Class weights: every "
        "class weighs the same in the loss. Balanced sampler: every class is drawn as often.",
        ("as frozen", "class weights", "balanced sampler"),
    )
    gamma: float = number_field(2.0, "Focal gamma", "How far focal looks past what is easy.", low=0.0, high=10.0)
    ema: float = number_field(
        0.0,
        "Averaged weights (EMA)",
        "Share kept of the average at each step, such as 0.999: the average is judged and saved; 0 is off.",
        low=0.0,
        high=0.99999,
    )
    label_smoothing: float = number_field(
        0.0, "Label smoothing", "Share of each label given to all classes.", low=0.0, high=0.5
    )
    dropout: float = number_field(0.0, "Dropout", "Share of features hidden before the last layer.", low=0.0, high=0.9)
    augment: str = choice_field(
        "light",
        "Augmentation",
        "Light: small random rotation, shift, scale and brightness; "
        "strong: more, and crop, elastic, noise, blur, cutout; custom: as set below. Never a flip "
        "unless asked for.",
        ("none", "light", "strong", "custom"),
    )
    rotation: float = number_field(
        8.0, "Rotation", "Turned by up to so much, each way; 0 is off.", low=0.0, high=180.0, unit="°"
    )
    shift: float = number_field(
        6.0, "Shift", "Moved by up to so much of the edge, each way; 0 is off.", low=0.0, high=50.0, unit="%"
    )
    scale: float = number_field(
        8.0, "Scale", "Larger or smaller by up to so much; 0 is off.", low=0.0, high=50.0, unit="%"
    )
    shear: float = number_field(
        0.0, "Shear", "Slanted by up to so much, each way; 0 is off.", low=0.0, high=45.0, unit="°"
    )
    crop: float = number_field(
        0.0,
        "Crop",
        "Up to so much of width and of height is cut away, what is left is stretched; 0 is off.",
        low=0.0,
        high=80.0,
        unit="%",
    )
    elastic: float = number_field(
        0.0, "Elastic", "Pulled smoothly by up to so much of the edge; 0 is off.", low=0.0, high=10.0, unit="%"
    )
    window: float = number_field(
        10.0,
        "Window jitter",
        "Window width changed by up to so much, level by up to 0.6 of that, on the 16-bit values; 0 is off.",
        low=0.0,
        high=90.0,
        unit="%",
    )
    noise: float = number_field(
        0.0, "Noise", "Gaussian noise of up to so much of white; 0 is off.", low=0.0, high=50.0, unit="%"
    )
    blur: float = number_field(
        0.0, "Blur", "Gaussian blur of up to so much at the model's size; 0 is off.", low=0.0, high=10.0, unit="px"
    )
    cutout: float = number_field(
        0.0, "Cutout", "A square of so much of the edge is covered, anywhere; 0 is off.", low=0.0, high=80.0, unit="%"
    )
    mixup: float = number_field(
        0.0,
        "Mixup",
        "Two cases and their labels are blended, by a share from Beta(alpha, alpha); 0.2 is usual, 0 is off.",
        low=0.0,
        high=10.0,
    )
    flips: str = choice_field(
        "none",
        "Flips",
        "Mirrored half of the time. Refused where the task does not allow it: a heart on the right is a finding.",
        FLIPS,
    )
    image_size: int = number_field(
        0, "Image size", "Edge of the model's input; 0 lets model and images decide.", low=0, high=1024, unit="px"
    )
    kernel_size: int = number_field(3, "Kernel size", "Edge of the small CNN's convolutions.", low=1, high=7, unit="px")
    blocks: int = number_field(
        0, "Blocks", "Convolutions of the small CNN; 0 lets the image size decide.", low=0, high=6
    )
    pooling: str = choice_field("max", "Pooling", "How the small CNN halves its map.", POOLINGS)
    norm: str = choice_field("batch", "Normalisation", "What steadies the small CNN's maps.", NORMS)
    dense: int = number_field(
        0, "Dense layer", "Width of a hidden layer before the small CNN's last; 0 is none.", low=0, high=4096
    )
    encoder: str = choice_field(
        "small_cnn", "Encoder", "What reads each picture, in a model of several pictures.", tuple(ENCODERS)
    )
    slices: int = number_field(
        16,
        "Pictures of a case",
        "Most pictures of a case that a model of several sees.",
        low=2,
        high=128,
        unit="pictures",
    )
    views: str = text_field(
        "",
        "Views",
        "The two views that a model of two sees, such as PA,LATERAL; empty takes the two that most studies have.",
    )
    start: str = choice_field(
        "nothing",
        "Start from",
        "Weights to begin with: chance, a finished run's, those of a file "
        "in the home's folder `weights`, or the published ones.",
        ("nothing", "run", "file", "published"),
    )
    start_run: int = number_field(
        0, "Run to start from", "Number of the finished run whose best weights are taken.", low=0, high=2**31 - 1
    )
    start_file: str = text_field(
        "", "File to start from", "Name of a .safetensors or .pth file in the folder `weights`."
    )
    download: str = choice_field(
        "no", "Download", "Whether published weights may be fetched where they are not here yet.", ("no", "yes")
    )
    freeze: str = text_field(
        "",
        "Frozen layers",
        "Names of blocks that do not learn, such as conv1,bn1,layer1; `encoder` "
        "is all that reads pictures; empty is none.",
    )
    clip_norm: float = number_field(
        0.0, "Gradient clipping", "Greatest length of a gradient; 0 is off.", low=0.0, high=100.0
    )
    monitor: str = choice_field(
        "val_auroc",
        "Best epoch by",
        "The validation figure that decides; where it is undefined, the loss.",
        ("val_auroc", "val_loss", "val_accuracy"),
    )
    early_stopping: int = number_field(
        0,
        "Early stopping",
        "Stop after so many epochs without a better one; 0 is off.",
        low=0,
        high=1000,
        unit="epochs",
    )
    seed: int = number_field(0, "Seed", "The same seed gives the same training on a CPU.", low=0, high=2**31 - 1)
    device: str = choice_field("auto", "Device", "Auto takes a GPU if there is one.", ("auto", "cpu", "cuda"))
    precision: str = choice_field(
        "auto",
        "Precision",
        "What steps multiply in; auto is bf16 on a GPU (fp16 on an old one), "
        "float32 on a CPU. Newer processors are up to twice as quick in bf16.",
        ("auto", "float32", "bf16", "fp16"),
    )
    compile: str = choice_field(
        "auto",
        "Compile",
        "Auto measures in a long training whether compiled steps are quicker. "
        "Choose no or yes where two trainings must be equal to the last bit.",
        ("auto", "no", "yes"),
    )
    threads: int = number_field(0, "CPU threads", "Threads that torch may use; 0 leaves it to torch.", low=0, high=256)

    def __post_init__(self) -> None:
        """Refuse what cannot be carried out."""
        for one in hyperparameters():
            one.check(getattr(self, one.name))

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` gives the same spec again."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TrainSpec":
        """The spec that `to_json` described, by this Rounds or an older one; what is absent takes its default.

        Raises:
            InvalidInput: an unknown knob, a value outside what is accepted, or a spec of a newer Rounds.
        """
        version = data.get("version", 1)
        if version > VERSION:
            raise InvalidInput(f"The settings are of version {version} and this Rounds knows {VERSION}; update Rounds.")
        values = {name: value for name, value in data.items() if name != "version"}
        if version < 2 and values.get("optimizer") == "sgd":
            values["optimizer"] = "nesterov"  # the name that what was done then has now
        return cls().replace(values)

    def replace(self, values: Mapping[str, Any]) -> "TrainSpec":
        """This spec with other values, already typed.

        Raises:
            InvalidInput: an unknown knob, or a value outside what is accepted.
        """
        return replace(
            self, **{hyperparameter(name).name: hyperparameter(name).coerce(value) for name, value in values.items()}
        )

    def with_settings(self, settings: Mapping[str, str]) -> "TrainSpec":
        """This spec with values as a person types them: {"epochs": "5"}.

        Raises:
            InvalidInput: an unknown knob, a text that is no such value, or a value outside what is accepted.
        """
        return self.replace({name: hyperparameter(name).parse(text) for name, text in settings.items()})

    def subset(self, names: tuple[str, ...]) -> dict[str, Any]:
        """The values of some knobs, by name."""
        return {name: getattr(self, name) for name in names}

    @property
    def non_default(self) -> dict[str, Any]:
        """What is not at its default: the name of a training lasts while knobs are added."""
        return {one.name: value for one in hyperparameters() if (value := getattr(self, one.name)) != one.default}

    def with_preset(self, name: str) -> "TrainSpec":
        """This spec with the preset's values.

        Raises:
            InvalidInput: no preset has that name.
        """
        if name not in PRESETS:
            raise InvalidInput(f"There is no preset '{name}'; choose one of {', '.join(PRESETS)}.")
        return self.replace(PRESETS[name])


def hyperparameters() -> tuple[Hyperparameter, ...]:
    """Every knob in the order of the form."""
    return _KNOBS


def hyperparameter(name: str) -> Hyperparameter:
    """The knob of that name, or of the name that it had in version 0.5.

    Raises:
        InvalidInput: no knob has that name.
    """
    for one in _KNOBS:
        if one.name == RENAMED.get(name, name):
            return one
    raise InvalidInput(f"Training has no setting '{name}'; it has {', '.join(one.name for one in _KNOBS)}.")


_KNOBS = tuple(
    Hyperparameter(name=one.name, kind=field_kind(one.type, one.metadata), default=one.default, **one.metadata)
    for one in fields(TrainSpec)
)

PRESETS: dict[str, dict[str, Any]] = {
    "quick look": {"model": "small_cnn", "epochs": 5, "batch_size": 64, "learning_rate": 0.002, "augment": "none"},
    "solid baseline": {"model": "resnet18", "epochs": 12, "batch_size": 64, "learning_rate": 0.001, "augment": "light"},
    "small images": {
        "model": "small_cnn",
        "norm": "instance",
        "image_size": 56,
        "epochs": 12,
        "batch_size": 64,
        "learning_rate": 0.002,
        "ema": 0.998,
        "augment": "light",
    },
    "long run": {
        "model": "resnet18",
        "epochs": 100,
        "batch_size": 128,
        "learning_rate": 0.001,
        "optimizer": "adam",
        "schedule": "step",
        "augment": "light",
        "early_stopping": 25,
    },
}
"""Starting points of the form: what each sets apart from the defaults."""
