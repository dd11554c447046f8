"""The shortcut alarm: what the model's features hold besides what was asked, and whether that goes with the label."""

from typing import Any

import streamlit as st

from core.services.training.runs import RunView
from dashboard import formatting
from dashboard.parts.review import analysis_job


def show(run: RunView) -> tuple[str, ...]:
    """Alarms in words, and the table of every fact; gives the facts that raise the alarm."""
    found = analysis_job.show(
        run,
        "probe",
        button="Probe for shortcuts",
        empty="Whether site, device, view or a marker can be told from the model's features was not probed yet.",
    )
    if found is None:
        return ()
    facts: list[dict[str, Any]] = found.result["facts"]
    alarms = [one for one in facts if one["alarm"]]
    for one in alarms:
        st.warning(formatting.escape_markdown(str(one["words"])), icon=":material/warning:")
    if not alarms:
        st.caption(
            "No fact that was probed can be told from the features and goes with the label in training."
            if facts
            else "No fact divides these cases, so none was probed."
        )
    if facts:
        _table(facts)
    if left := found.result.get("left_out"):
        reasons = "; ".join(f"{formatting.fact(name)}: {why}" for name, why in left.items())
        st.caption(f"Not probed: {formatting.escape_markdown(reasons)}.")
    st.caption(
        f"A logistic regression over folds by patient, {found.result['patients']:,} patients, "
        f"{found.result['cases']:,} cases. Any picture's features know something: what a network that learned "
        "nothing knows stands beside it."
    )
    analysis_job.show_rerun(found, run)
    return tuple(str(one["fact"]) for one in alarms)


def _table(facts: list[dict[str, Any]]) -> None:
    import pandas as pd

    lines = [
        {
            "fact": formatting.fact(one["fact"]),
            "values": len(one["values"]),
            "AUROC": one["auroc"],
            "low": one["low"],
            "high": one["high"],
            "learned nothing": one["blank"],
            "right": one["right"],
            "by chance": one["chance"],
            "goes with the label": one["strength"],
            "p": one["p"],
            "alarm": one["alarm"],
        }
        for one in facts
    ]
    rates = ("AUROC", "low", "high", "learned nothing", "right", "by chance", "goes with the label")
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        column_config={
            **{name: st.column_config.NumberColumn(format="%.2f") for name in rates},
            "p": st.column_config.NumberColumn(format="%.2g"),
        },
    )
