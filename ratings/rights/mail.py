"""The e-mails about records that are to be erased: the code of the case, and nothing of it."""

from collections.abc import Iterable

from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alliance.acting import as_program
from alliance.keeping import managers_of
from alliance.models import Episode, ErasureRequest, Membership, RetentionRule
from alliance.people.mail import member_message
from alliance.people.supervisors import supervisors_of
from alliance.scopes import accepted, live, live_therapists


@as_program()
def whom_to_tell(request: ErasureRequest) -> list[tuple[Membership, str]]:
    """Who looks after the client or supervises that, and the other managers; each with the code that they know."""
    told: dict[int, tuple[Membership, str]] = {}
    episodes = Episode.objects.filter(client=request.client_id, therapist__in=live_therapists())
    for episode in episodes.select_related("therapist__user").order_by("starts_at"):
        code = episode.short_code
        told[episode.therapist.user_id] = episode.therapist, code
        for supervisor in supervisors_of(episode):
            told[supervisor.user_id] = supervisor, code
    for manager in managers_of(request.client.practice_id).select_related("user"):
        told[manager.user_id] = manager, request.client.short_code
    told.pop(request.asked_by.user_id, None)
    return list(told.values())


def erasure_messages(
    request: ErasureRequest, told: Iterable[tuple[Membership, str]], *, address: str
) -> list[EmailMessage]:
    """The e-mails to those who are told that a record is to be erased. The reason is not in them.

    `address`: where managers answer.
    """
    practice = request.client.practice
    messages = []
    with translation.override(practice.language):
        for member, code in told:
            names = {"name": request.asked_by.display_name, "practice": practice.name, "code": code}
            lines = [
                _("%(name)s asks that the record %(code)s is erased at %(practice)s, with everything in it.") % names,
                _("It is erased a day after a second manager has agreed; where there is one manager, a day from now."),
                _("There is no way back then. If it must stay, tell a manager at once: any of them can stop it."),
            ]
            lines += [_("Managers answer here:"), address] if member.is_manager else []
            messages.append(member_message(_("A record is to be erased at %(practice)s") % names, lines, member))
    return messages


@as_program()
def rule_messages(rule: RetentionRule, *, address: str) -> list[EmailMessage]:
    """The e-mails to everybody in the practice about a rule by which records are to be erased; not to who made it.

    `address`: where managers answer.
    """
    practice = rule.practice
    members = Membership.objects.filter(live(), accepted(), practice=practice, user__is_active=True)
    members = members.exclude(user=rule.set_by.user_id).select_related("user").order_by("pk")
    with translation.override(practice.language):
        names = {"name": rule.set_by.display_name, "practice": practice.name, "years": rule.years}
        subject = _("For how long records are kept at %(practice)s") % names
        said = ngettext(
            "%(name)s asks that at %(practice)s every record is erased one year after the end of the therapy.",
            "%(name)s asks that at %(practice)s every record is erased %(years)s years after the end of the therapy.",
            rule.years,
        )
        lines = [
            said % names,
            _("It holds a day after a second manager has agreed; where there is one manager, a day from now."),
            _("If a record must stay, tell a manager: any of them can keep a single one, or end the rule."),
        ]
        to_managers = [*lines, _("Managers answer here:"), address]
        return [member_message(subject, to_managers if one.is_manager else lines, one) for one in members]
