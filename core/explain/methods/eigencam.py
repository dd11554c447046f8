"""EigenCAM (Muhammad & Yeasin 2020): the first principal component of a layer's feature maps, whatever the class."""

from functools import partial

from core.explain.gradcam_package import principal_component
from core.explain.methods import cam

NAME = "eigencam"
explain = cam.cam_method(NAME, partial(principal_component, "EigenCAM"))
