"""Where the viewer asks for maps: what makes one stands in the path, so that another question has another address."""

MOST, USUAL = "most", "usual"  # the class that the model gives most to, the layer that a method reads by itself


def path(run: int, image: int, method: str, shown: int | None = None, layer: str = "") -> str:
    """Of the map of an image by a run, for a class and by a layer."""
    usual = shown is None and not layer
    told = f"/{MOST if shown is None else shown}/{layer or USUAL}"
    return f"/api/map/{run}/{image}/{method}{'' if usual else told}"
