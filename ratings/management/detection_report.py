"""The evaluation as an HTML page: the tables as text, and two charts."""

import html as escaping
import json
from collections.abc import Sequence

from django.conf import settings

from ratings.psychometrics.evaluation import report
from ratings.psychometrics.evaluation.compare import DEFAULT_ENTRY, ENTRIES, ScenarioResult
from ratings.psychometrics.evidence import Budget

BUNDLE = "static/vendor/plotly-basic.min.js"
CONFIG = {"displayModeBar": False, "showSendToCloud": False, "plotlyServerURL": "", "displaylogo": False}


def html(results: Sequence[ScenarioResult]) -> str:
    """The page, with the chart library inside, so that it needs nothing else."""
    bundle = (settings.BASE_DIR / BUNDLE).read_text(encoding="utf-8").replace("</script", "<\\/script")
    figures = {"shares": _shares(results), "reliability": _reliability(results)}
    slots = "".join(f'<div id="{name}"></div>' for name in figures)
    draw = "".join(f"Plotly.newPlot({json.dumps(name)},f.{name}.data,f.{name}.layout,c);" for name in figures)
    data = json.dumps(figures).replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Rupture detection, evaluated</title>'
        f"<h1>Rupture detection, evaluated on simulated episodes</h1>{slots}"
        f"<pre>{escaping.escape(report.plain(results))}</pre>"
        f"<script>{bundle}</script><script>const f={data},c={json.dumps(CONFIG)};{draw}</script></html>\n"
    )


def _shares(results):
    traces = []
    for entry in ENTRIES:
        cells = [result.cells[entry][Budget.NORMAL].caught for result in results]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": entry,
                "x": [result.name for result in results],
                "y": [round(cell.value, 4) for cell in cells],
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [round(cell.high - cell.value, 4) for cell in cells],
                    "arrayminus": [round(cell.value - cell.low, 4) for cell in cells],
                },
            }
        )
    return {"data": traces, "layout": {"title": {"text": "Share caught at 5 new alerts per 100 quiet sessions"}}}


def _reliability(results):
    traces = [{"type": "scatter", "mode": "lines", "name": "perfect", "x": [0, 1], "y": [0, 1]}]
    for result in results:
        bands = result.reliability[DEFAULT_ENTRY]
        x, y = [round(band.stated, 4) for band in bands], [round(band.true, 4) for band in bands]
        traces.append({"type": "scatter", "mode": "lines+markers", "name": result.name, "x": x, "y": y})
    return {"data": traces, "layout": {"title": {"text": "Stated and true share of sessions in a rupture"}}}
