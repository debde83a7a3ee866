"""Messages to members: which roles they have now, and who is to read whose cases."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from alliance.accounts.mail import send_message
from alliance.acting import as_program
from alliance.dates import DateFormat, written
from alliance.keeping import managers_of
from alliance.models import CaseOffer, EmergencyAccess, Episode, Membership, Supervision
from alliance.people.roles import roles_of
from alliance.people.supervisors import own_supervisors_of, readers_without, supervisors_of, taken_from

log = logging.getLogger(__name__)


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

    Of one to a single case those hear too who will no longer read it. They name colleagues, and of a case its code.
    `address`: where the two answer.
    """
    if supervision.episode:
        return _case_sight_messages(supervision, supervision.episode, address)
    therapist: Membership = supervision.therapist  # type: ignore[assignment]  # a constraint gives it one of the two
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
            *_days_of(supervision),
            _("There you see when it opens, and can agree or object:"),
            address,
        ]
        to_supervisor = [
            _("%(name)s asks you to supervise %(therapist)s at %(practice)s.") % names,
            *_days_of(supervision),
            _("Nothing is open to you before you accept:"),
            address,
        ]
        subject = _("Who can read cases at %(practice)s, in Alliance") % names
        told = [(therapist, to_therapist), (supervision.supervisor, to_supervisor)]
        return [
            member_message(subject, lines, member)
            for member, lines in told
            if asker is None or member.user_id != asker.user_id
        ]


def _case_sight_messages(supervision: Supervision, episode: Episode, address: str) -> list[EmailMessage]:
    practice, asker = supervision.supervisor.practice, supervision.asked_by
    losing = taken_from(supervision)
    names = _case_names(supervision, episode) | {
        "name": asker.display_name if asker else practice.name,
        "address": supervision.supervisor.user.email,
        "losing": _listed(losing),
    }
    with translation.override(practice.language):
        instead = [_("Once it opens, this case is no longer read by: %(losing)s.") % names] if losing else []
        to_therapist = [
            _("%(name)s asks that %(supervisor)s (%(address)s) supervises your case %(code)s at %(practice)s.") % names,
            *_days_of(supervision),
            *instead,
            _("There you see when it opens, and can agree or object:"),
            address,
        ]
        to_supervisor = [
            _("%(name)s asks you to supervise case %(code)s of %(therapist)s at %(practice)s.") % names,
            *_days_of(supervision),
            *instead,
            _("Nothing is open to you before you accept:"),
            address,
        ]
        to_losing = [
            _("%(name)s asks that %(supervisor)s supervises case %(code)s of %(therapist)s at %(practice)s.") % names,
            *_days_of(supervision),
            _("Once it opens to %(supervisor)s, you no longer read this case. You still read the others.") % names,
            _("When it opens stands on the page of the case."),
        ]
        told = [(episode.therapist, to_therapist), (supervision.supervisor, to_supervisor)]
        told += [(member, to_losing) for member in losing]
        subject = _("Who can read cases at %(practice)s, in Alliance") % names
        return [
            member_message(subject, lines, member)
            for member, lines in told
            if asker is None or member.user_id != asker.user_id
        ]


def _days_of(supervision: Supervision) -> list[str]:
    """A sentence for the first day, where it is to come, and one for the last; by the clock of the practice."""
    zone, said = ZoneInfo(supervision.supervisor.practice.zone), []
    if supervision.not_before:
        first = written(timezone.localtime(supervision.not_before, zone), DateFormat.DAY_YEAR)
        said.append(_("The first day is %(day)s.") % {"day": first})
    if supervision.ends_at:
        last = written(timezone.localtime(supervision.ends_at - timedelta(seconds=1), zone), DateFormat.DAY_YEAR)
        said.append(_("It ends after %(day)s.") % {"day": last})
    return said


