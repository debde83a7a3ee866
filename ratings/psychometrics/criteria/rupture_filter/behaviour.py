"""What a client does beside the ratings, as evidence against the own habit.

It is weak evidence. The factors are priors from judgement (science.md §3), not estimates. The sum is capped so that
behaviour alone can never raise an alert; by default it is shown and does not count (`Version.use`).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ratings.psychometrics.evidence import BehaviourSign, Points, SessionEvidence

LEAST, MOST = -0.5, 1.1  # natural log of a likelihood ratio; science.md §5
HABIT_WEIGHT = 10.0  # sessions that the population's rate counts for; convention of this app
POINTS = 10 / math.log(10)
WORDS_SD = 0.7  # of the log of a comment's length, within a client; assumption
WORDS_FALL = 0.5  # how much shorter a comment is in a withdrawal, on that scale; assumption
FEWEST_COMMENTS = 3


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that a client does or does not do in a session."""

    source: BehaviourSign
    usual: float  # how often in quiet sessions; science.md §6
    withdrawal: float  # times as often then; science.md §3
    confrontation: float


NO_SHOW = Sign(BehaviourSign.NO_SHOW, 0.08, 2.3, 1.4)
UNANSWERED = Sign(BehaviourSign.UNANSWERED, 0.10, 1.9, 1.2)
STRAIGHT_LINE = Sign(BehaviourSign.STRAIGHT_LINE, 0.15, 1.7, 1.0)


class Behaviour:
    """A client's habits, learned session by session."""

    def __init__(self) -> None:
        self.seen: dict[str, list[float]] = {}  # times done, times there was a chance
        self.words: list[float] = []

    def read(self, therapy_session: SessionEvidence, *, weighed: bool) -> tuple[float, float, list[Points]]:
        """Log likelihood ratios for a withdrawal and a confrontation; and points.

        For each sign ln(p'/p) where it is there and ln((1 - p')/(1 - p)) where it is not, p being this client's rate
        and p' = min(factor p, (1 + p)/2); the sum of the signs is held between -0.5 and 1.1. The points tell what was
        noticed. Where behaviour is not weighed both ratios are 0.
        """
        withdrawal = confrontation = 0.0
        points = []
        for sign, done in _signs(therapy_session):
            if not (done or weighed):
                continue
            times, chances = self.seen.setdefault(sign.source, [0.0, 0.0])
            rate = (HABIT_WEIGHT * sign.usual + times) / (HABIT_WEIGHT + chances)
            both = [_ratio(rate, factor, done) for factor in (sign.withdrawal, sign.confrontation)]
            withdrawal += both[0]
            confrontation += both[1]
            if done:
                points.append(Points(sign.source, POINTS * max(both), seen=1.0, usual=rate))
        shorter = self._shorter(therapy_session)
        withdrawal += shorter
        if shorter > 0:
            usual = math.expm1(sum(self.words) / len(self.words))
            points.append(
                Points(BehaviourSign.COMMENT, POINTS * shorter, seen=therapy_session.comment_words, usual=usual)
            )
        if not weighed:
            return 0.0, 0.0, points
        return _capped(withdrawal), _capped(confrontation), points

    def learn(self, therapy_session: SessionEvidence) -> None:
        """Count what was done in a session in which no rupture is likely."""
        for sign, done in _signs(therapy_session):
            counts = self.seen.setdefault(sign.source, [0.0, 0.0])
            counts[0] += done
            counts[1] += 1
        if therapy_session.comment_words:
            self.words.append(math.log1p(therapy_session.comment_words))

    def _shorter(self, therapy_session: SessionEvidence) -> float:
        """Log likelihood ratio of a comment of this length; none at all says nothing.

        A normal density of log(1 + words) around the own mean, with and without a fall of 0.5.
        """
        if not therapy_session.comment_words or len(self.words) < FEWEST_COMMENTS:
            return 0.0
        off = (math.log1p(therapy_session.comment_words) - sum(self.words) / len(self.words)) / WORDS_SD
        fall = WORDS_FALL / WORDS_SD
        return -off * fall - fall * fall / 2


def _signs(therapy_session: SessionEvidence) -> Iterator[tuple[Sign, bool]]:
    yield NO_SHOW, not therapy_session.attended
    if therapy_session.attended and therapy_session.checkin_answered is not None:
        yield UNANSWERED, not therapy_session.checkin_answered
    if therapy_session.client is not None:
        yield STRAIGHT_LINE, therapy_session.client.straight_line


def _ratio(rate: float, factor: float, done: bool) -> float:
    """Natural log of how much likelier it is in a rupture that this was done, or not."""
    then = min(factor * rate, (1 + rate) / 2)
    return math.log(then / rate) if done else math.log((1 - then) / (1 - rate))


def _capped(value: float) -> float:
    return min(max(value, LEAST), MOST)
