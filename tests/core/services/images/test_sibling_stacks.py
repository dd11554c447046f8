"""Which stacks lie beside a shown one: those of its series, else of its study; each named by what differs."""

from pathlib import Path

import pytest
from sqlalchemy import event, select

from core.errors import NotFound
from core.services.images import images, sibling_stacks
from db.tables import Image
from tests.core.conftest import Home
from tests.core.services.images.stack_files import SAGITTAL, write, write_heart


def write_echoes(folder: Path, *, series: str = "", darkest: int = 0) -> None:
    """Three echoes of three places, in one series, or each in a series of its own (named with the echo's number)."""
    for echo in (3, 1, 2):
        for place in range(3):
            write(
                folder / f"{series}{echo}-{place}.dcm",
                4.0 * place,
                darkest + 100 * echo + place,
                series=f"{series}{echo}" if series else "echoes",
                EchoNumbers=echo,
                EchoTime=30.0 * echo,
            )


def series_of(home: Home, value: int) -> int:
    """The row of the stack that holds the image of that value."""
    with home.db.read() as session:
        row = session.scalars(select(Image.series_id).where(Image.format["low"].as_integer() == value)).one()
    assert row is not None
    return row


def beside(home: Home, value: int) -> tuple[list[tuple[str, list[int]]], str]:
    """Title and values of the stacks beside that of an image, in their order, and the reason if there are none."""
    result = sibling_stacks.side_by_side(home.db, series_of(home, value))
    stacks = [(one.title, [int(view.format.low) for view in images.series(home.db, one.id)]) for one in result.stacks]
    return stacks, result.reason


ECHOES = [
    ("Echo 1 · TE 30 ms", [100, 101, 102]),
    ("Echo 2 · TE 60 ms", [200, 201, 202]),
    ("Echo 3 · TE 90 ms", [300, 301, 302]),
]


@pytest.mark.parametrize("series", ["", "separate"])
@pytest.mark.parametrize("shown", [100, 202, 301])
def test_echoes_of_one_series_or_of_one_study_stand_by_echo_time(home: Home, tmp_path: Path, series: str, shown: int):
    write_echoes(tmp_path / "in", series=series)
    home.take(tmp_path / "in")
    assert beside(home, shown) == (ECHOES, "")


def test_the_phases_of_a_heart_stand_by_time_and_its_scout_alone(home: Home, tmp_path: Path):
    write_heart(tmp_path / "in")
    home.take(tmp_path / "in")
    titles = [title for title, _ in beside(home, 201)[0]]
    assert titles == ["Phase 1", "Phase 2", "Phase 3"]
    assert beside(home, 900) == ([], sibling_stacks.NONE)


def test_the_phases_of_a_series_come_before_what_else_the_study_has(home: Home, tmp_path: Path):
    write_heart(tmp_path / "in")
    write_echoes(tmp_path / "in", series="more", darkest=1000)
    home.take(tmp_path / "in")
    assert [title for title, _ in beside(home, 101)[0]] == ["Phase 1", "Phase 2", "Phase 3"]


def test_phases_that_lie_interleaved_under_shuffled_names_stand_by_trigger_time(home: Home, data_dir: Path):
    home.take(data_dir / "reports" / "B07")
    with home.db.read() as session:
        first = session.scalars(select(Image.series_id).order_by(Image.series_id)).first()
    result = sibling_stacks.side_by_side(home.db, first or 0)
    assert [one.title for one in result.stacks] == ["Phase 1 · 0 ms", "Phase 2 · 100 ms", "Phase 3 · 200 ms"]


def test_what_has_no_sibling_says_why(home: Home, tmp_path: Path, data_dir: Path):
    write(tmp_path / "in/a.dcm", 0.0, 100, series="axial")
    write(tmp_path / "in/b.dcm", 0.0, 200, series="sagittal", ImageOrientationPatient=SAGITTAL)
    write(tmp_path / "in/c.dcm", 0.0, 300, series="unplaced", ImageOrientationPatient=None, ImagePositionPatient=None)
    home.take(tmp_path / "in")
    assert beside(home, 100) == ([], sibling_stacks.NONE)
    assert beside(home, 300) == ([], sibling_stacks.UNPLACED)
    home.take(data_dir / "dicom" / "colour_and_multiframe" / "emri_small.dcm")
    with home.db.read() as session:
        frames = session.scalars(select(Image.series_id).order_by(Image.id.desc())).first()
    assert sibling_stacks.side_by_side(home.db, frames or 0).reason == sibling_stacks.FRAMES
    with pytest.raises(NotFound, match="There is no series 9999"):
        sibling_stacks.side_by_side(home.db, 9999)


def test_excluded_images_count_for_no_place(home: Home, tmp_path: Path):
    write_echoes(tmp_path / "in")
    home.take(tmp_path / "in")
    for view in images.series(home.db, series_of(home, 200)):
        images.exclude(home.db, view.id, because="moved")
    assert [title for title, _ in beside(home, 100)[0]] == ["Echo 1 · TE 30 ms", "Echo 3 · TE 90 ms"]
    assert beside(home, 200) == ([], sibling_stacks.EXCLUDED)


def test_no_statement_goes_through_a_whole_table(home: Home, tmp_path: Path):
    write_echoes(tmp_path / "in", series="separate")
    home.take(tmp_path / "in")
    series, statements = series_of(home, 100), []
    event.listen(home.db.engine, "before_cursor_execute", lambda *message: statements.append(message[2:4]))
    assert len(sibling_stacks.side_by_side(home.db, series).stacks) == 3
    with home.db.engine.connect() as connection:
        plans = [
            row[3]
            for statement, values in list(statements)
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert len(plans) > 4
    assert not [plan for plan in plans if plan.startswith("SCAN")], plans
