"""TrainSpec: every hyperparameter, once. The form, `--set` and the record of a run are made from it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from core.errors import InvalidInput
from core.imaging.window_presets import CT_PRESETS
from core.models import MODELS
from core.models.encoders import ENCODERS
from core.models.small_cnn import NORMS, POOLINGS
from core.training.augmentation_ranges import FLIPS
from core.training.hyperparameters import Hyperparameter, choice_field, field_kind, number_field, text_field

VERSION = 2  # of the meaning of the hyperparameters
RENAMED = {"turn": "rotation", "judge": "monitor"}  # since version 0.5, whose names are read until 1.0


@dataclass(frozen=True, slots=True)
class TrainSpec:
    """The settings of a training.

    Raises:
        InvalidInput: a value outside its range.
    """

    model: str = choice_field("small_cnn", "Model", "The network to train.", tuple(MODELS))
    epochs: int = number_field(10, "Epochs", "Passes over the training images.", low=1, high=1000)
    batch_size: int = number_field(64, "Batch size", "Images per step.", low=2, high=1024, unit="images")
    learning_rate: float = number_field(
        0.001,
        "Learning rate",
        "Step size of the optimizer. Lower it if the loss jumps or becomes NaN.",
        low=1e-6,
        high=1.0,
    )
    optimizer: str = choice_field(
        "adamw",
        "Optimizer",
        "Update rule of the weights. Momentum is 0.9.",
        ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"),
    )
    schedule: str = choice_field(
        "cosine",
        "Schedule",
        "Learning rate schedule. Step: ×0.1 at 50 % and 75 % of training. Plateau: ×0.1 after 5 epochs without "
        "improvement.",
        ("constant", "step", "exponential", "inverse time", "cosine", "cosine restarts", "one cycle", "plateau"),
    )
    warmup: float = number_field(
        0.0, "Warm-up", "Linear rise of the learning rate at the start; 0 is off.", low=0.0, high=100.0, unit="epochs"
    )
    weight_decay: float = number_field(
        0.0001, "Weight decay (L2)", "L2 penalty on the weights; 0 is off.", low=0.0, high=1.0
    )
    l1: float = number_field(
        0.0, "L1 penalty", "L1 penalty: drives small weights to exactly 0; 0 is off.", low=0.0, high=0.1
    )
    loss: str = choice_field(
        "cross-entropy",
        "Loss",
        "Focal loss gives less weight to cases that are already classified well.",
        ("cross-entropy", "focal"),
    )
    imbalance: str = choice_field(
        "as frozen",
        "Imbalance",
        "As frozen: the weights of the dataset. Class weights: all classes have equal weight in the loss. "
        "Balanced sampler: all classes are sampled equally often.",
        ("as frozen", "class weights", "balanced sampler"),
    )
    gamma: float = number_field(
        2.0, "Focal gamma", "Focusing parameter of the focal loss; 2 is usual, 0 is cross-entropy.", low=0.0, high=10.0
    )
    ema: float = number_field(
        0.0,
        "Averaged weights (EMA)",
        "Decay of the exponential moving average of the weights, such as 0.999. The average is validated and saved; "
        "0 is off.",
        low=0.0,
        high=0.99999,
    )
    label_smoothing: float = number_field(
        0.0,
        "Label smoothing",
        "Share of each label that is spread over all classes; 0.1 is usual, 0 is off.",
        low=0.0,
        high=0.5,
    )
    dropout: float = number_field(
        0.0, "Dropout", "Share of features set to 0 before the last layer; 0 is off.", low=0.0, high=0.9
    )
    augment: str = choice_field(
        "light",
        "Augmentation",
        "Light: small random rotation, shift, scaling and brightness. Strong: larger, with crop, elastic deformation, "
        "noise, blur and cutout. Custom: as set below. Flips are off unless chosen.",
        ("none", "light", "strong", "custom"),
    )
    rotation: float = number_field(
        8.0, "Rotation", "Maximum random rotation, both ways; 0 is off.", low=0.0, high=180.0, unit="°"
    )
    shift: float = number_field(
        6.0,
        "Shift",
        "Maximum random shift, both ways, in percent of the edge length; 0 is off.",
        low=0.0,
        high=50.0,
        unit="%",
    )
    scale: float = number_field(8.0, "Scale", "Maximum random change of size; 0 is off.", low=0.0, high=50.0, unit="%")
    shear: float = number_field(
        0.0, "Shear", "Maximum random shear, both ways; 0 is off.", low=0.0, high=45.0, unit="°"
    )
    crop: float = number_field(
        0.0,
        "Crop",
        "Maximum share of width and of height that is cropped; the rest is resized to full size; 0 is off.",
        low=0.0,
        high=80.0,
        unit="%",
    )
    elastic: float = number_field(
        0.0,
        "Elastic",
        "Maximum elastic deformation, in percent of the edge length; 0 is off.",
        low=0.0,
        high=10.0,
        unit="%",
    )
    window: float = number_field(
        10.0,
        "Window jitter",
        "Maximum random change of the window width; the level changes by up to 0.6 of it. Acts on the 16-bit values; "
        "0 is off.",
        low=0.0,
        high=90.0,
        unit="%",
    )
    noise: float = number_field(
        0.0,
        "Noise",
        "Maximum standard deviation of Gaussian noise, in percent of white; 0 is off.",
        low=0.0,
        high=50.0,
        unit="%",
    )
    blur: float = number_field(
        0.0,
        "Blur",
        "Maximum sigma of Gaussian blur, at the input size of the model; 0 is off.",
        low=0.0,
        high=10.0,
        unit="px",
    )
    cutout: float = number_field(
        0.0,
        "Cutout",
        "Edge of a covered square at a random place, in percent of the edge length; 0 is off.",
        low=0.0,
        high=80.0,
        unit="%",
    )
    mixup: float = number_field(
        0.0,
        "Mixup",
        "Blends two cases and their labels with a share from Beta(alpha, alpha); alpha 0.2 is usual, 0 is off.",
        low=0.0,
        high=10.0,
    )
    flips: str = choice_field(
        "none",
        "Flips",
        "Random flips, with probability 0.5. Only flips that the task allows: a heart on the right side is a finding.",
        FLIPS,
    )
    image_size: int = number_field(
        0,
        "Image size",
        "Edge length of the model input; 0 is automatic, by model and images.",
        low=0,
        high=1024,
        unit="px",
    )
    windowing: str = choice_field(
        "as shown",
        "Windowing",
        "Which values are black and white in grey images. As shown: as the viewer first shows the image or stack. Per "
        "image: the lowest and highest value of each image. Per dataset: the 0.5 and 99.5 percentile of the values of "
        "all training images. Fixed: the level and width that you enter. CT presets: usual windows in HU.",
        ("as shown", "per image", "per dataset", "fixed", *CT_PRESETS),
    )
    window_center: float = number_field(
        0.0,
        "Window level",
        "Centre of the window, in the values of the images (HU in CT). A preset or the dataset sets it.",
        low=-1e9,
        high=1e9,
    )
    window_width: float = number_field(
        0.0,
        "Window width",
        "Width of the window, in the values of the images (HU in CT). A preset or the dataset sets it; 0 is not set.",
        low=0.0,
        high=1e9,
    )
    kernel_size: int = number_field(
        3, "Kernel size", "Kernel size of the convolutions of the small CNN.", low=1, high=7, unit="px"
    )
    blocks: int = number_field(
        0, "Blocks", "Convolutional blocks of the small CNN; 0 is automatic, by image size.", low=0, high=6
    )
    pooling: str = choice_field("max", "Pooling", "Pooling of the small CNN between blocks.", POOLINGS)
    norm: str = choice_field("batch", "Normalisation", "Normalisation layer of the small CNN.", NORMS)
    dense: int = number_field(
        0, "Dense layer", "Width of a hidden layer before the last layer of the small CNN; 0 is none.", low=0, high=4096
    )
    encoder: str = choice_field(
        "small_cnn", "Encoder", "Network that encodes each image, in a model of several images.", tuple(ENCODERS)
    )
    slices: int = number_field(
        16,
        "Images per case",
        "Maximum number of images per case, in a model of several images.",
        low=2,
        high=128,
        unit="images",
    )
    views: str = text_field(
        "",
        "Views",
        "The two views of a two-view model, such as PA,LATERAL; empty: the two most frequent views.",
    )
    start: str = choice_field(
        "nothing",
        "Start from",
        "Initial weights: random, of a finished run, of a file in the folder `weights` of the home, or published "
        "pretrained weights.",
        ("nothing", "run", "file", "published"),
    )
    start_run: int = number_field(
        0, "Run to start from", "Number of the finished run whose best weights are loaded.", low=0, high=2**31 - 1
    )
    start_file: str = text_field(
        "", "File to start from", "Name of a .safetensors or .pth file in the folder `weights`."
    )
    download: str = choice_field(
        "no",
        "Download",
        "Whether published weights may be downloaded if they are not on this machine yet.",
        ("no", "yes"),
    )
    freeze: str = text_field(
        "",
        "Frozen layers",
        "Names of the blocks that are not trained, such as conv1,bn1,layer1; `encoder` is the whole image encoder; "
        "empty is none.",
    )
    clip_norm: float = number_field(0.0, "Gradient clipping", "Maximum gradient norm; 0 is off.", low=0.0, high=100.0)
    monitor: str = choice_field(
        "val_auroc",
        "Best epoch by",
        "Validation metric that selects the checkpoint; where it is undefined, the loss.",
        ("val_auroc", "val_loss", "val_accuracy"),
    )
    early_stopping: int = number_field(
        0,
        "Early stopping",
        "Stop after this many epochs without improvement; 0 is off.",
        low=0,
        high=1000,
        unit="epochs",
    )
    seed: int = number_field(0, "Seed", "The same seed gives the same training on a CPU.", low=0, high=2**31 - 1)
    device: str = choice_field("auto", "Device", "Auto uses a GPU if there is one.", ("auto", "cpu", "cuda"))
    precision: str = choice_field(
        "auto",
        "Precision",
        "Number format of the computation. Auto: bf16 on a GPU (fp16 on an older one), float32 on a CPU. Newer CPUs "
        "are up to twice as fast in bf16.",
        ("auto", "float32", "bf16", "fp16"),
    )
    compile: str = choice_field(
        "auto",
        "Compile",
        "Auto: in a long training, measures whether compiled steps are faster. Choose no or yes if two trainings must "
        "be identical to the last bit.",
        ("auto", "no", "yes"),
    )
    threads: int = number_field(0, "CPU threads", "Number of CPU threads for torch; 0 is automatic.", low=0, high=256)

    def __post_init__(self) -> None:
        """Refuse a value outside its range."""
        for item in hyperparameters():
            item.check(getattr(self, item.name))

    def to_json(self) -> dict[str, Any]:
        """Return plain values from which `from_json` makes the same spec."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TrainSpec":
        """Return the spec that `to_json` of this or an older version wrote; what is absent takes its default.

        Raises:
            InvalidInput: an unknown hyperparameter, a value outside its range, or a spec of a newer version.
        """
        version = data.get("version", 1)
        if version > VERSION:
            raise InvalidInput(
                f"The settings have version {version}, this Rounds reads up to {VERSION}; update Rounds."
            )
        values = {name: value for name, value in data.items() if name != "version"}
        if version < 2 and values.get("optimizer") == "sgd":
            values["optimizer"] = "nesterov"  # what version 1 called sgd used Nesterov momentum
        return cls().replace(values)

    def replace(self, values: Mapping[str, Any]) -> "TrainSpec":
        """Return this spec with other values, already typed.

        Raises:
            InvalidInput: an unknown hyperparameter, or a value outside its range.
        """
        return replace(
            self, **{hyperparameter(name).name: hyperparameter(name).coerce(value) for name, value in values.items()}
        )

    def with_settings(self, settings: Mapping[str, str]) -> "TrainSpec":
        """Return this spec with values given as text: {"epochs": "5"}.

        Raises:
            InvalidInput: an unknown hyperparameter, a text that is no such value, or a value outside its range.
        """
        return self.replace({name: hyperparameter(name).parse(text) for name, text in settings.items()})

    def subset(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return the values of some hyperparameters, by name."""
        return {name: getattr(self, name) for name in names}

    @property
    def non_default(self) -> dict[str, Any]:
        """The values that are not at their default: a name made of them lasts while hyperparameters are added."""
        return {one.name: value for one in hyperparameters() if (value := getattr(self, one.name)) != one.default}

    def with_preset(self, name: str) -> "TrainSpec":
        """Return this spec with the values of a preset.

        Raises:
            InvalidInput: no preset has that name.
        """
        if name not in PRESETS:
            raise InvalidInput(f"There is no preset '{name}'; choose one of {', '.join(PRESETS)}.")
        return self.replace(PRESETS[name])


def hyperparameters() -> tuple[Hyperparameter, ...]:
    """Return every hyperparameter in the order of the form."""
    return _HYPERPARAMETERS


def hyperparameter(name: str) -> Hyperparameter:
    """Return the hyperparameter of a name, or of the name that it had in version 0.5.

    Raises:
        InvalidInput: no hyperparameter has that name.
    """
    for item in _HYPERPARAMETERS:
        if item.name == RENAMED.get(name, name):
            return item
    raise InvalidInput(f"Training has no setting '{name}'; it has {', '.join(one.name for one in _HYPERPARAMETERS)}.")


_HYPERPARAMETERS = tuple(
    Hyperparameter(name=item.name, kind=field_kind(item.type, item.metadata), default=item.default, **item.metadata)
    for item in fields(TrainSpec)
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
"""Presets of the form: the values of each that differ from the defaults."""
