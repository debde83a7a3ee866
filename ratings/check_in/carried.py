"""What a client said to a therapist before, and the therapist who took over is to read.

Whatever the client lets go along: answers that nobody has read, once their therapist looks after the case no more; and
what they wanted brought up, and nobody has brought up. Nothing that a client wrote is read by nobody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone

from alliance import scopes
from alliance.access import Editor
from alliance.acting import as_program
from alliance.models import Episode, User
from alliance.names import folded
from ratings.check_in.actions import mark_seen
from ratings.detection.reassess import lock_for_edit
from ratings.findings.scale import whole
from ratings.models import CheckIn, Rating, WishOutcome
from ratings.psychometrics.evidence import Rater
from sessions.models import TherapySession

WISHED = (Rating.BringUp.GENTLY, Rating.BringUp.MYSELF)


@dataclass(frozen=True, slots=True)
class CarriedAnswer:
    """What the client said after one session with the therapist before."""

    session_at: datetime
    therapist: str
    how: str  # they wanted something brought up, a `Rating.BringUp`; empty: not, or it was
    is_whole: bool  # nobody had read it; else the wish alone goes along
    goal: str
    task: str
    bond: str
    comment: str
    tension: bool


@dataclass(frozen=True, slots=True)
class CaseBefore:
    """A case of which something from the therapy before waits for its therapist."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What nobody has read or logged of a case, in counts."""

    answers: int = 0
    sessions: int = 0
    has_wish: bool = False

    @property
    def says_something(self) -> bool:
        """Whether the client would be heard by nobody."""
        return bool(self.answers or self.has_wish)


@as_program()
def carried_answers(episode: Episode, reader: User) -> list[CarriedAnswer]:
    """What waits for the therapist of this episode, or was first read by them, in order of time."""
    rows = _carried([episode.pk], reader).select_related("therapy_session", "episode__therapist__practice__data_key")
    key = episode.client.data_key
    return [
        CarriedAnswer(
            session_at=row.therapy_session.starts_at,
            therapist=row.episode.therapist.display_name,
            how=row.bring_up if row.is_wished else "",
            is_whole=row.is_whole,
            goal=_score(row.goal_pomp),
            task=_score(row.task_pomp),
            bond=_score(row.bond_pomp),
            comment=row.comment.shown(key) if row.comment and row.is_whole else "",
            tension=bool(row.tension),
        )
        for row in rows.order_by("therapy_session__starts_at", "pk")
    ]


def _score(value: float | None) -> str:
    return "–" if value is None else whole(value)


@as_program()
def cases_with_something_before(user: User) -> list[CaseBefore]:
    """The own cases of which something from the therapy before is new to their therapist."""
    own = Episode.objects.filter(therapist__among=scopes.live_memberships(user, "therapist"), ends_at__isnull=True)
    rows = _carried(own, user).exclude(seen__by__user=user)
    following = {row.episode_id for row in rows}
    cases = own.filter(Q(previous__in=following) | Q(previous__previous__in=following))
    found = [CaseBefore(str(row.code), row.client.display_name) for row in cases.select_related("client__data_key")]
    return sorted(found, key=lambda case: folded(case.name))


@transaction.atomic
def read_carried(*, editor: Editor) -> None:
    """The therapist has opened what waited for them."""
    lock_for_edit(editor)
    rows = list(_carried([editor.episode.pk], editor.membership.user))
    mark_seen(rows, by=editor.membership)
    whole_ones = [row.check_in_id for row in rows if row.is_whole]
    unread = CheckIn.objects.filter(pk__in=whole_ones, read_at__isnull=True)
    unread.update(read_at=timezone.now(), read_by=editor.membership)


@as_program()
def unfinished(episodes: Collection[Episode]) -> dict[int, Unfinished]:
    """What nobody has read or logged of each case, by key. Three statements."""
    keys = [episode.pk for episode in episodes]
    unread = CheckIn.objects.unread().filter(episode__in=keys).order_by()
    answers = dict(unread.values_list("episode").annotate(Count("pk", distinct=True)))
    planned = TherapySession.objects.planned().filter(episode__in=keys, starts_at__lte=timezone.now()).order_by()
    sessions = dict(planned.values_list("episode").annotate(Count("pk")))
    wished = set(_answers().filter(_is_wished(), episode__in=keys).values_list("episode", flat=True))
    return {key: Unfinished(answers.get(key, 0), sessions.get(key, 0), key in wished) for key in keys}


def _answers() -> QuerySet[Any]:
    return Rating.objects.current().filter(rater=Rater.CLIENT).exclude(mode=Rating.Mode.IMPORT)


def _is_wished() -> Q:
    """The condition that the client wanted something brought up, never took it back, and nobody has done so."""
    said = WishOutcome.objects.filter(rating=OuterRef("pk"), taken_back_at__isnull=True)
    settled = said.filter(outcome__in=WishOutcome.SETTLED)
    later = _answers().filter(episode=OuterRef("episode"), bring_up__in=WISHED, received_at__gt=OuterRef("received_at"))
    return Q(bring_up__in=WISHED) & ~Q(Exists(settled)) & ~Q(Exists(later))


def _is(condition: Q) -> Any:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _carried(episodes: QuerySet[Any] | Collection[int], reader: User) -> QuerySet[Any]:
    """Of the two therapies before each of the episodes: who came between may have opened nothing."""
    is_in_hands = Exists(scopes.episodes_in_hands().filter(pk=OuterRef("episode")))
    unread = Q(check_in__read_at__isnull=True, check_in__isnull=False) & ~Q(is_in_hands)
    is_whole = unread | Q(check_in__read_by__user=reader)
    rows = _answers().annotate(is_whole=_is(is_whole), is_wished=_is(_is_wished()))
    now = Episode.objects.filter(pk__in=episodes)
    before = Q(episode__among=now.values("previous")) | Q(episode__among=now.values("previous__previous"))
    return rows.filter(before, Q(is_whole=True) | Q(is_wished=True), therapy_session__voided_at__isnull=True)
