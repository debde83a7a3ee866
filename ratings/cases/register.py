"""Reads: all cases that a supervisor reads, fifty at a time, filtered and sorted by the database.

Names are sealed under a key of each client. So a page opens those of its own fifty rows; only the order by name, and a
search for one, open them all: a database cannot sort or find what it cannot read.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, TextChoices, Value, When
from django.db.models.functions import Coalesce, Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance import scopes
from alliance.models import Episode, Membership, User
from alliance.names import folded, is_found
from alliance.paging import beginning, first_page, page_after, page_of_codes
from alliance.prepared import Prepared
from ratings.cases.newest import LastRupture, last_ruptures
from ratings.detection.shadow import told_standing
from ratings.detection.stored import evidence_of
from ratings.models import DetectorVersion, RepairStep, Rupture, Standing
from ratings.psychometrics import standing as order
from ratings.psychometrics.records import RuptureEvidence
from ratings.psychometrics.usual import TrendWord
from sessions.models import Goal, Mode, Task, TherapySession

MEMBER = ("therapist", "therapist__code", "therapist__name", "therapist__practice")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class State(TextChoices):
    """What a case is, as its row says it."""

    ANY = "", _("Any")
    FLAGGED = "flagged", _("Something is open")
    CLIENT = "client", _("The client says so")
    REPAIR = "repair", _("Repair under way")
    NOTHING = "nothing", _("Nothing done yet")
    SETTLED = "settled", _("Settled lower")
    FEW = "few", _("Too few to say")
    ENDED = "ended", _("Ended")


OF_DETECTION = (State.SETTLED, State.FEW)  # in shadow mode there is no such word


class Missing(TextChoices):
    """What is missing in a case."""

    ANY = "", _("Any")
    CHECK_INS = "check_ins", _("No check-in, 3 sessions")
    LOG = "log", _("Sessions not logged")
    PLAN = "plan", _("No plan")


class Unseen(TextChoices):
    """For how many weeks nobody has seen the client."""

    ANY = "", _("Any time")
    TWO = "2", _("2 weeks")
    FOUR = "4", _("4 weeks")
    EIGHT = "8", _("8 weeks")
    THIRTEEN = "13", _("13 weeks")


class Order(TextChoices):
    ATTENTION = "", _("Attention")
    NAME = "name", _("Name")
    SEEN = "seen", _("Last seen")
    ANSWER = "answer", _("Last answer")
    THERAPIST = "therapist", _("Therapist, in groups")


KEYS = {  # of each order; "-": the highest first. The last one tells any two cases apart
    Order.ATTENTION: ("-told_attention", "pk"),
    Order.SEEN: ("seen_at", "pk"),
    Order.ANSWER: ("answered_at", "pk"),
    Order.THERAPIST: ("therapist_id", "-told_attention", "pk"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of the register is asked for."""

    therapist: str = ""  # a code
    state: State = State.ANY
    missing: Missing = Missing.ANY
    unseen: Unseen = Unseen.ANY
    mode: str = ""
    order: Order = Order.ATTENTION
    after: UUID | None = None  # the code of the last case of the page before


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the register."""

    code: str
    name: str
    therapist: str
    therapist_key: int
    standing: Standing
    reason: RuptureEvidence | None
    since: datetime | None
    for_sessions: int
    last: Rupture | None
    stays_aside: bool  # it was set aside, and the ratings have not been steady since
    seen_at: datetime
    ended_at: datetime | None
    how_ended: str

    @property
    def is_aside(self) -> bool:
        is_over = self.standing.rupture is None
        return self.last is not None and self.stays_aside and is_over and self.ended_at is None

    @property
    def is_calm(self) -> bool:
        return not (self.standing.rupture or self.standing.settled_since)


@dataclass(frozen=True, slots=True)
class Therapist:
    """One of those whose cases a supervisor reads."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Register:
    """A page of it."""

    rows: list[Row]
    total: int
    flagged: int
    therapists: list[Therapist]
    next: str  # the code that the next page begins after; empty: there is none
    is_first: bool
    is_grouped: bool
    states: list[State]  # which the filter offers


def told_cases(supervisor: User) -> QuerySet[Any]:
    """The cases that a supervisor reads, with what may be told of each."""
    return as_told(Episode.objects.filter(pk__among=scopes.supervised_episodes.keys(supervisor)))


