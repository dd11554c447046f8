"""The URLs of saliency maps: all parameters are in the path, so that each map has its own address."""

MOST, USUAL = "most", "usual"  # the predicted class, the default layer of a method


def path(run: int, image: int, method: str, shown: int | None = None, layer: str = "") -> str:
    """Return the path of the map of an image by a run, of a class (None: the predicted one) and a layer."""
    is_default = shown is None and not layer
    choices = f"/{MOST if shown is None else shown}/{layer or USUAL}"
    return f"/api/map/{run}/{image}/{method}{'' if is_default else choices}"
