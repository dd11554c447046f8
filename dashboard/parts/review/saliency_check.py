"""Over a run's maps: the banner where they do not depend on what it learned, and what the saliency check found."""

import streamlit as st

from core.explain import EXPLAINERS
from core.services.analysis import saliency_check
from core.services.analysis.registry import AnalysisView
from core.services.saliency import maps
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.review import analysis_job

PARTS = {
    "weights": "Weights drawn anew",
    "answers": "Answers",
    "classes": "Other classes",
    "taken": "What is hot",
    "where": "Where the heat lies",
    "marks": "Text and markers",
    "hits": "Pointing game",
}


def show(run: RunView) -> None:
    """The method that is asked for, what its check found with every number, or the button that starts it."""
    offered = dict(maps.methods(run))
    if not offered:
        return
    checks = saliency_check.by_method(context.app_context().db, run.id)
    method: str = st.selectbox(
        "Maps by",
        offered,
        format_func=offered.__getitem__,
        key=f"trust_method_{run.id}",
        help="A check says nothing of other methods: each is checked by itself.",
    )
    found, busy = checks.get(method), analysis_job.show_progress(run, "check")
    if found is not None and not found.stale:
        _verdict(found, f"{offered[method]} maps")
        _details(found, run)
    elif not busy:
        analysis_job.show_start(
            run,
            "check",
            asked={"method": method},
            button=f"Check the {offered[method]} maps",
            empty=analysis_job.OLD if found else _unchecked(f"{offered[method]} maps"),
        )


def line(run: RunView, method: str, *, named: bool = False) -> bool:
    """Beside a map: what the check of its own run and method came to; gives whether there is one. `named`: the run."""
    about = f"{EXPLAINERS[method].title} maps" + f" of run {run.id}" * named
    found = saliency_check.by_method(context.app_context().db, run.id).get(method)
    if found is None or found.stale:
        st.caption(_unchecked(about))
        return False
    _verdict(found, about)
    return True


def over(run: RunView) -> None:
    """Over everything: the maps of this run that say nothing of its model, by each method that was checked."""
    checks = saliency_check.by_method(context.app_context().db, run.id).values() if run.external_source is None else ()
    for found in checks:
        told = saliency_check.verdict(found.result)
        if told.passed is False and not found.stale:
            _banner(f"{found.result['title']} maps", told.words)


def _unchecked(about: str) -> str:
    return f"{about} were not checked yet: whether they depend on what the model learned is not known."


def _verdict(found: AnalysisView, about: str) -> None:
    told, result = saliency_check.verdict(found.result), found.result
    where = f"{about} were checked on {result['cases']} {result['split']} cases"
    if told.passed is False:
        _banner(about, told.words)
        return
    if result["marks"]["flagged"]:
        st.warning(f"{about}: {formatting.escape_markdown(str(result['marks']['words']))}", icon=":material/warning:")
    if told.passed:
        st.caption(f"{where} and passed: {told.words}")
    else:
        st.warning(f"{where}. They did not pass: {formatting.escape_markdown(told.words)}", icon=":material/help:")


def _banner(about: str, words: str) -> None:
    st.error(f"{about}: {formatting.escape_markdown(words)}", icon=":material/warning:")


def _details(found: AnalysisView, run: RunView) -> None:
    """Every part with its sentence, and its numbers as a table."""
    import pandas as pd

    with st.expander("What the saliency check found"):
        for name, title in PARTS.items():
            st.markdown(f"**{title}.** {found.result[name]['words']}")
        st.dataframe(pd.DataFrame(_lines(found)), hide_index=True)
        analysis_job.show_rerun(found, run)


def _lines(found: AnalysisView) -> list[dict[str, object]]:
    told, weights = found.result, found.result["weights"]
    lines: list[dict[str, object]] = [
        {"figure": "rank correlation with maps of weights drawn anew", **_spread(weights["similarity"])},
        {"figure": "rank correlation of maps of two different cases", **_spread(weights["pairs"])},
        {"figure": "rank correlation with the map of another class", **_spread(told["classes"]["similarity"])},
    ]
    lines += [
        {"figure": f"the same, layers drawn anew down to {one['down_to']}", "value": one["similarity"]}
        for one in weights["cascade"]
    ]
    for name in ("deletion", "insertion"):
        lines += [
            {"figure": f"{name} by {by}", **_spread(told["taken"][by][name])}
            for by in ("map", "chance", "middle")
            if by in told["taken"]
        ]
    lines.append({"figure": "share of heat outside the body", **_spread(told["where"]["outside"])})
    for one in told["marks"]["classes"]:
        lines += [
            {"figure": f"share of heat on text and markers, class {one['class'] + 1}", **_spread(one["with"])},
            {"figure": "the same places of pictures without", **_spread(one["without"])},
        ]
    return lines


def _spread(one: dict[str, float | int | None]) -> dict[str, object]:
    return {"value": one["value"], "low": one["low"], "high": one["high"], "n": one["n"]}
