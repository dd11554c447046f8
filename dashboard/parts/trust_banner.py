"""Over a run's maps: the banner where they do not depend on what it learned, and what the saliency check found."""

import streamlit as st

from core.services.examining import ExaminationView
from core.services.runs import RunView
from dashboard.parts import trust_job

PARTS = {"weights": "Weights drawn anew", "answers": "Answers", "classes": "Other classes", "taken": "What is hot",
         "where": "Where the heat lies", "marks": "Text and markers", "hits": "Pointing game"}  # fmt: skip


def show(run: RunView, *, details: bool = True) -> bool:
    """The banner, or in one line that nothing is wrong; gives whether the maps carry a banner."""
    found = trust_job.show(run, "check", button="Check the maps of this run",
                           empty="The maps of this run were not checked yet: whether they depend on what the model "
                           "learned is not known.")  # fmt: skip
    if found is None:
        return False
    banner = str(found.result["banner"])
    if banner:
        st.error(banner, icon=":material/warning:")
    else:
        told = found.result
        if told["marks"]["flagged"]:
            st.warning(told["marks"]["words"], icon=":material/warning:")
        st.caption(f"{told['title']} maps were checked on {told['cases']} {told['split']} cases and passed.")
    if details:
        _details(found, run)
    return bool(banner)


def _details(found: ExaminationView, run: RunView) -> None:
    """Every part with its sentence, and its numbers as a table."""
    import pandas as pd

    with st.expander("What the saliency check found"):
        for name, title in PARTS.items():
            st.markdown(f"**{title}.** {found.result[name]['words']}")
        st.dataframe(pd.DataFrame(_lines(found)), hide_index=True)
        trust_job.again(found, run)


def _lines(found: ExaminationView) -> list[dict[str, object]]:
    told, weights = found.result, found.result["weights"]
    lines: list[dict[str, object]] = [
        {"figure": "rank correlation with maps of weights drawn anew", **_spread(weights["similarity"])},
        {"figure": "rank correlation of maps of two different cases", **_spread(weights["pairs"])},
        {"figure": "rank correlation with the map of another class", **_spread(told["classes"]["similarity"])},
    ]
    lines += [{"figure": f"the same, layers drawn anew down to {one['down_to']}", "value": one["similarity"]}
              for one in weights["cascade"]]  # fmt: skip
    for name in ("deletion", "insertion"):
        lines += [{"figure": f"{name} by {by}", **_spread(told["taken"][by][name])}
                  for by in ("map", "chance", "middle") if by in told["taken"]]  # fmt: skip
    lines.append({"figure": "share of heat outside the body", **_spread(told["where"]["outside"])})
    for one in told["marks"]["classes"]:
        lines += [{"figure": f"share of heat on text and markers, class {one['class'] + 1}", **_spread(one["with"])},
                  {"figure": "the same places of pictures without", **_spread(one["without"])}]  # fmt: skip
    return lines


def _spread(one: dict[str, float | int | None]) -> dict[str, object]:
    return {"value": one["value"], "low": one["low"], "high": one["high"], "n": one["n"]}
