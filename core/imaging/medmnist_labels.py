"""What the numbers of well-known public files mean (MedMNIST v2, Yang et al., Scientific Data 2023)."""

from pathlib import PurePosixPath

TITLES: dict[str, dict[str, str]] = {
    "pneumoniamnist": {"0": "normal", "1": "pneumonia"},
    "breastmnist": {"0": "malignant", "1": "normal or benign"},
}


def class_titles(file: str) -> dict[str, str]:
    """Class titles by label code, empty where the file is not a known one. 'pneumoniamnist_64.npz' counts as known."""
    return TITLES.get(PurePosixPath(file).stem.lower().split("_")[0], {})
