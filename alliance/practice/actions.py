"""Writes about a practice. One transaction each, audit inside."""

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import check_manage_again
from alliance.audit import Verb
from alliance.models import DataKey, Practice, TherapistForm
from alliance.people.actions import add_member
from alliance.refusal import Refused
from alliance.scopes import SIGHT_WAITS


@transaction.atomic
def create_practice(*, name, zone, crisis_phone="", emergency_phone=""):
    """Adds a practice, under a data key of its own and without anybody in it."""
    practice = Practice.objects.create(
        name=name,
        zone=zone,
        crisis_phone=crisis_phone,
        emergency_phone=emergency_phone,
        therapist_form=TherapistForm.THREE,
        data_key=DataKey.objects.create(),
    )
    audit.record(Verb.CREATED, practice, practice=practice)
    return practice


@transaction.atomic
def start_practice(
    *, manager_name: str, manager_email: str, manager_is_therapist: bool, password: str | None, **practice: str
) -> Practice:
    """Adds a practice and its first manager, who invites the others.

    A user with this e-mail keeps their password.
    """
    check_room_for_practice(name=practice["name"])
    created = create_practice(**practice)
    roles = ["manager", "therapist"] if manager_is_therapist else ["manager"]
    add_member(practice=created, email=manager_email, name=manager_name, roles=roles, password=password)
    return created


def check_room_for_practice(*, name: str) -> None:
    """Refuses a second practice of the same name, and a second one on SQLite."""
    if Practice.objects.filter(name__iexact=name).exists():
        raise Refused(_("There is a practice of this name here already."))
    if connection.vendor == "sqlite" and Practice.objects.exists():
        raise Refused(_("There is another practice here already, and SQLite is for one. PostgreSQL holds several."))


@transaction.atomic
def change_practice(*, practice, by, is_live, rates_first, sight_waits, **fields):
    """Sets the settings of a practice; since when it is live, and rates first, is kept while it does.

    That new sight opens at once holds a day later: a manager alone cannot switch the wait off and be in.
    """
    Practice.objects.select_for_update(no_key=True).get(pk=practice.pk)
    check_manage_again(by)
    practice.refresh_from_db(fields=["live_at", "rates_first_since", "sight_at_once_from"])
    for name, value in fields.items():
        setattr(practice, name, value)
    practice.live_at = (practice.live_at or timezone.now()) if is_live else None
    practice.rates_first_since = (practice.rates_first_since or timezone.now()) if rates_first else None
    practice.sight_at_once_from = None if sight_waits else practice.sight_at_once_from or timezone.now() + SIGHT_WAITS
    practice.save(update_fields=[*fields, "live_at", "rates_first_since", "sight_at_once_from"])
    audit.record(Verb.CHANGED, practice, by=by)
