"""Reads: what happened to a therapist's cases that is no answer: opened in an emergency, an agreement taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from alliance import scopes
from alliance.acting import as_program
from alliance.audit import Verb
from alliance.models import AuditEvent, Consent, EmergencyAccess, Episode, User
from alliance.prepared import Prepared

TOLD_FOR = timedelta(days=14)  # convention of this app


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that somebody opened in an emergency."""

    case_code: UUID
    name: str
    reader: str
    reason: str
    starts_at: datetime
    ends_at: datetime

    @property
    def is_over(self) -> bool:
        return self.ends_at <= timezone.now()


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a client no longer agrees to."""

    case_code: UUID
    name: str
    purpose: str  # in words
    at: datetime


def openings_lately(user: User) -> list[Opened]:
    """The user's cases that somebody else opened in an emergency, the newest first. One statement."""
    rows = OPENED.models(user=user, since=timezone.now() - TOLD_FOR)
    return [
        Opened(
            case_code=row.episode.code,
            name=row.episode.client.display_name,
            reader=row.reader.display_name,
            reason=row.reason.shown(row.episode.client.data_key),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        )
        for row in rows
    ]


def _opened(user: User, since: datetime) -> QuerySet[Any]:
    rows = EmergencyAccess.objects.filter(episode__among=scopes.own_episodes.keys(user), starts_at__gt=since)
    rows = rows.exclude(reader__among=scopes.places_of(user))
    along = ("reader__practice__data_key", "episode__client__data_key", "episode__client__practice")
    return rows.select_related(*along).order_by("-starts_at", "-pk")


OPENED = Prepared(_opened, user=User, since=datetime)


def taken_back_lately(user: User) -> list[TakenBack]:
    """What clients of the user no longer agree to, the newest first; not what the user has entered.

    One statement, and a second one where there is something.
    """
    rows = TAKEN_BACK.models(user=user, since=timezone.now() - TOLD_FOR)
    entered = _entered_by(user, rows) if rows else set()
    return [
        TakenBack(row.case_code, row.client.display_name, str(row.get_purpose_display()), row.withdrawn_at)
        for row in rows
        if str(row.code) not in entered
    ]


def _taken_back(user: User, since: datetime) -> QuerySet[Any]:
    """The latest of each purpose, of which no other holds by now."""
    cases = Episode.objects.filter(pk__among=scopes.own_episodes.keys(user), ends_at__isnull=True)
    later = Consent.objects.filter(client=OuterRef("client"), purpose=OuterRef("purpose"))
    rows = Consent.objects.taken_back().filter(withdrawn_at__gt=since, client__among=cases.values("client"))
    rows = rows.exclude(Exists(later.filter(given_at__gt=OuterRef("given_at"))))
    rows = rows.annotate(case_code=Subquery(cases.filter(client=OuterRef("client")).values("code")[:1]))
    return rows.select_related("client__data_key", "client__practice").order_by("-withdrawn_at", "-pk")


TAKEN_BACK = Prepared(_taken_back, user=User, since=datetime)


@as_program()
def _entered_by(user: User, consents: list[Any]) -> set[str]:
    """The codes of those that this user ended for the client, as who was told of it."""
    ended = AuditEvent.objects.filter(verb=Verb.ENDED, actor_code=user.code)
    return set(ended.filter(subject_code__in=[row.code for row in consents]).values_list("subject_code", flat=True))
