"""The message that tells a member which roles they have now."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from alliance.models import Membership
from alliance.people.roles import roles_of


def roles_message(membership: Membership, *, by: Membership, address: str) -> EmailMessage:
    """The e-mail to a member whose roles somebody else has changed; `address`: where they sign in."""
    practice = membership.practice
    with translation.override(practice.language):
        names = {"practice": practice.name, "name": by.display_name}
        roles = [str(role.label) for role in roles_of(membership)]
        lines = [
            _("%(name)s has changed your roles at %(practice)s. Now you are:") % names,
            *(f"- {role}" for role in roles),
            "",
            _("What you see and do in Alliance follows from that, at once:"),
            address,
            "",
            _("If you did not expect this, ask %(name)s.") % names,
        ]
        subject = _("Your roles at %(practice)s, in Alliance") % names
    return EmailMessage(
        " ".join(subject.split()),  # a header has one line
        "\n".join(lines) + "\n",
        settings.DEFAULT_FROM_EMAIL,
        [membership.user.email],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834
    )
