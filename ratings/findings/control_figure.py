"""A figure of a practice month by month, for Plotly: a line between two limits. `charts` has those of a case."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor
from typing import Any

from django.utils.translation import gettext as _

from alliance.dates import DateFormat, written
from ratings.psychometrics.control_chart import Limits

HEIGHT, BELOW_AXIS = 150, 40  # px; two lines stand below the axis
EVERY = 3  # months have a label


@dataclass(frozen=True, slots=True)
class MonthDot:
    """One month, or the first of two."""

    first: date
    value: float | None  # in 100; None: not told
    limits: Limits | None
    stands_out: bool
    hover: str


def control_figure(dots: Sequence[MonthDot], mean: float) -> dict[str, Any]:
    """The months as a line with a dot for each, the average, and the limits of each month.

    A month that is not told leaves a gap. The picture shows what there is, and does not begin at 0.
    """
    shown = [dot.value for dot in dots if dot.value is not None]
    limits = [limit for dot in dots if dot.limits for limit in (dot.limits.low, dot.limits.high)]
    lowest, highest = min([*shown, *limits]), max([*shown, *limits])
    step = next(step for step in (1, 2, 5, 10) if (highest - lowest) / step <= 10 or step == 10)
    bottom, top = step * floor(lowest / step), step * ceil(highest / step)
    ticks = [(value, str(value)) for value in (bottom, top) if abs(value - mean) > (top - bottom) / 8]
    air = (top - bottom or 1) / 12
    return {
        "data": [_line(dots), _marks("client", dots, False, "circle", 6), _marks("below", dots, True, "diamond", 12)],
        "layout": {
            "height": HEIGHT + BELOW_AXIS,
            "margin": {"l": 0, "t": 8, "b": 8 + BELOW_AXIS, "r": 92},
            "showlegend": False,
            "hovermode": "closest",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "dragmode": False,
            "font": {"size": 13},
            "xaxis": {
                "type": "linear",
                "range": [-0.5, len(dots) - 0.5],
                "fixedrange": True,
                "showgrid": False,
                "zeroline": False,
                "showline": False,
                "ticks": "",
                "tickangle": 0,
                "tickvals": list(range(0, len(dots), EVERY)),
                "ticktext": [_label(dot.first) for dot in dots[::EVERY]],
            },
            "yaxis": {
                "range": [bottom - air, top + air],
                "fixedrange": True,
                "side": "right",
                "tickvals": [mean, *(value for value, _text in ticks)],
                "ticktext": [_("average"), *(text for _value, text in ticks)],
                "showgrid": False,
                "zeroline": False,
                "showline": False,
                "ticks": "outside",
                "ticklen": 6,
                "tickcolor": "rgba(0,0,0,0)",
            },
            "shapes": [shape for position, dot in enumerate(dots) for shape in _between(position, dot.limits)]
            # In the place of the months, and after them: in that of the paper it would lie under their limits.
            + [{"type": "line", "xref": "x", "x0": -0.5, "x1": len(dots) - 0.5, **_level(mean, "dash")}],
        },
    }


def _line(dots: Sequence[MonthDot]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "client",
        "mode": "lines",
        "x": list(range(len(dots))),
        "y": [dot.value for dot in dots],
        "connectgaps": False,
        "hoverinfo": "skip",
        "line": {"width": 2, "shape": "linear"},
    }


def _marks(name: str, dots: Iterable[MonthDot], stands_out: bool, symbol: str, size: int) -> dict[str, Any]:
    marked = [
        (position, dot) for position, dot in enumerate(dots) if dot.value is not None and dot.stands_out == stands_out
    ]
    return {
        "type": "scatter",
        "name": name,
        "mode": "markers",
        "x": [position for position, _dot in marked],
        "y": [dot.value for _position, dot in marked],
        "marker": {"symbol": symbol, "size": size},
        "text": [dot.hover for _position, dot in marked],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _between(position: int, limits: Limits | None) -> list[dict[str, Any]]:
    """The limits of one month, as wide as its place on the axis."""
    if limits is None:
        return []
    place = {"xref": "x", "x0": position - 0.5, "x1": position + 0.5}
    band = {"name": "band", "layer": "below", "yref": "y", "y0": limits.low, "y1": limits.high, "line": {"width": 0}}
    edges = [{"type": "line", **place, **_level(y, "solid")} for y in (limits.low, limits.high)]
    return [{"type": "rect", **place, **band}, *edges]


def _level(y: float, dash: str) -> dict[str, Any]:
    return {"name": "edge", "layer": "below", "yref": "y", "y0": y, "y1": y, "line": {"width": 1, "dash": dash}}


def _label(first: date) -> str:
    return f"{written(first, DateFormat.MONTH)}<br>{first.year}"
