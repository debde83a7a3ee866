"""Each pillar of a case: word, chart, sentence and table, from the same ratings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance.dates import day
from ratings.check_in.instrument_choice import in_our_words
from ratings.detection.history import HeldSession
from ratings.findings import charts, date_axis, phrases, scale
from ratings.findings.date_axis import Break, DateAxis, Show
from ratings.findings.names import series_title
from ratings.models import Rupture, Standing
from ratings.psychometrics.assess import constants_of
from ratings.psychometrics.evidence import STRAINED, Assessment, Pillar, Scores, SessionEvidence, Version
from ratings.psychometrics.usual import FEWEST, TrendWord, UsualRange, counted, latest_of, level_of, usual_ranges
from sessions.schedule.times import Span


class History(Protocol):
    """What the charts are drawn from; `ratings.cases.case.CaseHistory` is one."""

    @property
    def sessions(self) -> list[HeldSession]: ...

    @property
    def assessments(self) -> list[Assessment]: ...

    @property
    def ruptures(self) -> list[Rupture]: ...

    @property
    def version(self) -> Version: ...

    @property
    def leaves(self) -> list[Span]: ...

    @property
    def shadow(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One session of one pillar, in the table below its chart."""

    number: int
    at: datetime  # local
    address: str  # of the page of the session
    day: str
    client: float | None
    therapist: float | None
    below: bool
    is_judged: bool  # the rating was compared with a usual range, or a flag is about it
    client_gap: str  # in words, why there is no number
    therapist_gap: str
    breaks: tuple[str, ...] = ()  # that follow it, in words


@dataclass(frozen=True, slots=True)
class PillarView:
    key: str
    title: str
    word: str
    figure: dict[str, Any]  # in the vocabulary of Plotly
    summary: str  # the chart in one sentence
    rows: list[Row]
    usual: UsualRange | None
    worded: bool

    @property
    def figure_id(self) -> str:
        return f"figure-{self.key}"


def starts_of(history: History) -> list[datetime]:
    """The starts of the sessions that were held, in local time."""
    return [timezone.localtime(row.row.starts_at) for row in history.sessions if row.number]


def axis_of(history: History, show: Show) -> DateAxis:
    """The days that the charts of these sessions have."""
    starts, now = starts_of(history), timezone.localtime()
    leaves = [
        Break(timezone.localtime(span.starts_at), timezone.localtime(span.ends_at), is_leave=True)
        for span in history.leaves
    ]
    shown = starts[date_axis.shown_from(starts, show, now.date()) :]
    return date_axis.date_axis(shown, date_axis.breaks(shown, leaves, now), now)


