"""A colleague has lost the phone: their second factor is taken, and they set up another."""

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from alliance import audit
from alliance.accounts.second_factor import take_second_factor
from alliance.models import Membership
from alliance.people.actions import check_manages, lock_practice
from alliance.people.mail import member_message
from alliance.refusal import Refused


@transaction.atomic
def reset_second_factor(*, membership: Membership, by: Membership | None = None) -> bool:
    """Takes the second factor of a member; whether they had one. A command has no `by`.

    Raises
    ------
    Denied
        `by` is no manager any more.
    Refused
        It is their own: for that there is the page of the own account, which asks for the factor.
    """
    lock_practice(membership.practice)
    check_manages(membership.practice, by)
    if by is not None and by.user_id == membership.user_id:
        raise Refused(_("This is your own. Change it under You, Two-step sign-in."))
    if not take_second_factor(user=membership.user):
        return False
    audit.record(audit.Verb.CHANGED, membership, by=by, practice=membership.practice)
    return True


def factor_message(membership: Membership, *, by: Membership | None, address: str) -> EmailMessage:
    """The e-mail to whom it was taken from; `address`: where they set a new password."""
    practice = membership.practice
    with translation.override(practice.language):
        names = {"practice": practice.name, "name": by.display_name if by else practice.name}
        lines = [
            _("%(name)s has taken your two-step sign-in to Alliance off. You are signed out everywhere.") % names,
            _("Sign in with your password, and set it up anew."),
            "",
            _("If you did not ask for this, set a new password at once and tell somebody at %(practice)s:") % names,
            address,
        ]
        return member_message(_("Your two-step sign-in to Alliance was taken off"), lines, membership)