def as_told(episodes: QuerySet[Episode]) -> QuerySet[Any]:
    """The episodes with what may be told of each: in shadow mode nothing of detection."""
    shadow = DetectorVersion.objects.in_shadow().filter(practice=OuterRef("client__practice"))
    return (
        episodes.filter(standing__isnull=False)
        .alias(is_untold=Exists(shadow))
        .alias(
            told_attention=Case(
                When(is_untold=False, then=F("standing__attention")),
                When(standing__attention__gte=order.ATTENTION_CLIENT, then=Value(order.ATTENTION_CLIENT)),
                When(standing__attention__gte=order.ATTENTION_THERAPIST, then=Value(order.ATTENTION_THERAPIST)),
                When(has_rupture() & Q(standing__rupture__state="recovering"), then=Value(order.ATTENTION_RECOVERING)),
                When(
                    standing__missing_in_a_row__gte=order.FEWEST_MISSING,
                    then=Value(order.ATTENTION_GAP) + Least("standing__missing_in_a_row", Value(99)),
                ),
                default=Value(0),
            ),
            seen_at=Coalesce("standing__last_session_at", "starts_at"),
            answered_at=Coalesce("standing__last_rated_at", Value(NEVER)),
        )
    )


def has_rupture() -> Q:
    """The condition that a rupture is open, and told."""
    told = Q(is_untold=False) | ~Q(standing__rupture__opened_by=Rupture.OpenedBy.DETECTOR)
    return Q(standing__rupture__isnull=False) & told


def says_too_little() -> Q:
    """The condition that there are too few ratings to know what is usual."""
    few = Q(standing__words__overall=TrendWord.FEW) | Q(standing__words__overall__isnull=True)
    return Q(is_untold=False) & few


def members_of(groups: Iterable[Mapping[str, Any]], places: Collection[Membership]) -> dict[int, Membership]:
    """Key -> the therapist of each group by `MEMBER`; their names open with what the reader's own `places` brought."""
    practices = {place.practice_id: place.practice for place in places}
    members = {}
    for row in groups:
        key, code, name, practice = (row[column] for column in MEMBER)
        members[key] = Membership(pk=key, code=code, name=name, practice_id=practice)
        if practice in practices:
            members[key].practice = practices[practice]
    return members


def by_name(members: Iterable[Membership]) -> list[Therapist]:
    named = [Therapist(str(row.code), row.display_name) for row in members]
    return sorted(named, key=lambda one: (folded(one.name), one.code))


def register(supervisor: User, places: Collection[Membership], asked: Asked, name: str = "") -> Register:
    """A page of all cases; `name`: what is looked for, whatever the page.

    `places`: the supervisor's, with their practices. Three statements, four for an order by name or a search.
    """
    now = timezone.now()
    filters = asked.state, asked.missing, asked.unseen, asked.mode
    names = (*MEMBER, *COUNTED)
    groups = _groups(bool(asked.therapist), *filters)
    found = [dict(zip(names, row, strict=True)) for row in groups.rows(supervisor=supervisor, now=now)]
    members = members_of(found, places)
    only = {key for key, row in members.items() if str(row.code) == asked.therapist}
    chosen = [row for row in found if not only or row["therapist"] in only]
    therapists = [row["therapist"] for row in chosen]
    if name or asked.order == Order.NAME:
        narrowed = _narrowed(supervisor, therapists, now, filters)
        codes = codes_by_name(narrowed, name)
        total, page = len(codes), page_of_codes(codes, None if name else asked.after)
        by_code = {row.code: row for row in _rows(narrowed).filter(code__in=page.rows)}
        episodes = [by_code[code] for code in page.rows if code in by_code]
    else:
        if asked.after:
            rows = _rows(_narrowed(supervisor, therapists, now, filters))
            page = page_after(rows, KEYS[asked.order], asked.after)
        else:
            beginning_of = _first_page(asked.order, *filters)
            page = first_page(beginning_of.models(supervisor=supervisor, therapists=therapists, now=now))
        total, episodes = sum(row["shown"] for row in chosen), page.rows
    last = last_ruptures([row.pk for row in episodes], {row.pk for row in episodes if row.untold})
    return Register(
        rows=[_row(row, members[row.therapist_id].display_name, last.get(row.pk)) for row in episodes],
        total=total,
        flagged=sum(row["flagged"] for row in chosen),
        therapists=by_name(members[row["therapist"]] for row in found if row["all"] or row["therapist"] in only),
        next=page.next if not name else "",
        is_first=page.is_first,
        is_grouped=asked.order == Order.THERAPIST,
        states=[one for one in State if one not in OF_DETECTION or not any(row["untold"] for row in found)],
    )


COUNTED = ("all", "shown", "flagged", "untold")
Filters = tuple[State, Missing, Unseen, str]
MOST_KEPT = 64  # statements: of the filters that people use, and not of every address that somebody makes up


def _is_asked(state: State) -> Q:
    return Q(ends_at__isnull=state != State.ENDED)


def _cases(supervisor: User, state: State) -> QuerySet[Any]:
    return told_cases(supervisor).filter(_is_asked(state))


