"""The charts of a case: plain dataclasses to Plotly figures. The only module that imports plotly.

`static/js/charts.js` draws them and puts in the colours of the theme: a trace or shape names its role in `meta`
or `name`, never a colour.
"""

from dataclasses import dataclass

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from ratings.psychometrics.usual import UsualRange

LOWEST_Y, HIGHEST_Y = -8, 108
EVERY_LABEL_UP_TO = 12
HEIGHT, HEIGHT_WITH_AXIS = 120, 148


@dataclass(frozen=True, slots=True)
class Dot:
    """One session of one pillar."""

    number: int
    client: float | None  # POMP
    therapist: float | None
    below: bool  # under the client's own usual, inside a flagged session
    hover: str


def pillar_figure(dots, usual: UsualRange | None, band_from=None, marked=(), with_axis=False, worded=True):
    """One pillar over the sessions: client line, therapist squares, and vertical lines at the `marked` numbers.

    The usual range is drawn from session `band_from` on. `worded`: the scale is in the words of our own answers; an
    instrument whose words we may not print has numbers.
    """
    numbers = [dot.number for dot in dots]
    low = [dot for dot in dots if dot.below and dot.client is not None]
    rated = [dot for dot in dots if dot.client is not None]
    missing = [dot.number for dot in dots if dot.client is None]
    traces = [
        _marks("therapist", [p for p in dots if p.therapist is not None], "therapist", "square-open", 9),
        {
            "type": "scatter",
            "name": "client",
            "mode": "lines",
            "x": numbers,
            "y": [dot.client for dot in dots],
            "connectgaps": False,
            "hoverinfo": "skip",
            "line": {"width": 2, "shape": "linear"},
        },
        _marks("client", [p for p in rated if not p.below], "client", "circle", 6),
        _marks("below", low, "client", "diamond", 12),
        {
            "type": "scatter",
            "name": "few",
            "mode": "markers",
            "x": missing,
            "y": [0] * len(missing),
            "marker": {"symbol": "circle-open", "size": 8},
            "hoverinfo": "skip",
        },
    ]
    return go.Figure(
        data=traces,
        layout={
            "template": "none",
            "height": HEIGHT_WITH_AXIS if with_axis else HEIGHT,
            "margin": {"l": 0, "t": 8, "b": 36 if with_axis else 8, "r": 92},
            "showlegend": False,
            "hovermode": "closest",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "dragmode": False,
            "font": {"size": 13},
            "xaxis": _session_axis(numbers, with_axis),
            "yaxis": {
                "range": [LOWEST_Y, HIGHEST_Y],
                "fixedrange": True,
                "side": "right",
                "tickvals": [100, 50, 0],
                "ticktext": [_("Completely"), _("Somewhat"), _("Not at all")] if worded else ["100", "50", "0"],
                "zeroline": False,
                "showline": False,
                "ticks": "outside",
                "ticklen": 6,  # a gap between the picture and its words
                "tickcolor": "rgba(0,0,0,0)",
            },
            "shapes": _shapes(numbers, usual, band_from, marked),
        },
    )


def _marks(name, dots, series, symbol, size):
    return {
        "type": "scatter",
        "name": name,
        "mode": "markers",
        "x": [dot.number for dot in dots],
        "y": [getattr(dot, series) for dot in dots],
        "marker": {"symbol": symbol, "size": size},
        "text": [dot.hover for dot in dots],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _session_axis(numbers, with_axis):
    last = max(numbers, default=1)
    return {
        "range": [0.5, last + 0.5],
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "showticklabels": with_axis,
        "tickvals": [n for n in range(1, last + 1) if last <= EVERY_LABEL_UP_TO or n % 5 == 0 or n == 1],
    }


def _shapes(numbers, usual, band_from, marked):
    shapes = [
        {
            "type": "line",
            "name": "when",
            "layer": "below",
            "xref": "x",
            "yref": "paper",
            "x0": number,
            "x1": number,
            "y0": 0,
            "y1": 1,
            "line": {"width": 1, "dash": "dot"},
        }
        for number in marked
    ]
    if usual:
        band = {"xref": "x", "yref": "y", "layer": "below", "x0": band_from, "x1": max(numbers) + 0.5}
        dash = "dot" if usual.early else "solid"
        shapes.append(band | {"type": "rect", "name": "band", "y0": usual.low, "y1": usual.high, "line": {"width": 0}})
        shapes += [
            band | {"type": "line", "name": "edge", "y0": y, "y1": y, "line": {"width": 1, "dash": dash}}
            for y in (usual.low, usual.high)
        ]
    return shapes
