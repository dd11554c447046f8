"""Windowing: which values of grey images a model sees as black and white, the same wherever it reads images.

Loads no torch.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import NotTrainable
from core.imaging.atomic_write import atomic_write
from core.imaging.pixel_format import PixelFormat, full_range_window
from core.imaging.value_percentiles import ValueHistogram
from core.imaging.window_presets import CT_PRESETS, HOUNSFIELD, with_full_range, with_window
from core.training.examples import Example, ImageRef, frame_samples
from core.training.plan import Plan
from core.training.spec import TrainSpec

PERCENTILES = (0.5, 99.5)  # as nnU-Net clips CT (Isensee et al. 2021, doi:10.1038/s41592-020-01008-z)
MANY_WINDOWS = ("as shown", "per image")  # windowings in which each image or stack has a window


@dataclass(frozen=True, slots=True)
class ValueRange:
    """The unit and the range of values of grey images of a modality, without padding; the unit is "" if unknown."""

    modality: str
    unit: str
    low: float
    high: float


def windowed(examples: Sequence[Example], spec: TrainSpec) -> list[Example]:
    """Return the examples with their images at the window of a spec; colour stays as it is."""
    if spec.windowing == "as shown":
        return list(examples)
    return [replace(one, images=tuple(_windowed(plane, spec) for plane in one.images)) for one in examples]


def choose_window(spec: TrainSpec, planned: Plan, cache: Path) -> tuple[TrainSpec, Plan]:
    """Return the spec with level and width of its one window, and the plan with its images at the spec's window.

    The window of a dataset is computed from its training images once, and stored in the folder `cache`.

    Raises:
        NotTrainable: a windowing that does not fit the images, see `check_windowing`, or missing pixels.
    """
    training = [plane for row in planned.train_once for plane in planned.examples[row].images if _is_grey(plane)]
    ranges = {(plane.format.unit, plane.format.low, plane.format.high) for plane in training}
    check_windowing(spec, [ValueRange("", *one) for one in ranges])
    if spec.windowing in CT_PRESETS:
        spec = _with_numbers(spec, *CT_PRESETS[spec.windowing])
    elif spec.windowing == "per dataset" and not spec.window_width:
        spec = _with_numbers(spec, *_dataset_window(training, cache))
    return spec, replace(planned, examples=tuple(windowed(planned.examples, spec)))


def check_windowing(spec: TrainSpec, ranges: Sequence[ValueRange]) -> None:
    """Check that a windowing fits the grey images of a dataset, given their ranges of values.

    Raises:
        NotTrainable: no grey image, a fixed window without a width, a preset without values in HU, or a window that
            contains no value.
    """
    name, center, width = spec.windowing, *CT_PRESETS.get(spec.windowing, (spec.window_center, spec.window_width))
    if name == "as shown":
        return
    if not ranges:
        raise NotTrainable(f"The windowing is '{name}', but all images are in colour and have no window; use as shown.")
    if name in CT_PRESETS and not any(one.unit == HOUNSFIELD for one in ranges):
        raise NotTrainable(
            f"The windowing is '{name}', a window in HU, but no image has values in HU; choose fixed and enter level "
            "and width of the window (window_center, window_width), or choose another windowing."
        )
    if name == "fixed" and not width:
        raise NotTrainable(
            "The windowing is 'fixed', but the width of the window is 0; enter its level and width (window_center, "
            "window_width) in the values of the images, such as -600 and 1500 for lungs in CT."
        )
    low, high = center - width / 2, center + width / 2
    if name not in (*MANY_WINDOWS, "per dataset") and all(one.high <= low or one.low >= high for one in ranges):
        raise NotTrainable(
            f"The window from {low:g} to {high:g} contains no value of the images, which have values from "
            f"{min(one.low for one in ranges):g} to {max(one.high for one in ranges):g}; choose another level or width."
        )


def describe(spec: TrainSpec) -> str:
    """Return the windowing as a line for the log."""
    if spec.windowing in MANY_WINDOWS:
        return f"Windowing: {spec.windowing}."
    return f"Windowing: {spec.windowing}, level {spec.window_center:g}, width {spec.window_width:g}."


def _with_numbers(spec: TrainSpec, center: float, width: float) -> TrainSpec:
    return replace(spec, window_center=center, window_width=width)


def _is_grey(plane: ImageRef) -> bool:
    return plane.format.channels == 1


def _windowed(plane: ImageRef, spec: TrainSpec) -> ImageRef:
    return replace(plane, format=_format(plane.format, spec))


def _format(format: PixelFormat, spec: TrainSpec) -> PixelFormat:
    if spec.windowing == "per image":
        return with_full_range(format)
    return with_window(format, spec.window_center, spec.window_width)


def _dataset_window(planes: Iterable[ImageRef], cache: Path) -> tuple[float, float]:
    """Return level and width of the window between the percentiles of all values, each image counted once."""
    distinct = {json.dumps(plane.identity): plane for plane in planes}
    name = hashlib.sha256(json.dumps([sorted(distinct), PERCENTILES]).encode()).hexdigest()
    path = cache / f"{name}.window.json"
    if not path.exists():
        center, width, _ = full_range_window(*_percentiles(list(distinct.values())))
        with atomic_write(path) as file:
            file.write(json.dumps([center, width]).encode())
    center, width = json.loads(path.read_bytes())
    return center, width


def _percentiles(planes: Sequence[ImageRef]) -> tuple[float, float]:
    histogram = ValueHistogram(min(one.format.low for one in planes), max(one.format.high for one in planes))
    for plane in planes:
        try:
            histogram.add(frame_samples(plane), plane.format)
        except (OSError, ValueError) as error:
            raise NotTrainable(
                f"The pixels of image {plane.image} cannot be read ({type(error).__name__}); import the file again and "
                "resume, or exclude the image and freeze again."
            ) from error
    low, high = histogram.percentiles(PERCENTILES)
    return low, high
