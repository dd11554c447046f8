"""Where a model looked. Law: a map is a float array in [0, 1] over the model's input, and says how it was made."""

from core.explain.registry import EXPLAINERS, Explainer, explain, offered
from core.explain.saliency_map import SaliencyMap, resize_to_image

__all__ = ["EXPLAINERS", "Explainer", "SaliencyMap", "explain", "offered", "resize_to_image"]
