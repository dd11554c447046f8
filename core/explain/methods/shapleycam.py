"""ShapleyCAM (Cai 2025): Grad-CAM's weights less half a Hessian-vector product, which estimates Shapley values.

Where the head is a mean and one linear layer the Hessian is 0, and the map is Grad-CAM's.
"""

from functools import partial

from core.explain.gradcam_package import combine_second_order
from core.explain.methods import cam

NAME = "shapleycam"
explain = cam.cam_method(NAME, partial(combine_second_order, "ShapleyCAM"), create_graph=True)
