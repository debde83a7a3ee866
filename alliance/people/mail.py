"""Messages to members: which roles they have now, and who is to read whose cases."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from alliance.models import Membership, Supervision
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
    return _message(subject, lines, membership)


def sight_messages(supervision: Supervision, *, address: str) -> list[EmailMessage]:
    """The e-mails to the therapist and to the supervisor of an assignment that somebody else asked for.

    They name colleagues, and nothing of a case. `address`: where both answer.
    """
    therapist: Membership = supervision.therapist or supervision.episode.therapist  # type: ignore[union-attr]  # one is
    practice = therapist.practice
    asker = supervision.asked_by
    names = {
        "practice": practice.name,
        "name": asker.display_name if asker else practice.name,
        "supervisor": supervision.supervisor.display_name,
        "address": supervision.supervisor.user.email,
        "therapist": therapist.display_name,
    }
    with translation.override(practice.language):
        to_therapist = [
            _("%(name)s asks that %(supervisor)s (%(address)s) reads your cases at %(practice)s, as supervisor.")
            % names,
            _("There you see when it opens, and can agree or object:"),
            address,
        ]
        to_supervisor = [
            _("%(name)s asks you to supervise %(therapist)s at %(practice)s.") % names,
            _("Nothing is open to you before you accept:"),
            address,
        ]
        subject = _("Who reads along at %(practice)s, in Alliance") % names
        told = [(therapist, to_therapist), (supervision.supervisor, to_supervisor)]
        return [
            _message(subject, lines, member)
            for member, lines in told
            if asker is None or member.user_id != asker.user_id
        ]


def _message(subject: str, lines: list[str], member: Membership) -> EmailMessage:
    return EmailMessage(
        " ".join(subject.split()),  # a header has one line
        "\n".join(lines) + "\n",
        settings.DEFAULT_FROM_EMAIL,
        [member.user.email],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834
    )
