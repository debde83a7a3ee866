"""Reads: what a manager sees of records that are to be erased, or were: codes, counts and colleagues."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alliance.acting import as_program
from alliance.keeping import Keeper, due_at, managers_by_practice, what_holds_up, what_keeps
from alliance.models import AuditEvent, Erasure, ErasureRequest, Membership
from ratings.rights.erase import codes_of, what_would_go
from ratings.rights.kept import Kept, record_kept
from ratings.rights.kinds import KindCount, by_kind


@dataclass(frozen=True, slots=True)
class WaitingErasure:
    """A request that is not carried out yet."""

    client_code: UUID
    reason: str
    asked_by: str
    asked_at: datetime
    agreed_by: str  # empty: nobody yet, or there is one manager
    due_at: datetime | None  # None: a day after a second manager agrees
    holds_up: str  # why nothing is erased as it stands
    may_agree: bool

    @property
    def short_code(self) -> str:
        return str(self.client_code)[:8]


@dataclass(frozen=True, slots=True)
class Record:
    """A client's record before it is erased."""

    client_code: UUID
    kinds: list[KindCount]
    events: int  # of the audit, which stays
    open_cases: int
    kept: Kept | None
    keeps: str  # why nobody erases it, whoever asks: a hold, or it was joined
    waiting: WaitingErasure | None

    @property
    def short_code(self) -> str:
        return str(self.client_code)[:8]


@dataclass(frozen=True, slots=True)
class Certificate:
    """That a record was erased."""

    code: UUID
    client_code: str
    practice: str
    reason: str
    asked_by: str
    agreed_by: str
    erased_at: datetime
    kinds: list[KindCount]

    @property
    def short_code(self) -> str:
        return self.client_code[:8]


@as_program()
def record_of(keeper: Keeper) -> Record:
    """What a manager sees before anything is erased."""
    client = keeper.client
    managers, keeps = managers_by_practice([client.practice_id]), what_keeps([client])[client.pk]
    request = _waiting_requests([keeper.membership]).filter(client=client).first()
    return Record(
        client.code,
        by_kind(what_would_go(client)),
        AuditEvent.objects.filter(subject_code__in=codes_of(client)).count(),
        client.episodes.filter(ends_at__isnull=True).count(),
        record_kept(client),
        keeps,
        _waiting(request, keeper, keeps, managers[client.practice_id]) if request else None,
    )


@as_program()
def waiting_erasures(managers: Collection[Membership]) -> list[WaitingErasure]:
    """The requests in the practices of these managers, the oldest first."""
    by_practice = {manager.practice_id: manager for manager in managers}
    present = managers_by_practice(list(by_practice))
    rows = list(_waiting_requests(managers))
    keeps = what_keeps([row.client for row in rows])
    return [
        _waiting(
            row,
            Keeper(by_practice[row.client.practice_id], row.client),
            keeps[row.client_id],
            present[row.client.practice_id],
        )
        for row in rows
    ]


def _waiting_requests(managers: Collection[Membership]):
    people = [f"{who}__{what}" for who in ("asked_by", "agreed_by") for what in ("user", "practice__data_key")]
    rows = ErasureRequest.objects.waiting().filter(client__practice__in=[row.practice_id for row in managers])
    return rows.select_related("client__practice", *people).order_by("asked_at", "pk")


def _waiting(row: ErasureRequest, keeper: Keeper, keeps: str, managers: Collection[Membership]) -> WaitingErasure:
    holds_up = what_holds_up(row, keeps, managers)
    return WaitingErasure(
        client_code=row.client.code,
        reason=row.get_reason_display(),
        asked_by=row.asked_by.display_name,
        asked_at=row.asked_at,
        agreed_by=row.agreed_by.display_name if row.agreed_by else "",
        due_at=due_at(row, managers),
        holds_up=holds_up,
        may_agree=not holds_up and keeper.may_agree(row),
    )


def certificates(erasures: Collection[Erasure], managers: Collection[Membership]) -> list[Certificate]:
    """The certificates, with the names that colleagues have in the practice."""
    practices = {str(manager.practice.code): manager.practice for manager in managers}
    codes = {code for row in erasures for code in (row.asked_by_code, row.agreed_by_code) if code}
    members = Membership.objects.filter(user__code__in=codes, practice__in=practices.values())
    names = {
        (str(member.practice.code), str(member.user.code)): member.display_name
        for member in members.select_related("user", "practice__data_key")
    }
    return [
        Certificate(
            code=row.code,
            client_code=row.client_code,
            practice=practices[row.practice_code].name,
            reason=row.get_reason_display(),
            asked_by=names.get((row.practice_code, row.asked_by_code), ""),
            agreed_by=names.get((row.practice_code, row.agreed_by_code), ""),
            erased_at=row.erased_at,
            kinds=by_kind(row.counts),
        )
        for row in erasures
    ]
