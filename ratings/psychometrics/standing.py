"""Where an episode stands: its figures in the lists, its place in the caseload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.evidence import Assessment, Note, OpenedBy, RuptureState
from ratings.psychometrics.records import RuptureEvidence, SessionRecord
from ratings.psychometrics.series import SERIES, value_of
from ratings.psychometrics.usual import TrendWord, latest_words, settled_from, usual_ranges

SPARK_LENGTH = 10  # sessions
FEWEST_MISSING = 3  # check-ins in a row that did not come and deserve a look; convention of this app
ATTENTION_CLIENT, ATTENTION_THERAPIST = 200_000, 150_000  # a person's word comes before any suspicion
ATTENTION_OPEN, ATTENTION_RECOVERING, ATTENTION_SETTLED, ATTENTION_GAP = 100_000, 50_000, 25_000, 10_000
GROUPS = (
    ATTENTION_GAP, ATTENTION_SETTLED, ATTENTION_RECOVERING, ATTENTION_OPEN, ATTENTION_THERAPIST, ATTENTION_CLIENT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spark:
    """What a sparkline draws of one series."""

    values: tuple[float | None, ...] = ()  # POMP, of the last ten sessions; None: not rated
    band: tuple[float, float] | None = None  # the ends of the usual range

    def to_json(self) -> dict[str, Any]:
        """The sparkline's data as they are stored."""
        return {"values": list(self.values), "band": self.band and list(self.band)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Spark":
        """The data that `to_json` made; empty where nothing was stored."""
        band = stored.get("band")
        return cls(values=tuple(stored.get("values", ())), band=(band[0], band[1]) if band else None)


@dataclass(frozen=True, slots=True)
class ActiveRupture:
    """The rupture that is open, or on its way back."""

    state: RuptureState
    evidence: RuptureEvidence | None  # None: a person opened it
    said_by: OpenedBy | None = None  # who says so, the client first; None: nobody but the program


@dataclass(frozen=True, slots=True)
class StandingFigures:
    """The figures of a standing."""

    sessions_held: int
    check_ins_answered: int
    missing_in_a_row: int  # the latest check-ins that did not come
    last_session_at: datetime | None
    last_rated_at: datetime | None  # start of the last session that the client rated
    scores: Mapping[str, float | None]  # by series, of the client's last rating
    words: Mapping[str, TrendWord]  # by series
    spark: Mapping[str, Spark]  # by series
    notes: tuple[Note, ...]
    settled_since: int | None  # the number of the session since which the ratings have settled lower than before
    attention: int  # the order of the caseload, highest first


def standing_figures(
    sessions: Sequence[SessionRecord],
    assessments: Sequence[Assessment],
    constants: Constants,
    *,
    rupture: ActiveRupture | None,
    ended: bool,
) -> StandingFigures:
    """Say where an episode stands after its last session.

    Parameters
    ----------
    sessions, assessments
        In the order in which the sessions were held, no-shows included; one assessment for each.
    constants
        Those of the detector version.
    rupture
        The active one, if there is one.
    ended
        The therapy has ended: nothing asks for attention.
    """
    attended = [one for one in sessions if one.evidence.number]
    rated = [one for one in sessions if one.rated]
    missing = 0
    for therapy_session in reversed(attended):
        if therapy_session.rated:
            break
        missing += therapy_session.has_check_in
    history = [one.evidence for one in sessions]
    ranges = usual_ranges(history, assessments, constants)
    latest = rated[-1].evidence.client if rated else None
    fell = settled_from(history, assessments)
    return StandingFigures(
        sessions_held=len(attended),
        check_ins_answered=sum(one.rated for one in attended),
        missing_in_a_row=missing,
        last_session_at=attended[-1].starts_at if attended else None,
        last_rated_at=rated[-1].starts_at if rated else None,
        scores={series: value_of(latest, series) for series in SERIES},
        words=latest_words(history, assessments, constants),
        spark={
            series: Spark(
                values=tuple(value_of(one.evidence.client, series) for one in attended[-SPARK_LENGTH:]),
                band=(usual.low, usual.high) if usual else None,
            )
            for series, usual in ranges.items()
        },
        notes=assessments[-1].notes if assessments else (),
        settled_since=assessments[fell].number if fell is not None else None,
        attention=0 if ended else attention(assessments, rupture, missing, settled=fell is not None),
    )


def attention(
    assessments: Sequence[Assessment], rupture: ActiveRupture | None, missing: int, *, settled: bool = False
) -> int:
    """The place of an open episode in the caseload, highest first.

    A convention of this app. What people say comes first: open ruptures of which the client says so (200,000), then
    those of which the therapist does (150,000). Then come the other open ones (100,000). Each of the three is ordered
    by suspicion and then by how far the ratings fell: + 100 u + f, with u the urgency in percent (0-100) and f the fall
    of the client's total in POMP (0-99). Then come those that are on their way back (50,000), those that settled lower
    than before (25,000), and gaps of three check-ins and more (10,000 + their number).
    """
    if rupture and rupture.state == RuptureState.OPEN:
        latest = next((one for one in reversed(assessments) if one.suspicion is not None), None)
        first = {OpenedBy.CLIENT: ATTENTION_CLIENT, OpenedBy.THERAPIST: ATTENTION_THERAPIST}
        base = first.get(rupture.said_by, ATTENTION_OPEN) if rupture.said_by else ATTENTION_OPEN
        return base + (100 * round(100 * _urgency(latest)) + _fall(rupture.evidence) if latest else 0)
    if rupture:
        return ATTENTION_RECOVERING
    if settled:
        return ATTENTION_SETTLED + min(missing, 99)
    return ATTENTION_GAP + min(missing, 99) if missing >= FEWEST_MISSING else 0


def group_of(attention: int) -> int:
    """The group of the caseload that a case is in: 0 for none, the highest for what clients say.

    Examples
    --------
    >>> group_of(0), group_of(ATTENTION_OPEN + 9_630), group_of(ATTENTION_CLIENT)
    (0, 4, 6)
    """
    return sum(attention >= lowest for lowest in GROUPS)


def attention_for_people(attention: int, missing: int, *, recovering: bool) -> int:
    """The place in the caseload by people's words and gaps alone, where nothing of detection is told.

    Parameters
    ----------
    attention
        The place that `attention` gives.
    missing
        The latest check-ins that did not come.
    recovering
        What a person named is on its way back.

    Examples
    --------
    >>> attention_for_people(ATTENTION_CLIENT + 8_123, 0, recovering=False)
    200000
    >>> attention_for_people(ATTENTION_OPEN + 9_630, 4, recovering=False)
    10004
    """
    for base in (ATTENTION_CLIENT, ATTENTION_THERAPIST):
        if attention >= base:
            return base
    if recovering:
        return ATTENTION_RECOVERING
    return ATTENTION_GAP + min(missing, 99) if missing >= FEWEST_MISSING else 0


def _urgency(assessment: Assessment) -> float:
    """How much an open rupture asks for, 0-1: its probability.

    For a rule without one, a tenth of its suspicion, of which 10 is a great deal.
    """
    if assessment.probability is not None:
        return assessment.probability
    return max(0, min((assessment.suspicion or 0) / 10, 1))


def _fall(evidence: RuptureEvidence | None) -> int:
    """How far the client's total lies below its usual, 0-99 POMP."""
    points = evidence.assessment.points if evidence else ()
    total = next((part for part in points if part.source == "client"), None)
    if total is None or total.usual is None or total.seen is None:
        return 0
    return min(max(round(total.usual - total.seen), 0), 99)
