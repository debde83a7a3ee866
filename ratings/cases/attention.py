"""Reads: which of a supervisor's cases need attention.

The order is a convention of this app, and stands on the page: what a client said, then what a therapist noticed, then
the surer flag, then the one with nothing done, then the older one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from alliance import scopes
from alliance.models import Membership, User
from ratings.cases.lists import CaseRow, case_rows, last_came_with_an_import
from ratings.cases.register import Therapist, has_rupture, says_too_little, told_cases
from ratings.delivery.queries import CheckInRow, latest_unanswered
from ratings.findings import phrases
from ratings.models import CheckIn, Rating, Rupture, SeenRating, SupervisionQuestion
from ratings.psychometrics.evidence import OpenedBy, Rater, only_the_therapist_fell
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
class Caseload:
    """What needs attention in the cases that a supervisor reads, or in those of one therapist."""

    open: int
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
    read: frozenset[str]  # codes of cases of which somebody has read every answer
    read_by_cover: frozenset[str]  # and of those the ones in which the therapist has not seen them all
    therapists: list[Therapist]
    is_assigned: bool  # somebody's cases are shared with this supervisor, if only future ones
    has_ended: bool  # where nothing is open: there are ended cases

    @property
    def repairs_shown(self) -> list[CaseRow]:
        return self.repairs[:MOST_REPAIRS]

    @property
    def cases_shown(self) -> int:
        shown = [*self.first, *self.repairs_shown, *self.asked, *self.settled, *self.aside, *self.kept_back]
        return len({row.code for row in (*shown, *(gap.case for gap in self.gaps))})


def caseload_of(supervisor: User, therapist: str = "") -> Caseload:
    """What needs attention; `therapist`: the code of one, or of nobody. Only cases with something to say are opened."""
    told = told_cases(supervisor)
    therapists = _therapists(told.filter(ends_at__isnull=True))
    is_known = therapist in {one.code for one in therapists}
    told = told.filter(therapist__code=therapist) if is_known else told
    cases = told.filter(ends_at__isnull=True)
    away_after = _away_after(supervisor)
    is_current = Q(seen_at__gt=timezone.now() - away_after) & ~Q(Exists(last_came_with_an_import()))
    of_each = cases.values("therapist").annotate(  # an aggregate over all at once cannot hold these subqueries
        open=Count("pk"),
        current=Count("pk", filter=is_current),
        untold=Count("pk", filter=is_current & Q(is_untold=True)),
        few=Count("pk", filter=is_current & says_too_little()),
    )
    counts = Counter[str]()
    for group in of_each.order_by():
        counts.update({name: group[name] for name in ("open", "current", "untold", "few")})
    opened = case_rows(cases.filter(is_current & _is_notable() | Q(Exists(_questions()))))
    seen_since = timezone.now() - away_after
    rows = [row for row in opened if row.seen_at > seen_since and not row.is_imported]
    missing = [row for row in rows if row.standing.missing_in_a_row >= FEWEST_MISSING]
    check_ins = latest_unanswered([row.code for row in missing])
    settled = [row for row in rows if row.standing.settled_since and not row.standing.rupture]
    aside, kept_back = [row for row in rows if row.aside is not None], [row for row in rows if row.is_kept_back]
    flagged = sorted((row for row in rows if row.standing.rupture), key=_rank)
    first = [row for row in flagged if not row.is_old and not rests_on_one_rating(row)][:MOST_TO_TALK_ABOUT]
    named = {row.code: row for row in (*flagged, *settled, *aside, *kept_back) if not row.standing.is_untold}
    few = counts["few"] - sum(_says_too_little(row) for row in named.values())
    unflagged = counts["current"] - counts["untold"] - len(named)
    return Caseload(
        open=counts["open"],
        flagged=flagged,
        first=first,
        repairs=sorted((row for row in flagged if row not in first), key=_since),
        asked=[row for row in opened if row.question],
        settled=settled,
        gaps=[Gap(row, check_ins.get(row.code)) for row in missing],
        aside=aside,
        kept_back=kept_back,
        away=counts["open"] - counts["current"],
        away_after_days=away_after.days,
        untold=counts["untold"],
        unflagged=unflagged,
        too_little=phrases.too_little_to_say(few, unflagged),
        read=_read(first),
        read_by_cover=_read_by_cover(first),
        therapists=therapists,
        is_assigned=bool(counts["open"]) or scopes.live_assignments(supervisor).exists(),
        has_ended=not counts["open"] and told.exists(),
    )


def _says_too_little(row: CaseRow) -> bool:
    return row.standing.words.get("overall", TrendWord.FEW) == TrendWord.FEW


def _questions() -> QuerySet[SupervisionQuestion]:
    return SupervisionQuestion.objects.filter(episode=OuterRef("pk"), withdrawn_at__isnull=True)


def _is_notable() -> Q:
    """The condition that there may be something to say; the rows then tell whether there is."""
    hidden = Rupture.objects.filter(episode=OuterRef("pk"))
    hidden = hidden.filter(Q(state=Rupture.RuptureState.SET_ASIDE) | Q(kept_back=True, state__in=Rupture.ACTIVE))
    gap = Q(standing__missing_in_a_row__gte=FEWEST_MISSING)
    return has_rupture() | Q(standing__settled_since__isnull=False) | gap | Q(Exists(hidden))


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


def _rank(row: CaseRow) -> tuple[int, int, bool, datetime]:
    """The order of the cards: by what the case is, how sure its flag is in tenths, whether something was done, its age.

    In tenths, for a hundredth more or less means nothing, and would leave no say to the other two.
    """
    group, rest = divmod(row.standing.attention, ATTENTION_OPEN // 2)  # client's word, therapist's, flag, coming back
    has_step = bool(row.repair and row.repair.latest)
    return -group, -(rest // 1000), has_step, _since(row)


def _away_after(supervisor: User) -> timedelta:
    """After how long without a session a case leaves the lists: of several practices, the longest."""
    days = [membership.practice.unseen_after_days for membership in scopes.memberships_of(supervisor)]
    return timedelta(days=max(days, default=90))


def _therapists(cases: QuerySet[Any]) -> list[Therapist]:
    members = Membership.objects.filter(pk__in=cases.values("therapist")).select_related("practice__data_key")
    return sorted((Therapist(str(row.code), row.display_name) for row in members), key=lambda one: (one.name, one.code))


def _read(rows: Sequence[CaseRow]) -> frozenset[str]:
    """Of which cases somebody has read every answer, the therapist or who covers."""
    keys = [row.standing.pk for row in rows]
    unread = set(CheckIn.objects.not_voided().unread().filter(episode__in=keys).values_list("episode", flat=True))
    return frozenset(row.code for row in rows if row.standing.pk not in unread and row.standing.last_rated_at)


def _read_by_cover(rows: Sequence[CaseRow]) -> frozenset[str]:
    """Of which cases answers were read by who covers, and not seen by the therapist so far."""
    keys = [row.standing.pk for row in rows]
    therapist = OuterRef("episode__therapist__user")
    seen = SeenRating.objects.filter(rating=OuterRef("pk"), by__user=therapist)
    answers = Rating.objects.current().filter(episode__in=keys, rater=Rater.CLIENT, check_in__read_by__isnull=False)
    by_others = answers.exclude(check_in__read_by__user=F("episode__therapist__user")).exclude(Exists(seen))
    found = set(by_others.values_list("episode", flat=True))
    return frozenset(row.code for row in rows if row.standing.pk in found)
