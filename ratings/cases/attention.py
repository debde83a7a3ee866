"""Reads: the supervisor's caseload, and which of its cases need attention.

The order is a convention of this app, and stands on the page: what a client said, then what a therapist noticed, then
the surer flag, then the one with nothing done, then the older one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from alliance import scopes
from alliance.models import Membership, User
from ratings.cases.lists import CaseRow, case_rows
from ratings.delivery.queries import CheckInRow, latest_unanswered
from ratings.findings import phrases
from ratings.models import CheckIn
from ratings.psychometrics.evidence import OpenedBy, Sureness, only_the_therapist_fell, sureness
from ratings.psychometrics.standing import ATTENTION_OPEN, FEWEST_MISSING
from ratings.psychometrics.usual import TrendWord

MOST_TO_TALK_ABOUT = 5
MOST_REPAIRS = 5  # of those without a card; convention of this app


@dataclass(frozen=True, slots=True)
class Gap:
    """A case of which several check-ins in a row did not come, and the last of them."""

    case: CaseRow
    check_in: CheckInRow | None


@dataclass(frozen=True, slots=True)
class Therapist:
    """One of those whose cases a supervisor reads."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Caseload:
    """The cases that a supervisor reads, or those of one therapist.

    `rows` has them all, each other list some of them.
    """

    rows: list[CaseRow]
    open: list[CaseRow]
    flagged: list[CaseRow]  # worked on now, surest first
    first: list[CaseRow]  # at most five, each with a card
    repairs: list[CaseRow]  # open, without a card, the oldest first
    asked: list[CaseRow]  # with a question put forward
    settled: list[CaseRow]  # lower than before, after a rupture that was not repaired
    gaps: list[Gap]
    aside: list[CaseRow]
    kept_back: list[CaseRow]
    away: int  # open, and not seen for long or imported: on none of these lists
    away_after_days: int
    untold: int  # shadow mode: nothing is said of whether they have a flag
    unflagged: int
    too_little: str  # of how many of the unflagged nothing can be said yet
    read: frozenset[str]  # codes of cases of which the therapist has read the latest answers
    therapists: list[Therapist]
    is_assigned: bool  # somebody's cases are shared with this supervisor, if only future ones

    @property
    def above_the_list(self) -> list[CaseRow]:
        shown = [*self.first, *self.repairs[:MOST_REPAIRS], *self.asked, *self.settled]
        return [*shown, *(gap.case for gap in self.gaps), *self.aside, *self.kept_back]

    @property
    def repairs_shown(self) -> list[CaseRow]:
        return self.repairs[:MOST_REPAIRS]


def caseload_of(supervisor: User, therapist: str = "") -> Caseload:
    """All that the caseload of a user shows before a search narrows it; `therapist`: the code of one, or of nobody."""
    supervised = scopes.supervised_episodes(supervisor)
    therapists = _therapists(supervised)
    is_known = therapist in {one.code for one in therapists}
    rows = case_rows(supervised.filter(therapist__code=therapist) if is_known else supervised)
    open_rows = [row for row in rows if not row.ended_at]
    away_after = _away_after(supervisor)
    current = [row for row in open_rows if not row.is_imported and row.seen_at > timezone.now() - away_after]
    missing = [row for row in current if row.standing.missing_in_a_row >= FEWEST_MISSING]
    check_ins = latest_unanswered([row.code for row in missing])
    settled = [row for row in current if row.standing.settled_since and not row.standing.rupture]
    told = [row for row in current if not row.standing.is_untold]
    unflagged = [
        row
        for row in told
        if not row.standing.rupture and row.aside is None and row not in settled and not row.is_kept_back
    ]
    few = sum(row.standing.words.get("overall", TrendWord.FEW) == TrendWord.FEW for row in unflagged)
    flagged = sorted((row for row in current if row.standing.rupture), key=_rank)
    first = [row for row in flagged if not row.is_old and not rests_on_one_rating(row)][:MOST_TO_TALK_ABOUT]
    return Caseload(
        rows=rows,
        open=open_rows,
        flagged=flagged,
        first=first,
        repairs=sorted((row for row in flagged if row not in first), key=_since),
        asked=[row for row in open_rows if row.question],
        settled=settled,
        gaps=[Gap(row, check_ins.get(row.code)) for row in missing],
        aside=[row for row in current if row.aside is not None],
        kept_back=[row for row in current if row.is_kept_back],
        away=len(open_rows) - len(current),
        away_after_days=away_after.days,
        untold=len(current) - len(told),
        unflagged=len(unflagged),
        too_little=phrases.too_little_to_say(few, len(unflagged)),
        read=_read(first),
        therapists=therapists,
        is_assigned=bool(open_rows) or scopes.live_assignments(supervisor).exists(),
    )


def rests_on_one_rating(row: CaseRow) -> bool:
    """Whether nothing speaks for a rupture but what the therapist said after the last session.

    One rating of one side is too little for the head of the page. What a therapist names by hand is not a rating.
    """
    rupture = row.standing.rupture
    if rupture is None or row.said_by_client or rupture.named_by_id or rupture.opened_by == OpenedBy.CLIENT:
        return False
    if row.reason and not only_the_therapist_fell(row.reason.assessment.points):
        return False
    return bool(rupture.opened_session.starts_at >= row.seen_at)


def _since(row: CaseRow) -> datetime:
    return row.since or row.seen_at


def _rank(row: CaseRow) -> tuple[int, bool, bool, datetime]:
    """The order of the cards: by what the case is, the grade of its flag, whether something was done, its age."""
    group = row.standing.attention // (ATTENTION_OPEN // 2)  # a client's word, a therapist's, a flag, coming back
    is_clear = bool(row.reason and sureness(row.reason.assessment.probability) == Sureness.CLEAR)
    has_step = bool(row.repair and row.repair.latest)
    return -group, not is_clear, has_step, _since(row)


def _away_after(supervisor: User) -> timedelta:
    """After how long without a session a case leaves the lists: of several practices, the longest."""
    days = [membership.practice.unseen_after_days for membership in scopes.memberships_of(supervisor)]
    return timedelta(days=max(days, default=90))


def _therapists(supervised: QuerySet[Any]) -> list[Therapist]:
    members = Membership.objects.filter(pk__in=supervised.values("therapist")).select_related("practice__data_key")
    return sorted((Therapist(str(row.code), row.display_name) for row in members), key=lambda one: (one.name, one.code))


def _read(rows: Sequence[CaseRow]) -> frozenset[str]:
    """Of which cases the therapist has read every answer."""
    keys = [row.standing.pk for row in rows]
    unread = set(CheckIn.objects.not_voided().unread().filter(episode__in=keys).values_list("episode", flat=True))
    return frozenset(row.code for row in rows if row.standing.pk not in unread and row.standing.last_rated_at)
