"""Numbers and dates of a table are facts that a range can select: 'women over 60' can be asked."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import InvalidInput
from core.services.images import fact_ranges, images
from core.services.images.fact_ranges import Between, FactRange
from core.services.images.images import Filter
from tests.core.conftest import Home, copied

ROWS = 15


@pytest.fixture(scope="module")
def filled(empty_once: Path, tmp_path_factory) -> Iterator[Home]:
    tmp_path = tmp_path_factory.mktemp("ranges")
    home = copied(empty_once, tmp_path / "home")
    (tmp_path / "in").mkdir()
    lines = ["Bild;Alter;Wert;Untersuchungsdatum;Geschlecht"]
    for number in range(ROWS):
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(tmp_path / "in" / f"p{number:02}.png")
        age = "unbekannt" if number == 14 else f"{50 + number}"
        lines.append(f"p{number:02}.png;{age};{number - 5},50;{number + 1:02}.03.2020;{'fm'[number % 2]}")
    table = tmp_path / "t.csv"
    table.write_text("\n".join(lines))
    home.take(tmp_path / "in", metadata=table, roles=(("Alter", "number"),))
    yield home
    home.db.close()


def test_the_columns_of_numbers_and_dates_have_ranges(filled: Home):
    assert fact_ranges.fact_ranges(filled.db) == [
        FactRange("alter", "50", "63"),
        FactRange("untersuchungsdatum", "2020-03-01", "2020-03-15", is_date=True),
        FactRange("wert", "-5.5", "9.5"),
    ]


@pytest.mark.parametrize(
    ("ranges", "numbers"),
    [
        ([Between("alter", "60")], {10, 11, 12, 13}),
        ([Between("alter", "", "51")], {0, 1}),
        ([Between("alter", "-10", "51")], {0, 1}),  # the word is no 0
        ([Between("alter", "60"), Between("untersuchungsdatum", "", "2020-03-12")], {10, 11}),
        ([Between("untersuchungsdatum", "2020-03-02", "2020-03-03")], {1, 2}),
        ([Between("wert", "-4.5", "-3.5")], {1, 2}),
        ([Between("height", "1")], set()),
    ],
)
def test_a_range_selects_its_images(filled: Home, ranges: list[Between], numbers: set[int]):
    shown = images.page(filled.db, Filter(ranges=tuple(ranges)))
    assert {int(view.name[1:3]) for view in shown} == numbers
    assert images.count(filled.db, Filter(ranges=tuple(ranges))) == len(numbers)


def test_an_end_that_is_no_number_is_refused(filled: Home):
    with pytest.raises(InvalidInput, match="'old' is neither a number nor a date"):
        images.count(filled.db, Filter(ranges=(Between("alter", "old"),)))


def test_few_numbers_are_a_range_where_an_import_took_them_for_numbers(home: Home, tmp_path: Path):
    (tmp_path / "in").mkdir()
    lines = ["file,age,grade"]
    for number in range(4):
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(tmp_path / "in" / f"p{number}.png")
        lines.append(f"p{number}.png,{58 + number}.5,{number}")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    home.take(tmp_path / "in", metadata=tmp_path / "t.csv")
    assert fact_ranges.fact_ranges(home.db) == [FactRange("age", "58.5", "61.5")]  # grade: few whole numbers
