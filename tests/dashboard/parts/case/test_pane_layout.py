"""Which picture lies under which map, and how many panes that takes."""

import pytest

from dashboard.parts.case.pane_layout import arrange
from dashboard.server import saliency_urls


def shown(layout):
    return [(one["image"], one["map"]) for one in layout.places]


@pytest.mark.parametrize(
    ("pictures", "count", "further", "plain", "places", "panes"),
    [
        ([7], 1, 0, False, [(7, 0)], 1),
        ([7], 1, 0, True, [(7, -1), (7, 0)], 2),
        ([7], 3, 2, False, [(7, 0), (7, 1), (7, 2), (7, 3)], 3),  # another run's map waits for who asks for more panes
        ([7], 3, 2, True, [(7, -1), (7, 0), (7, 1), (7, 2)], 4),
        ([7], 5, 0, True, [(7, -1), (7, 0), (7, 1), (7, 2)], 4),  # no more than four
        ([7, 8], 1, 1, False, [(7, 0), (8, 0), (7, 1), (8, 1)], 2),
        ([7, 8], 1, 1, True, [(7, -1), (8, -1), (7, 0), (8, 0)], 4),
        ([7], 0, 0, True, [(7, -1)], 1),  # nothing to lie beside
        ([7, 8], 0, 0, False, [(7, -1), (8, -1)], 2),
    ],
)
def test_a_row_of_pictures_under_each_map(pictures, count, further, plain, places, panes):
    layout = arrange(pictures, count, further, plain=plain)
    assert (shown(layout), layout.panes) == (places, panes)
    assert [one["of"] for one in layout.places] == [pictures.index(image) for image, _ in places]


def test_another_question_has_another_address():
    assert saliency_urls.path(3, 5, "gradcam") == "/api/map/3/5/gradcam"
    assert saliency_urls.path(3, 5, "gradcam", 0) == "/api/map/3/5/gradcam/0/usual"
    assert saliency_urls.path(3, 5, "gradcam", None, "layer3") == "/api/map/3/5/gradcam/most/layer3"
