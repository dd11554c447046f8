"""Networks, in one explicit table. Law: modelling knows nothing of training or prediction; the table loads no torch."""

from core.models.size import input_size, stored_size
from core.models.table import MODELS, ModelEntry, entry

__all__ = ["MODELS", "ModelEntry", "entry", "input_size", "stored_size"]
