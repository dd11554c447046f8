"""Draw the selected cases (or all) as a strip of thumbnails, largest error first; a click opens a case."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import streamlit as st

from core.services.evaluation import comparison_data, reviews
from core.services.evaluation.case_call import OUTCOMES, against, call_of_row
from core.services.evaluation.review_cases import selected_rows
from core.services.evaluation.review_data import ReviewData, review_data
from core.services.predictions import predictions
from core.services.predictions.predictions import PredictionView
from core.services.training.runs import RunView
from dashboard import context, formatting, reader, theme
from dashboard.parts.review import case_export
from dashboard.parts.widgets import gallery, selection
from dashboard.result_cache import review_source
from dashboard.url_state import CaseState, ListState

SHOWN = 24


@dataclass(frozen=True, eq=False)
class CaseList(Sequence[PredictionView]):
    """The predictions of a list of cases, read from the catalogue on access; `ids` are the case ids in order."""

    run: RunView
    finding: int | None
    ids: tuple[int, ...]

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self.ids)

    @overload
    def __getitem__(self, at: int) -> PredictionView: ...
    @overload
    def __getitem__(self, at: slice) -> list[PredictionView]: ...
    def __getitem__(self, at: int | slice) -> PredictionView | list[PredictionView]:
        """Return the prediction at an index, or those of a slice."""
        case_ids = self.ids[at] if isinstance(at, slice) else (self.ids[at],)
        rows = predictions.predictions_of_cases(context.app_context().db, self.run.id, case_ids, finding=self.finding)
        return rows if isinstance(at, slice) else rows[0]

    def __iter__(self) -> Iterator[PredictionView]:
        """Iterate over all predictions, read with one query."""
        return iter(self[:])

    def index_of(self, case: int) -> int:
        """Return the index of a case; 0 if the list does not contain it."""
        return self.ids.index(case) if case in self.ids else 0


def ordered(run: RunView, state: ListState) -> CaseList:
    """Return the cases that the state selects, largest error first, as the confusion matrix counts them.

    In a multi-label task these are the cases labelled for the selected finding.
    """
    data = review_data(review_source(), run, state)
    return CaseList(run, data.finding, tuple(data.cases[selected_rows(review_source(), data, state)].tolist()))


def show(data: ReviewData, state: ListState, *, closable: bool = True) -> None:
    """Draw the strip; a click switches to the Case page. `closable`: offer a button that shows all cases again."""
    rows = selected_rows(review_source(), data, state)
    with st.container(key="strip_part", gap="small"):
        start = _head(data, state, rows, closable=closable)
        shown = rows[start : start + SHOWN]
        opened = gallery.show(
            _tiles(data, shown),
            key="strip",
            strip=True,
            at=f"{_list_key(state)} {start}",
            drawn=f"{len(rows)} at {data.threshold!r}",
            reveal=state != state.without_mark(),
        )
    if opened is not None:
        st.switch_page("views/case.py", query_params=CaseState.like(state, case=opened).query())


def describe_selection(data: ReviewData, state: ListState) -> str:
    """Describe which cases the state selects; "" for all."""
    parts = []
    if 0 <= state.truth < len(data.titles) and 0 <= state.called < len(data.titles):
        parts.append(f"reference {data.titles[state.truth]}, predicted {data.titles[state.called]}")
        if data.scored is not None:
            parts[-1] += f" ({OUTCOMES[state.truth][state.called]}s at {data.threshold:.4g})"
    if state.between is not None:
        parts.append("{} from {:.3f} to {:.3f}".format("score" if data.titles else "predicted", *state.between))
    if state.group:
        parts.append(formatting.format_subgroup(state.group))
    if state.change:
        parts.append(comparison_data.describe_change(state))
    return "; ".join(parts)


def _head(data: ReviewData, state: ListState, rows: Any, *, closable: bool) -> int:
    """Draw the description and the buttons of the list; return the index of the first case on its page."""
    selected = describe_selection(data, state)
    pages = max(1, -(-len(rows) // SHOWN))
    order = "largest change first" if state.change in comparison_data.NUMBER_CHANGES else "largest error first"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="strip_head"):
        st.markdown(
            f"**{formatting.count(len(rows), data.unit)}**"
            + (f": {formatting.escape_markdown(selected)}" if selected else "")
            + f", {order}" * (len(rows) > 1),
            width="stretch",
        )
        page = _page(pages, _list_key(state))
        if selected and closable:
            st.button("Show all", key="strip_all", icon=":material/close:", on_click=_clear_selection)
        st.download_button(
            "CSV",
            lambda: case_export.cases_csv(data, rows),
            f"cases-run-{data.run.id}-{state.split}.csv",
            "text/csv",
            key="strip_csv",
            icon=":material/download:",
            on_click="ignore",
            help="These cases with patients, reference labels, scores and metadata, all digits",
        )
    return page * SHOWN


def _page(pages: int, list_key: str) -> int:
    """Draw the paging buttons; return the page of the list, 0 for a new list."""
    saved = st.session_state.get("strip_page", ("", 0))
    at = int(min(saved[1], pages - 1)) if saved[0] == list_key else 0
    if pages > 1:
        st.button(
            "",
            key="strip_back",
            icon=":material/chevron_left:",
            disabled=at == 0,
            help="Previous cases",
            on_click=_go_to_page,
            args=(list_key, at - 1),
        )
        st.caption(f"{at + 1} of {pages:,}", width="content")
        st.button(
            "",
            key="strip_on",
            icon=":material/chevron_right:",
            disabled=at == pages - 1,
            help="Next cases",
            on_click=_go_to_page,
            args=(list_key, at + 1),
        )
    return at


def _go_to_page(list_key: str, page: int) -> None:
    st.session_state["strip_page"] = (list_key, page)


def _clear_selection() -> None:
    selection.select()


def _list_key(state: ListState) -> str:
    return " ".join(f"{name}={value}" for name, value in CaseState.like(state).query().items() if name != "at")


def _tiles(data: ReviewData, shown: Any) -> list[gallery.Tile]:
    app, session, run = context.app_context(), reader.session_id(), data.run
    ids = [int(one) for one in data.cases[shown]]
    views = {row.case_id: row for row in predictions.predictions_of_cases(app.db, run.id, ids)}
    verdicts = reviews.verdicts(app.db, [row.id for row in views.values()])
    numbers = None if data.titles else review_source().numbers(run, data.state)
    tiles = []
    for at, case in zip(shown, ids, strict=True):
        row = views[case]
        url = app.signer.url(f"/api/thumbnail/{row.image_id}", session)
        colour = theme.class_colour(int(data.truth[at])) if data.titles else ""
        title, note = (
            _class_caption(data, at) if numbers is None else _number_caption(*numbers.truths[at], *numbers.scores[at])
        )
        note += f" · {verdicts[row.id]}" if row.id in verdicts else ""
        tiles.append(gallery.Tile(case, url, title, note, colour))
    return tiles


def _class_caption(data: ReviewData, at: int) -> tuple[str, str]:
    """Return the reference and predicted class of a row, and the model's score against the threshold."""
    decided = call_of_row(data, at)
    score = data.score[at]
    return f"{decided.reference} → {decided.called}", (
        f"p(reference) {score:.0%}" if decided.threshold is None else against(score, decided.threshold)
    )


def _number_caption(reference: float, predicted: float) -> tuple[str, str]:
    """Return the reference and predicted value of a case or patient, and the error."""
    return f"{reference:.4g} → {predicted:.3g}", f"{predicted - reference:+.3g}"
