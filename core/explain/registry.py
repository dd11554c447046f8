"""EXPLAINERS: every way of asking a model where it looked, said once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.explain.methods import (
    ablationcam,
    attention_heads,
    cross_attention,
    eigencam,
    eigengradcam,
    finercam,
    fullgrad,
    gradcam,
    gradcam_plusplus,
    gradient_rollout,
    hirescam,
    integrated_gradients,
    kpcacam,
    layercam,
    occlusion,
    rollout,
    scorecam,
    shapleycam,
    xgradcam,
)
from core.explain.saliency_map import SaliencyMap
from core.models import MODELS

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.models import ModelEntry
    from core.training.examples import Example

REQUIREMENTS = {
    "convolution": "reads a convolutional map, which {} has not",
    "attention": "follows attention between places of one image, which {} has not",
    "biases": "adds up the biases of convolutions and batch norms, and {} has others",
    "weights": "shows where two views look at each other, which {} has not",
    "several": "asks about one image, and {} sees several",
    "kinds": "compares classes of which one is right, and this {} has another task",
}


@dataclass(frozen=True, slots=True)
class Explainer:
    """What it is, what it reads of a network, and how it is asked.

    `needs` is "convolution" (a layer's map), "biases" (of all convolutions and norms), "attention" (weights between
    places), "weights" (between pictures) or "any" network. `by_class`: whether another class has another map. `layers`:
    what can be chosen of it ("" nothing; see `core.explain.layers`). `slow`: it takes hundreds of passes. `kinds`: the
    kinds of head that it explains (see `core.models.heads`), () for all.
    """

    name: str
    title: str
    summary: str
    compute: "Callable[..., SaliencyMap]"
    needs: str = "convolution"
    layers: str = ""
    by_class: bool = True
    slow: bool = False
    kinds: tuple[str, ...] = ()

    def suits(self, entry: "ModelEntry", kind: str = "") -> bool:
        """Return whether it can read that model, and explain that kind of head where one is given."""
        return self.name in entry.explainers and (not kind or not self.kinds or kind in self.kinds)

    def explain(
        self,
        model: "LoadedModel",
        example: "Example",
        class_index: int | None = None,
        plane: int | None = None,
        *,
        layer: str | None = None,
    ) -> SaliencyMap:
        """Return the map of one picture for a class, or for the most probable one; `layer` or the usual one.

        `plane` is which of the pictures that a model of several sees, in its order; without it the one with the peak.

        Raises:
            InvalidInput: no such class, picture or layer, or the method does not suit the model.
        """
        entry = MODELS[model.manifest.model]
        if not self.suits(entry):
            lacks = REQUIREMENTS["several" if entry.takes != "image" and self.needs != "weights" else self.needs]
            raise InvalidInput(f"{self.title} {lacks.format(entry.name)}; use {entry.explainers[0]}.")
        if not self.suits(entry, model.manifest.heads[0].kind):
            raise InvalidInput(f"{self.title} {REQUIREMENTS['kinds'].format(entry.name)}; use {entry.explainers[0]}.")
        if layer and not self.layers:
            raise InvalidInput(f"{self.title} reads no single layer, and was asked for '{layer}'; leave that out.")
        return self.compute(model, example, class_index, plane, layer=layer)


_EXPLAINERS = (
    Explainer(
        gradcam.NAME,
        "Grad-CAM",
        "Where the last feature map spoke for the class.",
        gradcam.explain,
        layers="convolution",
    ),
    Explainer(
        gradcam_plusplus.NAME,
        "Grad-CAM++",
        "As Grad-CAM; finds several places of the same class.",
        gradcam_plusplus.explain,
        layers="convolution",
    ),
    Explainer(
        hirescam.NAME,
        "HiResCAM",
        "Gradient times map at every place: only what was used.",
        hirescam.explain,
        layers="convolution",
    ),
    Explainer(
        layercam.NAME,
        "LayerCAM",
        "Places with a positive gradient; for detail in early layers.",
        layercam.explain,
        layers="convolution",
    ),
    Explainer(
        xgradcam.NAME,
        "XGrad-CAM",
        "As Grad-CAM; gradients count by how active the channel is at each place.",
        xgradcam.explain,
        layers="convolution",
    ),
    Explainer(
        shapleycam.NAME,
        "ShapleyCAM",
        "As Grad-CAM, with a second-order term; the same map where the head is linear.",
        shapleycam.explain,
        layers="convolution",
    ),
    Explainer(
        finercam.NAME,
        "Finer-CAM",
        "Where the map speaks for the class rather than for the most similar classes.",
        finercam.explain,
        layers="convolution",
        kinds=finercam.KINDS,
    ),
    Explainer(
        eigengradcam.NAME,
        "EigenGradCAM",
        "The strongest pattern of gradient times map.",
        eigengradcam.explain,
        layers="convolution",
    ),
    Explainer(
        eigencam.NAME,
        "EigenCAM",
        "The strongest pattern of the layer, whatever the class.",
        eigencam.explain,
        layers="convolution",
        by_class=False,
    ),
    Explainer(
        kpcacam.NAME,
        "KPCA-CAM",
        "As EigenCAM, with a kernel that follows curved patterns.",
        kpcacam.explain,
        layers="convolution",
        by_class=False,
    ),
    Explainer(
        ablationcam.NAME,
        "AblationCAM",
        "How much the class loses without each channel; no gradient.",
        ablationcam.explain,
        layers="convolution",
        slow=True,
    ),
    Explainer(
        scorecam.NAME,
        "ScoreCAM",
        "What the model says under each channel's mask; no gradient.",
        scorecam.explain,
        layers="convolution",
        slow=True,
    ),
    Explainer(
        fullgrad.NAME,
        "FullGrad",
        "What the image and every layer's bias gave, added up.",
        fullgrad.explain,
        needs="biases",
    ),
    Explainer(
        rollout.NAME,
        "Attention rollout",
        "Where attention flowed from, whatever the class.",
        rollout.explain,
        needs="attention",
        by_class=False,
    ),
    Explainer(
        gradient_rollout.NAME,
        "Gradient rollout",
        "Attention that spoke for the class, layer by layer.",
        gradient_rollout.explain,
        needs="attention",
    ),
    Explainer(
        attention_heads.NAME,
        "Attention heads",
        "Raw attention of one layer or head, whatever the class.",
        attention_heads.explain,
        needs="attention",
        layers="attention",
        by_class=False,
    ),
    Explainer(
        cross_attention.NAME,
        "Cross-attention",
        "Where the other view looked in this one, whatever the class.",
        cross_attention.explain,
        needs="weights",
        by_class=False,
    ),
    Explainer(
        integrated_gradients.NAME,
        "Integrated gradients",
        "What each pixel gave on the way from grey to the image.",
        integrated_gradients.explain,
        needs="any",
    ),
    Explainer(
        occlusion.NAME,
        "Occlusion",
        "Where covering the image with grey hurts the class.",
        occlusion.explain,
        needs="any",
        slow=True,
    ),
)

EXPLAINERS: dict[str, Explainer] = {one.name: one for one in _EXPLAINERS}


def offered(model: str, kind: str) -> list[str]:
    """Return the names of what explains that model (see `core.models.MODELS`) with a head of that kind, usual first."""
    entry = MODELS[model]
    return [name for name in entry.explainers if EXPLAINERS[name].suits(entry, kind)]


def explain(
    model: "LoadedModel",
    example: "Example",
    *,
    method: str,
    class_index: int | None = None,
    plane: int | None = None,
    layer: str | None = None,
) -> SaliencyMap:
    """The map of one picture by that method; see `Explainer.explain`.

    Raises:
        InvalidInput: no such method, class, picture or layer, or the method does not suit the model.
    """
    if method not in EXPLAINERS:
        raise InvalidInput(f"There is no method '{method}'; choose one of {', '.join(EXPLAINERS)}.")
    return EXPLAINERS[method].explain(model, example, class_index, plane, layer=layer)
