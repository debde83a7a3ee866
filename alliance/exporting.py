"""Who may take ratings out of the program, and which cases; part of what `alliance.access` decides."""

from __future__ import annotations

from django.db.models import QuerySet

from alliance.access import Denied
from alliance.models import DataExport, Episode, Membership, User
from alliance.scopes import Role, live_memberships, memberships_of, own_episodes


def check_export(user: User) -> list[Membership]:
    """The memberships with which the user may take ratings out: a manager's, or a therapist's.

    A manager takes all cases, under pseudonyms that nobody can undo; a therapist the own ones.
    """
    memberships = [
        membership for membership in memberships_of(user) if membership.is_manager or membership.is_therapist
    ]
    if not memberships:
        raise Denied("export_page")
    return memberships


def check_export_again(membership: Membership, extent: DataExport.Extent) -> None:
    """Raises `Denied` unless the member may still take these cases out; asked by the write, after its lock."""
    role: Role = "manager" if extent == DataExport.Extent.PRACTICE else "therapist"
    if not live_memberships(membership.user, role).filter(pk=membership.pk).exists():
        raise Denied("export_page")


def episodes_of_export(export: DataExport) -> QuerySet[Episode]:
    """The cases that an export takes out: of its practice, or of its maker as their therapist."""
    if export.extent == DataExport.Extent.PRACTICE:
        return Episode.objects.filter(client__practice=export.practice_id, joined_into__isnull=True)
    member: Membership = export.made_by  # type: ignore[assignment]  # its maker is known
    own: QuerySet[Episode] = own_episodes(member.user).filter(therapist=member)
    return own
