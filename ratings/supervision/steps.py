"""Next steps that meetings agreed for cases: who has which open, and that one is done."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Denied, Editor
from alliance.advising import Adviser
from alliance.audit import Verb
from alliance.belonging import are_in
from alliance.models import User
from alliance.prepared import Prepared
from alliance.refusal import Refused
from alliance.scopes import live_therapists, own_episodes
from ratings.detection.reassess import lock_episode
from ratings.models import NextStep


@dataclass(frozen=True, slots=True)
class Step:
    """A next step of a case."""

    code: str
    episode_key: int
    meeting_key: int
    case_code: str
    name: str
    text: str
    due_on: date
    agreed_at: datetime
    done_at: datetime | None
    today: date

    @property
    def is_late(self) -> bool:
        return self.done_at is None and self.due_on < self.today


def standing_steps() -> QuerySet[NextStep]:
    """Next steps that no change replaced."""
    return NextStep.objects.filter(replaced_at__isnull=True)


def in_words(rows: QuerySet[NextStep]) -> list[Step]:
    """The rows opened, the one that is due first at the head; one statement."""
    return _opened(_with_names(rows))


def _opened(rows: Iterable[Any]) -> list[Step]:
    today = timezone.localdate()
    return [
        Step(
            code=str(row.code),
            episode_key=row.episode_id,
            meeting_key=row.meeting_id,
            case_code=str(row.episode.code),
            name=row.episode.client.display_name,
            text=row.text.shown(row.episode.client.data_key),
            due_on=row.due_on,
            agreed_at=row.agreed_at,
            done_at=row.done_at,
            today=today,
        )
        for row in rows
    ]


def _with_names(rows: QuerySet[NextStep]) -> QuerySet[NextStep]:
    return rows.select_related("episode__client__data_key").order_by("due_on", "pk")


def open_steps_of(episodes: Collection[int]) -> list[Step]:
    """The steps of these episodes that are not done."""
    return _opened(OPEN.models(episodes=episodes))


def steps_to_do(therapist: User) -> list[Step]:
    """What a therapist has agreed to do in open cases of their own. Who covers has agreed to nothing."""
    return _opened(TO_DO.models(therapist=therapist))


def _open(episodes: Collection[int] | QuerySet[Any]) -> QuerySet[NextStep]:
    return _with_names(standing_steps().filter(episode__among=episodes, done_at__isnull=True))


def _to_do(therapist: User) -> QuerySet[NextStep]:
    own = own_episodes(therapist).filter(therapist__in=live_therapists().filter(user=therapist.pk))
    return _open(own.filter(ends_at__isnull=True).values("pk"))


OPEN = Prepared(_open, episodes=list)
TO_DO = Prepared(_to_do, therapist=User)


@transaction.atomic
def say_step(*, right: Editor | Adviser, step: NextStep, is_done: bool) -> None:
    """The therapist, or the supervisor in a meeting, says that a step is done, or is not after all.

    Raises
    ------
    Refused
        Another one took its place meanwhile.
    """
    lock_episode(step.episode)  # type: ignore[no-untyped-call]
    if isinstance(right, Adviser):
        right.check_again(step.episode_id)
        if not are_in(step.episode_id, [step]):
            raise Denied("nextstep", step.code)
    else:
        right.check_again(step)
    stands = standing_steps().filter(pk=step.pk)
    if not stands.exists():
        raise Refused(_("A meeting changed this step meanwhile. Nothing was saved: look at what it says now."))
    rows = stands.filter(done_at__isnull=is_done)
    done = {"done_at": timezone.now(), "done_by": right.membership} if is_done else {"done_at": None, "done_by": None}
    if rows.update(**done):
        audit.record(Verb.CHANGED, step, by=right.membership)
