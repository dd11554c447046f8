"""One rule for the edge of the input."""

import pytest

from core.models import MODELS, input_size, stored_size


@pytest.mark.parametrize(
    ("name", "requested", "edge", "size"),
    [
        ("small_cnn", 0, 28, 28),  # as the images are
        ("resnet18", 0, 28, 64),  # upsampled to the least size
        ("resnet18", 0, 2000, 224),  # never above the default by itself
        ("resnet18", 320, 2000, 320),  # asked for is asked for
        ("resnet18", 28, 28, 64),  # but never below the least
        ("resnet18", 0, 100, 112),  # whole patches of 16
        ("vit_tiny", 0, 28, 28),
        ("vit_tiny", 0, 33, 40),  # whole patches of 8
        ("vit_tiny", 0, 512, 224),
        ("cnn_attention", 0, 512, 64),
    ],
)
def test_input_size(name, requested, edge, size):
    assert input_size(MODELS[name], requested, edge) == size


def test_nothing_is_upsampled_on_disk():
    assert stored_size(64, 28) == 28
    assert stored_size(224, 2000) == 224
