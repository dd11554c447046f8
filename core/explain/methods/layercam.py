"""LayerCAM (Jiang et al. 2021): positive gradients times feature map at every place; keeps detail in early layers."""

from functools import partial

from core.explain.gradcam_package import combine
from core.explain.methods import cam

NAME = "layercam"
explain = cam.cam_method(NAME, partial(combine, "LayerCAM"))
