"""Grad-CAM++ (Chattopadhay et al. 2018, equation 19): as Grad-CAM, with more weight on places that spoke, so that
several places of a class are found."""

from functools import partial

from core.explain.gradcam_package import combine
from core.explain.methods import cam

NAME = "gradcam_plus"
explain = cam.cam_method(NAME, partial(combine, "GradCAMPlusPlus"))
