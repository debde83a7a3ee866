"""Reads: for how long records are kept, and which one is kept for longer. Codes, counts and colleagues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from alliance.acting import as_program
from alliance.models import Client, Membership, RetentionRule
from ratings.rights.retention import DueRecord, due_records, held_back, may_agree, waits_for_nobody


@dataclass(frozen=True, slots=True)
class Kept:
    """The legal hold that stands on a record."""

    since: datetime
    placed_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that stands in a practice."""

    code: UUID
    years: int
    set_by: str
    set_at: datetime
    agreed_by: str  # empty: nobody yet, or there is one manager
    starts_at: datetime | None  # None: a day after a second manager agrees
    is_in_force: bool
    may_agree: bool
    waits_for_nobody: bool


@dataclass(frozen=True, slots=True)
class RetentionPage:
    """The rule, and what one of `years` would erase now."""

    rule: Rule | None
    years: int | None  # None: no rule, and none is tried
    due: list[DueRecord]
    held_back: int

    @property
    def is_of_rule(self) -> bool:
        """Whether the list is what the rule that stands erases, and not what another one would."""
        return self.rule is not None and self.years == self.rule.years


@as_program()
def record_kept(client: Client) -> Kept | None:
    """The legal hold on a client's record."""
    hold = client.legal_hold
    return Kept(hold.placed_at, hold.placed_by.display_name, hold.shown_reason) if hold else None


@as_program()
def retention_of(by: Membership, years: int | None = None) -> RetentionPage:
    """What the manager sees of the practice's rule; `years`: of another one, to try."""
    people = [f"{who}__{what}" for who in ("set_by", "agreed_by") for what in ("user", "practice__data_key")]
    row = RetentionRule.objects.standing().filter(practice=by.practice_id).select_related(*people).first()
    years = years or (row.years if row else None)
    return RetentionPage(
        _rule(row, by) if row else None,
        years,
        due_records(by.practice, years) if years else [],
        held_back(by.practice, years) if years else 0,
    )


def _rule(row: RetentionRule, by: Membership) -> Rule:
    return Rule(
        code=row.code,
        years=row.years,
        set_by=row.set_by.display_name,
        set_at=row.set_at,
        agreed_by=row.agreed_by.display_name if row.agreed_by else "",
        starts_at=row.starts_at,
        is_in_force=row.starts_at is not None and row.starts_at <= timezone.now(),
        may_agree=may_agree(row, by),
        waits_for_nobody=waits_for_nobody(row),
    )
