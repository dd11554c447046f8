"""Predict, import external predictions, and read scores. Stands on training."""
