"""The figures of a practice month by month: which are told, and which stand out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from alliance.dates import DateFormat, written
from ratings.figures.practice import Counted, MonthCounts
from ratings.findings.control_figure import MonthDot, control_figure
from ratings.psychometrics.control_chart import (
    FEWEST_POINTS,
    IN_A_ROW,
    ControlChart,
    Law,
    Limits,
    Signal,
    control_chart,
)
from ratings.psychometrics.small_cells import FEWEST_PEOPLE, kept_back, told_about

WIDTHS = (1, 2)  # months that a point stands for: the first that gives a chart


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One line of the table beneath a chart."""

    months: str
    in_100: float | None  # None: kept back, or nothing was held
    limits: str
    counted: str
    stands_out: str

    @property
    def number(self) -> str:
        return "" if self.in_100 is None else _number(self.in_100)


@dataclass(frozen=True, slots=True)
class OverTime:
    """One figure over the months. Without a chart it says why."""

    key: str
    title: str
    unit: str
    sentence: str
    rows: list[MonthRow]
    figure: dict[str, Any] | None
    is_trial: bool

    @property
    def figure_id(self) -> str:
        return f"figure-{self.key}"


@dataclass(frozen=True, slots=True)
class _Series:
    """What a chart is of."""

    key: str
    title: str
    unit: str
    of_what: str
    parts: Sequence[Counted]  # by month
    law: Law = Law.SHARE
    strained: Sequence[set[int]] | None = None  # who had what is counted, where few of them are kept back as well

    def wide(self, width: int) -> "_Series":
        """The same with so many months in each part."""
        spans = [slice(start, start + width) for start in range(0, len(self.parts), width)]
        return replace(
            self,
            parts=[Counted.together(self.parts[span]) for span in spans],
            strained=[set[int]().union(*self.strained[span]) for span in spans] if self.strained else None,
        )

    @property
    def kept(self) -> set[int]:
        """The positions that are kept back: all, where only those with few ruptures would be missing."""
        kept = kept_back([part.clients for part in self.parts])
        if self.strained is None:
            return kept
        are_all_told = not kept and all(part.of for part in self.parts)
        if are_all_told and all(not who or len(who) >= FEWEST_PEOPLE for who in self.strained):
            return set()
        return set(range(len(self.parts)))


@dataclass(frozen=True, slots=True)
class _Point:
    """One month, or two."""

    first: date  # of its first month
    last: date  # first day of its last month
    part: Counted
    is_kept: bool
    law: Law

    @property
    def in_words(self) -> str:
        last = written(self.last, DateFormat.MONTH_YEAR)
        if self.first == self.last:
            return last
        same_year = self.first.year == self.last.year
        first = written(self.first, DateFormat.MONTH if same_year else DateFormat.MONTH_YEAR)
        return _("%(first)s and %(last)s") % {"first": first, "last": last}

    @property
    def count(self) -> int:
        """As it is told. That nobody had a rupture is no secret."""
        return told_about(self.part.count) if self.part.count or self.law == Law.SHARE else 0

    @property
    def in_100(self) -> float | None:
        if self.is_kept or not self.part.of:
            return None
        return 100 * self.count / told_about(self.part.of)


def practice_over_time(months: Sequence[MonthCounts]) -> list[OverTime]:
    """The four figures that make sense month by month."""
    first_days = [month.first for month in months]
    asked, held, ruptures, in_100 = _("sessions with a check-in"), _("sessions"), _("ruptures"), _("In 100")
    series = [
        _Series("answered", _("Check-ins answered"), in_100, asked, [month.answered for month in months]),
        _Series("rated", _("Therapist’s own rating done"), in_100, held, [month.rated for month in months]),
        _Series(
            "ruptures",
            _("All ruptures"),
            _("In 100 sessions"),
            held,
            [Counted(month.ruptures.of, month.held.of, month.held.clients) for month in months],
            Law.RATE,
            [month.ruptures.clients for month in months],
        ),
        _Series("steps", _("A first step within 7 days"), in_100, ruptures, [month.first_steps for month in months]),
    ]
    return [_over_time(row, first_days) for row in series]


