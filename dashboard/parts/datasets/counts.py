"""The table of a dataset by split: images of each class, known findings, or the distribution of numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.curation.records import SPLITS
from core.services.annotation import numeric_answers
from dashboard import formatting
from db.vocabulary import TaskKind

SPLIT_TITLES = {"train": "Train", "val": "Validation", "test": "Test"}
Summary = Mapping[str, Any]
TableRow = dict[str, Any]

CAPTIONS = {
    TaskKind.NUMBER: "Mean ± standard deviation, and range.",
    TaskKind.MULTI: "Images with the finding present / absent / unknown, and patients with the finding.",
}
"""What the cells of each kind of table show."""


def show(kind: TaskKind, summary: Summary, classes: Sequence[str], titles: Sequence[str]) -> None:
    """Draw the table of a dataset, and a caption that says what its cells show."""
    import pandas as pd

    if kind is TaskKind.NUMBER:
        lines = _numbers(summary)
    else:
        lines = (_findings if kind is TaskKind.MULTI else _classes)(summary, classes, titles)
    st.dataframe(pd.DataFrame([*lines, _all(summary, kind)]), hide_index=True)
    st.caption(CAPTIONS.get(kind, "Images (patients; those who are one person count once)."))


def _persons(counts: Mapping[str, Any], name: str | None = None) -> int:
    """Return the patients of a split or one of its classes, those who are one person once."""
    total, of_class = ("persons", "persons_by_label") if "persons" in counts else ("patients", "patients_by_label")
    return int(counts[total] if name is None else counts[of_class][name])


def _classes(summary: Summary, classes: Sequence[str], titles: Sequence[str]) -> list[TableRow]:
    """Return images (patients) of each class in each split, and the samples of an epoch after balancing."""
    lines = []
    for name, title in zip(classes, titles, strict=True):
        line: TableRow = {"class": title}
        for split in SPLITS:
            counts = summary[split]
            line[SPLIT_TITLES[split]] = f"{counts['labels'][name]:,} ({_persons(counts, name):,})"
        balanced = summary["train"]["balanced"]
        line["samples per epoch"] = f"{balanced['labels'][name]:,}"
        line["weighted images"] = f"{balanced['weight'][name]:,.0f}"
        lines.append(line)
    return lines


def _findings(summary: Summary, classes: Sequence[str], titles: Sequence[str]) -> list[TableRow]:
    lines = []
    for name, title in zip(classes, titles, strict=True):
        line: TableRow = {"finding": title}
        for split in SPLITS:
            finding, patients = summary[split]["findings"][name], _persons(summary[split], name)
            line[SPLIT_TITLES[split]] = (
                f"{finding['present']:,} / {finding['absent']:,} / {finding['unknown']:,} · "
                f"{formatting.count(patients, 'patient')}"
            )
        lines.append(line)
    return lines


def _numbers(summary: Summary) -> list[TableRow]:
    measure = summary.get("measure", "")
    mean: TableRow = {"number": f"mean, {measure}" if measure else "mean"}
    span: TableRow = {"number": "range"}
    for split in SPLITS:
        number = summary[split]["number"]
        known = number["mean"] is not None
        mean[SPLIT_TITLES[split]] = f"{number['mean']:.1f} ± {number['deviation']:.1f}" if known else "–"
        span[SPLIT_TITLES[split]] = (
            f"{numeric_answers.format_value(number['low'])} to {numeric_answers.format_value(number['high'])}"
            if known
            else "–"
        )
    return [mean, span]


def _all(summary: Summary, kind: TaskKind) -> TableRow:
    first = {TaskKind.NUMBER: "number", TaskKind.MULTI: "finding"}.get(kind, "class")
    line: TableRow = {first: "all"}
    for split in SPLITS:
        line[SPLIT_TITLES[split]] = f"{summary[split]['images']:,} ({_persons(summary[split]):,})"
    if first == "class":
        line |= {"samples per epoch": f"{summary['train']['balanced']['images']:,}", "weighted images": ""}
    return line
