"""Finer-CAM (Zhang et al. 2025): Grad-CAM of how much more the class gets than the classes most similar to it."""

from functools import partial
from typing import TYPE_CHECKING

from core.explain.gradcam_package import combine
from core.explain.methods import cam
from core.explain.targets import ClassTarget

if TYPE_CHECKING:
    from torch import Tensor

NAME = "finercam"
KINDS = ("single",)  # only the outputs of such a head are rivals
COMPARED, ALPHA = 3, 1.0  # classes compared with, and how much they count, as in the package


class ClassContrast(ClassTarget):
    """What speaks for the class of each case and against the `COMPARED` classes whose logits are closest to its own."""

    def __call__(self, logits: "Tensor") -> "Tensor":
        """Return the weighted differences (B,) of logits (B, outputs).

        Raises:
            InvalidInput: the model has no such class.
        """
        import torch

        super().__call__(logits)
        rivals = logits[:, : self.model.manifest.heads[0].outputs]
        return torch.stack([contrast(row, chosen) for row, chosen in zip(rivals, self.classes, strict=True)])


def contrast(logits: "Tensor", class_index: int) -> "Tensor":
    """Return a class's logit less the mean of the nearest ones, weighted by their probability; logits (classes,).

    The package adds 10⁻⁹ to the sum of the probabilities, which turns the map round where a model is surer than that.
    """
    nearest = (logits - logits[class_index]).abs().argsort(stable=True).tolist()
    nearest.remove(class_index)
    rivals = logits[nearest[:COMPARED]]
    return logits[class_index] - ALPHA * (rivals.softmax(dim=0) * rivals).sum()


explain = cam.cam_method(NAME, partial(combine, "GradCAM"), target=ClassContrast)
