"""Reads: the therapists among whom a case can move."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from alliance.models import Membership, Practice
from alliance.names import folded
from alliance.scopes import live_therapists


@dataclass(frozen=True, slots=True)
class Colleague:
    """A therapist of the practice, under a label that tells two of one name apart."""

    membership: Membership
    label: str


def labels_apart(members: Iterable[Membership]) -> dict[int, str]:
    """Membership key -> name; two of one name have their address behind it."""
    named = [(row, row.display_name) for row in members]
    count = Counter(folded(name) for _row, name in named)
    return {row.pk: f"{name}, {row.user.email}" if count[folded(name)] > 1 else name for row, name in named}


def colleagues_of(practice: Practice, *, besides: Membership) -> list[Colleague]:
    """The therapists of a practice now, by name, besides one."""
    rows = live_therapists().filter(practice=practice).exclude(user=besides.user_id)
    members = list(rows.select_related("user", "practice__data_key"))
    labels = labels_apart(members)
    colleagues = [Colleague(row, labels[row.pk]) for row in members]
    return sorted(colleagues, key=lambda colleague: folded(colleague.label))
