"""What waits for a person, in counts. They are read as the pages read them: by what each may see now."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import ngettext

from alliance import scopes
from alliance.models import Membership, User
from alliance.people.queries import staff_of
from ratings.cases.attention import caseload_of
from ratings.cases.own import own_counts
from ratings.check_in.carried import ended_with_something_unread
from sessions.models import Attendance, TherapySession


@dataclass(frozen=True, slots=True)
class Part:
    """What waits for a person in one of their roles."""

    route: str  # of the page that says more
    lines: tuple[str, ...]


def parts_of(user: User) -> list[Part]:
    """What waits for a user, a part for each role; none where nothing waits."""
    memberships = scopes.memberships_of(user)
    found = []
    if any(one.is_therapist for one in memberships):
        found.append(Part("ratings:today", _of_therapist(user)))
    if any(one.is_supervisor for one in memberships):
        found.append(Part("ratings:caseload", _of_supervisor(user, [one for one in memberships if one.is_supervisor])))
    managed = [one for one in memberships if one.is_manager]
    if managed:
        found.append(Part("alliance:people", _of_manager(managed)))
    return [part for part in found if part.lines]


def _of_therapist(user: User) -> tuple[str, ...]:
    """Of the own cases; before the own rating nothing but that an answer waits for it."""
    counts = own_counts(user)
    flagged, new, awaiting = counts.flagged, counts.new, counts.awaiting
    not_logged = (
        TherapySession.objects.not_voided()
        .filter(
            episode__among=scopes.own_episodes.keys(user), attendance=Attendance.PLANNED, ends_at__lt=timezone.now()
        )
        .count()
    )
    return _said(
        (flagged, ngettext("%(n)s case in which something is open", "%(n)s cases in which something is open", flagged)),
        (
            new,
            ngettext(
                "%(n)s case with answers you have not read yet", "%(n)s cases with answers you have not read yet", new
            ),
        ),
        (
            awaiting,
            ngettext(
                "%(n)s case in which answers wait for your own rating",
                "%(n)s cases in which answers wait for your own rating",
                awaiting,
            ),
        ),
        (not_logged, ngettext("%(n)s session not logged yet", "%(n)s sessions not logged yet", not_logged)),
    )


def _of_supervisor(user: User, places: list[Membership]) -> tuple[str, ...]:
    caseload = caseload_of(user, places)
    flagged, asked, gaps = caseload.flagged_in_all, caseload.asked.total, len(caseload.gaps) + caseload.more_gaps
    return _said(
        (flagged, ngettext("%(n)s case in which something is open", "%(n)s cases in which something is open", flagged)),
        (asked, ngettext("%(n)s case put forward for supervision", "%(n)s cases put forward for supervision", asked)),
        (
            gaps,
            ngettext("%(n)s case without the last check-ins", "%(n)s cases without the last check-ins", gaps),
        ),
    )


def _of_manager(memberships: list[Membership]) -> tuple[str, ...]:
    """People and settings alone; nothing clinical."""
    staffs = [staff_of(membership.practice) for membership in memberships]
    unled = sum(staff.cases_without_therapist for staff in staffs)
    unread = sum(len(staff.unread) for staff in staffs)
    unheard = sum(len(ended_with_something_unread(membership.practice)) for membership in memberships)
    invited = sum(member.invited for staff in staffs for member in staff.members)
    return _said(
        (unled, ngettext("%(n)s open case without a therapist", "%(n)s open cases without a therapist", unled)),
        (
            unheard,
            ngettext(
                "%(n)s ended case with answers that nobody reads",
                "%(n)s ended cases with answers that nobody reads",
                unheard,
            ),
        ),
        (
            unread,
            ngettext(
                "%(n)s therapist whose cases nobody else reads",
                "%(n)s therapists whose cases nobody else reads",
                unread,
            ),
        ),
        (
            invited,
            ngettext(
                "%(n)s person who was invited and has not signed in",
                "%(n)s people who were invited and have not signed in",
                invited,
            ),
        ),
    )


def _said(*counted: tuple[int, str]) -> tuple[str, ...]:
    return tuple(sentence % {"n": count} for count, sentence in counted if count)
