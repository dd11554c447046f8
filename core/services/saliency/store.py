"""Store saliency maps as PNG files: named by a hash of their key, with their description in text chunks."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.imaging.atomic_write import atomic_write
from core.settings import Settings
from db.tables import Image

if TYPE_CHECKING:
    from core.explain import Explainer
    from core.training.examples import Example

Layers = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class MapView:
    """A stored map: an 8-bit grey PNG over the model's input.

    `method_title` and `layer` are titles; `layer` is "" if the method uses none. `by_class`: whether the map depends
    on the class. For a case of several images `picture` names the map's image, and `image_weights` the weight of each
    input image in the model's order, summing to 1; () if the model does not weight them.
    """

    name: str
    path: Path
    method: str
    class_index: int
    class_name: str
    probability: float | None
    picture: str = ""
    image_weights: tuple[tuple[str, float], ...] = ()
    method_title: str = ""
    layer: str = ""
    by_class: bool = True
    is_empty: bool = False  # all of it is 0

    @property
    def title(self) -> str:
        """The title, such as "Grad-CAM: effusion · layer4 · slice 3 of 16, weight 41 %", with a note if it is empty."""
        share = dict(self.image_weights).get(self.picture)
        weight = f", weight {100 * share:.0f} %" if share is not None else ""
        what = f"{self.method_title}: {self.class_name}" if self.by_class else self.method_title
        cold = "no evidence for this class" if self.by_class else "no salient region"
        parts = (what, self.layer, self.picture and f"{self.picture}{weight}", cold if self.is_empty else "")
        return " · ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class MapKey:
    """The settings of a map; each image has its own file.

    `class_index` None is the most probable class, `layer` "" the default one.
    """

    checkpoint: str
    method: str
    class_index: int | None
    layer: str = ""

    def path(self, settings: Settings, image: Image) -> Path:
        """Return the file of an image's map, whether it exists or not."""
        content = f"{self.checkpoint}:{image.sha256}:{image.item}:{self.method}:{self.class_index}"
        content += f":{self.layer}" if self.layer else ""
        return settings.folder("maps") / f"{hashlib.sha256(content.encode()).hexdigest()[:40]}.png"


def titles_of(example: "Example", inputs: "Example", *, takes: str) -> list[str]:
    """Return the title of each input image of the model, such as "slice 3 of 16"."""
    if len(example.images) == 1:
        return [f"frame {(one.frame or 0) + 1} of {one.format.frames}" for one in inputs.images]
    order, what = [one.image for one in example.images], "slice" if takes == "stack" else "image"
    views = ["" if takes == "stack" else one.view for one in inputs.images]
    places = [f"{what} {order.index(one.image) + 1} of {len(order)}" for one in inputs.images]
    return [f"{place} ({view})" if view else place for place, view in zip(places, views, strict=True)]


def shares_of(titles: Sequence[str], weights: Sequence[float]) -> list[tuple[str, float]]:
    """Return (title, weight) of each image; a slice that a short series repeats appears once, with the sum."""
    shares: dict[str, float] = {}
    for title, weight in zip(titles, weights, strict=False):  # some models give no weights
        shares[title] = shares.get(title, 0.0) + weight
    return list(shares.items())


def write(path: Path, values: object, description: dict[str, str]) -> None:
    """Write a map (H, W) in [0, 1] with its description."""
    from PIL import Image as Picture
    from PIL.PngImagePlugin import PngInfo

    grey = np.clip(np.round(np.asarray(values, dtype=np.float32) * 255), 0, 255).astype(np.uint8)
    chunks = PngInfo()
    for name, text in {**description, **({} if grey.any() else {"cold": "yes"})}.items():
        chunks.add_text(name, text)
    with atomic_write(path) as file:
        Picture.fromarray(grey).save(file, format="PNG", pnginfo=chunks)


def view(path: Path, explainer: "Explainer", names: Sequence[str]) -> MapView:
    """Read a stored map; `names` are the titles of the model's targets."""
    from PIL import Image as Picture

    with Picture.open(path) as picture:
        chunks = picture.info
    class_index, weights = int(chunks["class"]), json.loads(chunks.get("counted", "[]"))
    return MapView(
        path.stem,
        path,
        explainer.name,
        class_index,
        names[class_index],
        float(chunks["probability"]),
        chunks.get("picture", ""),
        tuple((title, share) for title, share in weights),
        explainer.title,
        chunks.get("layer", ""),
        explainer.by_class,
        "cold" in chunks,
    )


def layers_of(settings: Settings, checkpoint: str) -> Layers | None:
    """Return a model's layers by kind, then title by name; None before its first map."""
    path = _layers(settings, checkpoint)
    if not path.exists():
        return None
    layers: Layers = json.loads(path.read_text())
    return layers


def write_layers(settings: Settings, checkpoint: str, layers: Layers) -> None:
    """Store a model's layers, so that no page has to load the network to list them."""
    with atomic_write(_layers(settings, checkpoint)) as file:
        file.write(json.dumps(layers).encode())


def _layers(settings: Settings, checkpoint: str) -> Path:
    return settings.folder("maps") / f"{checkpoint[:40]}.layers.json"
