"""Maps as files: named by what made them, with what is told of them inside."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.imaging.files import written
from core.settings import Settings
from db.tables import Image

if TYPE_CHECKING:
    from core.training.data import Example


@dataclass(frozen=True, slots=True)
class MapView:
    """A filed map: an 8-bit grey PNG over the model's input, named by what made it.

    Of a case of several pictures `picture` is which one it is of, and `counted` what each of those that the model saw
    counted, in its order, summing to 1; () where it does not weigh them.
    """

    name: str
    path: Path
    method: str
    class_index: int
    class_name: str
    probability: float | None
    picture: str = ""
    counted: tuple[tuple[str, float], ...] = ()

    @property
    def title(self) -> str:
        """In one line: "gradcam: effusion · slice 3 of 16, counted 41 %"."""
        share = dict(self.counted).get(self.picture)
        counted = f", counted {100 * share:.0f} %" if share is not None else ""
        return f"{self.method}: {self.class_name}" + (f" · {self.picture}{counted}" if self.picture else "")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the pictures of a case; each of its maps is a file of its own."""

    checkpoint: str
    method: str
    class_index: int | None

    def path(self, settings: Settings, image: Image) -> Path:
        """Of that picture's map, made or not."""
        told = f"{self.checkpoint}:{image.sha256}:{image.item}:{self.method}:{self.class_index}"
        return settings.folder("maps") / f"{hashlib.sha256(told.encode()).hexdigest()[:40]}.png"


def titles_of(example: "Example", seen: "Example", *, takes: str) -> list[str]:
    """What a reader calls each picture that the model sees."""
    if len(example.planes) == 1:
        return [f"frame {(one.frame or 0) + 1} of {one.format.frames}" for one in seen.planes]
    order, what = [one.image for one in example.planes], "slice" if takes == "stack" else "image"
    views = ["" if takes == "stack" else one.view for one in seen.planes]
    places = [f"{what} {order.index(one.image) + 1} of {len(order)}" for one in seen.planes]
    return [f"{place} ({view})" if view else place for place, view in zip(places, views, strict=True)]


def shares_of(titles: Sequence[str], weights: Sequence[float]) -> list[tuple[str, float]]:
    """A slice that a short series shows the model twice counts once, with both shares."""
    shares: dict[str, float] = {}
    for title, weight in zip(titles, weights, strict=False):  # a model that does not weigh tells none
        shares[title] = shares.get(title, 0.0) + weight
    return list(shares.items())


def write(path: Path, values: object, told: dict[str, str]) -> None:
    """File a map (H, W) in [0, 1] with its texts."""
    import numpy as np
    from PIL import Image as Picture
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    for name, text in told.items():
        about.add_text(name, text)
    grey = np.clip(np.round(np.asarray(values, dtype=np.float32) * 255), 0, 255).astype(np.uint8)
    with written(path) as file:
        Picture.fromarray(grey).save(file, format="PNG", pnginfo=about)


def view(path: Path, method: str, names: Sequence[str]) -> MapView:
    """A filed map; `names` are the answers that its class is one of."""
    from PIL import Image as Picture

    with Picture.open(path) as picture:
        told = picture.info
    shown, counted = int(told["class"]), json.loads(told.get("counted", "[]"))
    return MapView(path.stem, path, method, shown, names[shown], float(told["probability"]), told.get("picture", ""),
                   tuple((title, share) for title, share in counted))  # fmt: skip