def _narrowed(supervisor: User, therapists: list[int], now: datetime, filters: Filters) -> QuerySet[Any]:
    return _cases(supervisor, filters[0]).filter(_narrows(now, *filters), therapist__in=therapists)


@lru_cache(maxsize=MOST_KEPT)
def _first_page(by: Order, *filters: Any) -> Prepared:
    return Prepared(
        lambda supervisor, therapists, now: beginning(_rows(_narrowed(supervisor, therapists, now, filters)), KEYS[by]),
        supervisor=User,
        therapists=list,
        now=datetime,
    )


@lru_cache(maxsize=MOST_KEPT)
def _groups(of_one: bool, *filters: Any) -> Prepared:
    """`of_one`: one therapist is chosen, who is to be found also where none of their cases is in the asked state."""

    def build(supervisor: User, now: datetime) -> QuerySet[Any, Any]:
        is_asked = _is_asked(filters[0])
        is_shown = is_asked & _narrows(now, *filters)
        cases = told_cases(supervisor) if of_one else _cases(supervisor, filters[0])
        return (
            cases.values(*MEMBER)
            .order_by()
            .annotate(
                all=Count("pk", filter=is_asked),
                shown=Count("pk", filter=is_shown),
                flagged=Count("pk", filter=is_shown & has_rupture()),
                untold=Count("pk", filter=is_asked & Q(is_untold=True)),
            )
            .values_list(*MEMBER, *COUNTED)
        )

    return Prepared(build, supervisor=User, now=datetime)


def _narrows(now: datetime, state: State, missing: Missing, unseen: Unseen, mode: str) -> Q:
    """The condition of all filters but that of the therapist."""
    steps = RepairStep.objects.filter(rupture=OuterRef("standing__rupture"), taken_back_at__isnull=True)
    over = TherapySession.objects.planned().filter(episode=OuterRef("pk"), ends_at__lt=now)
    goals, tasks = (model.objects.filter(episode=OuterRef("pk"), ended_at__isnull=True) for model in (Goal, Task))
    is_back = Q(standing__rupture__state=Rupture.RuptureState.RECOVERING)
    of_state = {
        State.FLAGGED: has_rupture(),
        State.CLIENT: Q(told_attention__gte=order.ATTENTION_CLIENT),
        State.REPAIR: has_rupture() & (is_back | Q(Exists(steps))),
        State.NOTHING: has_rupture() & ~is_back & ~Q(Exists(steps)),
        State.SETTLED: Q(is_untold=False, standing__settled_since__isnull=False, standing__rupture__isnull=True),
        State.FEW: says_too_little() & ~has_rupture(),
    }
    of_missing = {
        Missing.CHECK_INS: Q(standing__missing_in_a_row__gte=order.FEWEST_MISSING),
        Missing.LOG: Q(Exists(over)),
        Missing.PLAN: ~Q(Exists(goals)) & ~Q(Exists(tasks)),
    }
    condition = Q(pk__isnull=False) & of_state.get(state, Q()) & of_missing.get(missing, Q())
    if unseen:
        condition &= Q(seen_at__lte=now - timedelta(weeks=int(unseen)))
    if mode in Mode.values:
        last = TherapySession.objects.attended().filter(
            episode=OuterRef("pk"), starts_at=OuterRef("standing__last_session_at"), mode=mode
        )
        condition &= Q(Exists(last))
    return condition


def _rows(cases: QuerySet[Any]) -> QuerySet[Any]:
    shown = cases.annotate(untold=F("is_untold"), at=F("seen_at"))
    return shown.select_related("client__data_key", "standing__rupture__opened_session")


def codes_by_name(cases: QuerySet[Any], sought: str) -> list[UUID]:
    """The codes of the cases by name, or of those that are found under one; opens all names."""
    rows = cases.select_related("client__data_key").only("code", "client__code", "client__name", "client__data_key")
    named = [(row.client.sought_name, row.code) for row in rows]
    return [code for _name, code in sorted((folded(name), code) for name, code in named if is_found(sought, name))]


def _row(episode: Any, therapist: str, last: LastRupture | None) -> Row:
    standing = told_standing(episode.standing, shadow=episode.untold)
    rupture = standing.rupture
    reason = evidence_of(rupture) if rupture and not episode.untold else None
    return Row(
        code=str(episode.code),
        name=episode.client.display_name,
        therapist=therapist,
        therapist_key=episode.therapist_id,
        standing=standing,
        reason=reason,
        since=rupture.opened_session.starts_at if rupture else None,
        for_sessions=reason.for_sessions if reason else int(rupture is not None),
        last=last.rupture if last else None,
        stays_aside=last is not None and last.stays_aside,
        seen_at=episode.at,
        ended_at=episode.ends_at,
        how_ended=episode.how_ended,
    )
