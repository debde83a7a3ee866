"""The choice of how often counts come by e-mail, and when the next ones are due."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from alliance import audit, scopes
from alliance.audit import Verb
from alliance.crypto import new_token, token_hash
from alliance.models import Digest, DigestLink, User

Rhythm = Digest.Rhythm
SENT_AT = time(7)  # by the clock of the practice; convention of this app
SATURDAY = 5


def next_due(rhythm: Rhythm | str, after: datetime, zone: ZoneInfo) -> datetime:
    """The first morning after this instant: of a Monday, or of any working day.

    Examples
    --------
    >>> from datetime import UTC
    >>> thursday = datetime(2026, 11, 26, 12, tzinfo=UTC)
    >>> next_due(Rhythm.WEEKLY, thursday, ZoneInfo("Europe/Berlin")).isoformat()
    '2026-11-30T07:00:00+01:00'
    >>> next_due(Rhythm.DAILY, thursday, ZoneInfo("Europe/Berlin")).isoformat()
    '2026-11-27T07:00:00+01:00'
    """
    day = after.astimezone(zone).date()
    while True:
        morning = datetime.combine(day, SENT_AT, zone)
        is_due = day.weekday() == 0 if rhythm == Rhythm.WEEKLY else day.weekday() < SATURDAY
        if is_due and morning > after:
            return morning
        day += timedelta(days=1)


def zone_of(user: User) -> ZoneInfo:
    """The zone of the user's first practice."""
    memberships = scopes.memberships_of(user)
    return ZoneInfo(memberships[0].practice.zone if memberships else "UTC")


def rhythm_of(user: User) -> Rhythm:
    """How often the user gets counts by e-mail."""
    row = Digest.objects.filter(user=user).first()
    return Rhythm(row.rhythm) if row else Rhythm.WEEKLY


@transaction.atomic
def choose_digest(*, user: User, rhythm: Rhythm | str) -> None:
    """From now on counts come so often, or not at all."""
    due_at = next_due(rhythm, timezone.now(), zone_of(user))
    digest, _new = Digest.objects.update_or_create(user=user, defaults={"rhythm": rhythm, "due_at": due_at})
    audit.record(Verb.CHANGED, digest, by=user)


def mint_digest_link(digest: Digest) -> str:
    """The token of a fresh link that stops these mails; earlier ones go on working."""
    token = new_token()
    DigestLink.objects.create(digest=digest, token_hash=token_hash(token))
    return token


def digest_of_link(token: str) -> Digest | None:
    """Whose mails the token stops; None for one that nobody was sent."""
    link = DigestLink.objects.filter(token_hash=token_hash(token)).select_related("digest").first()
    return link.digest if link else None


@transaction.atomic
def stop_digest(*, digest: Digest) -> None:
    """No more mails, by whoever has the link; once more, it changes nothing."""
    if Digest.objects.filter(pk=digest.pk).exclude(rhythm=Rhythm.NONE).update(rhythm=Rhythm.NONE):
        audit.record(Verb.CHANGED, digest)
