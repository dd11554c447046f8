"""Show the test for shortcuts: metadata that the model's features predict and that is associated with the label."""

from typing import Any

import streamlit as st

from core.services.training.runs import RunView
from dashboard import formatting
from dashboard.parts.review import analysis_job


def show(run: RunView) -> tuple[str, ...]:
    """Draw the alarms and the table of all metadata; return the names that raise an alarm."""
    analysis = analysis_job.show(
        run,
        "probe",
        button="Test for shortcuts",
        empty="The model has not been tested for shortcuts such as site, device, view or markers.",
    )
    if analysis is None:
        return ()
    probed: list[dict[str, Any]] = analysis.result["facts"]
    alarms = [alarm for alarm in probed if alarm["alarm"]]
    for alarm in alarms:
        st.warning(formatting.escape_markdown(str(alarm["words"])), icon=":material/warning:")
    if not alarms:
        st.caption(
            "No tested metadata can be predicted from the features and is associated with the label in training."
            if probed
            else "No metadata divides these cases into groups, so none was tested."
        )
    if probed:
        _table(probed)
    if excluded := analysis.result.get("left_out"):
        reasons = "; ".join(f"{formatting.fact(name)}: {why}" for name, why in excluded.items())
        st.caption(f"Not tested: {formatting.escape_markdown(reasons)}.")
    st.caption(
        f"Logistic regression on the features, cross-validated by patient: {analysis.result['patients']:,} patients, "
        f"{analysis.result['cases']:,} cases. Even an untrained network's features predict some metadata; its AUROC is "
        "shown for comparison."
    )
    analysis_job.show_rerun(analysis, run)
    return tuple(str(alarm["fact"]) for alarm in alarms)


def _table(probed: list[dict[str, Any]]) -> None:
    import pandas as pd

    rows = [
        {
            "metadata": formatting.fact(fact["fact"]),
            "values": len(fact["values"]),
            "AUROC": fact["auroc"],
            "low": fact["low"],
            "high": fact["high"],
            "AUROC, untrained network": fact["blank"],
            "accuracy": fact["right"],
            "chance accuracy": fact["chance"],
            "association with label": fact["strength"],
            "p": fact["p"],
            "alarm": fact["alarm"],
        }
        for fact in probed
    ]
    rates = (
        "AUROC",
        "low",
        "high",
        "AUROC, untrained network",
        "right",
        "chance accuracy",
        "association with label",
    )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            **{name: st.column_config.NumberColumn(format="%.2f") for name in rates},
            "p": st.column_config.NumberColumn(format="%.2g"),
        },
    )
