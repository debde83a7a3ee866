"""Figures as the rows of a table: a number, its interval in words and drawn, and what it was counted from."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval on its axis, in percent of the picture's width, as SVG takes it."""

    start: str
    width: str
    at: str
    stated: str  # where a line says what was stated; empty: nowhere


@dataclass(frozen=True, slots=True)
class Measure:
    """One row. Without a value it says how many answers are still missing."""

    title: str
    hint: str
    counted: str
    value: str = ""
    unit: str = ""
    likely: str = ""
    bar: Bar | None = None


def in_100(
    title: str, hint: str, counted: str, value: float, low: float, high: float, stated: float | None = None
) -> Measure:
    return Measure(
        title,
        hint,
        counted,
        value=f"{100 * value:.0f}",
        unit=_("in 100"),
        likely=_("%(low)s to %(high)s") % {"low": f"{100 * low:.0f}", "high": f"{100 * high:.0f}"},
        bar=bar(value, low, high, stated),
    )


def bar(value: float, low: float, high: float, stated: float | None = None) -> Bar:
    def place(share: float) -> str:
        return f"{2 + 96 * share:.1f}%"

    return Bar(place(low), f"{96 * (high - low):.1f}%", place(value), "" if stated is None else place(stated))


def in_ten(share: float) -> int:
    """Never 0 or 10 where it is not none or all."""
    return round(10 * share) if share in (0, 1) else min(max(round(10 * share), 1), 9)
