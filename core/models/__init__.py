"""Network architectures in one explicit registry. Law: they know nothing of training or prediction; it loads no torch.

Only `initial_weights` reads files written by training.
"""

from core.models.input_size import input_size, stored_size
from core.models.model_entry import ModelEntry
from core.models.registry import MODELS, entry

__all__ = ["MODELS", "ModelEntry", "entry", "input_size", "stored_size"]
