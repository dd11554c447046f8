"""What a page's URL says: frozen, garbage falls back to the default, defaults are left out."""

from dataclasses import dataclass, fields
from typing import Any, Self

import streamlit as st


@dataclass(frozen=True)
class State:
    """The base of every page's state; fields are int or str."""

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
class ReviewState(State):
    """Which run on which split, which of its findings, which cell of the matrix (true class, called class; -1: all)."""

    run: int = 0
    split: str = "test"
    finding: int = 0
    truth: int = -1
    called: int = -1


@dataclass(frozen=True)
class CaseState(State):
    """Which case of which run, in the list that the same cell opens; and what explains it."""

    run: int = 0
    case: int = 0
    split: str = "test"
    finding: int = 0
    truth: int = -1
    called: int = -1
    method: str = ""


def _typed(text: str, default: Any) -> Any:
    try:
        return type(default)(text)
    except ValueError:
        return default
