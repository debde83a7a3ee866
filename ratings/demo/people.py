"""The invented members of the demo practice, and who supervises whom."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from alliance.crypto import Sealed
from alliance.models import EmergencyAccess, Episode, Membership, Practice, Supervision, User
from alliance.people.emergency import OPEN_FOR
from alliance.scopes import SIGHT_WAITS

PASSWORD = "alliance-demo"
DOMAIN = "demo.test"
THERAPISTS = ("Ada Lindqvist", "Tomas Brandt", "Noor Haddad", "Ines Marchetti", "Kofi Darko", "Sanna Virtanen")
SUPERVISORS = ("Ruth Okafor", "Henrik Solberg", "Mira Castellan")
MANAGERS = ("Joan Pettifer",)
STUDY_MEMBERS = (  # role, e-mail, name
    ("therapist", f"study-therapist@{DOMAIN}", "Lena Aldridge"),
    ("manager", f"study-manager@{DOMAIN}", "Pavel Sorensen"),
)
FIRST_MEMBERS = tuple(f"{role}@{DOMAIN}" for role in ("therapist", "supervisor", "manager"))
SUPERVISEES = 3  # therapists to a supervisor
STANDS_IN = 6, 20  # from so many days ahead, for two weeks
HERE_FOR = timedelta(days=900)  # longer than the longest course


def address_of(name: str) -> str:
    """The e-mail address of an invented client."""
    return f"{name.lower().replace(' ', '-')}@clients.{DOMAIN}"


def fill_people(practice: Practice, therapists: int) -> tuple[list[Membership], Membership]:
    """Adds all members; the therapists, and a supervisor without a therapist.

    That one is to supervise a single episode.
    """
    groups = -(-therapists // SUPERVISEES)
    since = practice.created_at - HERE_FOR
    rows = [
        *_members("therapist", THERAPISTS, therapists),
        *_members("supervisor", SUPERVISORS, groups + 1),
        *_members("manager", MANAGERS, len(MANAGERS)),
    ]
    members = add_members(practice, rows, since)
    supervisees, supervisors = members[:therapists], members[therapists : therapists + groups]
    Supervision.objects.bulk_create(
        supervision_since(since, supervisor=supervisors[number // SUPERVISEES], therapist=therapist)
        for number, therapist in enumerate(supervisees)
    )
    return supervisees, members[therapists + groups]


def add_members(practice: Practice, rows: Sequence[tuple[str, str, str]], since: datetime) -> list[Membership]:
    """Adds the members of some rows: role, e-mail, name."""
    password = make_password(PASSWORD)  # one hash: a slow one for each of a thousand people would take minutes
    users = User.objects.bulk_create(
        User(email=email, password=password, date_joined=since) for _role, email, _name in rows
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    return Membership.objects.bulk_create(
        Membership(
            user=user,
            practice=practice,
            name=Sealed(name, practice.data_key),
            starts_at=since,
            first_seen_at=since,
            accepted_at=since,
            **{f"is_{role}": True},
        )
        for user, (role, _email, name) in zip(users, rows, strict=True)
    )


def supervision_since(since: datetime, **of: Any) -> Supervision:
    """An assignment that was accepted and open from its first moment."""
    return Supervision(starts_at=since, accepted_at=since, opens_at=since, **of)


def arrange_sight(therapists: Sequence[Membership], advisor: Membership, at: datetime) -> None:
    """Has a supervisor without a therapist read one case, be asked for more, and stand in for the days of a holiday.

    What is asked for from a coming day on was accepted and agreed to: nobody who signs in first is told to answer.
    """
    manager = Membership.objects.filter(practice=advisor.practice, is_manager=True)[0]
    by = {"supervisor": advisor, "asked_by": manager}
    if advised := _an_open_case(therapists[-1]):
        supervision_since(advised.starts_at, **by, episode=advised).save()
    if len(therapists) == 1:
        return
    Supervision.objects.create(**by, therapist=therapists[1], starts_at=at, opens_at=at + SIGHT_WAITS)
    add_emergency(reader=advisor, therapist=therapists[1], at=at - timedelta(days=12, hours=5))
    if case := _an_open_case(therapists[0], "-pk"):
        first, after = (at + timedelta(days=days) for days in STANDS_IN)
        agreed = {"accepted_at": at, "agreed_by": therapists[0]}
        Supervision.objects.create(
            **by, **agreed, episode=case, starts_at=at, opens_at=first, not_before=first, ends_at=after
        )


def _an_open_case(therapist: Membership, order: str = "pk") -> Episode | None:
    return Episode.objects.filter(therapist=therapist, ends_at__isnull=True).order_by(order).first()


def add_emergency(*, reader: Membership, therapist: Membership, at: datetime) -> None:
    """A supervisor opened a case that was not theirs, for an hour, one evening."""
    if episode := _an_open_case(therapist):
        reason = "The client rang the duty line. I needed to know what had been agreed."
        EmergencyAccess.objects.create(
            episode=episode,
            reader=reader,
            reason=Sealed(reason, episode.client.data_key),
            starts_at=at,
            ends_at=at + OPEN_FOR,
        )


def _members(role, names, count):
    """Yields (role, e-mail, name)."""
    for number in range(count):
        suffix = number + 1 if number else ""
        name = names[number] if number < len(names) else f"{role.capitalize()} {number + 1}"
        yield role, f"{role}{suffix}@{DOMAIN}", name
