"""The roles that a place in a practice can have."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from alliance.models import Membership


class MemberRole(TextChoices):
    THERAPIST = "therapist", _("Therapist")
    SUPERVISOR = "supervisor", _("Supervisor")
    MANAGER = "manager", _("Manager")

    @property
    def column(self) -> str:
        """The column of `Membership` that says whether somebody has it."""
        return f"is_{self.value}"


def roles_of(membership: Membership) -> tuple[MemberRole, ...]:
    """The roles of a place, always in the same order."""
    return tuple(role for role in MemberRole if getattr(membership, role.column))
