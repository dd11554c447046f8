"""What is asked of a run about a case's pictures."""

from dataclasses import dataclass

from core.services.saliency import maps as saliency_maps
from core.services.saliency.store import MapView
from dashboard import context, reader
from dashboard.server import saliency_urls


@dataclass(frozen=True)
class Question:
    """A method, a class (None: the one the model gives most to) and a layer ('': the usual one)."""

    run: int
    method: str
    shown: int | None = None
    layer: str = ""

    def url(self, image: int) -> str:
        """Of the map of an image, signed for this browser."""
        return context.app_context().signer.url(
            saliency_urls.path(self.run, image, self.method, self.shown, self.layer), reader.session_id()
        )

    def filed(self, image: int) -> MapView | None:
        """The map, where it was computed already."""
        wired = context.app_context()
        return saliency_maps.cached_map(
            wired.db,
            wired.settings,
            run_id=self.run,
            image_id=image,
            method=self.method,
            class_index=self.shown,
            layer=self.layer,
        )
