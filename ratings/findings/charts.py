"""The charts of a case as figures for Plotly: plain dicts in its own vocabulary.

plotly itself is not imported: its `Figure` only validates, and takes over a hundred times as long. A test does that
with every figure of the demo. `static/js/charts.js` draws them and puts in the colours of the theme: a trace or shape
names its role in `name`, never a colour.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from ratings.findings.date_axis import DateAxis, is_joined
from ratings.psychometrics.usual import UsualRange

LOWEST_Y, HIGHEST_Y = -16, 108
MISSING_Y = -10  # clear of the line "Not at all": a missing check-in is no rating, and no low one
RING = 4  # px from its middle
AWAY_Y = 0  # of a break: on the line "Not at all"
HEIGHT, BELOW_AXIS = 120, 40  # px; two lines stand below the axis
FOR_A_WORD = 14  # px above the picture


@dataclass(frozen=True, slots=True)
class Dot:
    """One session of one pillar."""

    number: int
    at: datetime  # local
    client: float | None  # POMP
    therapist: float | None
    below: bool  # under the client's own usual, inside a flagged session
    hover: str
    address: str = ""  # of the page of the session, which a click on the point opens
    missing: bool = False  # a check-in was asked for and did not come


@dataclass(frozen=True, slots=True)
class EarlierBand:
    """The usual range before the ratings settled lower, from the session of its fifth rating to the last before."""

    usual: UsualRange
    start: int
    end: int


def pillar_figure(
    dots: Sequence[Dot],
    axis: DateAxis,
    usual: UsualRange | None,
    band_from: int | None = None,
    earlier: "EarlierBand | None" = None,
    marked: Collection[int] = (),
    changed: Collection[int] = (),
    with_axis: bool = False,
    worded: bool = True,
) -> dict[str, Any]:
    """One pillar over the days as a figure for Plotly.

    The client is a line, the therapist squares; vertical lines stand at the `marked` sessions, a thick one along the
    bottom over a break. The usual range is drawn from session `band_from` on, and the `earlier` one up to where the
    ratings fell from it. `changed`: the sessions from which the client answered other questions; no line joins what is
    not compared, nor what a break lies between. `worded`: the scale is in the words of our own answers; an instrument
    whose words we may not print has numbers. The `dots` are all of the case; those on the axis are drawn.
    """
    at = {dot.number: dot.at for dot in dots}
    shown = [dot for dot in dots if dot.at in axis]
    low = [dot for dot in shown if dot.below and dot.client is not None]
    rated = [dot for dot in shown if dot.client is not None]
    changes = [_between(before, after) for before, after in pairwise(shown) if after.number in changed]
    bands = _bands(usual, at.get(band_from) if band_from else None, axis.ends_at, axis)
    if earlier:
        bands += _bands(earlier.usual, at[earlier.start], at[earlier.end], axis)
    traces = [
        _marks("therapist", [p for p in shown if p.therapist is not None], "therapist", "square-open", 9),
        _line(shown, axis, changed),
        _marks("client", [p for p in rated if not p.below], "client", "circle", 6),
        _marks("below", low, "client", "diamond", 12),
    ]
    return {
        "data": traces,
        "layout": {
            "height": HEIGHT + (BELOW_AXIS if with_axis else 0) + (FOR_A_WORD if changes else 0),
            "margin": {
                "l": 0,
                "t": 8 + (FOR_A_WORD if changes else 0),
                "b": 8 + (BELOW_AXIS if with_axis else 0),
                "r": 92,
            },
            "showlegend": False,
            "hovermode": "closest",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "dragmode": False,
            "font": {"size": 13},
            "xaxis": _day_axis(axis, with_axis),
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
            "shapes": _uprights("when", [dot.at for dot in shown if dot.number in marked], "dot")
            + _uprights("change", changes, "solid")
            + _rings([dot.at for dot in shown if dot.missing])
            + bands
            + _away(axis),
            "annotations": [
                {
                    "text": _("new questions"),
                    "x": _x(change),
                    "y": 1,
                    "yref": "paper",
                    "xanchor": "left",
                    "yanchor": "bottom",
                    "showarrow": False,
                }
                for change in changes
            ],
        },
    }


def _x(at: datetime) -> str:
    """A local instant as Plotly reads it: the wall clock, without its zone."""
    return at.replace(tzinfo=None).isoformat(timespec="minutes")


def _between(before: Dot, after: Dot) -> datetime:
    return before.at + (after.at - before.at) / 2


def _line(dots: Sequence[Dot], axis: DateAxis, changed: Collection[int]) -> dict[str, Any]:
    points = [(dot.at, dot.client) for dot in dots]
    parted = [
        (_between(before, after), None)
        for before, after in pairwise(dots)
        if after.number in changed or not is_joined(before.at, after.at, axis.breaks)
    ]
    line = sorted([*points, *parted], key=lambda point: point[0])
    return {
        "type": "scatter",
        "name": "client",
        "mode": "lines",
        "x": [_x(at) for at, _y in line],
        "y": [y for _at, y in line],
        "connectgaps": False,
        "hoverinfo": "skip",
        "line": {"width": 2, "shape": "linear"},
    }


def _marks(name: str, dots: Sequence[Dot], series: str, symbol: str, size: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "mode": "markers",
        "x": [_x(dot.at) for dot in dots],
        "y": [getattr(dot, series) for dot in dots],
        "marker": {"symbol": symbol, "size": size},
        "text": [dot.hover for dot in dots],
        "customdata": [dot.address for dot in dots],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _day_axis(axis: DateAxis, with_axis: bool) -> dict[str, Any]:
    return {
        "type": "date",
        "range": [_x(axis.starts_at), _x(axis.ends_at)],
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "showticklabels": with_axis,
        "tickangle": 0,
        "tickvals": [_x(label.at) for label in axis.labels],
        "ticktext": [label.text for label in axis.labels],
    }


def _uprights(name: str, along: Iterable[datetime], dash: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "name": name,
            "layer": "below",
            "xref": "x",
            "yref": "paper",
            "x0": _x(at),
            "x1": _x(at),
            "y0": 0,
            "y1": 1,
            "line": {"width": 1, "dash": dash},
        }
        for at in along
    ]


def _rings(along: Iterable[datetime]) -> list[dict[str, Any]]:
    """Dotted like the ring in the key, which no symbol of a trace is."""
    return [
        {
            "type": "circle",
            "name": "few",
            "xsizemode": "pixel",
            "ysizemode": "pixel",
            "xanchor": _x(at),
            "yanchor": MISSING_Y,
            "x0": -RING,
            "x1": RING,
            "y0": -RING,
            "y1": RING,
            "line": {"width": 1.5, "dash": "1.5px,2px"},
        }
        for at in along
    ]


def _away(axis: DateAxis) -> list[dict[str, Any]]:
    spans = [axis.clipped(row.starts_at, row.ends_at) for row in axis.breaks]
    return [
        {
            "type": "line",
            "name": "away",
            "layer": "above",
            "xref": "x",
            "yref": "y",
            "x0": _x(span[0]),
            "x1": _x(span[1]),
            "y0": AWAY_Y,
            "y1": AWAY_Y,
            "line": {"width": 4, "dash": "solid"},
        }
        for span in spans
        if span
    ]


def _bands(usual: UsualRange | None, start: datetime | None, end: datetime, axis: DateAxis) -> list[dict[str, Any]]:
    """A usual range with its two edges, as far as it is on the axis."""
    span = axis.clipped(start, end) if usual and start else None
    if usual is None or span is None:
        return []
    band: dict[str, Any] = {"xref": "x", "yref": "y", "layer": "below", "x0": _x(span[0]), "x1": _x(span[1])}
    dash = "dot" if usual.early else "solid"
    return [
        band | {"type": "rect", "name": "band", "y0": usual.low, "y1": usual.high, "line": {"width": 0}},
        *(
            band | {"type": "line", "name": "edge", "y0": y, "y1": y, "line": {"width": 1, "dash": dash}}
            for y in (usual.low, usual.high)
        ),
    ]
