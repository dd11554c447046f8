"""What a page's URL says: frozen, garbage falls back to the default, defaults are left out."""

import math
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import streamlit as st

from core.services.evaluation.review_query import ReviewQuery


@dataclass(frozen=True)
class State:
    """The base of every page's state; fields are int, float or str."""

    @classmethod
    def from_url(cls) -> Self:
        """Read the query parameters."""
        given = st.query_params
        return cls(**{one.name: _typed(given[one.name], one.default) for one in fields(cls) if one.name in given})

    def to_url(self) -> None:
        """Write them, without a rerun where nothing changed."""
        wanted = self.query()
        if dict(st.query_params) != wanted:
            st.query_params.from_dict(wanted)

    def query(self) -> dict[str, str]:
        """As a URL's parameters."""
        pairs = ((one.name, getattr(self, one.name), one.default) for one in fields(self))
        return {name: str(value) for name, value, default in pairs if value != default}


@dataclass(frozen=True)
class ImportState(State):
    """Which import is looked at."""

    job: int = 0


@dataclass(frozen=True)
class ImagesState(State):
    """Which image is looked at, from where the list starts, and its filters as name=value pairs joined by &."""

    image: int = 0
    series: int = 0
    after: int = 0


@dataclass(frozen=True)
class LabelState(State):
    """Which task, and which of its cases."""

    task: int = 0
    only: str = "unlabelled"


@dataclass(frozen=True)
class DatasetsState(State):
    """Which task is split, which snapshot is looked at."""

    task: int = 0
    snapshot: int = 0


@dataclass(frozen=True)
class TrainState(State):
    """What would be trained on."""

    snapshot: int = 0


@dataclass(frozen=True)
class RunState(State):
    """Which run."""

    run: int = 0


@dataclass(frozen=True)
class ListState(State, ReviewQuery):
    """Which cases of which run: what a mark on a page opened."""

    @classmethod
    def like(cls, other: "ListState", **more: Any) -> Self:
        """The same list, for another page."""
        return cls(**{one.name: getattr(other, one.name) for one in fields(ListState)}, **more)

    def without_mark(self) -> Self:
        """The same question, and all its cases."""
        return replace(self, truth=-1, called=-1, span="", group="", change="")


@dataclass(frozen=True)
class ReviewState(ListState):
    """What is looked at of a run: which section of the page, and the prevalence that was typed (-1: the split's)."""

    section: str = ""
    prevalence: float = -1.0


@dataclass(frozen=True)
class CompareState(ListState):
    """Two runs on the same cases."""


@dataclass(frozen=True)
class CaseState(ListState):
    """Which case of the list that a mark opened; and what explains it.

    `method` names up to three ways with commas between, '' the usual one; `shown` is the class that is explained (-1:
    the one the model gives most to, or the finding in question), `layer` the one that is read where not the usual one.
    `beside` 1: the picture lies beside its maps, not under them. `others` are runs whose maps are laid beside, as ids.
    """

    case: int = 0
    method: str = ""
    shown: int = -1
    layer: str = ""
    beside: int = 0
    others: str = ""


def _typed(text: str, default: Any) -> Any:
    try:
        found = type(default)(text)
    except (ValueError, OverflowError):
        return default
    return found if not isinstance(found, float) or math.isfinite(found) else default
