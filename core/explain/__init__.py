"""Where a model looked. Law: a map is a float array in [0, 1] over the model's input, and says how it was made."""

from core.explain.maps import Map, stretch
from core.explain.table import EXPLAINERS, Explainer, explain

__all__ = ["EXPLAINERS", "Explainer", "Map", "explain", "stretch"]
