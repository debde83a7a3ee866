"""Reads: what a client answered so far, as that client sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from alliance.models import DataKey, Episode
from ratings.check_in.plan_questions import SaidOfPlan, said_of_plan
from ratings.check_in.rate_first import waiting_for_therapist
from ratings.detection.history import HeldSession, held_sessions
from ratings.findings import phrases, scale, sparklines
from ratings.models import InstrumentText, Rating
from ratings.psychometrics.evidence import Pillar, Rater


@dataclass(frozen=True, slots=True)
class DatedAnswer:
    session_at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class Line:
    """One small chart: its title, its picture, and the same in words, oldest first."""

    title: str
    picture: str
    answers: list[DatedAnswer]


@dataclass(frozen=True, slots=True)
class Answer:
    sentence: str
    answer: str


@dataclass(frozen=True, slots=True)
class AnsweredSession:
    """What the client answered after one session."""

    session_at: datetime
    answers: list[Answer]
    comment: str


@dataclass(frozen=True, slots=True)
class History:
    """A client's own answers in one episode."""

    lines: list[Line]
    sessions: list[AnsweredSession]  # newest first
    later: list[datetime]  # the sessions whose answers come once the therapist has rated them, newest first


def history_of(episode: Episode) -> History:
    """The client's answers in words and as lines; nothing of the therapist's.

    What waits for the therapist's own rating is left out: the therapist had this link in hand.
    """
    waiting = {row.session_key: row.session_at for row in waiting_for_therapist(episode)}
    # In the client's own words only: what was imported from elsewhere is a number, and is asked for on paper.
    rated = [
        therapy_session
        for therapy_session in held_sessions(episode)
        if therapy_session.client and therapy_session.client.text_id and therapy_session.row.pk not in waiting
    ]
    key = episode.client.data_key
    said = said_of_plan(episode, [therapy_session.client for therapy_session in rated if therapy_session.client])
    return History(
        lines=[_line(title, pillar, rated) for pillar, title in _titles().items()],
        sessions=[
            _answered(
                therapy_session.row.starts_at,
                therapy_session.client,
                therapy_session.client.text,
                said[therapy_session.client.pk],
                key,
            )
            for therapy_session in reversed(rated)
            if therapy_session.client and therapy_session.client.text
        ],
        later=list(waiting.values()),
    )


def _titles() -> dict[Pillar, str]:
    """The three pillars as a client would name them."""
    return {Pillar.GOAL: _("What we work on"), Pillar.TASK: _("How we work"), Pillar.BOND: _("How we get on")}


def _line(title: str, pillar: Pillar, rated: Sequence[HeldSession]) -> Line:
    scores = [therapy_session.evidence.client for therapy_session in rated]
    values = [score.of(pillar) if score else None for score in scores]
    return Line(
        title=title,
        picture=sparklines.own_line(values),
        answers=[
            DatedAnswer(therapy_session.row.starts_at, scale.on_scale(value))
            for therapy_session, value in zip(rated, values, strict=True)
            if value is not None
        ],
    )


def _answered(
    session_at: datetime, rating: Rating, text: InstrumentText, of_plan: Sequence[SaidOfPlan], key: DataKey
) -> AnsweredSession:
    wording, lowest = text.text[Rater.CLIENT], rating.instrument.definition["lowest"]
    answers = [
        Answer(sentence, wording["answers"][rating.answers[item] - lowest])
        for item, sentence in wording["items"].items()
        if item in rating.answers
    ]
    answers += [Answer(said.question, said.answer) for said in of_plan]
    if rating.tension is not None:
        answers.append(Answer(_("Tension or misunderstanding"), phrases.tension(rating)))
    comment = rating.comment.shown(key) if rating.comment else ""
    return AnsweredSession(session_at, answers, comment)
