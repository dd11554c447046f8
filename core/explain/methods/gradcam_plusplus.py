"""Grad-CAM++ (Chattopadhay et al. 2018, equation 19): Grad-CAM that finds several places of one class.

Places with a positive gradient get more weight.
"""

from functools import partial

from core.explain.gradcam_package import combine
from core.explain.methods import cam

NAME = "gradcam_plus"
explain = cam.cam_method(NAME, partial(combine, "GradCAMPlusPlus"))
