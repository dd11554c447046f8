"""Show likely label errors of the training set, disagreements of readers, and the same image under two patients."""

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
    """Draw the label errors, most probable first; a click opens the image; return the opened case."""
    analysis = analysis_job.show(
        run,
        "suspects",
        button="Check training labels",
        empty="Training labels have not been checked. Checking retrains the model on five folds.",
    )
    if analysis is None:
        return None
    rows: list[Row] = analysis.result["suspects"]
    st.caption(f"{analysis.result['recipe']} {_summary(run, analysis.result)}")
    is_number = run.kind is TaskKind.NUMBER
    opened = gallery.show([_tile(row, is_number) for row in rows[:SHOWN]], key="trust_suspects", strip=True)
    _send(run, _selected_cases(rows[:LISTED], is_number))
    disagreements = analysis.result["readers_differ"]
    opened = _disagreements(disagreements) or opened
    _duplicates(analysis.result["same_pictures"])
    analysis_job.show_rerun(analysis, run)
    return _open_image(opened, [*rows, *disagreements])


def _summary(run: RunView, result: Row) -> str:
    flagged: int = result["called_wrong"]
    checked: int = result["doubted"] if "doubted" in result else result["training"]
    if run.kind is TaskKind.NUMBER:
        return (
            f"{flagged:,} of {formatting.count(checked, 'value')} differ from the cross-validated prediction by more "
            "than three robust standard deviations (1.4826 × MAD); largest difference first."
        )
    estimate, expected = "", result.get("expected")
    if expected is not None:
        estimate = (
            f"About {expected:.0f} of {checked:,} labels are wrong: the sum of the error probabilities, which also use "
            "metadata and the patient's other cases. "
        )
    return (
        f"{estimate}From the image alone, confident learning (Northcutt 2021) flags "
        f"{formatting.count(flagged, 'label')}."
    )


def _tile(row: Row, is_number: bool) -> gallery.Tile:
    notes = [] if is_number else [f"p(error) {row['wrong']:.0%}"]
    notes += ["readers disagree"] if row["readers_differ"] else []
    return gallery.Tile(row["case"], _url(row), f"{row['given']} → {row['likely']}", " · ".join(notes))


def _url(row: Row) -> str:
    return context.app_context().signer.url(f"/api/thumbnail/{row['image']}", reader.session_id())


def _selected_cases(rows: Sequence[Row], is_number: bool) -> list[int]:
    """Draw the table; return the cases of the selected rows."""
    import pandas as pd

    table = pd.DataFrame(
        [
            {
                "case": row["case"],
                "patient": row["patient"],
                "label": row["given"],
                "predicted": row["likely"],
                "p(error)": _percent(row["wrong"]),
                "p(label correct), image only": _percent(row["probability"]),
                "flagged, image only": row["by_picture"],
                "readers disagree": row["readers_differ"],
            }
            for row in rows
        ]
    )
    shares = ("p(error)", "p(label correct), image only")
    if is_number:
        table = table.drop(columns=list(shares))  # a number has a rank in the list, no probability
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
    button_text = f"Send {formatting.count(len(chosen), 'case')} for relabelling" if chosen else "Send for relabelling"
    with st.container(horizontal=True, gap="small"):
        reason = st.text_input(
            "Reason",
            key="trust_why",
            placeholder="reason (saved in the history of each case)",
            label_visibility="collapsed",
            max_chars=comments.LONGEST,
        )
        submitted = st.button(
            button_text,
            key="trust_send",
            disabled=not (chosen and reason.strip()),
            icon=":material/edit:",
            type="primary",
            help="Select rows in the table and enter a reason. Their labels are withdrawn; the history keeps them.",
        )
    if submitted:
        with errors.show_errors():
            relabel.send_back(
                context.app_context().db, chosen, why=reason, by=reader.reader(), key=secrets.token_hex(16)
            )
            st.page_link(
                "views/label.py",
                label="Open the Label page",
                icon=":material/label:",
                query_params=LabelState(task=run.task_id).query(),
            )


def _disagreements(disagreements: Sequence[Row]) -> int | None:
    """Draw the cases whose readers disagree, with each reader's label; return the opened case."""
    import pandas as pd

    if not disagreements:
        return None
    st.markdown(f"**Readers disagree on {formatting.count(len(disagreements), 'case')}**")
    tiles = [
        gallery.Tile(row["case"], _url(row), " / ".join(row["said"].values()), " / ".join(row["said"]))
        for row in disagreements[:SHOWN]
        if "image" in row
    ]
    opened = gallery.show(tiles, key="trust_differ", strip=True) if tiles else None
    st.dataframe(
        pd.DataFrame([{"case": row["case"], **row["said"]} for row in disagreements[:LISTED]]), hide_index=True
    )
    return opened


def _duplicates(duplicates: Sequence[Row]) -> None:
    """Draw the pairs of one image under two patients; one of the two patient IDs is probably wrong."""
    import pandas as pd

    if duplicates:
        st.markdown(f"**Same image under two patients: {formatting.count(len(duplicates), 'pair')}**")
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "first case": pair["cases"][0],
                        "first patient": pair["patients"][0],
                        "second case": pair["cases"][1],
                        "second patient": pair["patients"][1],
                        "similarity": pair["alike"],
                        "splits": " and ".join(dict.fromkeys(pair["splits"])),
                    }
                    for pair in duplicates[:LISTED]
                ]
            ),
            hide_index=True,
        )


def _open_image(opened: int | None, rows: Sequence[Row]) -> int | None:
    if opened is not None:
        image = next(row["image"] for row in rows if row["case"] == opened)
        st.switch_page("views/images.py", query_params=ImagesState(image=image).query())
    return opened
