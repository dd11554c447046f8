"""The cases that a mark opened (or all), most wrong first, in one row; a click opens one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import streamlit as st

from core.services.evaluation import comparison_data, reviews
from core.services.evaluation.review_cases import selected_rows
from core.services.evaluation.review_data import ReviewData, review_data
from core.services.predictions import predictions
from core.services.predictions.predictions import PredictionView
from core.services.training.runs import RunView
from dashboard import context, formatting, reader, theme
from dashboard.parts.review import case_export
from dashboard.parts.widgets import gallery
from dashboard.result_cache import review_source
from dashboard.url_state import CaseState, ListState

SHOWN = 24


@dataclass(frozen=True, eq=False)
class CaseList(Sequence[PredictionView]):
    """The predictions of a list, read from the catalogue one by one as they are asked for; `ids` are all its cases."""

    run: RunView
    finding: int | None
    ids: tuple[int, ...]

    def __len__(self) -> int:
        """How many cases."""
        return len(self.ids)

    @overload
    def __getitem__(self, at: int) -> PredictionView: ...
    @overload
    def __getitem__(self, at: slice) -> list[PredictionView]: ...
    def __getitem__(self, at: int | slice) -> PredictionView | list[PredictionView]:
        """What the run says of a case, or of several."""
        wanted = self.ids[at] if isinstance(at, slice) else (self.ids[at],)
        found = predictions.predictions_of_cases(context.app_context().db, self.run.id, wanted, finding=self.finding)
        return found if isinstance(at, slice) else found[0]

    def __iter__(self) -> Iterator[PredictionView]:
        """All of them, read at once."""
        return iter(self[:])

    def place(self, case: int) -> int:
        """Where a case stands; 0 where it does not."""
        return self.ids.index(case) if case in self.ids else 0


def ordered(run: RunView, state: ListState) -> CaseList:
    """The cases that the list holds, most wrong first. A cell holds what the matrix counts.

    Of findings they are about one of them, where it is known.
    """
    found = review_data(review_source(), run, state)
    return CaseList(run, found.finding, tuple(found.cases[selected_rows(review_source(), found, state)].tolist()))


def show(found: ReviewData, state: ListState, *, closes: bool = True) -> None:
    """The strip; opening a case leaves this page. `closes`: a list may be closed, which shows all cases."""
    rows = selected_rows(review_source(), found, state)
    with st.container(key="strip_part", gap="small"):
        start = _head(found, state, rows, closes=closes)
        shown = rows[start : start + SHOWN]
        opened = gallery.show(
            _tiles(found, shown),
            key="strip",
            strip=True,
            at=f"{_named(state)} {start}",
            drawn=f"{len(rows)} at {found.threshold!r}",
        )
    if opened is not None:
        st.switch_page("views/case.py", query_params=CaseState.like(state, case=opened).query())


def words(found: ReviewData, state: ListState) -> str:
    """Which cases the list holds, in words."""
    told = []
    if 0 <= state.truth < len(found.titles) and 0 <= state.called < len(found.titles):
        told.append(f"{found.titles[state.truth]}, called {found.titles[state.called]}")
    if state.between is not None:
        told.append("{} from {:.3f} to {:.3f}".format("scores" if found.titles else "predicted", *state.between))
    if state.group:
        told.append(formatting.format_subgroup(state.group))
    if state.change:
        told.append(comparison_data.words(state))
    return "; ".join(told)


def _head(found: ReviewData, state: ListState, rows: Any, *, closes: bool) -> int:
    """What the list holds, and the buttons of the list; gives the number of the first case that is shown."""
    told = words(found, state)
    pages = max(1, -(-len(rows) // SHOWN))
    order = "most changed first" if state.change in comparison_data.NUMBER_CHANGES else "most wrong first"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="strip_head"):
        st.markdown(
            f"**{formatting.count(len(rows), found.unit)}**"
            + (f": {formatting.escape_markdown(told)}" if told else "")
            + f", {order}" * (len(rows) > 1),
            width="stretch",
        )
        page = _page(pages, _named(state))
        if told and closes:
            st.button("Show all", key="strip_all", icon=":material/close:", on_click=_all)
        st.download_button(
            "CSV",
            lambda: case_export.of(found, rows),
            f"cases-run-{found.run.id}-{state.split}.csv",
            "text/csv",
            key="strip_csv",
            icon=":material/download:",
            on_click="ignore",
            help="These cases with their patients, truths, scores and facts, all digits",
        )
    return page * SHOWN


def _page(pages: int, named: str) -> int:
    """Which page of the list; another list begins at its first."""
    held = st.session_state.get("strip_page", ("", 0))
    at = int(min(held[1], pages - 1)) if held[0] == named else 0
    if pages > 1:
        st.button(
            "",
            key="strip_back",
            icon=":material/chevron_left:",
            disabled=at == 0,
            help="Those before",
            on_click=_turn,
            args=(named, at - 1),
        )
        st.caption(f"{at + 1} of {pages:,}", width="content")
        st.button(
            "",
            key="strip_on",
            icon=":material/chevron_right:",
            disabled=at == pages - 1,
            help="Those after",
            on_click=_turn,
            args=(named, at + 1),
        )
    return at


def _turn(named: str, to: int) -> None:
    st.session_state["strip_page"] = (named, to)


def _all() -> None:
    st.session_state["mark"] = {}


def _named(state: ListState) -> str:
    return " ".join(f"{name}={value}" for name, value in CaseState.like(state).query().items() if name != "at")


def _tiles(found: ReviewData, shown: Any) -> list[gallery.Tile]:
    wired, session, run = context.app_context(), reader.session_id(), found.run
    ids = [int(one) for one in found.cases[shown]]
    views = {row.case_id: row for row in predictions.predictions_of_cases(wired.db, run.id, ids)}
    verdicts = reviews.verdicts(wired.db, [row.id for row in views.values()])
    numbers = None if found.titles else review_source().numbers(run, found.state)
    tiles = []
    for at, case in zip(shown, ids, strict=True):
        row = views[case]
        url = wired.signer.url(f"/api/thumbnail/{row.image_id}", session)
        colour = theme.class_colour(int(found.truth[at])) if found.titles else ""
        title, note = _told(found, at) if numbers is None else _number(*numbers.truths[at], *numbers.scores[at])
        note += f" · {verdicts[row.id]}" if row.id in verdicts else ""
        tiles.append(gallery.Tile(case, url, title, note, colour))
    return tiles


def _told(found: ReviewData, at: int) -> tuple[str, str]:
    """What is true and called of a row, and how sure the model is."""
    title = f"{found.titles[found.truth[at]]} → {found.titles[found.called[at]]}"
    score = found.score[at]
    return title, f"score {score:.3f}" if found.scored is not None else f"truth given {score:.0%}"


def _number(true: float, predicted: float) -> tuple[str, str]:
    """What is true and predicted of a case, or of the patient that it speaks for, and the error."""
    return f"{true:.4g} → {predicted:.3g}", f"{predicted - true:+.3g}"
