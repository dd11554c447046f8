"""The state of a page in its URL: frozen; an invalid value falls back to the default, defaults are left out."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from core.services.evaluation.review_query import ReviewQuery
from dashboard import page_title, url_history


@dataclass(frozen=True)
class State:
    """The base of every page's state; fields are int, float or str.

    `page` and `subject`, the fields that say what is open, make the title of the browser's tab.
    """

    page: ClassVar[str] = ""
    subject: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def from_url(cls) -> Self:
        """Read the query parameters."""
        return cls.of(st.query_params)

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Read parameters; `dashboard.links` names those that cannot be read, before a page is drawn."""
        values = {one.name: parsed(query[one.name], one.default) for one in fields(cls) if one.name in query}
        return cls(**{name: value for name, value in values.items() if value is not None})

    def to_url(self) -> None:
        """Write the query parameters, without a rerun where nothing changed, and the title of the browser's tab."""
        page_title.show(self.page, {name: getattr(self, name) for name in self.subject})
        query = self.query()
        if dict(st.query_params) != query and not url_history.fills_in(query):
            st.query_params.from_dict(query)
            url_history.written(query)

    def query(self) -> dict[str, str]:
        """Return the state as parameters of a URL."""
        pairs = ((one.name, getattr(self, one.name), one.default) for one in fields(self))
        return {name: str(value) for name, value, default in pairs if value != default}


@dataclass(frozen=True)
class ImportState(State):
    """The import that is prepared, the job of one that runs or has ended, or one of the list."""

    page = "Import"
    subject = ("imported",)

    draft: str = ""
    job: int = 0
    imported: int = 0


@dataclass(frozen=True)
class ImagesState(State):
    """The selected image or series, the id after which the page of the gallery starts, and its filters.

    `facts` are metadata values as a query string: "site=north&sex=F", `ranges` likewise: "age=60..&day=..2020-05-31".
    `imported` is the import that brought the images; `kind` is "series" where series are listed.
    """

    page = "Images"
    subject = ("image", "series")

    image: int = 0
    series: int = 0
    after: int = 0
    facts: str = ""
    task: int = 0
    answer: str = ""
    excluded: int = 0
    note: str = ""
    imported: int = 0
    ranges: str = ""
    kind: str = ""

    def all_ranges(self) -> list[tuple[str, str, str]]:
        """Return the ranges of metadata columns as (column, low, high), "" where an end is open."""
        split = ((column, text.partition("..")) for column, text in parse_qsl(self.ranges))
        return [(column, low, high) for column, (low, _, high) in split]

    def range_of(self, column: str) -> tuple[str, str]:
        """Return the ends of the range of one metadata column."""
        return next(((low, high) for name, low, high in self.all_ranges() if name == column), ("", ""))

    def with_range(self, column: str, low: str, high: str) -> Self:
        """Return the state with another range of a metadata column."""
        ranges = {**dict(parse_qsl(self.ranges)), column: f"{low}..{high}"}
        return replace(self, ranges=urlencode({name: text for name, text in ranges.items() if text != ".."}))

    def fact(self, column: str) -> str | None:
        """Return the value of a metadata column, None for any."""
        return dict(self.fact_pairs()).get(column)

    def fact_pairs(self) -> list[tuple[str, str]]:
        """Return the selected metadata values as (column, value)."""
        return parse_qsl(self.facts)

    def with_fact(self, column: str, value: str | None) -> Self:
        """Return the state with another value of a metadata column, None for any."""
        values = {**dict(self.fact_pairs()), column: value}
        return replace(self, facts=urlencode({name: text for name, text in values.items() if text}))


@dataclass(frozen=True)
class LabelState(State):
    """The task, and which of its cases are listed."""

    page = "Label"
    subject = ("task",)

    task: int = 0
    only: str = "unlabelled"


@dataclass(frozen=True)
class DatasetsState(State):
    """The task that is split, the snapshot that is open, and the recipe.

    `column` is the metadata column of the splits, "patient" for a split by patient ('': as the images were imported).
    `strata` are columns separated by commas; `val` and `test` are percent.
    """

    page = "Datasets"
    subject = ("task",)

    task: int = 0
    snapshot: int = 0
    column: str = ""
    val: int = 15
    test: int = 15
    strata: str = ""
    balance: str = "none"
    seed: int = 0


@dataclass(frozen=True)
class TrainPageState(State):
    """The snapshot to train on."""

    page = "Train"
    subject = ("snapshot",)

    snapshot: int = 0


@dataclass(frozen=True)
class RunState(State):
    """The run that is open."""

    page = "Runs"
    subject = ("run",)

    run: int = 0


@dataclass(frozen=True)
class ListState(State, ReviewQuery):
    """A list of cases of a run, as a mark on a page opened it."""

    @classmethod
    def like(cls, other: "ListState", **more: Any) -> Self:
        """Return the same list for another page."""
        return cls(**{one.name: getattr(other, one.name) for one in fields(ListState)}, **more)

    def query(self) -> dict[str, str]:
        """Return the state as parameters of a URL, always with the split: a page without one chooses where to begin."""
        return {**super().query(), "split": self.split}

    def without_mark(self) -> Self:
        """Return the same query with all its cases."""
        return replace(self, truth=-1, called=-1, span="", group="", change="")


@dataclass(frozen=True)
class ReviewState(ListState):
    """The section of the Review page, and the prevalence that was entered (-1: that of the split)."""

    page = "Review"
    subject = ("run",)

    section: str = ""
    prevalence: float = -1.0


@dataclass(frozen=True)
class CompareState(ListState):
    """Two runs on the same cases."""

    page = "Compare"
    subject = ("run", "other")


@dataclass(frozen=True)
class CaseState(ListState):
    """The selected case of a list, and its saliency maps.

    `method` names up to three methods, separated by commas ('': the default one); `shown` is the class that is
    explained (-1: the predicted class, or the finding in question); `layer` is the layer if not the default one.
    `beside` 1: the image is drawn beside its maps, not under them. `others` are the ids of further runs to compare.
    """

    page = "Case"
    subject = ("case", "run")

    case: int = 0
    method: str = ""
    shown: int = -1
    layer: str = ""
    beside: int = 0
    others: str = ""


def parsed(text: str, default: Any) -> Any:
    """Return a parameter as the type of its default, None if it is not of that type."""
    if isinstance(default, int):
        return int(text) if re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else None
    try:
        value = type(default)(text)
    except (ValueError, OverflowError):
        return None
    return value if not isinstance(value, float) or math.isfinite(value) else None