@as_program()
def case_end_messages(supervision: Supervision, *, by: Membership | None, at: datetime) -> list[EmailMessage]:
    """The e-mails that say of one case that an assignment to it ends: to its therapist, and to who reads or read it.

    Not to who ended it.
    """
    episode, now = supervision.episode, timezone.now()
    assert episode
    practice = supervision.supervisor.practice
    accepted_at, opens_at = supervision.accepted_at, supervision.opens_at
    was_open = accepted_at is not None and opens_at is not None and opens_at <= now
    readers = readers_without(supervision, at=at)
    names = _case_names(supervision, episode) | {"readers": _listed(readers)}
    with translation.override(practice.language), timezone.override(ZoneInfo(practice.zone)):
        names["day"] = written(timezone.localtime(at - timedelta(seconds=1)), DateFormat.DAY_YEAR)
        if not was_open:
            ends = _("%(supervisor)s will not supervise case %(code)s of %(therapist)s at %(practice)s.") % names
        elif at > now:
            ends = _("%(supervisor)s supervises case %(code)s of %(therapist)s at %(practice)s until %(day)s.") % names
        else:
            ends = _("%(supervisor)s no longer supervises case %(code)s of %(therapist)s at %(practice)s.") % names
        then = _("It is then read by: %(readers)s.") % names if readers else _("Nobody reads it as supervisor then.")
        subject = _("Who can read cases at %(practice)s, in Alliance") % names
        told = {member.user_id: member for member in (episode.therapist, supervision.supervisor, *readers)}
        return [
            member_message(subject, [ends, then], member)
            for member in told.values()
            if by is None or member.user_id != by.user_id
        ]


@as_program()
def case_went_on_messages(before: Episode, following: Episode, *, by: Membership) -> list[EmailMessage]:
    """The e-mails about a case with a supervisor of its own that a colleague took over; none, where it had none.

    The assignment does not go along. So who had it hears of that, the colleague, and the managers; not who did it.
    """
    own, readers = own_supervisors_of(before), supervisors_of(following)
    if not own:
        return []
    staying = {member.user_id for member in (following.therapist, *readers)}
    losing = [member for member in own if member.user_id not in staying]
    practice = following.therapist.practice
    names = {
        "practice": practice.name,
        "code": before.short_code,
        "therapist": before.therapist.display_name,
        "to": following.therapist.display_name,
        "new": following.short_code,
        "own": _listed(losing),
        "readers": _listed(readers),
    }
    with translation.override(practice.language):
        had = _("It had a supervisor of its own: %(own)s. They still read what was until now, and not what follows.")
        lines = [
            _("Case %(code)s of %(therapist)s at %(practice)s is with %(to)s now, as case %(new)s.") % names,
            *([had % names] if losing else []),
            _("What follows is read by: %(readers)s.") % names if readers else _("Nobody supervises what follows."),
            _("A manager can name a supervisor for it, under People."),
        ]
        subject = _("Who can read cases at %(practice)s, in Alliance") % names
        told = {member.user_id: member for member in (*own, following.therapist, *managers_of(practice.pk))}
        return [member_message(subject, lines, member) for member in told.values() if member.user_id != by.user_id]


def _case_names(supervision: Supervision, episode: Episode) -> dict[str, str]:
    return {
        "practice": supervision.supervisor.practice.name,
        "supervisor": supervision.supervisor.display_name,
        "therapist": episode.therapist.display_name,
        "code": episode.short_code,
    }


def _listed(members: Iterable[Membership]) -> str:
    return ", ".join(member.display_name for member in members)


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
    messages: dict[tuple[int, int, int], EmailMessage] = {}
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
                messages.setdefault((member.pk, offer.to.pk, therapist.pk), member_message(subject, lines, member))
    return list(messages.values())


def member_message(subject: str, lines: list[str], member: Membership) -> EmailMessage:
    return EmailMessage(
        " ".join(subject.split()),  # a header has one line
        "\n".join(lines) + "\n",
        settings.DEFAULT_FROM_EMAIL,
        [member.user.email],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834
    )


def tell(messages: Iterable[EmailMessage]) -> None:
    """Sends what a write says to others, within it; one that cannot be sent undoes no write."""
    try:
        for message in messages:
            send_message(message=message)
    except OSError:
        log.warning("An e-mail about who reads a case could not be sent. The page of the case says it.")
