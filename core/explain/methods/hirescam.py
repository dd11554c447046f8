"""HiResCAM (Draelos & Carin 2020): gradient times feature map at every place, so only what was used is shown."""

from functools import partial

from core.explain.gradcam_package import combine
from core.explain.methods import cam

NAME = "hirescam"
explain = cam.cam_method(NAME, partial(combine, "HiResCAM"))
