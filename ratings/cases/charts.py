"""The charts of a case together: which sessions they show, their key, and what they can't show."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ratings.cases.pillars import History, PillarView, axis_of, break_in_words, is_total_only, pillar_views, starts_of
from ratings.findings import date_axis, phrases, scale
from ratings.findings.date_axis import Show
from ratings.models import Standing
from ratings.psychometrics.assess import constants_of
from ratings.psychometrics.series import OVERALL, value_of
from ratings.psychometrics.usual import usual_ranges


@dataclass(frozen=True, slots=True)
class ShowLink:
    """One way to show the charts: the last sessions, those of this year, or all."""

    show: Show
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of a case."""

    pillars: list[PillarView]
    marks: set[str]  # names of what they show, for their key
    breaks: list[str]  # in words, among the days that are shown
    links: list[ShowLink]  # none where each would show the same


def charts_of(history: History, standing: Standing, name: str, show: Show) -> Charts:
    """The charts of a case, of the sessions that the reader has chosen."""
    starts = starts_of(history)
    today = timezone.localdate()
    offered = date_axis.choices(starts, today)
    current = show if show in offered else Show.ALL
    views = pillar_views(history, standing, name, show)
    return Charts(
        pillars=views,
        marks=marks_drawn(views),
        breaks=[break_in_words(found) for found in axis_of(history, show).breaks],
        links=[ShowLink(one, _show_label(one, len(starts)), one == current) for one in offered],
    )


def _show_label(show: Show, sessions: int) -> str:
    return _("All %(n)s") % {"n": sessions} if show == Show.ALL else str(show.label)


def marks_drawn(views: Iterable[PillarView]) -> set[str]:
    """The names of what the charts show anywhere, for the key above them."""
    figures = [view.figure for view in views]
    traces = {trace["name"] for figure in figures for trace in figure["data"] if trace.get("x")}
    return traces | {shape["name"] for figure in figures for shape in figure["layout"]["shapes"]}


def totals_in_words(history: History) -> str:
    """The totals in a sentence, where some ratings came as a total alone.

    The charts cannot show those.
    """
    evidence = [therapy_session.evidence for therapy_session in history.sessions]
    alone = [scores for scores in evidence if scores.client and is_total_only(scores.client)]
    if not alone:
        return ""
    totals = [value_of(scores.client, OVERALL) for scores in evidence]
    latest = next(total for total in reversed(totals) if total is not None)
    numbers = {"n": len(alone), "total": scale.in_numbers(latest)}
    came = ngettext(
        "One check-in came as a total alone, without goals, tasks and bond.",
        "%(n)s check-ins came as a total alone, without goals, tasks and bond.",
        len(alone),
    )
    if history.shadow:
        return f"{came} {_('The last total is %(total)s of 100.')}" % numbers
    usual = usual_ranges(evidence, history.assessments, constants_of(history.version))[OVERALL]
    if usual is None:
        return f"{came} {_('The last total is %(total)s of 100; too few to know the usual yet.')}" % numbers
    numbers |= {
        "word": phrases.trend(usual.word(latest)),
        "low": scale.in_numbers(usual.low),
        "high": scale.in_numbers(usual.high),
    }
    return f"{came} {_('The last total is %(total)s of 100: %(word)s, which is %(low)s to %(high)s.')}" % numbers
