"""Show the saliency check of a run: a banner where maps do not depend on the model, and the details."""

import streamlit as st

from core.explain import EXPLAINERS
from core.services.analysis import saliency_check
from core.services.analysis.registry import AnalysisView
from core.services.saliency import maps
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.review import analysis_job

PARTS = {
    "weights": "Weight randomisation",
    "answers": "Model skill",
    "classes": "Class sensitivity",
    "taken": "Deletion and insertion",
    "where": "Heat outside the body",
    "marks": "Text and markers",
    "hits": "Pointing game",
}


def show(run: RunView) -> None:
    """Draw the choice of the method, then the result of its check with all numbers, or the button that starts it."""
    offered = dict(maps.methods(run))
    if not offered:
        return
    checks = saliency_check.by_method(context.app_context().db, run.id)
    method: str = st.selectbox(
        "Saliency method",
        offered,
        format_func=offered.__getitem__,
        key=f"trust_method_{run.id}",
        help="Each method is checked separately.",
    )
    check, busy = checks.get(method), analysis_job.show_progress(run, "check")
    if check is not None and not check.stale:
        _verdict(check, f"{offered[method]} maps")
        _details(check, run)
    elif not busy:
        analysis_job.show_start(
            run,
            "check",
            request={"method": method},
            button=f"Check the {offered[method]} maps",
            empty=analysis_job.OUTDATED if check else _unchecked(f"{offered[method]} maps"),
        )


def show_line(run: RunView, method: str, *, named: bool = False) -> bool:
    """Draw the check result of a map's run and method; return whether it was checked. `named`: name the run."""
    about = f"{EXPLAINERS[method].title} maps" + f" of run {run.id}" * named
    check = saliency_check.by_method(context.app_context().db, run.id).get(method)
    if check is None or check.stale:
        st.caption(_unchecked(about))
        return False
    _verdict(check, about)
    return True


def show_banners(run: RunView) -> None:
    """Draw a banner for each checked method whose maps do not depend on the model."""
    checks = saliency_check.by_method(context.app_context().db, run.id).values() if run.external_source is None else ()
    for check in checks:
        outcome = saliency_check.verdict(check.result)
        if outcome.passed is False and not check.stale:
            _banner(f"{check.result['title']} maps", outcome.words)


def _unchecked(about: str) -> str:
    return f"{about} have not been checked. They may not depend on what the model learned."


def _verdict(check: AnalysisView, about: str) -> None:
    outcome, result = saliency_check.verdict(check.result), check.result
    sample = f"{result['cases']} {result['split']} cases"
    if outcome.passed is False:
        _banner(about, outcome.words)
        return
    if result["marks"]["flagged"]:
        st.warning(f"{about}: {formatting.escape_markdown(str(result['marks']['words']))}", icon=":material/warning:")
    if outcome.passed:
        st.caption(f"{about} passed the saliency check on {sample}: {formatting.escape_markdown(outcome.words)}")
    else:
        st.warning(
            f"{about} did not pass the saliency check on {sample}: {formatting.escape_markdown(outcome.words)}",
            icon=":material/help:",
        )


def _banner(about: str, words: str) -> None:
    st.error(f"{about}: {formatting.escape_markdown(words)}", icon=":material/warning:")


def _details(check: AnalysisView, run: RunView) -> None:
    """Draw each part of the check with its sentence, and all numbers as a table."""
    import pandas as pd

    with st.expander("Details of the saliency check"):
        for name, title in PARTS.items():
            st.markdown(f"**{title}.** {formatting.escape_markdown(check.result[name]['words'])}")
        st.dataframe(pd.DataFrame(_rows(check)), hide_index=True)
        analysis_job.show_rerun(check, run)


def _rows(check: AnalysisView) -> list[dict[str, object]]:
    result, weights = check.result, check.result["weights"]
    rows: list[dict[str, object]] = [
        {"metric": "rank correlation with maps of randomised weights", **_spread(weights["similarity"])},
        {"metric": "rank correlation between maps of two different cases", **_spread(weights["pairs"])},
        {"metric": "rank correlation with the map of another class", **_spread(result["classes"]["similarity"])},
    ]
    rows += [
        {"metric": f"rank correlation, layers randomised down to {step['down_to']}", "value": step["similarity"]}
        for step in weights["cascade"]
    ]
    for name in ("deletion", "insertion"):
        rows += [
            {"metric": f"{name} by {by}", **_spread(result["taken"][by][name])}
            for by in ("map", "chance", "middle")
            if by in result["taken"]
        ]
    rows.append({"metric": "share of heat outside the body", **_spread(result["where"]["outside"])})
    for marks in result["marks"]["classes"]:
        rows += [
            {"metric": f"share of heat on text and markers, class {marks['class'] + 1}", **_spread(marks["with"])},
            {"metric": "share of heat at these places in images without", **_spread(marks["without"])},
        ]
    return rows


def _spread(estimate: dict[str, float | int | None]) -> dict[str, object]:
    return {"value": estimate["value"], "low": estimate["low"], "high": estimate["high"], "n": estimate["n"]}
