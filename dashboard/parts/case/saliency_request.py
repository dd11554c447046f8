"""Name one saliency map: run, method, class and layer."""

from dataclasses import dataclass

from core.services.saliency import maps as saliency_maps
from core.services.saliency.store import MapView
from dashboard import context, reader
from dashboard.server import saliency_urls


@dataclass(frozen=True)
class SaliencyRequest:
    """A run, a method, a class (None: the predicted one) and a layer ('': the default one)."""

    run: int
    method: str
    class_index: int | None = None
    layer: str = ""

    def url(self, image: int) -> str:
        """Return the URL of the map of an image, signed for this browser session."""
        return context.app_context().signer.url(
            saliency_urls.path(self.run, image, self.method, self.class_index, self.layer), reader.session_id()
        )

    def cached(self, image: int) -> MapView | None:
        """Return the map if it has been computed."""
        app = context.app_context()
        return saliency_maps.cached_map(
            app.db,
            app.settings,
            run_id=self.run,
            image_id=image,
            method=self.method,
            class_index=self.class_index,
            layer=self.layer,
        )
