"""Networks, in one explicit table. Law: they know nothing of training or prediction; the table loads no torch.

Only `starting` reads what a training left.
"""

from core.models.input_size import input_size, stored_size
from core.models.registry import MODELS, ModelEntry, entry

__all__ = ["MODELS", "ModelEntry", "entry", "input_size", "stored_size"]
