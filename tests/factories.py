"""Plain functions that make one thing each, in the past, so that nothing depends on the millisecond."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from alliance.access import check_edit
from alliance.crypto import Sealed
from alliance.models import Client, DataKey, Episode, Membership, Practice, Supervision, User
from sessions.models import TherapySession

ZONE = ZoneInfo("Europe/Berlin")  # of a practice that names none


def local_day(at=None):
    """The day of this instant in the practice; without one, today."""
    return timezone.localdate(at, ZONE)


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def make_practice(name="Millrace Practice", **fields):
    return Practice.objects.create(name=name, data_key=DataKey.objects.create(), **fields)


def make_member(practice, name, roles="therapist", **fields):
    """A place for a new user `<name>@<practice>.test`, or for the `user` that is given. Roles: words in one string."""
    if "user" not in fields:
        domain = practice.name.split()[0].lower()
        fields["user"] = User.objects.create_user(f"{name.split()[0].lower()}@{domain}.test")
    fields.setdefault("starts_at", days_ago(1000))
    fields.setdefault("first_seen_at", fields["starts_at"])
    held = {f"is_{role}": True for role in roles.split()}
    return Membership.objects.create(practice=practice, name=Sealed(name, practice.data_key), **held, **fields)


def make_client(practice, name="Juniper", **fields):
    key = DataKey.objects.create()
    return Client.objects.create(practice=practice, data_key=key, name=Sealed(name, key), **fields)


def make_episode(therapist, name="Juniper", **fields):
    """An episode of a new client, or of the `client` that is given."""
    if "client" not in fields:
        fields["client"] = make_client(therapist.practice, name)
    fields.setdefault("starts_at", days_ago(900))
    return Episode.objects.create(therapist=therapist, **fields)


def make_supervision(supervisor, **fields):
    """Of a `therapist` or of one `episode`; accepted and open, unless the fields say otherwise."""
    fields.setdefault("starts_at", days_ago(900))
    fields.setdefault("accepted_at", fields["starts_at"])
    fields.setdefault("opens_at", fields["starts_at"])
    return Supervision.objects.create(supervisor=supervisor, **fields)


def make_therapy_session(episode, **fields):
    fields.setdefault("starts_at", days_ago(7))
    fields.setdefault("ends_at", fields["starts_at"] + timedelta(minutes=50))
    return TherapySession.objects.create(episode=episode, zone=episode.zone, **fields)


def editor_of(episode):
    """The right of its therapist to change an episode."""
    return check_edit(episode.therapist.user, episode)
