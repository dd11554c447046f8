"""EigenGradCAM (Gildenblat et al. 2021): the first principal component of gradient times feature map.

EigenCAM (Muhammad & Yeasin 2020) made to depend on the class.
"""

from functools import partial

from core.explain.gradcam_package import principal_component
from core.explain.methods import cam

NAME = "eigengradcam"
explain = cam.cam_method(NAME, partial(principal_component, "EigenGradCAM", by_class=True))
