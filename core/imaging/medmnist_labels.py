"""List the class names behind the label codes of MedMNIST v2 (Yang et al., Scientific Data 2023)."""

from pathlib import PurePosixPath

TITLES: dict[str, dict[str, str]] = {
    "pneumoniamnist": {"0": "normal", "1": "pneumonia"},
    "breastmnist": {"0": "malignant", "1": "normal or benign"},
}


def class_titles(file: str) -> dict[str, str]:
    """Return class titles by label code, or {} for an unknown file; 'pneumoniamnist_64.npz' is known."""
    return TITLES.get(PurePosixPath(file).stem.lower().split("_")[0], {})
