"""What a client said to a therapist before, and the therapist who took over is to read.

Whatever the client lets go along: answers that nobody has read, once their therapist looks after the case no more; and
what they wanted brought up, and nobody has brought up. Nothing that a client wrote is read by nobody: where nobody took
over, a manager finds somebody, or closes it as unread.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone

from alliance import audit, scopes
from alliance.access import Editor, Right
from alliance.acting import as_program
from alliance.audit import Verb
from alliance.models import Episode, Membership, Practice, User
from alliance.names import folded
from alliance.prepared import Prepared
from ratings.check_in.actions import mark_seen
from ratings.detection.reassess import lock_for_edit, lock_for_settling
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
    rows = _carried(_before([episode.pk]), reader).select_related(
        "therapy_session", "episode__therapist__practice__data_key"
    )
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
    """The own cases of which something from the therapy before is new to their therapist.

    Of an ended one that nobody has taken over only what nobody has read.
    """
    cases = {row.pk: row for row in FOLLOWING.models(user=user)}
    course = _before(cases)
    rows = NOT_SEEN.models(before=course, reader=user)
    told = {course[row.episode_id] for row in rows if not cases[course[row.episode_id]].ends_at or row.is_unread}
    found = [CaseBefore(str(cases[key].code), cases[key].client.display_name) for key in told]
    return sorted(found, key=lambda case: folded(case.name))


def _following(user: User) -> QuerySet[Any]:
    """The own cases that another therapy came before."""
    own = scopes.own_episodes(user).filter(therapist__among=scopes.live_memberships(user, "therapist"))
    own = own.filter(Q(ends_at__isnull=True) | Q(next__isnull=True), previous__isnull=False)
    return own.select_related("client__data_key")


def _not_seen(before: Collection[int], reader: User) -> QuerySet[Any]:
    return _carried(before, reader).exclude(seen__by__among=scopes.places_of(reader)).select_related("check_in")


@transaction.atomic
def read_carried(*, editor: Editor) -> None:
    """The therapist has opened what waited for them."""
    lock_for_edit(editor)
    rows = list(_carried(_before([editor.episode.pk]), editor.membership.user))
    mark_seen(rows, by=editor.membership)
    whole_ones = [row.check_in_id for row in rows if row.is_whole]
    unread = CheckIn.objects.filter(pk__in=whole_ones, read_at__isnull=True)
    unread.update(read_at=timezone.now(), read_by=editor.membership)


@as_program()
def unfinished(episodes: Collection[Episode]) -> dict[int, Unfinished]:
    """What nobody has read or logged of each case, by key, with what nobody read of the therapies before it."""
    keys = [episode.pk for episode in episodes]
    course = _before(keys)
    answers = Counter(course.get(key, key) for key in _left_unread(keys, course).values_list("episode", flat=True))
    planned = TherapySession.objects.planned().filter(episode__in=keys, starts_at__lte=timezone.now()).order_by()
    sessions = dict(planned.values_list("episode").annotate(Count("pk")))
    wished = set(_answers().filter(_is_wished(), episode__in=keys).values_list("episode", flat=True))
    return {key: Unfinished(answers[key], sessions.get(key, 0), key in wished) for key in keys}


@as_program()
def ended_with_something_unread(practice: Practice, besides: Membership | None = None) -> set[int]:
    """Keys of the ended cases in which a client's answers are read by nobody, as nobody can open them.

    The therapist has left and nobody has taken over, or the case ended longer ago than the practice shows it.
    `besides`: as it is once this member has left. Of therapies that followed one another it is the last.
    """
    here = scopes.live_therapists().filter(practice=practice)
    here = here.exclude(pk=besides.pk) if besides else here
    opens_it = Q(scopes.in_sight(), therapist__in=here)
    ended = Episode.objects.filter(client__practice=practice, ends_at__isnull=False, joined_into__isnull=True)
    unread = CheckIn.objects.left_unread().filter(episode__in=ended.exclude(opens_it))
    last = set(unread.values_list("episode", flat=True))
    while following := dict(Episode.objects.filter(previous__in=last).values_list("previous", "pk")):
        last = {following.get(key, key) for key in last}
    return set(ended.filter(pk__in=last).exclude(opens_it).values_list("pk", flat=True))


@transaction.atomic
def close_unread(*, right: Right) -> None:
    """Puts on record that nobody reads what is unread in a case, as a manager settled it so."""
    lock_for_settling(right)
    course = _before([right.episode.pk])
    keys = list(_left_unread([right.episode.pk], course).values_list("pk", flat=True))
    rows = CheckIn.objects.filter(pk__in=keys)
    rows.update(closed_unread_at=timezone.now(), closed_unread_by=right.membership)
    for check_in in rows:
        audit.record(Verb.ENDED, check_in, by=right.membership)


def _before(keys: Collection[int]) -> dict[int, int]:
    """Key of each therapy before -> that of the case that came out of it."""
    found: dict[int, int] = {}
    level = {key: key for key in keys}
    while level:
        rows = PREVIOUS.rows(keys=level)
        level = {previous: level[key] for key, previous in rows if previous is not None}
        found |= level
    return found


def _left_unread(keys: Collection[int], course: Collection[int]) -> QuerySet[CheckIn]:
    """What nobody has read of these cases, and of the therapies before them that are in nobody's hands."""
    in_hands = scopes.episodes_in_hands().filter(pk__in=course)
    rows: QuerySet[CheckIn] = CheckIn.objects.left_unread().order_by()
    return rows.filter(Q(episode__in=keys) | (Q(episode__in=course) & ~Q(episode__in=in_hands)))


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


def _carried(before: Collection[int], reader: User) -> QuerySet[Any]:
    """Of all these therapies before: who came between may have opened nothing."""
    is_in_hands = Exists(scopes.episodes_in_hands().filter(pk=OuterRef("episode")))
    unread = Q(check_in__read_at__isnull=True, check_in__isnull=False) & ~Q(is_in_hands)
    is_whole = unread | Q(check_in__read_by__among=scopes.places_of(reader))
    rows = _answers().annotate(is_unread=_is(unread), is_whole=_is(is_whole), is_wished=_is(_is_wished()))
    rows = rows.filter(Q(is_whole=True) | Q(is_wished=True), therapy_session__voided_at__isnull=True)
    return rows.filter(episode__in=before)


FOLLOWING = Prepared(_following, user=User)
NOT_SEEN = Prepared(_not_seen, before=list, reader=User)
PREVIOUS = Prepared(
    lambda keys: Episode.objects.filter(pk__in=keys, previous__isnull=False).values_list("pk", "previous"), keys=list
)
