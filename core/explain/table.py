"""EXPLAINERS: every way of asking a model where it looked, said once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.explain import gradcam, rollout
from core.explain.maps import Map

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.models import ModelEntry
    from core.training.data import Example


@dataclass(frozen=True, slots=True)
class Explainer:
    """What it is, what it suits (see `suits`), and how it is asked.

    explain(model, example, class_index=None, plane=None) gives the map of one picture.
    """

    name: str
    title: str
    summary: str
    explain: "Callable[..., Map]"

    def suits(self, entry: "ModelEntry") -> bool:
        """Whether it can read that model."""
        return self.name in entry.explainers


_EXPLAINERS = (
    Explainer(gradcam.NAME, "Grad-CAM", "Where the last feature map spoke for the class.", gradcam.explain),
    Explainer(rollout.NAME, "Attention rollout", "Where attention flowed from, whatever the class.", rollout.explain),
)

EXPLAINERS: dict[str, Explainer] = {one.name: one for one in _EXPLAINERS}


def explain(
    model: "LoadedModel", example: "Example", *, method: str, class_index: int | None = None, plane: int | None = None
) -> Map:
    """The map of one picture by that method, for a class or for the most probable one.

    `plane` is which of the pictures that a model of several sees, in its order; without it the one with the peak.

    Raises:
        InvalidInput: no such method, class or picture, or the method does not suit the model.
    """
    if method not in EXPLAINERS:
        raise InvalidInput(f"There is no method '{method}'; choose one of {', '.join(EXPLAINERS)}.")
    return EXPLAINERS[method].explain(model, example, class_index, plane)
