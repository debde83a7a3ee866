"""Reads of the audit: for a manager what happened in the practice, by names and kinds; nothing of a case is in it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.utils.encoding import force_str
from django.utils.translation import gettext_lazy as _

from alliance.models import AuditEvent, Membership, Practice

AT_ONCE = 100  # convention of this app
# As pages call them; the others by the name of their model.
CALLED = {
    "checkin": _("check-in"),
    "clientlink": _("link for a client"),
    "delivery": _("message"),
    "episode": _("case"),
    "instrument": _("questionnaire"),
    "membership": _("member"),
    "strainverdict": _("answer about a flag"),
    "therapysession": _("session"),
}
ERASED = _("erased")  # of a client, whose record has no other end


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of the audit, with the name of who did it."""

    key: int
    at: datetime
    actor_code: str  # empty: nobody with an account
    who: str  # empty: a client through a link, the program, or somebody who has no place here
    verb: str
    verb_key: str
    subject: str  # what kind of thing, as pages call it
    short_code: str
    count: int


@dataclass(frozen=True, slots=True)
class Page:
    """Events, the newest first, and where the next page begins."""

    events: list[Happened]
    before: int | None


def audit_of(practice: Practice, before: int | None = None) -> Page:
    """What happened in a practice, a page at a time."""
    rows = AuditEvent.objects.filter(practice_code=str(practice.code))
    rows = rows.filter(pk__lt=before) if before else rows
    found = list(rows.order_by("-pk")[: AT_ONCE + 1])
    events = happened(found[:AT_ONCE], practice)
    return Page(events, events[-1].key if len(found) > AT_ONCE else None)


def looked_at(
    codes: Collection[str], practice: Practice, since: datetime, until: datetime | None = None
) -> list[Happened]:
    """Who read, listed or exported what has one of these codes, or tried to, in a time."""
    verbs = AuditEvent.Verb
    rows = AuditEvent.objects.filter(
        subject_code__in=codes, at__gte=since, verb__in=[verbs.READ, verbs.LISTED, verbs.EXPORTED, verbs.DENIED]
    )
    rows = rows.filter(at__lte=until) if until else rows
    return happened(rows, practice)


def events_of(keys: Collection[int], practice: Practice, since: datetime) -> list[Happened]:
    """Those of these events that are not older."""
    return happened(AuditEvent.objects.filter(pk__in=keys, at__gte=since), practice)


def happened(rows: Iterable[AuditEvent], practice: Practice) -> list[Happened]:
    """The events with the names that their people have in the practice; one statement more."""
    events = list(rows)
    members = Membership.objects.filter(
        practice=practice, user__code__in={row.actor_code for row in events if row.actor_code}
    )
    names = {str(member.user.code): member.name.shown(practice.data_key) for member in members.select_related("user")}
    names_of_kinds = {model._meta.model_name: model._meta.verbose_name for model in apps.get_models()}
    return [
        Happened(
            key=row.pk,
            at=row.at,
            actor_code=row.actor_code,
            who=names.get(row.actor_code, ""),
            verb=_verb_of(row),
            verb_key=row.verb,
            subject=force_str(CALLED.get(row.subject_type) or names_of_kinds.get(row.subject_type, row.subject_type)),
            short_code=row.subject_code[:8],
            count=row.count,
        )
        for row in events
    ]


def _verb_of(row: AuditEvent) -> str:
    is_erasure = (row.verb, row.subject_type) == (AuditEvent.Verb.ENDED, "client")
    return force_str(ERASED) if is_erasure else row.get_verb_display()
