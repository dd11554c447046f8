"""KPCA-CAM (Karmani et al. 2024): the first component of a kernel PCA of a layer's feature maps, whatever the class."""

from functools import partial

from core.explain.gradcam_package import principal_component
from core.explain.methods import cam

NAME = "kpcacam"
explain = cam.cam_method(NAME, partial(principal_component, "KPCA_CAM"))
