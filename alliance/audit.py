"""Append-only audit: codes and verbs, never content.

A write's event joins the write's transaction. A read's is committed before the answer goes out (requests run without
a transaction around them), together with those that name whose it showed: one statement for an answer. A denial's is
written by middleware, after the rollback.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from alliance.models import AuditEvent, Membership, Practice, User

Verb = AuditEvent.Verb


@dataclass(slots=True)
class Reads:
    """What one answer puts on record as read, saved before it goes out."""

    events: list[AuditEvent] = field(default_factory=list)
    has_one: bool = False  # one of them names a row of a client, such as the case

    def save(self, shown: Collection[str], by: User) -> None:
        """Saves them, and one for each client whom the answer showed; not where it was the page of that one."""
        if not (self.has_one and len(shown) == 1):
            verb = Verb.READ if len(shown) == 1 else Verb.LISTED
            self.events[:0] = [_event(verb, "client", code, by, None, len(shown)) for code in shown]
        AuditEvent.objects.bulk_create(self.events)


_reads: ContextVar[Reads | None] = ContextVar("reads", default=None)


@contextmanager
def reads_together() -> Iterator[Reads]:
    """Keeps what is read meanwhile, to be saved at once."""
    reads = Reads()
    token = _reads.set(reads)
    try:
        yield reads
    finally:
        _reads.reset(token)


def record(
    verb: Verb, subject: Any, *, by: Membership | User | None = None, practice: Practice | None = None, count: int = 1
) -> AuditEvent:
    """Saves and returns an event about `subject`, a model instance.

    `by` is the acting membership or user, or None for a client's link or a command.
    """
    reads = _reads.get()
    if reads is not None and verb == Verb.READ:
        reads.has_one |= hasattr(subject, "scope")
    return record_code(
        verb,
        subject._meta.model_name,
        subject.code,
        by=by,
        practice=practice or getattr(by, "practice", None),
        count=count,
    )


def record_code(
    verb: Verb,
    subject_type: str,
    subject_code: UUID | str = "",
    *,
    by: Membership | User | None = None,
    practice: Practice | None = None,
    count: int = 1,
) -> AuditEvent:
    """Saves and returns an event about something that may not exist."""
    event = _event(verb, subject_type, subject_code, by, practice, count)
    reads = _reads.get()
    if reads is not None and verb in (Verb.READ, Verb.LISTED):
        reads.events.append(event)
    else:
        event.save()
    return event


def record_each(
    verb: Verb,
    counts: Mapping[Any, int],
    *,
    by: Membership | User | None = None,
    practice: Practice | None = None,
) -> None:
    """Saves one event about each subject of `counts` (subject -> count) at once."""
    AuditEvent.objects.bulk_create(
        _event(verb, subject._meta.model_name, subject.code, by, practice, count) for subject, count in counts.items()
    )


def _event(
    verb: Verb,
    subject_type: str,
    subject_code: UUID | str,
    by: Membership | User | None,
    practice: Practice | None,
    count: int,
) -> AuditEvent:
    return AuditEvent(
        verb=verb,
        subject_type=subject_type,
        subject_code=str(subject_code).replace("\x00", "")[:60],  # PostgreSQL stores no NUL, and a denial is stored
        actor_code=str(getattr(by, "user", by).code) if by else "",
        practice_code=str(practice.code) if practice else "",
        count=count,
    )
