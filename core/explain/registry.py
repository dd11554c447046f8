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
    "convolution": "needs a convolutional feature map, which {} does not have",
    "attention": "needs attention between positions of one image, which {} does not have",
    "biases": "needs the biases of convolutions and batch norms only, which {} does not have",
    "weights": "needs cross-attention between two views, which {} does not have",
    "several": "explains models of one image, and {} takes several",
    "kinds": "compares classes of which one is correct, and this {} has another kind of task",
}


@dataclass(frozen=True, slots=True)
class Explainer:
    """An explanation method: what it needs of a network, and how it is called.

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
        """Return the map of one picture for a class, or for the most probable one; `layer` or the default one.

        `plane` is the position of the image, for a model of several; without it the image with the peak.

        Raises:
            InvalidInput: no such class, image or layer, or the method does not suit the model.
        """
        entry = MODELS[model.manifest.model]
        if not self.suits(entry):
            lacks = REQUIREMENTS["several" if entry.takes != "image" and self.needs != "weights" else self.needs]
            raise InvalidInput(f"{self.title} {lacks.format(entry.name)}; use {entry.explainers[0]}.")
        if not self.suits(entry, model.manifest.heads[0].kind):
            raise InvalidInput(f"{self.title} {REQUIREMENTS['kinds'].format(entry.name)}; use {entry.explainers[0]}.")
        if layer and not self.layers:
            raise InvalidInput(f"{self.title} does not use a single layer; call it without layer '{layer}'.")
        return self.compute(model, example, class_index, plane, layer=layer)


_EXPLAINERS = (
    Explainer(
        gradcam.NAME,
        "Grad-CAM",
        "Regions of the last feature map that support the class.",
        gradcam.explain,
        layers="convolution",
    ),
    Explainer(
        gradcam_plusplus.NAME,
        "Grad-CAM++",
        "Like Grad-CAM; better where a class appears several times.",
        gradcam_plusplus.explain,
        layers="convolution",
    ),
    Explainer(
        hirescam.NAME,
        "HiResCAM",
        "Gradient times feature map at each position; faithful for a linear head.",
        hirescam.explain,
        layers="convolution",
    ),
    Explainer(
        layercam.NAME,
        "LayerCAM",
        "Positions with a positive gradient; shows detail in early layers.",
        layercam.explain,
        layers="convolution",
    ),
    Explainer(
        xgradcam.NAME,
        "XGrad-CAM",
        "Like Grad-CAM; gradients are weighted by the activation at each position.",
        xgradcam.explain,
        layers="convolution",
    ),
    Explainer(
        shapleycam.NAME,
        "ShapleyCAM",
        "Like Grad-CAM, with a second-order term; the same map for a linear head.",
        shapleycam.explain,
        layers="convolution",
    ),
    Explainer(
        finercam.NAME,
        "Finer-CAM",
        "Regions that distinguish the class from the most similar classes.",
        finercam.explain,
        layers="convolution",
        kinds=finercam.KINDS,
    ),
    Explainer(
        eigengradcam.NAME,
        "EigenGradCAM",
        "First principal component of gradient times feature map.",
        eigengradcam.explain,
        layers="convolution",
    ),
    Explainer(
        eigencam.NAME,
        "EigenCAM",
        "First principal component of the layer; independent of the class.",
        eigencam.explain,
        layers="convolution",
        by_class=False,
    ),
    Explainer(
        kpcacam.NAME,
        "KPCA-CAM",
        "Like EigenCAM, with a kernel for non-linear patterns; independent of the class.",
        kpcacam.explain,
        layers="convolution",
        by_class=False,
    ),
    Explainer(
        ablationcam.NAME,
        "AblationCAM",
        "Drop of the class score without each channel; no gradient.",
        ablationcam.explain,
        layers="convolution",
        slow=True,
    ),
    Explainer(
        scorecam.NAME,
        "ScoreCAM",
        "Class score under the mask of each channel; no gradient.",
        scorecam.explain,
        layers="convolution",
        slow=True,
    ),
    Explainer(
        fullgrad.NAME,
        "FullGrad",
        "Sum of the input gradient and the bias gradients of all layers.",
        fullgrad.explain,
        needs="biases",
    ),
    Explainer(
        rollout.NAME,
        "Attention rollout",
        "Attention multiplied through all layers; independent of the class.",
        rollout.explain,
        needs="attention",
        by_class=False,
    ),
    Explainer(
        gradient_rollout.NAME,
        "Gradient rollout",
        "Attention times gradient through all layers, for the class.",
        gradient_rollout.explain,
        needs="attention",
    ),
    Explainer(
        attention_heads.NAME,
        "Attention heads",
        "Raw attention of one layer or head; independent of the class.",
        attention_heads.explain,
        needs="attention",
        layers="attention",
        by_class=False,
    ),
    Explainer(
        cross_attention.NAME,
        "Cross-attention",
        "Attention from the other view to this one; independent of the class.",
        cross_attention.explain,
        needs="weights",
        by_class=False,
    ),
    Explainer(
        integrated_gradients.NAME,
        "Integrated gradients",
        "Gradients summed on the path from a grey image to this one.",
        integrated_gradients.explain,
        needs="any",
    ),
    Explainer(
        occlusion.NAME,
        "Occlusion",
        "Drop of the class score where a grey patch covers the image.",
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
