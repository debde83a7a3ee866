"""Reads: the therapists among whom a case can move."""

from collections import Counter
from dataclasses import dataclass

from alliance.models import Membership, Practice
from alliance.names import folded
from alliance.scopes import live_therapists


@dataclass(frozen=True, slots=True)
class Colleague:
    """A therapist of the practice, under a label that tells two of one name apart."""

    membership: Membership
    label: str


def colleagues_of(practice: Practice, *, besides: Membership) -> list[Colleague]:
    """The therapists of a practice now, by name, besides one."""
    rows = live_therapists().filter(practice=practice).exclude(user=besides.user_id)
    named = [(row.display_name, row) for row in rows.select_related("user", "practice__data_key")]
    count = Counter(folded(name) for name, _row in named)
    colleagues = [
        Colleague(row, f"{name}, {row.user.email}" if count[folded(name)] > 1 else name) for name, row in named
    ]
    return sorted(colleagues, key=lambda colleague: folded(colleague.label))
