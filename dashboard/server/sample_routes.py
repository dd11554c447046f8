"""The route for augmented training pictures: patients' pixels, so signed like all others."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from core.settings import Settings
from dashboard.server.image_routes import PRIVATE


@dataclass(frozen=True)
class SampleApi:
    """Of one home."""

    settings: Settings

    def picture(self, request: Request, _said: None) -> Response:
        """A PNG of the cache."""
        from core.services.training import resource_estimate

        asked = request.path_params
        path = resource_estimate.picture(self.settings, asked["name"], asked["number"])
        return FileResponse(path, media_type="image/png", headers=PRIVATE)