def pillar_views(history: History, standing: Standing, name: str, show: Show = Show.ALL) -> list[PillarView]:
    """The three pillars of a case: for each the chart, its sentence and its table."""
    axis = axis_of(history, show)
    attended = [
        (therapy_session.number, therapy_session, assessment)
        for therapy_session, assessment in zip(history.sessions, history.assessments, strict=True)
        if therapy_session.number
    ]
    sessions = [therapy_session for _number, therapy_session, _assessment in attended]
    rated = [therapy_session for therapy_session in sessions if therapy_session.client]
    evidence = [therapy_session.evidence for therapy_session in history.sessions]
    constants = constants_of(history.version)
    ranges = usual_ranges(evidence, history.assessments, constants) if not history.shadow else {}
    level = level_of(evidence, history.assessments)
    fell = level.fell if level and not level.taken else None
    earlier = usual_ranges(evidence, history.assessments, constants, before=fell) if fell is not None else {}
    marked = _marked(
        history.ruptures, {therapy_session.row.pk: number for number, therapy_session, _assessment in attended}
    )
    changed = _changed(rated)
    ratings = [rating for row in sessions for rating in (row.client, row.therapist) if rating]
    worded = all(in_our_words(rating) for rating in ratings)
    say = scale.on_scale if worded else scale.in_numbers
    latest_rating = rated[-1].client if rated else None
    of_instrument = latest_rating.instrument_id if latest_rating else None
    views = []
    for pillar in Pillar:
        title = series_title(pillar)
        usual = ranges.get(pillar)
        band_from = None
        if usual:
            band_from = _number_of_fifth(evidence, counted(evidence, history.assessments, pillar))
        word = standing.words.get(pillar, TrendWord.FEW)
        rows = [
            _row(number, therapy_session, assessment, pillar, usual, band_from, of_instrument)
            for number, therapy_session, assessment in attended
        ]
        last = latest_of(evidence, pillar)
        if last is not None:  # the heading's word judges the latest rating by the ones before it, and the mark agrees
            latest = sessions.index(history.sessions[last])
            is_judged = word not in (TrendWord.FEW, TrendWord.UNTOLD)
            rows[latest] = replace(rows[latest], below=word == TrendWord.BELOW, is_judged=is_judged)
        dots = [
            charts.Dot(
                number=row.number,
                at=row.at,
                client=row.client,
                therapist=row.therapist,
                below=row.below,
                hover=_hover(row, name, say),
                address=row.address,
                missing=_is_missing(therapy_session),
            )
            for row, therapy_session in zip(rows, sessions, strict=True)
        ]
        shown = _with_breaks([row for row in rows if row.at in axis], axis)
        views.append(
            PillarView(
                key=pillar.value,
                title=title,
                word=word,
                figure=charts.pillar_figure(
                    dots,
                    axis,
                    usual,
                    band_from,
                    _earlier_band(evidence, history.assessments, pillar, earlier.get(pillar), fell),
                    marked,
                    changed,
                    with_axis=pillar == Pillar.BOND,
                    worded=worded,
                ),
                summary=_summary(title, shown, name, word, say, changed),
                worded=worded,
                rows=shown,
                usual=usual,
            )
        )
    return views


def _with_breaks(rows: Sequence[Row], axis: DateAxis) -> list[Row]:
    """The rows, each with the breaks that follow it; the first also has one that had begun before it."""
    ends = [*(row.at for row in rows), axis.ends_at][1:]
    return [
        replace(
            row,
            breaks=tuple(
                break_in_words(found)
                for found in axis.breaks
                if found.starts_at < end and (position == 0 or found.starts_at >= row.at)
            ),
        )
        for position, (row, end) in enumerate(zip(rows, ends, strict=True))
    ]


def _number_of_fifth(evidence: Sequence[SessionEvidence], positions: Sequence[int]) -> int:
    """The number of the session of the fifth rating, from which a range is drawn."""
    return sum(one.attended for one in evidence[: positions[FEWEST - 1] + 1])


def _earlier_band(
    evidence: Sequence[SessionEvidence],
    assessments: Sequence[Assessment],
    pillar: Pillar,
    usual: UsualRange | None,
    fell: int | None,
) -> charts.EarlierBand | None:
    """The range before the ratings settled lower, up to the last session before the fall."""
    if usual is None or fell is None:
        return None
    start = _number_of_fifth(evidence, counted(evidence, assessments, pillar, fell))
    return charts.EarlierBand(usual, start, sum(one.attended for one in evidence[:fell]))


def _changed(rated: Sequence[HeldSession]) -> list[int]:
    """The numbers of the sessions at which the questionnaire changed."""
    return [
        after.number
        for before, after in pairwise(rated)
        if after.number and before.client and after.client
        if before.client.instrument_id != after.client.instrument_id
    ]


def _is_missing(therapy_session: HeldSession) -> bool:
    """Whether a check-in was asked for and can hardly come any more."""
    return therapy_session.evidence.checkin_answered is False


def is_total_only(scores: Scores) -> bool:
    """Whether a rating came as a total, without goals, tasks and bond."""
    return scores.overall is not None and not any(scores.of(pillar) is not None for pillar in Pillar)


def _gap(scores: Scores) -> str:
    """Why a rating that was given has no number for a pillar."""
    if scores.overall is not None and is_total_only(scores):
        return _("total only, %(total)s") % {"total": scale.in_numbers(scores.overall)}
    return _("no answer")


