"""Reads: which of a supervisor's cases need attention.

The order is a convention of this app, and stands on the page: what a client said, then what a therapist noticed, then
the surer flag, then the one with nothing done, then the older one.

Many cases may have something to say. They are ordered by their signs, without a name; then the few that the page shows
are opened.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from alliance import scopes
from alliance.models import Membership, User
from alliance.people.ending import Ending, endings_of_supervisor
from alliance.prepared import Prepared
from ratings.cases.lists import OLD_AFTER, CaseRow, case_rows
from ratings.cases.newest import Hidden
from ratings.cases.register import MEMBER, Therapist, by_name, members_of, says_too_little, told_cases
from ratings.cases.signs import Sign, is_current, rests_on_one_rating, signs_of
from ratings.delivery.queries import CheckInRow, latest_unanswered
from ratings.findings import phrases
from ratings.psychometrics.standing import ATTENTION_OPEN

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
    endings: list[Ending]  # of supervision that they give; of all therapists

    @property
    def flagged(self) -> list[CaseRow]:
        """What is open, as far as it is shown."""
        return [*self.first, *self.repairs.rows]

    @property
    def flagged_in_all(self) -> int:
        return len(self.first) + self.repairs.total

    @property
    def cases_shown(self) -> int:
        """How many cases the page says something of."""
        lists = (self.repairs, self.asked, self.settled, self.aside, self.kept_back)
        shown = [*self.first, *(row for one in lists for row in one.rows), *(gap.case for gap in self.gaps)]
        return len({row.code for row in shown} | {str(row.case_code) for row in self.endings if row.case_code})


def caseload_of(supervisor: User, places: Collection[Membership], therapist: str = "") -> Caseload:
    """What needs attention; `therapist`: the code of one, or of nobody.

    `places`: the supervisor's, with their practices. Four statements, one more where a check-in is missing,
    and one for each ending.
    """
    away_after = max((place.practice.unseen_after_days for place in places), default=90)  # of several, the longest
    unseen_since = timezone.now() - timedelta(days=away_after)
    names = (*MEMBER, *COUNTED)
    found = [dict(zip(names, row, strict=True)) for row in GROUPS.rows(supervisor=supervisor, since=unseen_since)]
    members = members_of((row for row in found if row["open"]), places)
    chosen = [row for row in found if str(row["therapist__code"]) == therapist and row["open"]] or found
    counted = {name: sum(row[name] for row in chosen) for name in COUNTED}
    signs = signs_of(supervisor, [row["therapist"] for row in chosen], unseen_since)
    current = [sign for sign in signs if sign.is_current]
    flagged = sorted((sign for sign in current if sign.strained_since), key=_rank)
    first = list(islice(_with_a_card(flagged), MOST_TO_TALK_ABOUT))
    with_a_card = {sign.key for sign in first}
    repairs = sorted((sign for sign in flagged if sign.key not in with_a_card), key=_since)
    asked = [sign for sign in signs if sign.has_question]
    settled = [sign for sign in current if sign.is_settled]
    missing = [sign for sign in current if sign.is_missing]
    aside = [sign for sign in current if sign.hidden == Hidden.ASIDE]
    kept_back = [sign for sign in current if sign.hidden == Hidden.KEPT_BACK]
    lists = (asked, settled, missing, aside, kept_back)
    keys = _keys(first, repairs[:MOST_REPAIRS], *(one[:MOST_OF_A_KIND] for one in lists))
    rows = {row.standing.pk: row for row in case_rows(keys)}
    gaps = _shown(missing, MOST_OF_A_KIND, rows)
    check_ins = latest_unanswered([row.standing.pk for row in gaps.rows])
    named = {sign.key: sign for sign in (*flagged, *settled, *aside, *kept_back) if not sign.is_untold}
    few = counted["few"] - sum(sign.says_too_little for sign in named.values())
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
        endings=endings_of_supervisor(supervisor),
    )


COUNTED = ("open", "ended", "current", "untold", "few")


def _groups(supervisor: User, since: datetime) -> QuerySet[Any, Any]:
    """By therapist: an aggregate over all at once cannot hold these subqueries."""
    is_open = Q(ends_at__isnull=True)
    is_seen = is_open & is_current(since)
    groups = told_cases(supervisor).values(*MEMBER).order_by()
    return groups.annotate(
        open=Count("pk", filter=is_open),
        ended=Count("pk", filter=~is_open),
        current=Count("pk", filter=is_seen),
        untold=Count("pk", filter=is_seen & Q(is_untold=True)),
        few=Count("pk", filter=is_seen & says_too_little()),
    ).values_list(*MEMBER, *COUNTED)


GROUPS = Prepared(_groups, supervisor=User, since=datetime)


def _keys(*lists: Iterable[Sign]) -> set[int]:
    return {sign.key for signs in lists for sign in signs}


def _shown(signs: Sequence[Sign], most: int, rows: Mapping[int, CaseRow]) -> Shown:
    """The first of a list; `rows`: what was opened. A case may have gone to somebody else meanwhile."""
    return Shown([rows[sign.key] for sign in signs[:most] if sign.key in rows], len(signs))


def _with_a_card(flagged: Iterable[Sign]) -> Iterator[Sign]:
    long_ago = timezone.now() - OLD_AFTER
    return (sign for sign in flagged if sign.seen_at >= long_ago and not rests_on_one_rating(sign))


def _since(sign: Sign) -> datetime:
    return sign.since


def _rank(sign: Sign) -> tuple[int, int, bool, datetime]:
    """The order of the cards: by what the case is, how sure its flag is in tenths, whether something was done, its age.

    In tenths, for a hundredth more or less means nothing, and would leave no say to the other two.
    """
    group, rest = divmod(sign.attention, ATTENTION_OPEN // 2)  # client's word, therapist's, flag, coming back
    return -group, -(rest // 1000), sign.has_step, sign.since
