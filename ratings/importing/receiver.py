"""Whose cases the rows of a file become."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alliance.models import ImportDraft, Membership, Practice
from alliance.people.colleagues import labels_apart
from alliance.scopes import live_therapists


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whose cases the rows become: one therapist's, or of those whom the file names."""

    all_to: Membership | None = None
    named: Mapping[str, Membership] = field(default_factory=dict)  # a name in the file -> the therapist
    only_own: bool = False  # a therapist's own import leaves the clients of others alone

    def therapist(self, names: Iterable[str], therapists: Mapping[str, Membership]) -> Membership | None:
        """The therapist under the first of the names that is one of `therapists`; None without any."""
        if self.all_to:
            return self.all_to if self.all_to in therapists.values() else None
        for name in names:
            therapist = self.named.get(name) or therapists.get(name.casefold())
            if therapist in therapists.values():
                return therapist
        return None


def receiver_of(draft: ImportDraft) -> Receiver:
    """Whoever is no manager, or no longer, receives every row themselves."""
    only_own = not draft.sent_by.is_manager
    return Receiver(all_to=draft.sent_by if only_own else draft.therapist, only_own=only_own)


def therapist_labels(practice: Practice) -> dict[int, str]:
    """Membership key of each therapist -> name; two of one name have their address behind it."""
    return labels_apart(therapists_of(practice).values())


def therapists_of(practice: Practice) -> dict[str, Membership]:
    """The practice's live therapists, who may receive cases, by e-mail in lower case."""
    memberships = live_therapists().filter(practice=practice).select_related("user", "practice__data_key")
    return {membership.user.email.casefold(): membership for membership in memberships}
