"""The audit in closed batches, each with a hash over its events and over the batch before.

A trigger keeps the program from changing an event. Whoever owns the database can lift it; then a seal no longer fits.
They could make all seals anew: so keep the newest one elsewhere, as `seal_audit` prints it.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, timedelta

from django.db import transaction
from django.utils import timezone

from alliance.models import AuditEvent, AuditSeal

AT_MOST = 10_000  # events in a batch; convention of this app
# An event is written inside a transaction, and its key is taken before that ends: no transaction lasts this long.
SETTLES_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the chain says; `fault` is empty where every seal fits."""

    n_events: int
    n_seals: int
    head: str
    fault: str
    misses_head: bool = False  # every seal fits, and the one that was kept is not among them


@transaction.atomic
def close_batches() -> str:
    """Closes what has settled, and returns the newest seal; empty where nothing was ever closed."""
    newest = AuditSeal.objects.select_for_update().order_by("-last_event").first()
    digest, last = (newest.digest, newest.last_event) if newest else ("", 0)
    settled = AuditEvent.objects.filter(at__lt=timezone.now() - SETTLES_AFTER).order_by("pk")
    while rows := list(settled.filter(pk__gt=last)[:AT_MOST]):
        # Everything up to the last of them, also what says that it is newer.
        after, last = last, rows[-1].pk
        rows = list(AuditEvent.objects.filter(pk__gt=after, pk__lte=last).order_by("pk"))
        digest = _digest(digest, rows)
        AuditSeal.objects.create(last_event=last, count=len(rows), digest=digest)
    return digest


def verify(head: str = "") -> Verdict:
    """Whether every closed batch is as it was; with `head`, whether the chain still holds this seal."""
    digest, last, n_events, n_seals = "", 0, 0, 0
    seals = set()
    for seal in AuditSeal.objects.order_by("last_event"):
        rows = list(AuditEvent.objects.filter(pk__gt=last, pk__lte=seal.last_event).order_by("pk"))
        digest = _digest(digest, rows)
        if (digest, len(rows)) != (seal.digest, seal.count):
            fault = f"The events {last + 1} to {seal.last_event} are not as they were on {seal.closed_at:%Y-%m-%d}."
            return Verdict(n_events, n_seals, digest, fault)
        last, n_events, n_seals = seal.last_event, n_events + len(rows), n_seals + 1
        seals.add(digest)
    missing = f"The chain holds no seal {head}: it was cut, or made anew." if head and head not in seals else ""
    return Verdict(n_events, n_seals, digest, missing, misses_head=bool(missing))


def _digest(before: str, rows: Iterable[AuditEvent]) -> str:
    found = hashlib.sha256(before.encode())
    for row in rows:
        at = row.at.astimezone(UTC).isoformat()
        said = [row.pk, row.actor_code, row.practice_code, row.subject_type, row.subject_code, row.verb, row.count, at]
        found.update(json.dumps(said).encode() + b"\n")
    return found.hexdigest()
