"""Reads: how a course of therapy goes, beside the ratings' ups and downs: fit, the first three sessions, the modes."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ratings.check_in.instrument_choice import ABOUT_FIT, FIRST_SESSIONS, in_our_words
from ratings.course.modes import Comparison, compare
from ratings.detection.history import HeldSession
from ratings.findings import scale
from ratings.models import Rating
from sessions.models import Mode

LOW_FIT = 1  # "A little", and below it "Not at all"; convention of this app
CHECKPOINT = 3  # the session after which the course is looked at; as in the study that the page names


@dataclass(frozen=True, slots=True)
class FitItem:
    """A question about fit: its name, and what may be tried where the answer is low."""

    title: str | Promise
    to_try: str | Promise


FIT = {
    "bond_heard": FitItem(
        _("Heard"), _("Ask what you missed. Listen without defending yourself, and change something.")
    ),
    "task_style": FitItem(_("Style"), _("Change how you work: spoken instead of written, slower, another exercise.")),
    "bond_safe": FitItem(_("Safe"), _("Ask what would make it easier to say hard things. Judge nothing of it.")),
    "goal_together": FitItem(
        _("Choosing together"), _("Go through the plan together once more. First what helps to cope, causes later.")
    ),
}


@dataclass(frozen=True, slots=True)
class FitAnswer:
    """What the client answered to one question about fit after one session."""

    number: int
    session_at: datetime
    words: str
    is_low: bool


@dataclass(frozen=True, slots=True)
class FitLine:
    """A question about fit with the client's answers, the newest first."""

    item: FitItem
    answers: list[FitAnswer]

    @property
    def latest(self) -> FitAnswer:
        return self.answers[0]

    @property
    def earlier(self) -> list[FitAnswer]:
        return self.answers[1:]


@dataclass(frozen=True, slots=True)
class EarlySession:
    """One of the first sessions, with the client's overall rating in words, or as a number where there are none."""

    number: int
    session_at: datetime
    words: str  # empty: not rated


@dataclass(frozen=True, slots=True)
class CourseView:
    """What the page of a course shows."""

    held: int
    fit: list[FitLine]
    early: list[EarlySession]  # the first three; empty before the third was held
    modes: Comparison

    @property
    def is_early(self) -> bool:
        """Whether the first sessions are still what matters: until twice as many were held."""
        return self.held <= 2 * FIRST_SESSIONS

    @property
    def may_still_ask(self) -> bool:
        """Whether a session is to come after which the client can be asked about fit."""
        return self.held < FIRST_SESSIONS

    @property
    def fit_is_poor(self) -> bool:
        """Whether one of the latest answers about fit is low."""
        return any(line.latest.is_low for line in self.fit)


@dataclass(frozen=True, slots=True)
class _Rated:
    """A session that was held, with what the client rated."""

    number: int
    at: datetime
    mode: Mode
    rating: Rating


def course_of(sessions: Sequence[HeldSession]) -> CourseView:
    """The course so far, from sessions that were read with their ratings, oldest first."""
    rated = [
        _Rated(held.number, held.row.starts_at, Mode(held.row.mode), held.client)
        for held in sessions
        if held.number and held.client
    ]
    return CourseView(
        held=sum(held.number is not None for held in sessions),
        fit=_fit(rated),
        early=_early(sessions),
        modes=compare(_scores_by_mode(rated)),
    )


def _fit(rated: Sequence[_Rated]) -> list[FitLine]:
    asked = [row for row in reversed(rated) if row.rating.instrument.key == ABOUT_FIT]
    lines = []
    for key, item in FIT.items():
        answers = [_fit_answer(row, key) for row in asked if key in row.rating.answers]
        if answers:
            lines.append(FitLine(item, answers))
    return lines


def _fit_answer(row: _Rated, item: str) -> FitAnswer:
    words = row.rating.text.text[row.rating.rater]["answers"] if row.rating.text else scale.our_answers()
    answer: int = row.rating.answers[item] - row.rating.instrument.definition["lowest"]
    return FitAnswer(row.number, row.at, words[answer], is_low=answer <= LOW_FIT)


def _early(sessions: Sequence[HeldSession]) -> list[EarlySession]:
    first = [held for held in sessions if held.number and held.number <= CHECKPOINT]
    if len(first) < CHECKPOINT:
        return []
    return [EarlySession(held.number or 0, held.row.starts_at, _overall(held.client)) for held in first]


def _overall(rating: Rating | None) -> str:
    if rating is None or rating.overall_pomp is None:
        return ""
    return scale.on_scale(rating.overall_pomp) if in_our_words(rating) else scale.in_numbers(rating.overall_pomp)


def _scores_by_mode(rated: Sequence[_Rated]) -> dict[Mode, list[float]]:
    """The overall scores of the questionnaire that was answered most: another one may lie higher by itself."""
    scored = [(row, row.rating.overall_pomp) for row in rated if row.rating.overall_pomp is not None]
    answered_most = Counter(row.rating.instrument_id for row, _score in scored).most_common(1)
    by_mode: defaultdict[Mode, list[float]] = defaultdict(list)
    for row, score in scored:
        if row.rating.instrument_id == answered_most[0][0]:
            by_mode[row.mode].append(score)
    return by_mode
