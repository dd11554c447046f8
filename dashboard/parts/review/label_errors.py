"""Labels of the training set that are likely wrong, where readers disagree, and the same picture under two patients."""

import secrets
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.services.annotation import comments, relabel
from core.services.training.runs import RunView
from dashboard import context, formatting, reader
from dashboard.parts.review import analysis_job
from dashboard.parts.widgets import errors, gallery
from dashboard.url_state import ImagesState, LabelState
from db.vocabulary import TaskKind

SHOWN, LISTED = 24, 200
Row = dict[str, Any]


def show(run: RunView) -> int | None:
    """The list, most suspect first; a click opens the image; gives the case that was opened."""
    found = analysis_job.show(
        run,
        "suspects",
        button="Look for wrong labels",
        empty="The training labels were not doubted yet: it takes as long as training anew on "
        "each of five folds, several times over where that is quick.",
    )
    if found is None:
        return None
    rows: list[Row] = found.result["suspects"]
    st.caption(f"{found.result['recipe']} {_told(run, found.result)}")
    is_number = run.kind is TaskKind.NUMBER
    opened = gallery.show([_tile(row, is_number) for row in rows[:SHOWN]], key="trust_suspects", strip=True)
    _send(run, _chosen(rows[:LISTED], is_number))
    differ = found.result["readers_differ"]
    opened = _readers(differ) or opened
    _twice(found.result["same_pictures"])
    analysis_job.show_rerun(found, run)
    return _open(opened, [*rows, *differ])


def _told(run: RunView, result: Row) -> str:
    called, doubted = result["called_wrong"], result.get("doubted", result["training"])
    if run.kind is TaskKind.NUMBER:
        return (
            f"{formatting.count(called, 'number')} of {doubted:,} lie further from what is said of the picture than "
            "three robust standard deviations (1.4826 × MAD); the furthest stand first."
        )
    about, expected = "", result.get("expected")
    if expected is not None:
        about = (
            f"About {expected:.0f} of {doubted:,} labels are wrong: the sum of the probabilities, which count "
            "subgroups and the patient's other cases too. "
        )
    return (
        f"{about}By the picture alone {formatting.count(called, 'label')} would be called wrong (confident learning, "
        "Northcutt 2021)."
    )


def _tile(row: Row, is_number: bool) -> gallery.Tile:
    notes = [] if is_number else [f"wrong {row['wrong']:.0%}"]
    notes += ["readers differ"] if row["readers_differ"] else []
    return gallery.Tile(row["case"], _url(row), f"{row['given']} → {row['likely']}", " · ".join(notes))


def _url(row: Row) -> str:
    return context.app_context().signer.url(f"/api/thumbnail/{row['image']}", reader.session_id())


def _chosen(rows: Sequence[Row], is_number: bool) -> list[int]:
    """The table; gives the cases of the rows that are ticked."""
    import pandas as pd

    table = pd.DataFrame(
        [
            {
                "case": row["case"],
                "patient": row["patient"],
                "given": row["given"],
                "likely": row["likely"],
                "wrong": _percent(row["wrong"]),
                "right by the picture": _percent(row["probability"]),
                "called wrong by the picture": row["by_picture"],
                "readers differ": row["readers_differ"],
            }
            for row in rows
        ]
    )
    shares = ("wrong", "right by the picture")
    if is_number:
        table = table.drop(columns=list(shares))  # of a number only its place in the list is known
    event: Any = st.dataframe(
        table,
        hide_index=True,
        height=300,
        on_select="rerun",
        selection_mode="multi-row",
        key="trust_suspects_table",
        column_config={name: st.column_config.NumberColumn(format="%.0f %%") for name in shares if name in table},
    )
    ticked = event["selection"]["rows"] if event else []
    return [rows[at]["case"] for at in ticked if at < len(rows)]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _send(run: RunView, chosen: Sequence[int]) -> None:
    said = f"Send {formatting.count(len(chosen), 'case')} to be labelled anew" if chosen else "Send to be labelled anew"
    with st.container(horizontal=True, gap="small"):
        why = st.text_input(
            "Why they are sent",
            key="trust_why",
            placeholder="why: it goes into each case's history",
            label_visibility="collapsed",
            max_chars=comments.LONGEST,
        )
        sent = st.button(
            said,
            key="trust_send",
            disabled=not (chosen and why.strip()),
            icon=":material/edit:",
            type="primary",
            help="Tick rows of the table and write why; their answer is withdrawn, the history keeps it.",
        )
    if sent:
        with errors.show_errors():
            relabel.send_back(context.app_context().db, chosen, why=why, by=reader.reader(), key=secrets.token_hex(16))
            st.page_link(
                "views/label.py",
                label="They wait on the Label page",
                icon=":material/label:",
                query_params=LabelState(task=run.task_id).query(),
            )


def _readers(differ: Sequence[Row]) -> int | None:
    """Who says what; gives the case that was opened."""
    import pandas as pd

    if not differ:
        return None
    st.markdown(f"**Readers disagree on {formatting.count(len(differ), 'case')}**")
    tiles = [
        gallery.Tile(one["case"], _url(one), " / ".join(one["said"].values()), " / ".join(one["said"]))
        for one in differ[:SHOWN]
        if "image" in one
    ]
    opened = gallery.show(tiles, key="trust_differ", strip=True) if tiles else None
    st.dataframe(pd.DataFrame([{"case": one["case"], **one["said"]} for one in differ[:LISTED]]), hide_index=True)
    return opened


def _twice(same: Sequence[Row]) -> None:
    """Of the same picture under two patients, one is likely mistaken."""
    import pandas as pd

    if same:
        st.markdown(f"**The same picture under two patients, {formatting.count(len(same), 'time')}**")
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "first case": one["cases"][0],
                        "patient": one["patients"][0],
                        "second case": one["cases"][1],
                        "other patient": one["patients"][1],
                        "alike": one["alike"],
                        "splits": " and ".join(dict.fromkeys(one["splits"])),
                    }
                    for one in same[:LISTED]
                ]
            ),
            hide_index=True,
        )


def _open(opened: int | None, rows: Sequence[Row]) -> int | None:
    if opened is not None:
        image = next(row["image"] for row in rows if row["case"] == opened)
        st.switch_page("views/images.py", query_params=ImagesState(image=image).query())
    return opened
