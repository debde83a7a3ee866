"""Reads: when a therapist is away, for the week and for the charts."""

from collections.abc import Sequence
from datetime import datetime

from alliance.models import Episode, Membership
from sessions.models import Leave
from sessions.schedule.times import Span


def leaves_of(therapists: Sequence[Membership], starts_at: datetime, ends_at: datetime) -> list[Leave]:
    """The leaves of these memberships that touch `[starts_at, ends_at)`, in order of time."""
    leaves = Leave.objects.standing().filter(therapist__in=therapists).overlapping(starts_at, ends_at)
    return list(leaves.order_by("starts_at"))


def leave_spans(episode: Episode) -> list[Span]:
    """When the therapist of an episode was or will be away while it runs, in order of time: breaks on its charts."""
    leaves = Leave.objects.standing().filter(therapist=episode.therapist_id, ends_at__gt=episode.starts_at)
    if episode.ends_at:
        leaves = leaves.filter(starts_at__lt=episode.ends_at)
    return [Span(leave.starts_at, leave.ends_at) for leave in leaves.order_by("starts_at")]
