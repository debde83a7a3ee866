"""Reads: who has looked at a client's file, for the therapist to tell."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.apps import apps
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.acting import as_program
from alliance.models import AuditEvent, CaseJoin, Episode, KeptLook, Practice
from alliance.people.audit_page import Happened, events_of, looked_at
from ratings.rights.registry import IN_COPY

SHOWN_FOR = timedelta(days=30)  # as the drawn page has it; convention of this app
OF_BOTH = ("episode__client", "joined__client")
DID = {
    AuditEvent.Verb.READ: _("opened"),
    AuditEvent.Verb.LISTED: _("saw the name in a list"),
    AuditEvent.Verb.EXPORTED: _("took out in a file"),
    AuditEvent.Verb.DENIED: _("was refused"),
}


@dataclass(frozen=True, slots=True)
class Looks:
    """What one person did of one kind on one day."""

    events: list[Happened]  # the newest first; one at least

    @property
    def who(self) -> str:
        return self.events[0].who

    @property
    def did(self) -> str:
        return str(DID.get(AuditEvent.Verb(self.events[0].verb_key), self.events[0].verb))

    @property
    def is_several(self) -> bool:
        return len(self.events) > 1

    @property
    def first_at(self) -> datetime:
        return self.events[-1].at

    @property
    def last_at(self) -> datetime:
        return self.events[0].at

    @property
    def subjects(self) -> str:
        """What kinds of thing, each once, as pages call them."""
        return ", ".join(sorted({one.subject for one in self.events}))


def who_looked(episode: Episode) -> list[Happened]:
    """Who has opened the case, its sessions and flags, or anything else of it that has a code, in the last month.

    Also those who opened a case that was joined to it, as it was then; and, while it or such a case was one with a case
    that it was parted from since, those who opened anything of the two, also where the other one is erased by now.
    """
    practice, since = episode.client.practice, timezone.now() - SHOWN_FOR
    with as_program():  # one that was put away, or is with a colleague by now, is not in sight
        put_away = list(Episode.objects.filter(joined_into=episode).values_list("pk", "code", "client__code"))
        cases = [episode.pk, *(key for key, *_codes in put_away)]
        joins = CaseJoin.objects.filter(Q(episode__in=cases) | Q(joined__in=cases), parted_at__gte=since)
        together = [look for join in joins.select_related(*OF_BOTH) for look in _looked_together(join, practice, since)]
        of_erased = list(KeptLook.objects.filter(episode__in=cases).values_list("event_key", flat=True))
    codes = _codes_of([episode]) | {str(code) for _key, *pair in put_away for code in pair}
    found = [*looked_at(codes, practice, since), *together, *events_of(of_erased, practice, since)]
    return sorted({one.key: one for one in found}.values(), key=lambda one: (one.at, one.key), reverse=True)


def by_person_and_day(events: Iterable[Happened]) -> list[Looks]:
    """These events, the newest first, a line for each person, day and kind; the day is that of the active zone.

    Who has no account here may be several: each of these stands alone.
    """
    found: dict[tuple[date, str | int, str], list[Happened]] = {}
    for one in events:
        found.setdefault((timezone.localdate(one.at), one.actor_code or one.key, one.verb_key), []).append(one)
    return [Looks(rows) for rows in found.values()]


def keep_looks(going: Collection[int], practice: Practice) -> None:
    """Keeps, for cases that were one with one that is about to be erased, who opened anything of the two then.

    Only what would be told now: what is older than that is told nowhere.
    """
    since = timezone.now() - SHOWN_FOR
    joins = CaseJoin.objects.filter(Q(episode__in=going) ^ Q(joined__in=going), parted_at__gte=since)
    for join in joins.select_related(*OF_BOTH):
        stays = join.joined if join.episode_id in going else join.episode
        looks = [KeptLook(episode=stays, event_key=look.key) for look in _looked_together(join, practice, since)]
        KeptLook.objects.bulk_create(looks, ignore_conflicts=True)


def drop_old_looks() -> None:
    """Those that were kept at an erasure, and are told no more: after the month that they are told for."""
    told_until = timezone.now() - SHOWN_FOR
    too_old = AuditEvent.objects.filter(pk=OuterRef("event_key"), at__lt=told_until)
    KeptLook.objects.filter(Exists(too_old)).delete()


def _looked_together(join: CaseJoin, practice: Practice, since: datetime) -> list[Happened]:
    return looked_at(_codes_together(join), practice, max(since, join.joined_at), join.parted_at)


def _codes_of(cases: list[Episode], sessions: Collection[str] = ()) -> set[str]:
    """By which the audit names cases, their clients, and what is in them or hangs on these sessions."""
    codes = {str(code) for case in cases for code in (case.code, case.client.code)} | set(sessions)
    for told in IN_COPY:
        if "code" in told.kept and "episode" in told.kept:
            model = apps.get_model(told.model)
            of_cases = Q(episode__in=[case.pk for case in cases])
            if any(field.name == "therapy_session" for field in model._meta.concrete_fields):
                of_cases |= Q(therapy_session__code__in=sessions)
            codes |= {str(code) for code in model._base_manager.filter(of_cases).values_list("code", flat=True)}
    return codes


def _codes_together(join: CaseJoin) -> set[str]:
    """Those of both cases, wherever they stand by now: either may be put away in another one since.

    What the two had as one and neither has now is among what came along.
    """
    both = [join.episode, join.joined]
    known = [join, *CaseJoin.objects.filter(joined__in=both, parted_at__isnull=True)]
    sessions = {code for one in known for code in one.moved}
    return _codes_of(both, sessions) | {code for one in known for code in one.carried or ()}
