"""Ranges of metadata: the columns of numbers and of dates, and the images between two of their values."""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Float, case, cast, distinct, func, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.imaging.tables import words
from core.imaging.tables.column_titles import Role
from db import Database
from db.tables import Fact, Image, Import

NUMBER = r"^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$"  # as the catalogue writes them
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
SEEN = 2_000  # the values of a column that are looked at
STRAYS = 0.1  # the largest share of other values in a column of numbers or dates


@dataclass(frozen=True, slots=True)
class FactRange:
    """The lowest and the highest value of a column of numbers, or of dates (ISO 8601)."""

    name: str
    low: str
    high: str
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """The images with a value of a column from `low` to `high`, both included; an empty end is open."""

    name: str
    low: str = ""
    high: str = ""


def fact_ranges(db: Database, *, more_than: int = 12) -> list[FactRange]:
    """Return the range of each column of numbers or dates.

    With no more than `more_than` different values it is one only where an import says so: others are categories.
    """
    with db.read() as session:
        counts = session.execute(select(Fact.name, func.count(distinct(Fact.value))).group_by(Fact.name)).all()
        measured = _measured(session) if counts else set()
        names = sorted(name for name, count in counts if count > more_than or (name in measured and count > 1))
        ranges = [_range_of(session, name) for name in names]
    return [one for one in ranges if one is not None]


def _measured(session: Session) -> set[str]:
    """Return the columns that imports took for numbers or dates."""
    tables = [report.get("table") or {} for report in session.scalars(select(Import.report))]
    columns = [column for table in tables for column in table.get("columns", ())]
    return {words.fact_name(one["column"]) for one in columns if one["role"] in (Role.NUMBER, Role.DATE)}


def _range_of(session: Session, name: str) -> FactRange | None:
    values = list(session.scalars(select(Fact.value).where(Fact.name == name).distinct().limit(SEEN)))
    for is_date, form in ((False, NUMBER), (True, DATE)):
        if sum(re.match(form, value) is None for value in values) <= len(values) * STRAYS:
            column = _dates() if is_date else _numbers()
            low, high = session.execute(select(func.min(column), func.max(column)).where(Fact.name == name)).one()
            low, high = (low, high) if is_date else (f"{low:.12g}", f"{high:.12g}")
            return FactRange(name, low, high, is_date)
    return None


def is_between(span: Between) -> ColumnElement[bool]:
    """Return the condition that an image has a value in a range.

    Raises:
        InvalidInput: an end is neither a number nor a date.
    """
    is_date = bool(re.match(DATE, span.low or span.high))
    column = _dates() if is_date else _numbers()
    matching = select(Fact.image_id).where(Fact.name == span.name)
    for end, text in ((column.__ge__, span.low), (column.__le__, span.high)):
        if text:
            matching = matching.where(end(text if is_date else _number(text)))
    return Image.id.in_(matching.where(column.is_not(None)))


def _number(text: str) -> float:
    value = words.number(text)
    if value is None:
        raise InvalidInput(
            f"'{text}' is neither a number nor a date; give an end of the range such as 60 or 2020-05-31."
        )
    return value


def _numbers() -> ColumnElement[float]:
    """Return the value as a number, NULL where it is none: a cast of other text would be 0 or an error."""
    return case((Fact.value.regexp_match(NUMBER), cast(Fact.value, Float)))


def _dates() -> ColumnElement[str]:
    return case((Fact.value.regexp_match(DATE), Fact.value))
