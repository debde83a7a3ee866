"""Who may hold supervision with whom: a part of `alliance.access`, which stands in for no other decision."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from alliance.access import Denied, NotVisible
from alliance.acting import as_program
from alliance.models import Membership, Supervision, User
from alliance.scopes import live_memberships, supervised_episodes, therapists_supervised_by, was_open_sight


class SupervisionOver(Denied):
    """403 for a supervisor whose assignment has ended, or whose therapist has left; the page says so."""

    def __init__(self, therapist: Membership) -> None:
        super().__init__("membership", therapist.code)
        self.therapist = therapist


@dataclass(frozen=True, slots=True)
class Adviser:
    """The right of a supervisor to hold meetings with a therapist. `check_advise` makes one.

    It is good for meetings, notes of supervision and next steps, and for no other write.
    """

    membership: Membership
    therapist: Membership

    def check_again(self, *episode_keys: int) -> None:
        """Raises unless the right still holds, and over each of these cases; asked by each write, after its lock.

        A case that has got a supervisor of its own belongs to the meetings of that one.
        """
        again = check_advise(self.membership.user, self.therapist.code)
        episodes = supervised_episodes(self.membership.user).filter(therapist=self.therapist.pk, pk__in=episode_keys)
        if again.membership.pk != self.membership.pk or episodes.count() != len(set(episode_keys)):
            raise Denied("membership", self.therapist.code)


def check_advise(user: User, therapist_code: UUID | str) -> Adviser:
    """The right to hold meetings with a therapist, by their code.

    Raises
    ------
    SupervisionOver
        The user once supervised them, and does not any more.
    NotVisible
        The user never did.
    """
    supervisors = live_memberships(user, "supervisor").select_related("user", "practice__data_key")
    known = Membership.objects.filter(code=therapist_code).exclude(user=user.pk).select_related("practice__data_key")
    therapist = known.first()
    membership = supervisors.filter(practice=therapist.practice_id).first() if therapist else None
    if therapist is None or membership is None:
        raise NotVisible("membership", therapist_code)
    if therapists_supervised_by(user).filter(pk=therapist.pk).exists():
        return Adviser(membership, therapist)
    if opened_once(user, therapist):
        raise SupervisionOver(therapist)
    raise NotVisible("membership", therapist_code)


@as_program()
def opened_once(user: User, therapist: Membership) -> list[Supervision]:
    """The assignments by which the user has read cases of a therapist, all or one; by now they read them no more."""
    of_them = Q(therapist=therapist) | Q(episode__therapist=therapist)
    return list(Supervision.objects.filter(was_open_sight(), of_them, supervisor__user=user))
