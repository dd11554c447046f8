"""MODELS: the registry of all trainable networks. Builders import torch only when called."""

from core.errors import NotFound
from core.models import registry_attention, registry_cnn, registry_multi_image
from core.models.model_entry import ModelEntry

_ENTRIES = (*registry_cnn.ROWS, *registry_attention.ROWS, *registry_multi_image.ROWS)
MODELS: dict[str, ModelEntry] = {one.name: one for one in _ENTRIES}


def entry(name: str) -> ModelEntry:
    """Return the model of that name.

    Raises:
        NotFound: no model has that name.
    """
    if name not in MODELS:
        raise NotFound(f"Unknown model '{name}'; choose one of {', '.join(MODELS)}.")
    return MODELS[name]