def _over_time(series: _Series, first_days: Sequence[date]) -> OverTime:
    for width in WIDTHS:
        points = _points(series.wide(width), first_days, width)
        told = [point for point in points if point.in_100 is not None]
        chart = control_chart(
            [point.in_100 or 0.0 for point in told], [told_about(point.part.of) for point in told], series.law
        )
        if chart:
            return _drawn(series, points, told, chart)
    missing = _(
        "No chart yet: fewer than %(months)s months can be told. One with fewer than %(people)s clients is kept back, "
        "and so are others that would give it away."
    )
    if series.strained is not None:
        missing = _(
            "No chart: it takes %(people)s clients or more with a session in each month, or in each two, and nobody or "
            "%(people)s or more of them with a rupture."
        )
    sentence = missing % {"months": FEWEST_POINTS, "people": FEWEST_PEOPLE}
    return OverTime(series.key, series.title, series.unit, sentence, [], None, is_trial=False)


def _points(series: _Series, first_days: Sequence[date], width: int) -> list[_Point]:
    kept = series.kept
    return [
        _Point(
            first_days[position * width],
            first_days[position * width + width - 1],
            part,
            position in kept,
            series.law,
        )
        for position, part in enumerate(series.parts)
    ]


def _drawn(series: _Series, points: Sequence[_Point], told: Sequence[_Point], chart: ControlChart) -> OverTime:
    limits = {point.first: row for point, row in zip(told, chart.limits, strict=True)}
    signals = {point.first: row for point, row in zip(told, chart.signals, strict=True)}
    rows = [_row(series, point, limits.get(point.first), signals.get(point.first, ())) for point in points]
    dots = [
        MonthDot(point.first, row.in_100, limits.get(point.first), bool(row.stands_out), f"{row.months}: {row.number}")
        for point, row in zip(points, rows, strict=True)
    ]
    standing_out = [row for row in rows if row.stands_out]
    average = _("On average %(mean)s in 100.") % {"mean": _number(chart.mean)}
    return OverTime(
        series.key,
        series.title,
        series.unit,
        f"{_standing_out(standing_out)} {average}",
        rows,
        control_figure(dots, chart.mean),
        is_trial=chart.is_trial,
    )


def _row(series: _Series, point: _Point, limits: Limits | None, signals: Sequence[Signal]) -> MonthRow:
    if limits is None:
        return MonthRow(point.in_words, None, "", _("kept back") if point.is_kept else _("none"), "")
    between = _("%(low)s to %(high)s") % {"low": _number(limits.low), "high": _number(limits.high)}
    told = {"count": point.count, "of": f"{told_about(point.part.of):,}", "what": series.of_what}
    counted = _("about %(count)s of %(of)s %(what)s")
    if series.law == Law.RATE:
        counted = _("about %(count)s in %(of)s %(what)s") if point.count else _("none in about %(of)s %(what)s")
    return MonthRow(
        point.in_words, point.in_100, between, counted % told, ", ".join(_in_words(signal) for signal in signals)
    )


def _standing_out(rows: Sequence[MonthRow]) -> str:
    if not rows:
        return _("No month stands out.")
    if len(rows) == 1:
        return _("%(month)s stands out: %(why)s.") % {"month": rows[0].months, "why": rows[0].stands_out}
    return _("%(n)s months stand out; the table says why.") % {"n": len(rows)}


def _in_words(signal: Signal) -> str:
    return {
        Signal.OUTSIDE: _("outside the limits"),
        Signal.ONE_SIDE: _("one of %(n)s in a row on one side of the average") % {"n": IN_A_ROW},
        Signal.TREND: _("one of %(n)s in a row that rise or fall") % {"n": IN_A_ROW},
        Signal.NEAR: _("one of two close to the same limit"),
    }[signal]


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
