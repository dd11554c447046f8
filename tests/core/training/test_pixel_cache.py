"""The cache is made once, found again, and never believed when it is damaged."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import NotTrainable
from core.training.examples import read_image
from core.training.pixel_cache import content_hash, open_cache
from tests.core.training.textures import moved, textures


def opened(folder, examples, *, size=28, several=False):
    """(cache, sentences)."""
    message, making = [], open_cache(folder, examples, size=size, channels=1, several=several)
    while True:
        try:
            message.append(next(making).text)
        except StopIteration as made:
            return made.value, message


def test_it_holds_every_image_in_order(tmp_path):
    examples = textures(tmp_path, each=3)
    cache, message = opened(tmp_path / "cache", examples)
    assert message == ["Prepared 18 images of 28×28 px."]
    for row, item in enumerate(examples):
        assert np.array_equal(cache.pixels[row], read_image(item.picture, size=28, channels=1))


def test_the_second_time_nothing_is_made(tmp_path):
    examples = textures(tmp_path, each=2)
    first, _ = opened(tmp_path / "cache", examples)
    (tmp_path / "textures.raw").unlink()  # it could not be made again
    second, message = opened(tmp_path / "cache", examples)
    assert message == []
    assert np.array_equal(first.pixels, second.pixels)


def test_a_flipped_byte_is_found_and_said(tmp_path):
    examples = textures(tmp_path, each=2)
    sound, _ = opened(tmp_path / "cache", examples)
    expected = np.array(sound.pixels)
    file = next((tmp_path / "cache").glob("*.u16"))
    damaged = bytearray(file.read_bytes())
    damaged[100] ^= 1
    file.write_bytes(damaged)
    again, message = opened(tmp_path / "cache", examples)
    assert message[0] == "The cached images are damaged or incomplete; creating them again."
    assert np.array_equal(again.pixels, expected)


@pytest.mark.parametrize("harm", ["short", "no index", "garbled index"])
def test_an_incomplete_cache_is_made_again(tmp_path, harm):
    examples = textures(tmp_path, each=2)
    opened(tmp_path / "cache", examples)
    pixels, index = next((tmp_path / "cache").glob("*.u16")), next((tmp_path / "cache").glob("*.json"))
    if harm == "short":
        pixels.write_bytes(pixels.read_bytes()[:-10])
    elif harm == "no index":
        index.unlink()
    else:
        index.write_text("[")
    cache, message = opened(tmp_path / "cache", examples)
    assert message[0].startswith("The cached images are damaged")
    assert cache.pixels.shape == (12, 1, 28, 28)


def test_the_name_follows_the_content(tmp_path):
    examples = textures(tmp_path, each=2)
    name = content_hash(examples, size=28, channels=1)
    assert content_hash(examples[::-1], size=28, channels=1) != name
    assert content_hash(examples, size=32, channels=1) != name
    elsewhere = [moved(examples[0], offset=examples[0].picture.offset + 1), *examples[1:]]
    assert content_hash(elsewhere, size=28, channels=1) != name
    relabelled = [replace(one, targets=(1.0,), weight=3.0) for one in examples]
    assert content_hash(relabelled, size=28, channels=1) == name  # same pixels, same cache


def test_pixels_that_are_gone_are_a_sentence(tmp_path):
    examples = textures(tmp_path, each=2)
    (tmp_path / "textures.raw").unlink()
    with pytest.raises(NotTrainable, match=r"pixels of case train/0 cannot be read"):
        opened(tmp_path / "cache", examples)
    assert list((tmp_path / "cache").glob("*")) == []


def test_normalisation_is_that_of_the_rows_asked_for(tmp_path):
    examples = textures(tmp_path, each=3)
    cache, _ = opened(tmp_path / "cache", examples)
    mean, deviation = cache.normalisation(np.arange(6))
    values = cache.pixels[:6] / 65535.0
    assert mean == pytest.approx([values.mean()])
    assert deviation == pytest.approx([values.std()])


def test_bags_of_several_pictures_are_filled_with_absent_ones(tmp_path):
    item, two, three, *_ = textures(tmp_path, each=3)
    bag = replace(item, images=(item.picture, two.picture, three.picture))
    batch = opened(tmp_path / "cache", [two, bag], several=True)[0].read(np.array([1, 0]))
    assert batch.pixels.shape == (2, 3, 1, 28, 28)
    assert batch.present.tolist() == [[True, True, True], [True, False, False]]
    assert np.array_equal(batch.pixels[0, 2], read_image(three.picture, size=28, channels=1))
    assert np.array_equal(batch.pixels[1, 0], read_image(two.picture, size=28, channels=1))
