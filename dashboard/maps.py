"""Where the viewer asks for maps: what makes one stands in the path, so that another question has another address."""

from dashboard.signing import Signer

MOST, USUAL = "most", "usual"  # the class that the model gives most to, the layer that a method reads by itself


def url(
    signer: Signer, session: str, run: int, image: int, method: str, *, shown: int | None = None, layer: str = ""
) -> str:
    """Of the map of an image by a run, signed."""
    told = MOST if shown is None else str(shown)
    usual = shown is None and not layer
    return signer.url(f"/api/map/{run}/{image}/{method}" + ("" if usual else f"/{told}/{layer or USUAL}"), session)
