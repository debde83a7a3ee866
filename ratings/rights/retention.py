"""For how long records are kept: the rule of a practice, what it would erase, and the job that does it.

A rule takes a second manager and a day, as the erasure of one record does. What it would erase and what it erases come
from one query.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Denied, check_manage_again
from alliance.audit import Verb
from alliance.keeping import WAITS, managers_of
from alliance.models import CaseJoin, Client, Episode, Erasure, LegalHold, Membership, Practice, RetentionRule
from alliance.refusal import Refused
from alliance.scopes import SIGHT_WAITS
from ratings.rights.erase import empty_the_log, erase_by_rule, erased_or_logged, may_erase

HERE_FOR = timedelta(days=30)  # what was imported just now is not erased the same night; convention of this app


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A record of which the time is over."""

    client_code: UUID
    cases: int
    ended_at: datetime  # of the last therapy

    @property
    def short_code(self) -> str:
        return str(self.client_code)[:8]


def years_before(now: datetime, years: int) -> datetime:
    """The same day so many years before; of 29 February, where there is none, the day before it.

    >>> years_before(datetime(2028, 2, 29, 8), 10)
    datetime.datetime(2018, 2, 28, 8, 0)
    """
    try:
        return now.replace(year=now.year - years)
    except ValueError:
        return now.replace(year=now.year - years, day=28)


def due_records(practice: Practice, years: int) -> list[DueRecord]:
    """What a rule of so many years erases now, those that ended first in front; what the run takes, too."""
    return [DueRecord(client.code, client.n_cases, client.last_end) for client in _due(practice, years)]


def held_back(practice: Practice, years: int) -> int:
    """How many more it would be without a legal hold."""
    return _over(practice, years).filter(_is_held()).count()


def _due(practice: Practice, years: int) -> QuerySet[Any]:
    return _over(practice, years).exclude(_is_held()).order_by("last_end", "pk")


def _over(practice: Practice, years: int) -> QuerySet[Any]:
    now = timezone.now()
    is_open = Exists(Episode.objects.filter(client=OuterRef("pk"), ends_at__isnull=True))
    clients: QuerySet[Any] = Client.objects.filter(~is_open, practice=practice, created_at__lte=now - HERE_FOR)
    # One that was joined to another record goes with that one.
    elsewhere = Q(joined_into__isnull=False) & ~Q(joined_into__client=F("client"))
    clients = clients.exclude(pk__in=Episode.objects.filter(elsewhere).values("client"))
    # Of two that were parted just now either may be the wrong one to go: whoever parted them has a day.
    parted = CaseJoin.objects.filter(parted_at__gt=now - WAITS)
    for side in ("episode__client", "joined__client"):
        clients = clients.exclude(pk__in=parted.values(side))
    clients = clients.annotate(last_end=Max("episodes__ends_at"), n_cases=Count("episodes"))
    return clients.filter(last_end__lte=years_before(now, years))


def _is_held() -> Exists:
    of_it = Q(client=OuterRef("pk")) | Q(client__episodes__joined_into__client=OuterRef("pk"))
    return Exists(LegalHold.objects.keeping().filter(of_it))


# --- The rule ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_rule(*, by: Membership, years: int) -> RetentionRule:
    """A rule for the practice of this manager, in place of the one that stands.

    Where the practice has one manager, it is in force a day later; else a day after a second one agrees.
    """
    _lock(by)
    for earlier in RetentionRule.objects.standing().filter(practice=by.practice_id):
        _end(earlier, by)
    now = timezone.now()
    is_alone = not managers_of(by.practice_id).exclude(user=by.user_id).exists()
    rule: RetentionRule = RetentionRule.objects.create(
        practice=by.practice, years=years, set_by=by, set_at=now, starts_at=now + WAITS if is_alone else None
    )
    audit.record(Verb.CREATED, rule, by=by)
    return rule


def may_agree(rule: RetentionRule, member: Membership) -> bool:
    """Whether this is a second manager, who was one a day before, and nobody has agreed yet."""
    is_other = rule.set_by.user_id != member.user_id
    return rule.agreed_by_id is None and is_other and member.manager_from <= rule.set_at - SIGHT_WAITS


def waits_for_nobody(rule: RetentionRule) -> bool:
    """Whether no second manager is left who could agree: then it never comes into force."""
    return rule.starts_at is None and not any(may_agree(rule, manager) for manager in managers_of(rule.practice_id))


@transaction.atomic
def agree_to_rule(*, by: Membership, code: UUID) -> None:
    """A second manager agrees; the rule is in force a day later."""
    _lock(by)
    rule = _standing(by, code)
    if not may_agree(rule, by):
        raise Denied("retentionrule", rule.code)
    rule.agreed_by, rule.starts_at = by, timezone.now() + WAITS
    rule.save(update_fields=["agreed_by", "starts_at"])
    audit.record(Verb.CHANGED, rule, by=by)


@transaction.atomic
def end_rule(*, by: Membership, code: UUID) -> None:
    """Nothing is erased by it from now on. Any manager can."""
    _lock(by)
    _end(_standing(by, code), by)


def _lock(by: Membership) -> None:
    Practice.objects.select_for_update(no_key=True).get(pk=by.practice_id)
    check_manage_again(by)


def _standing(by: Membership, code: UUID) -> RetentionRule:
    rules = RetentionRule.objects.standing().select_related("set_by__user")
    rule = rules.filter(practice=by.practice_id, code=code).first()
    if rule is None:
        raise Refused(_("This rule was ended meanwhile. Nothing is erased by it."))
    return rule


def _end(rule: RetentionRule, by: Membership) -> None:
    rule.ended_at = timezone.now()
    rule.save(update_fields=["ended_at"])
    audit.record(Verb.ENDED, rule, by=by)


# --- The job ----------------------------------------------------------------------------------------------------------


def erase_what_is_over() -> int:
    """Erases what the rules in force say; how many records. Where the role that runs this may not, nothing."""
    if not may_erase():
        return 0
    due = [(rule.pk, *client) for rule in RetentionRule.objects.in_force() for client in _keys(rule)]
    erased = sum(erased_or_logged(code, partial(_erased, rule, client)) for rule, client, code in due)
    if erased:
        empty_the_log()
    return erased


def _keys(rule: RetentionRule) -> Iterator[tuple[int, UUID]]:
    yield from _due(rule.practice, rule.years).values_list("pk", "code")


@transaction.atomic
def _erased(rule_key: int, client_key: int) -> bool:
    """Asks once more after the lock: the rule may have ended, the therapy gone on, or a hold been placed."""
    practice = RetentionRule.objects.filter(pk=rule_key).values("practice")
    Practice.objects.select_for_update(no_key=True).get(pk__in=practice)
    rules = RetentionRule.objects.in_force().select_related("practice", "set_by__user", "agreed_by__user")
    rule = rules.filter(pk=rule_key).first()
    client = _due(rule.practice, rule.years).filter(pk=client_key).first() if rule else None
    if rule is None or client is None:
        return False
    erase_by_rule(client=client, reason=Erasure.Reason.TIME, rule=rule)
    return True
