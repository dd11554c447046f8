"""The route for augmented training pictures: patients' pixels, so signed like all others."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from core.lazy_modules import LazyModule
from core.settings import Settings
from dashboard.server.image_routes import PRIVATE

if TYPE_CHECKING:
    from core.services.training import resource_estimate
else:
    resource_estimate = LazyModule("core.services.training.resource_estimate")


@dataclass(frozen=True)
class SampleApi:
    """Of one home."""

    settings: Settings

    def picture(self, request: Request, _said: None) -> Response:
        """A PNG of the cache."""
        asked = request.path_params
        path = resource_estimate.picture(self.settings, asked["name"], asked["number"])
        return FileResponse(path, media_type="image/png", headers=PRIVATE)
