"""Chest radiographs of nobody: drawn, not taken, with truths planted in them that the key tells.

Law: what draws here knows nothing of what detects elsewhere, nor does anything that detects read the key.
"""
