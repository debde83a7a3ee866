"""Messages to members: which roles they have now, and who is to read whose cases."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from alliance.acting import as_program
from alliance.dates import DateFormat, written
from alliance.models import CaseOffer, EmergencyAccess, Membership, Supervision
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
    return member_message(subject, lines, membership)


@as_program()
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
            member_message(subject, lines, member)
            for member, lines in told
            if asker is None or member.user_id != asker.user_id
        ]


def emergency_messages(access: EmergencyAccess, told: Iterable[Membership], *, address: str) -> list[EmailMessage]:
    """The e-mails to those who look after a case that somebody opened in an emergency; nothing of the case is in them.

    `address`: where they read why.
    """
    practice = access.reader.practice
    names = {
        "practice": practice.name,
        "name": access.reader.display_name,
        "therapist": access.episode.therapist.display_name,
    }
    with translation.override(practice.language), timezone.override(ZoneInfo(practice.zone)):
        names |= {"start": written(timezone.localtime(access.starts_at), DateFormat.WEEKDAY_TIME)}
        names |= {"end": written(timezone.localtime(access.ends_at), DateFormat.TIME)}
        lines = [
            _("%(name)s opened a case of %(therapist)s in an emergency, on %(start)s. It can be read until %(end)s.")
            % names,
            _("Why, and which case:"),
            address,
        ]
        subject = _("A case was opened in an emergency at %(practice)s, in Alliance") % names
        return [member_message(subject, lines, member) for member in told]


@as_program()
def offer_messages(offers: Iterable[CaseOffer], *, address: str) -> list[EmailMessage]:
    """The e-mails about cases that a manager offers: for each colleague one to them, and one to the therapist.

    They name colleagues, and nothing of a case. `address`: where both answer.
    """
    messages = {}
    for offer in offers:
        therapist, practice = offer.episode.therapist, offer.to.practice
        names = {
            "practice": practice.name,
            "name": offer.asked_by.display_name,
            "to": offer.to.display_name,
            "address": offer.to.user.email,
            "therapist": therapist.display_name,
        }
        with translation.override(practice.language):
            to_taker = [
                _("%(name)s asks you to take on cases of %(therapist)s at %(practice)s.") % names,
                _("Nothing is open to you before you accept:"),
                address,
            ]
            to_therapist = [
                _("%(name)s asks that %(to)s (%(address)s) takes on cases of yours at %(practice)s.") % names,
                _("While you have access, there you see when, and can agree or object:"),
                address,
            ]
            subject = _("Who takes on cases at %(practice)s, in Alliance") % names
            for member, lines in ((offer.to, to_taker), (therapist, to_therapist)):
                messages[member.pk, offer.to.pk, therapist.pk] = member_message(subject, lines, member)
    return list(messages.values())


def member_message(subject: str, lines: list[str], member: Membership) -> EmailMessage:
    return EmailMessage(
        " ".join(subject.split()),  # a header has one line
        "\n".join(lines) + "\n",
        settings.DEFAULT_FROM_EMAIL,
        [member.user.email],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834
    )
