"""XGrad-CAM (Fu et al. 2020): as Grad-CAM, with each channel's gradients weighted by its normalised activations."""

from functools import partial

from core.explain.gradcam_package import combine
from core.explain.methods import cam

NAME = "xgradcam"
explain = cam.cam_method(NAME, partial(combine, "XGradCAM"))
