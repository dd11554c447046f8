"""Analyse a run as a job: saliency checks, features, shortcuts, label errors."""
