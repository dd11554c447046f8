"""A batch in parts: all of it, none of one case; and what judges is cut too where the memory is too small."""

import numpy as np
import pytest
import torch
from torch import nn

from core.models.heads import single_head
from core.training import validation
from core.training.pixel_cache import PixelCache
from core.training.plan import make_plan
from core.training.preprocess import Preprocess
from core.training.spec import TrainSpec
from core.training.train_step import DeviceBatch
from tests.core.training.textures import CLASSES, textures


@pytest.mark.parametrize(
    ("cases", "requested", "parts"),
    [(16, 1, [16]), (16, 4, [4] * 4), (10, 4, [3, 3, 2, 2]), (17, 16, [3] + [2] * 7), (3, 16, [3]), (1, 2, [1])],
)
def test_no_part_is_of_one_case(cases, requested, parts):
    images, values = torch.arange(cases * 4.0).view(cases, 1, 2, 2), torch.arange(float(cases))
    result = DeviceBatch(images, values[:, None], values, None, values).chunk(requested)
    assert [len(one.images) for one in result] == parts
    assert torch.equal(torch.cat([one.images for one in result]), images)
    assert torch.equal(torch.cat([one.mixup_lambda for one in result]), values)
    assert [one.mixup_targets for one in result] == [None] * len(parts)


def test_what_judges_takes_as_many_as_there_is_room_for(tmp_path, monkeypatch):
    examples = textures(tmp_path, each=10)
    planned = make_plan(TrainSpec(batch_size=16), examples, [single_head(CLASSES[:2])])
    pixels = np.random.default_rng(0).integers(0, 65536, (len(planned.examples), 1, 28, 28), np.uint16)
    cache = PixelCache(pixels, np.arange(len(pixels) + 1), False, "name")
    prepare = Preprocess(28, [0.5], [0.25], torch.device("cpu"))
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(784, 2))
    whole = validation.evaluate(module, prepare, cache, planned, batch_size=16)
    real, requested = validation.forward_logits, []

    def little(call, images, kind=None):
        requested.append(len(images))
        if len(images) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(call, images, kind)

    monkeypatch.setattr(validation, "forward_logits", little)
    most = 5
    assert validation.evaluate(module, prepare, cache, planned, batch_size=16) == pytest.approx(whole)
    assert requested[:4] == [16, 8, 4, 4]
    most = 0
    with pytest.raises(torch.OutOfMemoryError):
        validation.evaluate(module, prepare, cache, planned, batch_size=16)
