"""Writes about the roles of a member: one transaction, with its audit event inside."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alliance import audit
from alliance.access import check_manage_again
from alliance.audit import Verb
from alliance.models import Episode, Membership
from alliance.people.actions import end_supervision, lock_practice
from alliance.people.roles import MemberRole, roles_of
from alliance.refusal import Refused
from alliance.scopes import accepted, live


class HasOpenCases(Refused):
    """Whoever has open cases stays a therapist, until each is in other hands."""


@transaction.atomic
def change_roles(*, membership: Membership, roles: Collection[MemberRole], by: Membership) -> bool:
    """Gives a member these roles and no others, from now on; whether that changes anything.

    Their place, its dates and what they wrote stay. With the role of therapist ends the supervision that they receive,
    with that of supervisor the one that they give.

    Raises
    ------
    Denied
        `by` is no manager any more.
    HasOpenCases
        The role of therapist is to go, and a case of theirs is open.
    Refused
        A rule of the practice says no.
    """
    lock_practice(membership.practice)
    check_manage_again(by)
    Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)  # a case that opens meanwhile waits
    membership.refresh_from_db(fields=["is_therapist", "is_supervisor", "is_manager", "manager_since", "ends_at"])
    if membership.ends_at and membership.ends_at <= timezone.now():
        raise Refused(_("They no longer have access."))
    before, after = set(roles_of(membership)), set(roles)
    if before == after:
        return False
    _check_new(membership, after - before, by)
    for role in before - after:
        _take_away(membership, role, by)
    for role in MemberRole:
        setattr(membership, role.column, role in after)
    if MemberRole.MANAGER in after - before:
        membership.manager_since = timezone.now()
    membership.save(update_fields=[*(role.column for role in MemberRole), "manager_since"])
    audit.record(Verb.CHANGED, membership, by=by)
    return True


def _check_new(membership: Membership, roles: Collection[MemberRole], by: Membership) -> None:
    if MemberRole.SUPERVISOR in roles and membership.user_id == by.user_id:
        raise Refused(_("You cannot make yourself a supervisor: they read cases. Another manager can."))


def _take_away(membership: Membership, role: MemberRole, by: Membership) -> None:
    if role == MemberRole.MANAGER:
        others = Membership.objects.filter(live(), practice=membership.practice, is_manager=True)
        others = others.filter(accepted(), user__is_active=True)
        # Of somebody who leaves soon nobody would be left to take the place.
        if not others.filter(ends_at__isnull=True).exclude(pk=membership.pk).exists():
            raise Refused(_("This is the last manager of the practice. Make somebody else one first."))
    elif role == MemberRole.THERAPIST:
        open_cases = Episode.objects.filter(therapist=membership, ends_at__isnull=True).count()
        if open_cases:
            sentence = ngettext(
                "They have one open case. It needs somebody else first.",
                "They have %(n)s open cases. Each needs somebody else first.",
                open_cases,
            )
            raise HasOpenCases(sentence % {"n": open_cases})
        _end_all(membership.supervisions_received, by)
    else:
        _end_all(membership.supervisions_given, by)


def _end_all(supervisions, by):
    # Those of a therapist first, so that no e-mail about one case names them as a reader who stays.
    for supervision in supervisions.filter(live()).order_by(F("therapist").asc(nulls_last=True), "pk"):
        end_supervision(supervision=supervision, by=by)
