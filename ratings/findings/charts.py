"""The charts of a case as figures for Plotly: plain dicts in its own vocabulary.

plotly itself is not imported: its `Figure` only validates, and takes over a hundred times as long. A test does that
with every figure of the demo. `static/js/charts.js` draws them and puts in the colours of the theme: a trace or shape
names its role in `name`, never a colour.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ratings.psychometrics.usual import UsualRange

LOWEST_Y, HIGHEST_Y = -16, 108
MISSING_Y = -10  # clear of the line "Not at all": a missing check-in is no rating, and no low one
RING = 4  # px from its middle
EVERY_LABEL_UP_TO = 12
HEIGHT, HEIGHT_WITH_AXIS = 120, 148
FOR_A_WORD = 14  # px above the picture


@dataclass(frozen=True, slots=True)
class Dot:
    """One session of one pillar."""

    number: int
    client: float | None  # POMP
    therapist: float | None
    below: bool  # under the client's own usual, inside a flagged session
    hover: str
    address: str = ""  # of the page of the session, which a click on the point opens
    missing: bool = False  # a check-in was asked for and did not come


@dataclass(frozen=True, slots=True)
class EarlierBand:
    """The usual range before the ratings settled lower, from its fifth rating to the last before the fall."""

    usual: UsualRange
    start: int
    end: int


def pillar_figure(
    dots: Sequence[Dot],
    usual: UsualRange | None,
    band_from: int | None = None,
    earlier: "EarlierBand | None" = None,
    marked: Collection[int] = (),
    changed: Collection[int] = (),
    with_axis: bool = False,
    worded: bool = True,
) -> dict[str, Any]:
    """One pillar over the sessions as a figure for Plotly.

    The client is a line, the therapist squares; vertical lines stand at the `marked` numbers. The usual range is drawn
    from session `band_from` on, and the `earlier` one up to where the ratings fell from it. `changed`: the sessions
    from which the client answered other questions; no line joins what is not compared. `worded`: the scale is in the
    words of our own answers; an instrument whose words we may not print has numbers.
    """
    numbers = [dot.number for dot in dots]
    low = [dot for dot in dots if dot.below and dot.client is not None]
    rated = [dot for dot in dots if dot.client is not None]
    line = [
        point
        for dot in dots
        for point in ([(dot.number - 0.5, None)] if dot.number in changed else []) + [(dot.number, dot.client)]
    ]
    traces = [
        _marks("therapist", [p for p in dots if p.therapist is not None], "therapist", "square-open", 9),
        {
            "type": "scatter",
            "name": "client",
            "mode": "lines",
            "x": [x for x, _y in line],
            "y": [y for _x, y in line],
            "connectgaps": False,
            "hoverinfo": "skip",
            "line": {"width": 2, "shape": "linear"},
        },
        _marks("client", [p for p in rated if not p.below], "client", "circle", 6),
        _marks("below", low, "client", "diamond", 12),
    ]
    return {
        "data": traces,
        "layout": {
            "height": (HEIGHT_WITH_AXIS if with_axis else HEIGHT) + (FOR_A_WORD if changed else 0),
            "margin": {"l": 0, "t": 8 + (FOR_A_WORD if changed else 0), "b": 36 if with_axis else 8, "r": 92},
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
            "shapes": _uprights("when", marked, "dot")
            + _uprights("change", [number - 0.5 for number in changed], "solid")
            + _rings([dot.number for dot in dots if dot.missing])
            + (_band(usual, band_from, max(numbers) + 0.5) if usual else [])
            + (_band(earlier.usual, earlier.start, earlier.end) if earlier else []),
            "annotations": [
                {
                    "text": _("new questions"),
                    "x": number - 0.5,
                    "y": 1,
                    "yref": "paper",
                    "xanchor": "left",
                    "yanchor": "bottom",
                    "showarrow": False,
                }
                for number in changed
            ],
        },
    }


def _marks(name: str, dots: Sequence[Dot], series: str, symbol: str, size: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "mode": "markers",
        "x": [dot.number for dot in dots],
        "y": [getattr(dot, series) for dot in dots],
        "marker": {"symbol": symbol, "size": size},
        "text": [dot.hover for dot in dots],
        "customdata": [dot.address for dot in dots],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _session_axis(numbers: Collection[int], with_axis: bool) -> dict[str, Any]:
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


def _uprights(name: str, along: Iterable[float], dash: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "name": name,
            "layer": "below",
            "xref": "x",
            "yref": "paper",
            "x0": x,
            "x1": x,
            "y0": 0,
            "y1": 1,
            "line": {"width": 1, "dash": dash},
        }
        for x in along
    ]


def _rings(numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Dotted like the ring in the key, which no symbol of a trace is."""
    return [
        {
            "type": "circle",
            "name": "few",
            "xsizemode": "pixel",
            "ysizemode": "pixel",
            "xanchor": number,
            "yanchor": MISSING_Y,
            "x0": -RING,
            "x1": RING,
            "y0": -RING,
            "y1": RING,
            "line": {"width": 1.5, "dash": "1.5px,2px"},
        }
        for number in numbers
    ]


def _band(usual: UsualRange, start: int | None, end: float) -> list[dict[str, Any]]:
    band: dict[str, Any] = {"xref": "x", "yref": "y", "layer": "below", "x0": start, "x1": end}
    dash = "dot" if usual.early else "solid"
    return [
        band | {"type": "rect", "name": "band", "y0": usual.low, "y1": usual.high, "line": {"width": 0}},
        *(
            band | {"type": "line", "name": "edge", "y0": y, "y1": y, "line": {"width": 1, "dash": dash}}
            for y in (usual.low, usual.high)
        ),
    ]
