"""The route for augmented training images: pixels of patients, so signed like all others."""

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
    """The augmented training images of one home."""

    settings: Settings

    def picture(self, request: Request, _body: None) -> Response:
        """Return a PNG from the cache."""
        parameters = request.path_params
        path = resource_estimate.picture(self.settings, parameters["name"], parameters["number"])
        return FileResponse(path, media_type="image/png", headers=PRIVATE)
