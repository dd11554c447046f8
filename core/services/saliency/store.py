"""Maps as files: named by what made them, with what is told of them inside."""

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
    """A filed map: an 8-bit grey PNG over the model's input, named by what made it.

    `method_title` and `layer` are what people read; `layer` is "" where the method reads none. `by_class`: whether
    another class has another map. Of a case of several pictures `picture` is which one it is of, and `counted` what
    each of those that the model saw counted, in its order, summing to 1; () where it does not weigh them.
    """

    name: str
    path: Path
    method: str
    class_index: int
    class_name: str
    probability: float | None
    picture: str = ""
    counted: tuple[tuple[str, float], ...] = ()
    method_title: str = ""
    layer: str = ""
    by_class: bool = True
    is_empty: bool = False  # all of it is 0

    @property
    def title(self) -> str:
        """In one line: "Grad-CAM: effusion · layer4 · slice 3 of 16, counted 41 %"; a cold map says that it is."""
        share = dict(self.counted).get(self.picture)
        counted = f", counted {100 * share:.0f} %" if share is not None else ""
        what = f"{self.method_title}: {self.class_name}" if self.by_class else self.method_title
        cold = "nothing here spoke for it" if self.by_class else "nothing stands out"
        parts = (what, self.layer, self.picture and f"{self.picture}{counted}", cold if self.is_empty else "")
        return " · ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class MapKey:
    """What is asked of the pictures of a case; each of its maps is a file of its own.

    `class_index` None is the class that the model gives most to, `layer` "" the usual one.
    """

    checkpoint: str
    method: str
    class_index: int | None
    layer: str = ""

    def path(self, settings: Settings, image: Image) -> Path:
        """Of that picture's map, made or not."""
        told = f"{self.checkpoint}:{image.sha256}:{image.item}:{self.method}:{self.class_index}"
        told += f":{self.layer}" if self.layer else ""
        return settings.folder("maps") / f"{hashlib.sha256(told.encode()).hexdigest()[:40]}.png"


def titles_of(example: "Example", seen: "Example", *, takes: str) -> list[str]:
    """What a reader calls each picture that the model sees."""
    if len(example.images) == 1:
        return [f"frame {(one.frame or 0) + 1} of {one.format.frames}" for one in seen.images]
    order, what = [one.image for one in example.images], "slice" if takes == "stack" else "image"
    views = ["" if takes == "stack" else one.view for one in seen.images]
    places = [f"{what} {order.index(one.image) + 1} of {len(order)}" for one in seen.images]
    return [f"{place} ({view})" if view else place for place, view in zip(places, views, strict=True)]


def shares_of(titles: Sequence[str], weights: Sequence[float]) -> list[tuple[str, float]]:
    """A slice that a short series shows the model twice counts once, with both shares."""
    shares: dict[str, float] = {}
    for title, weight in zip(titles, weights, strict=False):  # a model that does not weigh tells none
        shares[title] = shares.get(title, 0.0) + weight
    return list(shares.items())


def write(path: Path, values: object, told: dict[str, str]) -> None:
    """File a map (H, W) in [0, 1] with its texts."""
    from PIL import Image as Picture
    from PIL.PngImagePlugin import PngInfo

    grey = np.clip(np.round(np.asarray(values, dtype=np.float32) * 255), 0, 255).astype(np.uint8)
    about = PngInfo()
    for name, text in {**told, **({} if grey.any() else {"cold": "yes"})}.items():
        about.add_text(name, text)
    with atomic_write(path) as file:
        Picture.fromarray(grey).save(file, format="PNG", pnginfo=about)


def view(path: Path, explainer: "Explainer", names: Sequence[str]) -> MapView:
    """A filed map; `names` are the answers that its class is one of."""
    from PIL import Image as Picture

    with Picture.open(path) as picture:
        told = picture.info
    shown, counted = int(told["class"]), json.loads(told.get("counted", "[]"))
    return MapView(
        path.stem,
        path,
        explainer.name,
        shown,
        names[shown],
        float(told["probability"]),
        told.get("picture", ""),
        tuple((title, share) for title, share in counted),
        explainer.title,
        told.get("layer", ""),
        explainer.by_class,
        "cold" in told,
    )


def layers_of(settings: Settings, checkpoint: str) -> Layers | None:
    """The layers of a model that can be chosen, by what reads them; None until its first map has found them."""
    path = _layers(settings, checkpoint)
    if not path.exists():
        return None
    found: Layers = json.loads(path.read_text())
    return found


def write_layers(settings: Settings, checkpoint: str, found: Layers) -> None:
    """Keep them, so that no page has to load a network to name them."""
    with atomic_write(_layers(settings, checkpoint)) as file:
        file.write(json.dumps(found).encode())


def _layers(settings: Settings, checkpoint: str) -> Path:
    return settings.folder("maps") / f"{checkpoint[:40]}.layers.json"
