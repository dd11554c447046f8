"""Check the one table of metrics: what it draws of undefined ones, and that a class's name is text."""

import re

from streamlit.testing.v1 import AppTest

from core.evaluation.metrics import METRICS


def drawn(script) -> str:
    app = AppTest.from_function(script).run()
    assert not app.exception
    return " ".join(element.proto.body for element in app.get("html"))


def test_the_name_of_a_class_is_text_and_not_markup():
    def script():
        from core.evaluation.metric_value import MetricValue
        from dashboard.parts.widgets import metric_table

        lines = {"<b>ill</b>": {"auroc": MetricValue(0.9, 0.8, 0.95, 40, note='"few"')}}
        metric_table.by_row("Classes", lines, ("auroc",), of="class", name="classes", key="classes")

    table = drawn(script)
    assert "<th>class</th><th>AUROC (95 % CI)</th>" in table
    assert "<td>&lt;b&gt;ill&lt;/b&gt;</td>" in table
    assert '<td title="&quot;few&quot;">0.900 (0.800–0.950)</td>' in table


def test_an_undefined_difference_gives_its_reason_and_no_interval():
    def script():
        from core.evaluation.metric_value import MetricValue
        from dashboard import formatting
        from dashboard.parts.widgets import metric_table

        half, undefined = MetricValue(0.5, None, None, 4), MetricValue(None, None, None, 0, note="No case < 1.")
        sides = {"run 1": {"f1": half, "npv": undefined}, "run 2": {"f1": half, "npv": undefined}}
        sides["difference"] = {"f1": MetricValue(-0.25, -0.5, 0.125, 4, method="Wilson"), "npv": undefined}
        metric_table.comparison(
            "Both",
            sides,
            metric_table.HEADINGS,
            {"f1": "no clear difference", "npv": ""},
            value=formatting.format_metric,
            signed=formatting.signed,
            name="comparison",
        )

    table = drawn(script)
    assert "<th>run 2 − run 1 (95 % CI)</th><th>run 2 is</th>" in table
    assert (
        "<td>F1</td><td>0.500</td><td>0.500</td><td><b>−0.250</b> (−0.500 to +0.125)</td><td>no clear difference</td>"
        "<td>Wilson</td>"
    ) in table
    assert "<td>NPV</td><td>undefined</td><td>undefined</td><td>No case &lt; 1.</td><td></td><td></td>" in table


def test_every_metric_of_a_report_has_a_title_in_the_table():
    def script():
        from core.evaluation.report import report
        from dashboard.parts.widgets import metric_table

        scores = [[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]]
        metrics = report(scores, [0, 1, 0, 1], list("abcd"), ["well", "ill"], ordered=True, resamples=2).metrics
        metric_table.table(metrics, name="figures")

    table = drawn(script)
    assert re.findall(r"<tr><td>([^<]+)<", table) == [
        metric.title + " (lower is better)" * (not metric.higher_is_better) for metric in METRICS.values()
    ]