def _client_gap(therapy_session: HeldSession) -> str:
    if therapy_session.evidence.client:
        return _gap(therapy_session.evidence.client)
    if _is_missing(therapy_session):
        return _("no check-in")
    return _("not yet") if therapy_session.has_check_in else "–"


def _marked(ruptures: Iterable[Rupture], number_of: Mapping[int, int]) -> list[int]:
    """The numbers of the sessions at which a rupture opened or closed."""
    ends = [
        key
        for rupture in ruptures
        if rupture.state != Rupture.RuptureState.WITHDRAWN
        for key in (rupture.opened_session_id, rupture.closed_session_id)
    ]
    return [number_of[key] for key in ends if key is not None and key in number_of]


def _row(
    number: int,
    therapy_session: HeldSession,
    assessment: Assessment,
    pillar: Pillar,
    usual: UsualRange | None,
    band_from: int | None,
    of_instrument: int | None,
) -> Row:
    rating = therapy_session.client
    of_client, of_therapist = therapy_session.evidence.client, therapy_session.evidence.therapist
    client = of_client.of(pillar) if of_client else None
    named = assessment.state in STRAINED and pillar in assessment.pillars
    in_band = band_from is not None and number >= band_from
    # Ranges of two questionnaires have nothing in common.
    is_comparable = in_band and rating is not None and rating.instrument_id == of_instrument
    under = usual is not None and client is not None and is_comparable and client < usual.low
    return Row(
        number=number,
        at=timezone.localtime(therapy_session.row.starts_at),
        address=reverse("ratings:session-page", args=[therapy_session.row.code]),
        day=day(therapy_session.row.starts_at),
        client=client,
        therapist=of_therapist.of(pillar) if of_therapist else None,
        below=client is not None and (named or under),
        is_judged=client is not None and (named or (usual is not None and is_comparable)),
        client_gap=_client_gap(therapy_session),
        therapist_gap=_gap(of_therapist) if of_therapist else "–",
    )


def _hover(row: Row, name: str, say: Callable[[float], str]) -> str:
    lines = [_("Session %(n)s, %(day)s") % {"n": row.number, "day": row.day}]
    if row.client is not None:
        lines.append(f"{name}: {say(row.client)}")
    if row.therapist is not None:
        lines.append(_("therapist: %(answer)s") % {"answer": say(row.therapist)})
    # Plotly reads a little markup in hover texts; a name is never markup.
    return "<br>".join(line.replace("<", "‹") for line in lines)


def _summary(
    title: str, rows: Sequence[Row], name: str, word: str, say: Callable[[float], str], changed: Iterable[int]
) -> str:
    rated = [row.client for row in rows if row.client is not None]
    if not rated:
        summary = _("%(pillar)s: no rating from %(name)s yet.") % {"pillar": title, "name": name}
    else:
        summary = _summary_of(rated[-1], title, rows, name, word, say)
    drawn = {row.number for row in rows[1:]}
    new = [_("New questions from session %(n)s on.") % {"n": number} for number in changed if number in drawn]
    return " ".join([summary, *new, *(words for row in rows for words in row.breaks)])


def _summary_of(
    latest: float, title: str, rows: Sequence[Row], name: str, word: str, say: Callable[[float], str]
) -> str:
    about = {
        "pillar": title,
        "first": rows[0].number,
        "last": rows[-1].number,
        "name": name,
        "answer": say(latest),
        "word": phrases.trend(word),
    }
    if not about["word"]:
        return _("%(pillar)s, sessions %(first)s to %(last)s. %(name)s's latest answer: %(answer)s.") % about
    return _("%(pillar)s, sessions %(first)s to %(last)s. %(name)s's latest answer: %(answer)s, %(word)s.") % about


def break_in_words(found: Break) -> str:
    """A break in a sentence, the same beside a chart and in its table."""
    days = {"days": found.in_words}
    if found.is_leave:
        return _("Leave of the therapist: %(days)s.") % days
    return _("No session held: %(days)s.") % days
