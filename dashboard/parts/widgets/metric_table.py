"""Draw metrics with their 95 % intervals as one HTML table, with a CSV of all digits beside its title."""

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.evaluation.metric_value import BETTER, WORSE, MetricValue
from core.evaluation.metrics import METRICS
from dashboard import formatting
from dashboard.parts.widgets import chart

TITLES = {key: metric.title for key, metric in METRICS.items()}
LOWER_IS_BETTER = {key for key, metric in METRICS.items() if not metric.higher_is_better}
HEADINGS = {key: title + " (lower is better)" * (key in LOWER_IS_BETTER) for key, title in TITLES.items()}
COMPARED_PARTS = ("value", "low", "high", "n", "method", "note")

Metrics = Mapping[str, MetricValue]


def table(metrics: Metrics, *, name: str, key: str = "figures", at: str = "") -> None:
    """Draw a row for each metric: value, 95 % CI, n and CI method; `at` is the table's `data-at`."""
    rows = [_metric_row(html.escape(HEADINGS[metric]), figure) for metric, figure in metrics.items()]
    header = ("metric", "value", "95 % CI", "n", "CI method")
    draw("Metrics", header, rows, csv=lambda: figures_csv(metrics), name=name, key=key, at=at)
    if footnotes := notes(metrics):
        st.caption(f"\\* {footnotes}")


def by_row(
    title: str,
    lines: Mapping[str, Metrics],
    columns: Sequence[str],
    *,
    of: str,
    name: str,
    key: str,
    csv: Callable[[], bytes] | None = None,
) -> None:
    """Draw a row for each line, such as a class, and a column for each metric; the CSV holds every metric of a line."""
    header = (of, *(f"{HEADINGS[column]} (95 % CI)" for column in columns))
    rows = [
        _row(html.escape(line), *(_interval_cell(metrics[column]) for column in columns))
        for line, metrics in lines.items()
    ]
    draw(title, header, rows, csv=csv or (lambda: as_csv(lines, of=of)), name=name, key=key)


def comparison(
    title: str,
    sides: Mapping[str, Metrics],
    titles: Mapping[str, str],
    changes: Mapping[str, str],
    *,
    value: Callable[[MetricValue], str],
    signed: Callable[[float], str],
    name: str,
) -> None:
    """Draw a row for each metric of the last side, "difference": baseline, run, run − baseline, and what it means.

    `changes` says of each metric whether the run is better or worse.
    """
    first, second, difference = sides
    differ = f"{second} − {first} (95 % CI)"
    header = ("metric", f"{first}, baseline (95 % CI)", f"{second} (95 % CI)", differ, f"{second} is", "CI method")
    rows = [
        _row(
            html.escape(titles.get(metric, metric)),
            *(_cell(html.escape(value(sides[side][metric]))) for side in (first, second)),
            *_difference_cells(figure, signed, changes[metric]),
        )
        for metric, figure in sides[difference].items()
    ]
    draw(title, header, rows, csv=lambda: comparison_csv(sides, changes), name=name, key="compare")


def draw(
    title: str,
    header: Sequence[str],
    rows: Iterable[str],
    *,
    csv: Callable[[], bytes],
    name: str,
    key: str,
    at: str = "",
) -> None:
    """Draw the title with its CSV button, then the HTML rows below their header."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{title}**", width="stretch")
        chart.csv_button(csv, name=name, key=key)
    head = "".join(f"<th>{html.escape(column)}</th>" for column in header)
    body = "".join(rows)
    st.html(f'<table class="rd-figures" data-at="{at}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def figures_csv(metrics: Metrics) -> bytes:
    """Return a line for each metric with all digits."""
    columns: dict[str, list[Any]] = {"figure": list(metrics)}
    return chart.as_csv(columns | _columns(metrics.values()))


def as_csv(lines: Mapping[str, Metrics], *, of: str) -> bytes:
    """Return a line for each metric of each line with all digits; the column `of` names the line."""
    flat = [(line, metric, figure) for line, metrics in lines.items() for metric, figure in metrics.items()]
    columns: dict[str, list[Any]] = {of: [line for line, _, _ in flat], "figure": [metric for _, metric, _ in flat]}
    return chart.as_csv(columns | _columns(figure for _, _, figure in flat))


def _columns(metrics: Iterable[MetricValue]) -> dict[str, list[Any]]:
    rows = [metric.to_json() for metric in metrics]
    return {key: [row[key] for row in rows] for key in MetricValue(None, None, None, 0).to_json()}


def comparison_csv(sides: Mapping[str, Metrics], changes: Mapping[str, str]) -> bytes:
    """Return a line for each metric that is compared: of both runs, and the "difference" run − baseline."""
    first, second, difference = sides
    columns: dict[str, list[Any]] = {"figure": list(sides[difference])}
    for side, metrics in sides.items():
        for part in COMPARED_PARTS:
            columns[f"{side} {part}"] = [metrics[metric].to_json()[part] for metric in sides[difference]]
    columns["difference is"] = [f"{second} − {first}"] * len(columns["figure"])
    columns[f"{second} is"] = [changes[metric] for metric in sides[difference]]
    return chart.as_csv(columns)


def notes(metrics: Metrics) -> str:
    """Return the notes of metrics that have a value, each once with the names of those that it is about."""
    names: dict[str, list[str]] = {}
    for metric, figure in metrics.items():
        if figure.note and figure.value is not None:
            names.setdefault(figure.note, []).append(TITLES[metric])
    return " ".join(f"{', '.join(metrics)}: {formatting.escape_markdown(note)}" for note, metrics in names.items())


def intervals(figures: Iterable[MetricValue]) -> str:
    """Return the CI methods of a table that has no column for them."""
    methods = ", ".join(dict.fromkeys(figure.method for figure in figures if figure.method))
    return f"CI method: {methods}." if methods else ""


def _row(*cells: str) -> str:
    first, *others = cells
    return f"<tr><td>{first}</td>{''.join(others)}</tr>"


def _cell(markup: str) -> str:
    return f"<td>{markup}</td>"


def _interval_cell(figure: MetricValue) -> str:
    return f'<td title="{html.escape(figure.note)}">{html.escape(formatting.format_metric(figure))}</td>'


def _metric_row(title: str, figure: MetricValue) -> str:
    if figure.value is None:
        return _row(title, f'<td colspan="4" class="rd-why">{html.escape(figure.note or "Undefined.")}</td>')
    span = "–" if figure.ci_low is None or figure.ci_high is None else f"{figure.ci_low:.3f}–{figure.ci_high:.3f}"
    method = figure.method or ("" if figure.ci_low is not None else "none")
    footnote = '<sup class="rd-note">*</sup>' if figure.note else ""
    values = (f"<b>{figure.value:.3f}</b>", span, f"{figure.n:,}", html.escape(method))
    return _row(f"{title}{footnote}", *map(_cell, values))


def _difference_cells(figure: MetricValue, signed: Callable[[float], str], change: str) -> tuple[str, str, str]:
    if figure.value is None:
        return _cell(html.escape(figure.note or "undefined")), _cell(""), _cell("")
    span = (
        ""
        if figure.ci_low is None or figure.ci_high is None
        else f" ({signed(figure.ci_low)} to {signed(figure.ci_high)})"
    )
    meaning = f"<b>{change}</b>" if change in (BETTER, WORSE) else change
    return (
        _cell(f"<b>{signed(figure.value)}</b>{span}"),
        _cell(meaning),
        _cell(html.escape(figure.method or figure.note)),
    )
