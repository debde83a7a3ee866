"""Reads: which of a supervisor's cases need attention.

The order is a convention of this app, and stands on the page: what a client said, then what a therapist noticed, then
the surer flag, then the one with nothing done, then the older one.

Many cases may have something to say. They are ordered by what is stored, without a name; then the few that the page
shows are opened.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, When
from django.utils import timezone

from alliance import scopes
from alliance.models import Membership, User
from alliance.prepared import Prepared
from ratings.cases.lists import (
    OLD_AFTER,
    CaseRow,
    LastRupture,
    case_rows,
    last_came_with_an_import,
    last_ruptures,
)
from ratings.cases.register import MEMBER, Therapist, by_name, has_rupture, members_of, says_too_little, told_cases
from ratings.delivery.queries import CheckInRow, latest_unanswered
from ratings.detection.shadow import told_standing
from ratings.detection.stored import evidence_of
from ratings.findings import phrases
from ratings.models import RepairStep, Rupture, Standing, SupervisionQuestion
from ratings.psychometrics.evidence import OpenedBy, only_the_therapist_fell
from ratings.psychometrics.standing import ATTENTION_CLIENT, ATTENTION_OPEN, FEWEST_MISSING
from ratings.psychometrics.usual import TrendWord

MOST_TO_TALK_ABOUT = 5
MOST_REPAIRS = 5  # of those without a card; convention of this app
MOST_OF_A_KIND = 10  # in each of the other lists; convention of this app


@dataclass(frozen=True, slots=True)
class Gap:
    """A case of which several check-ins in a row did not come, and the last of them."""

    case: CaseRow
    check_in: CheckInRow | None


@dataclass(frozen=True, slots=True)
class Shown:
    """The first cases of a list, and how many it has."""

    rows: list[CaseRow]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class Caseload:
    """What needs attention in the cases that a supervisor reads, or in those of one therapist."""

    open: int
    first: list[CaseRow]  # at most five, each with a card, surest first
    repairs: Shown  # open, without a card, the oldest first
    asked: Shown  # with a question put forward
    settled: Shown  # lower than before, after a rupture that was not repaired
    gaps: list[Gap]
    more_gaps: int
    aside: Shown
    kept_back: Shown
    away: int  # open, and not seen for long or imported: on none of these lists
    away_after_days: int
    untold: int  # shadow mode: nothing is said of whether they have a flag
    unflagged: int
    too_little: str  # of how many of the unflagged nothing can be said yet
    therapists: list[Therapist]
    is_assigned: bool  # somebody's cases are shared with this supervisor, if only future ones
    has_ended: bool  # where nothing is open: there are ended cases

    @property
    def flagged(self) -> list[CaseRow]:
        """What is open, as far as it is shown."""
        return [*self.first, *self.repairs.rows]

    @property
    def flagged_in_all(self) -> int:
        return len(self.first) + self.repairs.total

    @property
    def cases_shown(self) -> int:
        lists = (self.repairs, self.asked, self.settled, self.aside, self.kept_back)
        shown = [*self.first, *(row for one in lists for row in one.rows), *(gap.case for gap in self.gaps)]
        return len({row.code for row in shown})


@dataclass(frozen=True, slots=True)
class Sign:
    """What a case has to say, as it is stored; no name is opened for it."""

    key: int
    standing: Standing
    seen_at: datetime
    is_untold: bool
    is_current: bool
    has_step: bool
    has_question: bool
    last: LastRupture | None

    @property
    def rupture(self) -> Rupture | None:
        rupture: Rupture | None = self.standing.rupture
        return rupture

    @property
    def since(self) -> datetime:
        return self.rupture.opened_session.starts_at if self.rupture else self.seen_at

    @property
    def is_settled(self) -> bool:
        return self.standing.settled_since is not None and self.rupture is None

    @property
    def is_aside(self) -> bool:
        return self.last is not None and self.last.stays_aside and self.rupture is None

    @property
    def is_kept_back(self) -> bool:
        last = self.last.rupture if self.last else None
        return last is not None and last.kept_back and last.is_active and self.rupture is None

    @property
    def is_missing(self) -> bool:
        return self.standing.missing_in_a_row >= FEWEST_MISSING

    @property
    def is_named(self) -> bool:
        """Whether the page says of its ratings what no other list says."""
        return bool(self.rupture or self.is_settled or self.is_aside or self.is_kept_back)

    @property
    def says_too_little(self) -> bool:
        return self.standing.words.get("overall", TrendWord.FEW) == TrendWord.FEW


def caseload_of(supervisor: User, places: Collection[Membership], therapist: str = "") -> Caseload:
    """What needs attention; `therapist`: the code of one, or of nobody.

    `places`: the supervisor's, with their practices. Four statements, one more where a check-in is missing.
    """
    away_after = max((place.practice.unseen_after_days for place in places), default=90)  # of several, the longest
    unseen_since = timezone.now() - timedelta(days=away_after)
    names = (*MEMBER, *COUNTED)
    found = [dict(zip(names, row, strict=True)) for row in GROUPS.rows(supervisor=supervisor, since=unseen_since)]
    members = members_of((row for row in found if row["open"]), places)
    chosen = [row for row in found if str(row["therapist__code"]) == therapist and row["open"]] or found
    counted = {name: sum(row[name] for row in chosen) for name in COUNTED}
    signs = _signs(supervisor, [row["therapist"] for row in chosen], unseen_since)
    current = [sign for sign in signs if sign.is_current]
    flagged = sorted((sign for sign in current if sign.rupture), key=_rank)
    first = list(islice(_with_a_card(flagged), MOST_TO_TALK_ABOUT))
    with_a_card = {sign.key for sign in first}
    repairs = sorted((sign for sign in flagged if sign.key not in with_a_card), key=_since)
    asked = [sign for sign in signs if sign.has_question]
    settled = [sign for sign in current if sign.is_settled]
    missing = [sign for sign in current if sign.is_missing]
    aside = [sign for sign in current if sign.is_aside]
    kept_back = [sign for sign in current if sign.is_kept_back]
    lists = [(one, MOST_OF_A_KIND) for one in (asked, settled, missing, aside, kept_back)]
    lists += [(first, MOST_TO_TALK_ABOUT), (repairs, MOST_REPAIRS)]
    keys = {sign.key for signs_of_list, most in lists for sign in signs_of_list[:most]}
    last = {sign.key: sign.last for sign in signs if sign.last}
    rows = {row.standing.pk: row for row in case_rows(keys, last=last)}
    gaps = _shown(missing, MOST_OF_A_KIND, rows)
    check_ins = latest_unanswered([row.standing.pk for row in gaps.rows])
    named = [sign for sign in current if sign.is_named and not sign.is_untold]
    few = counted["few"] - sum(sign.says_too_little for sign in named)
    unflagged = counted["current"] - counted["untold"] - len(named)
    return Caseload(
        open=counted["open"],
        first=[rows[sign.key] for sign in first if sign.key in rows],
        repairs=_shown(repairs, MOST_REPAIRS, rows),
        asked=_shown(asked, MOST_OF_A_KIND, rows),
        settled=_shown(settled, MOST_OF_A_KIND, rows),
        gaps=[Gap(row, check_ins.get(row.code)) for row in gaps.rows],
        more_gaps=gaps.more,
        aside=_shown(aside, MOST_OF_A_KIND, rows),
        kept_back=_shown(kept_back, MOST_OF_A_KIND, rows),
        away=counted["open"] - counted["current"],
        away_after_days=away_after,
        untold=counted["untold"],
        unflagged=unflagged,
        too_little=phrases.too_little_to_say(few, unflagged),
        therapists=by_name(members.values()),
        is_assigned=bool(counted["open"]) or scopes.live_assignments(supervisor).exists(),
        has_ended=bool(counted["ended"]),
    )


COUNTED = ("open", "ended", "current", "untold", "few")


def _is_current(since: datetime) -> Q:
    """The condition that somebody has seen the client since, here."""
    return Q(seen_at__gt=since) & ~Q(Exists(last_came_with_an_import()))


def _groups(supervisor: User, since: datetime) -> QuerySet[Any, Any]:
    """By therapist: an aggregate over all at once cannot hold these subqueries."""
    is_open = Q(ends_at__isnull=True)
    is_current = is_open & _is_current(since)
    groups = told_cases(supervisor).values(*MEMBER).order_by()
    return groups.annotate(
        open=Count("pk", filter=is_open),
        ended=Count("pk", filter=~is_open),
        current=Count("pk", filter=is_current),
        untold=Count("pk", filter=is_current & Q(is_untold=True)),
        few=Count("pk", filter=is_current & says_too_little()),
    ).values_list(*MEMBER, *COUNTED)


GROUPS = Prepared(_groups, supervisor=User, since=datetime)


def _with_signs(supervisor: User, therapists: list[int], since: datetime) -> QuerySet[Any]:
    is_current = _is_current(since)
    cases = told_cases(supervisor).filter(ends_at__isnull=True, therapist__in=therapists)
    cases = cases.filter(is_current & _is_notable() | Q(Exists(_questions())))
    steps = RepairStep.objects.filter(episode=OuterRef("pk"), taken_back_at__isnull=True)
    steps = steps.filter(rupture__state__in=Rupture.ACTIVE, rupture__kept_back=False)
    rows = cases.annotate(
        untold=F("is_untold"),
        at=F("seen_at"),
        is_current=Case(When(is_current, then=True), default=False),
        has_step=Exists(steps),
        has_question=Exists(_questions()),
    )
    return rows.select_related("standing__rupture__opened_session")


WITH_SIGNS = Prepared(_with_signs, supervisor=User, therapists=list, since=datetime)


def _signs(supervisor: User, therapists: list[int], since: datetime) -> list[Sign]:
    """What the cases have to say, what comes first at the head."""
    found = WITH_SIGNS.models(supervisor=supervisor, therapists=therapists, since=since)
    last = last_ruptures([row.pk for row in found], {row.pk for row in found if row.untold})
    signs = [
        Sign(
            key=row.pk,
            standing=told_standing(row.standing, shadow=row.untold),
            seen_at=row.at,
            is_untold=row.untold,
            is_current=row.is_current,
            has_step=row.has_step,
            has_question=row.has_question,
            last=last.get(row.pk),
        )
        for row in found
    ]
    return sorted(signs, key=lambda sign: (-sign.standing.attention, sign.key))


def _shown(signs: Sequence[Sign], most: int, rows: Mapping[int, CaseRow]) -> Shown:
    """The first of a list; `rows`: what was opened. A case may have gone to somebody else meanwhile."""
    return Shown([rows[sign.key] for sign in signs[:most] if sign.key in rows], len(signs))


def _with_a_card(flagged: Iterable[Sign]) -> Iterator[Sign]:
    long_ago = timezone.now() - OLD_AFTER
    return (sign for sign in flagged if sign.seen_at >= long_ago and not rests_on_one_rating(sign))


def _questions() -> QuerySet[SupervisionQuestion]:
    return SupervisionQuestion.objects.filter(episode=OuterRef("pk"), withdrawn_at__isnull=True)


def _is_notable() -> Q:
    """The condition that there may be something to say; the rows then tell whether there is."""
    hidden = Rupture.objects.filter(episode=OuterRef("pk"))
    hidden = hidden.filter(Q(state=Rupture.RuptureState.SET_ASIDE) | Q(kept_back=True, state__in=Rupture.ACTIVE))
    gap = Q(standing__missing_in_a_row__gte=FEWEST_MISSING)
    return has_rupture() | Q(standing__settled_since__isnull=False) | gap | Q(Exists(hidden))


def rests_on_one_rating(sign: Sign) -> bool:
    """Whether nothing speaks for a rupture but what the therapist said after the last session.

    One rating of one side is too little for the head of the page. What a therapist names by hand is not a rating.
    """
    rupture = sign.rupture
    if rupture is None or sign.standing.attention >= ATTENTION_CLIENT:
        return False
    if rupture.named_by_id or rupture.opened_by == OpenedBy.CLIENT or rupture.opened_session.starts_at < sign.seen_at:
        return False
    reason = evidence_of(rupture) if not sign.is_untold else None
    return reason is None or only_the_therapist_fell(reason.assessment.points)


def _since(sign: Sign) -> datetime:
    return sign.since


def _rank(sign: Sign) -> tuple[int, int, bool, datetime]:
    """The order of the cards: by what the case is, how sure its flag is in tenths, whether something was done, its age.

    In tenths, for a hundredth more or less means nothing, and would leave no say to the other two.
    """
    group, rest = divmod(sign.standing.attention, ATTENTION_OPEN // 2)  # client's word, therapist's, flag, coming back
    return -group, -(rest // 1000), sign.has_step, sign.since
