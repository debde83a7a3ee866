"""Each pillar of a case: its word, its chart, its sentence and its table, all from the same ratings."""

from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ratings import charts, words
from ratings.models import Rupture
from ratings.psychometrics.constants import resolve
from ratings.psychometrics.evidence import Pillar, State
from ratings.psychometrics.usual import FEWEST, UsualRange, counted, usual_ranges


@dataclass(frozen=True, slots=True)
class Row:
    """One session of one pillar, in the table below its chart."""

    number: int
    day: str
    client: float | None
    therapist: float | None
    below: bool


@dataclass(frozen=True, slots=True)
class PillarView:
    key: str
    title: str
    word: str
    figure: dict
    summary: str  # the chart in one sentence
    rows: list[Row]
    usual: UsualRange | None
    worded: bool

    @property
    def figure_id(self):
        return f"figure-{self.key}"


def pillar_views(history, standing, name):
    """The three charts, each with its sentence and its table, from the same ratings."""
    titles = {Pillar.GOAL: _("Goals"), Pillar.TASK: _("Tasks"), Pillar.BOND: _("Bond")}
    pairs = zip(history.held, history.assessments, strict=True)
    sessions = [(held, assessment) for held, assessment in pairs if held.number]
    rated = [held for held, _a in sessions if held.client]
    evidence = [held.evidence for held in history.held]
    ranges = usual_ranges(evidence, history.assessments, resolve(history.version.constants))
    marked = _marked(history.ruptures, {held.row.pk: held.number for held, _a in sessions})
    worded = all(held.client.text_id for held in rated)
    say = words.on_scale if worded else words.in_numbers
    views = []
    for pillar, title in titles.items():
        usual = ranges[pillar]
        band_from = None
        if usual:
            fifth = counted(evidence, history.assessments, pillar)[FEWEST - 1]
            band_from = sum(held.evidence.attended for held in history.held[: fifth + 1])
        word = standing.words.get(pillar, "few")
        rows = [_row(held, assessment, pillar, usual, band_from) for held, assessment in sessions]
        if rated:  # the heading's word judges the latest rating by the ones before it, and the mark agrees
            latest = next(position for position, (held, _a) in enumerate(sessions) if held is rated[-1])
            rows[latest] = replace(rows[latest], below=word == "below")
        dots = [charts.Dot(row.number, row.client, row.therapist, row.below, _hover(row, name, say)) for row in rows]
        figure = charts.pillar_figure(dots, usual, band_from, marked, with_axis=pillar == Pillar.BOND, worded=worded)
        views.append(
            PillarView(
                key=pillar.value,
                title=title,
                word=word,
                figure=figure.to_plotly_json(),
                summary=_summary(title, rows, name, word, say),
                worded=worded,
                rows=rows,
                usual=usual,
            )
        )
    return views


def _marked(ruptures, number_of):
    """The numbers of the sessions at which a rupture opened or closed."""
    ends = [
        key
        for rupture in ruptures
        if rupture.state != Rupture.RuptureState.WITHDRAWN
        for key in (rupture.opened_session_id, rupture.closed_session_id)
    ]
    return [number_of[key] for key in ends if key in number_of]


def _row(held, assessment, pillar, usual, band_from):
    client = held.evidence.client.of(pillar) if held.client else None
    named = assessment.state == State.OPEN and pillar in assessment.pillars
    under = usual is not None and client is not None and held.number >= band_from and client < usual.low
    return Row(
        number=held.number,
        day=date_format(timezone.localtime(held.row.starts_at), "j M"),
        client=client,
        therapist=held.evidence.therapist.of(pillar) if held.therapist else None,
        below=client is not None and (named or under),
    )


def _hover(row, name, say):
    lines = [_("Session %(n)s, %(day)s") % {"n": row.number, "day": row.day}]
    if row.client is not None:
        lines.append(f"{name}: {say(row.client)}")
    if row.therapist is not None:
        lines.append(_("therapist: %(answer)s") % {"answer": say(row.therapist)})
    # Plotly reads a little markup in hover texts; a name is never markup.
    return "<br>".join(line.replace("<", "‹") for line in lines)


def _summary(title, rows, name, word, say):
    rated = [row for row in rows if row.client is not None]
    if not rated:
        return _("%(pillar)s: no check-in from %(name)s yet.") % {"pillar": title, "name": name}
    return _("%(pillar)s, sessions %(first)s to %(last)s. %(name)s's latest answer: %(answer)s, %(word)s.") % {
        "pillar": title,
        "first": rows[0].number,
        "last": rows[-1].number,
        "name": name,
        "answer": say(rated[-1].client),
        "word": words.trend(word),
    }
