"""A case opened in an emergency: by a supervisor or a manager, for an hour, to read only, with its reason on record.

Whoever opens one has to know whose case it is. Those who look after it are told at once; the case itself says it too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import check_emergency_again
from alliance.acting import as_program
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.models import AuditEvent, Client, EmergencyAccess, Episode, Membership, User
from alliance.names import folded
from alliance.people.actions import lock_practice
from alliance.people.supervisors import supervisors_of
from alliance.prepared import Prepared
from alliance.refusal import Refused
from alliance.scopes import accepted, live, visible_episodes

OPEN_FOR = timedelta(minutes=60)  # convention of this app
MOST_TRIES = 5  # at a name, within an hour: else it could be tried who is a client here
TRIED = "emergencyaccess"  # what the audit calls a name that is no case


@dataclass(frozen=True, slots=True)
class Opening:
    """A case that somebody opened in an emergency."""

    case_code: UUID
    can_read: bool  # whether the user can open the case
    reader_key: int  # of the user
    reader: str
    therapist: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    reader_is_there: bool  # still has the place, and the role, to read it

    @property
    def short_code(self) -> str:
        return str(self.case_code)[:8]

    @property
    def is_over(self) -> bool:
        """Whether nobody reads by it any more."""
        return not self.reader_is_there or self.ends_at <= timezone.now()


def open_in_emergency(*, by: Membership, therapist: Membership, client_name: str, reason: str) -> EmergencyAccess:
    """Opens the case of a therapist's client of this name, to be read for an hour.

    Raises
    ------
    Denied
        They are neither supervisor nor manager any more.
    Refused
        There is no such case, they read it anyway, or they tried too many names.
    """
    tries = AuditEvent.objects.filter(
        verb=Verb.DENIED, subject_type=TRIED, actor_code=by.user.code, at__gt=timezone.now() - timedelta(hours=1)
    )
    if tries.count() >= MOST_TRIES:
        raise Refused(_("You tried five names within an hour. Ask the therapist, or another manager."))
    with transaction.atomic():
        lock_practice(by.practice)
        check_emergency_again(by)
        episode = _case_of(by, therapist, client_name)
        if episode:
            return _opened(by, episode, reason)
    audit.record_code(Verb.DENIED, TRIED, by=by, practice=by.practice)
    raise Refused(_("This therapist has no open case under this name. Nothing is open."))


def _case_of(by: Membership, therapist: Membership, client_name: str) -> Episode | None:
    episodes = Episode.objects.filter(
        therapist=therapist, ends_at__isnull=True, client__practice=by.practice_id
    ).select_related("client__data_key", "therapist__practice__data_key")
    return next((row for row in episodes if folded(row.client.sought_name) == folded(client_name)), None)


def _opened(by: Membership, episode: Episode, reason: str) -> EmergencyAccess:
    if visible_episodes(by.user).filter(pk=episode.pk).exists():
        raise Refused(_("You can read this case already."))
    now = timezone.now()
    access: EmergencyAccess = EmergencyAccess.objects.create(
        episode=episode,
        reader=by,
        reason=Sealed(reason, episode.client.data_key),
        starts_at=now,
        ends_at=now + OPEN_FOR,
    )
    audit.record(Verb.CREATED, access, by=by)
    return access


@as_program()
def whom_to_tell(access: EmergencyAccess) -> list[Membership]:
    """The therapist, who supervises the case, and the managers; not the reader."""
    episode = access.episode
    managers = Membership.objects.filter(
        live(), accepted(), is_manager=True, user__is_active=True, practice=access.reader.practice_id
    )
    found = [episode.therapist, *supervisors_of(episode), *managers.select_related("user")]
    told = {member.user_id: member for member in found if member.user_id != access.reader.user_id}
    return list(told.values())


@as_program()
def openings_told_to(user: User) -> list[Opening]:
    """What was opened of the cases that the user reads, or in the practices that they manage; the newest first."""
    return _openings(_with_names(EmergencyAccess.objects.told_to(user), visible_episodes(user)))


def openings_of(episode: Episode) -> list[Opening]:
    """How often a case was opened in an emergency; the newest first."""
    return _openings(OF_EPISODE.models(episode=episode.pk))


def openings_of_client(client: Client) -> list[Opening]:
    """How often one of a client's cases was opened in an emergency; the newest first."""
    of_client = EmergencyAccess.objects.filter(episode__client=client)
    return _openings(_with_names(of_client, Episode.objects.filter(client=client)))


def _with_names(rows: QuerySet[EmergencyAccess], readable: QuerySet[Episode]) -> QuerySet[Any]:
    can_read = Exists(readable.filter(pk=OuterRef("episode")))
    people = ("reader__practice__data_key", "episode__client__data_key", "episode__therapist__practice__data_key")
    may_open = Q(reader__is_supervisor=True) | Q(reader__is_manager=True)
    is_there = Q(live("reader__"), accepted("reader__"), may_open, reader__user__is_active=True)
    rows = rows.annotate(can_read=can_read, reader_is_there=ExpressionWrapper(is_there, output_field=BooleanField()))
    return rows.select_related(*people).order_by("-starts_at", "-pk")


OF_EPISODE = Prepared(
    lambda episode: _with_names(EmergencyAccess.objects.filter(episode=episode), Episode.objects.filter(pk=episode)),
    episode=int,
)


def _openings(rows: Iterable[Any]) -> list[Opening]:
    return [
        Opening(
            case_code=row.episode.code,
            can_read=row.can_read,
            reader_key=row.reader.user_id,
            reader=row.reader.display_name,
            therapist=row.episode.therapist.display_name,
            reason=row.reason.shown(row.episode.client.data_key),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            reader_is_there=row.reader_is_there,
        )
        for row in rows
    ]
