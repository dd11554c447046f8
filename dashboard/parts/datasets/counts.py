"""What stands in each split of a dataset: images of each class, findings that are known, or numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.curation.records import SPLITS
from core.services.annotation import numeric_answers
from dashboard import formatting
from db.vocabulary import TaskKind

SPLIT_TITLES = {"train": "Train", "val": "Validation", "test": "Test"}
Summary = Mapping[str, Any]
Line = dict[str, Any]

SAID = {
    TaskKind.NUMBER: "Mean ± standard deviation, and from the least to the most.",
    TaskKind.MULTI: "Images: present / absent / unknown, and the patients in whom it is present.",
}
"""What the figures of a table are."""


def show(kind: TaskKind, summary: Summary, classes: Sequence[str], titles: Sequence[str]) -> None:
    """The table of a dataset of this kind, and what its figures are."""
    import pandas as pd

    if kind is TaskKind.NUMBER:
        lines = _numbers(summary)
    else:
        lines = (_findings if kind is TaskKind.MULTI else _classes)(summary, classes, titles)
    st.dataframe(pd.DataFrame([*lines, _all(summary, kind)]), hide_index=True)
    st.caption(SAID.get(kind, "Images, in brackets patients."))


def _classes(summary: Summary, classes: Sequence[str], titles: Sequence[str]) -> list[Line]:
    """Images (patients) of each class in each split, and what an epoch will see after balancing."""
    lines = []
    for name, title in zip(classes, titles, strict=True):
        line: Line = {"class": title}
        for split in SPLITS:
            told = summary[split]
            line[SPLIT_TITLES[split]] = f"{told['labels'][name]:,} ({told['patients_by_label'][name]:,})"
        balanced = summary["train"]["balanced"]
        line["an epoch shows"] = f"{balanced['labels'][name]:,}"
        line["weight"] = f"{balanced['weight'][name]:,.0f}"
        lines.append(line)
    return lines


def _findings(summary: Summary, classes: Sequence[str], titles: Sequence[str]) -> list[Line]:
    lines = []
    for name, title in zip(classes, titles, strict=True):
        line: Line = {"finding": title}
        for split in SPLITS:
            one, patients = summary[split]["findings"][name], summary[split]["patients_by_label"][name]
            line[SPLIT_TITLES[split]] = (
                f"{one['present']:,} / {one['absent']:,} / {one['unknown']:,} · {formatting.count(patients, 'patient')}"
            )
        lines.append(line)
    return lines


def _numbers(summary: Summary) -> list[Line]:
    measure = summary.get("measure", "")
    mean: Line = {"number": f"mean, {measure}" if measure else "mean"}
    span: Line = {"number": "range"}
    for split in SPLITS:
        one = summary[split]["number"]
        known = one["mean"] is not None
        mean[SPLIT_TITLES[split]] = f"{one['mean']:.1f} ± {one['deviation']:.1f}" if known else "–"
        span[SPLIT_TITLES[split]] = (
            f"{numeric_answers.format_value(one['low'])} to {numeric_answers.format_value(one['high'])}"
            if known
            else "–"
        )
    return [mean, span]


def _all(summary: Summary, kind: TaskKind) -> Line:
    first = {TaskKind.NUMBER: "number", TaskKind.MULTI: "finding"}.get(kind, "class")
    line: Line = {first: "all"}
    for split in SPLITS:
        line[SPLIT_TITLES[split]] = f"{summary[split]['images']:,} ({summary[split]['patients']:,})"
    if first == "class":
        line |= {"an epoch shows": f"{summary['train']['balanced']['images']:,}", "weight": ""}
    return line
