"""Tell who has viewed the test results of a run, and whether a reader has at the current operating point."""

from dataclasses import dataclass

from sqlalchemy import func, select

from core.services.evaluation import operating_points
from db import Database
from db.tables import OperatingPoint, Reader, TestSetView


@dataclass(frozen=True, slots=True)
class TestViewer:
    """A reader who viewed the test results of a run: how often, when last, and at which threshold (None: default)."""

    __test__ = False  # a view, whatever its name says to pytest
    reader: str
    times: int
    last: float
    threshold: float | None


def viewers(db: Database, run_id: int) -> list[TestViewer]:
    """Return the readers who viewed the run's test results, the latest first."""
    last = (
        select(func.max(TestSetView.id).label("id"), func.count().label("times"))
        .where(TestSetView.run_id == run_id)
        .group_by(TestSetView.reader_id)
        .subquery()
    )
    statement = (
        select(Reader.name, last.c.times, TestSetView.created_at, OperatingPoint.threshold)
        .join(last, last.c.id == TestSetView.id)
        .join(Reader, Reader.id == TestSetView.reader_id)
        .outerjoin(OperatingPoint, OperatingPoint.id == TestSetView.point_id)
        .order_by(TestSetView.id.desc())
    )
    with db.read() as session:
        return [TestViewer(*row) for row in session.execute(statement)]


def has_viewed(db: Database, run_id: int, by: str, finding: int = 0) -> bool:
    """Tell whether a reader has viewed the test results at the current operating point of the run."""
    with db.read() as session:
        return operating_points.is_counted(session, run_id, by, finding)
