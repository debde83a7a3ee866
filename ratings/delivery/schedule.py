"""Writes of deliveries that are not sent yet: which messages, and when."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from alliance import audit
from alliance.access import Editor, check_log_all, is_in_hands
from alliance.audit import Verb
from alliance.clients import actions as client_actions
from alliance.models import Consent
from ratings.check_in.actions import ask_client
from ratings.check_in.instrument_choice import STILL_AWAITED, instrument_for, number_at, own_text
from ratings.delivery.quiet_hours import QuietHours, first_outside
from ratings.detection.reassess import lock_episodes
from ratings.models import CheckIn, ClientLink, Delivery, Rating
from ratings.models.check_in import ASKED_ABOUT
from ratings.psychometrics.evidence import Rater

DeliveryKind = Delivery.DeliveryKind
NEEDED_CONSENTS = {Consent.Purpose.CHECK_IN, Consent.Purpose.EMAIL}
# Longer than any one message can take: a mail server has 20 s for each of some ten answers (EMAIL_TIMEOUT).
CLAIM_LASTS = timedelta(minutes=10)
BETWEEN_RESENDS = timedelta(hours=24)  # convention of this app


def may_be_written_to(episode):
    """Whether there is an address, consent to answer and to be written to, and somebody who reads the answers."""
    client = episode.client
    return client.email is not None and client.agreed_to >= NEEDED_CONSENTS and is_in_hands(episode)


def after_quiet_hours(episode, instant):
    """The first instant from this one on that is no quiet hour by the client's clock."""
    practice = episode.client.practice
    return first_outside(instant, QuietHours(practice.quiet_from, practice.quiet_to), ZoneInfo(episode.zone))


def is_too_late(therapy_session, now):
    """Whether the session is so long ago that its therapist no longer waits to hear."""
    return therapy_session.ends_at < now - STILL_AWAITED


def is_wanted(check_in, kind, now):
    """Whether the client is still to get this message.

    Checked when it is added by hand, and again before it is sent. A therapy that has ended since is no reason against
    the first one: the last session is asked about like any other.
    """
    episode, therapy_session = check_in.episode, check_in.therapy_session
    paused = episode.client.paused_until
    return (
        may_be_written_to(episode)
        and not (paused and paused > now)
        and therapy_session.voided_at is None
        and therapy_session.attendance in ASKED_ABOUT
        and (kind == DeliveryKind.FIRST or episode.ends_at is None)
        and (kind == DeliveryKind.AGAIN or not is_too_late(therapy_session, now))
        and not Rating.objects.current().filter(therapy_session=therapy_session, rater=Rater.CLIENT).exists()
    )


def ask_about(therapy_session, instrument=None):
    """The check-in of a session, made now where there is none yet, with its first message.

    The program may have asked by the plan already; then the message goes by what is known of the session now.
    `instrument`: the key of the one that the therapist answered.
    """
    episode = therapy_session.episode
    if check_in := CheckIn.objects.filter(therapy_session=therapy_session).first():
        move_along(therapy_session)
        return check_in
    client = episode.client
    instrument = instrument or instrument_for(client, number_at(episode, therapy_session.starts_at))
    text = own_text(instrument, client.language or client.practice.language)
    assert text is not None  # it is one of our own, and those are loaded with the program
    check_in = ask_client(therapy_session=therapy_session, text=text)
    add_first(check_in)
    return check_in


def add_first(check_in):
    """Adds the message after the session, where the client may have it."""
    if may_be_written_to(check_in.episode) and not is_too_late(check_in.therapy_session, timezone.now()):
        _add(check_in, DeliveryKind.FIRST, _first_due(check_in))


def add_reminder(first):
    """Adds the one reminder, counted from when the first message went out.

    A practice with 0 hours sends none.
    """
    hours = first.episode.client.practice.reminder_after_hours
    # A first message that went out twice, after a sender had been slower than its claim, has its reminder already.
    if hours and not Delivery.objects.filter(check_in=first.check_in, kind=DeliveryKind.REMINDER).exists():
        due_at = after_quiet_hours(first.episode, first.sent_at + timedelta(hours=hours))
        _add(first.check_in, DeliveryKind.REMINDER, due_at)


@transaction.atomic
def resend(*, check_ins, user):
    """Adds one more message for each check-in that may have it; returns how many.

    It goes out as soon as no quiet hour is in the way. What still waits for the same check-in gives way, so that nobody
    is written to twice. A second click does nothing, nor does one while a message is on its way, or less than a day
    after the last one by hand.
    """
    lock_episodes({check_in.episode_id for check_in in check_ins})  # two clicks at once: the second sees the first
    check_log_all(user, [check_in.episode for check_in in check_ins])
    related = ("therapy_session", "episode__client__data_key", "episode__client__practice")
    count, now = 0, timezone.now()
    for check_in in CheckIn.objects.filter(pk__in=[row.pk for row in check_ins]).select_related(*related):
        deliveries = Delivery.objects.filter(check_in=check_in)
        list(deliveries.select_for_update(of=("self",)))
        if deliveries.filter(is_on_its_way(now)).exists() or not is_wanted(check_in, DeliveryKind.AGAIN, now):
            continue
        drop(deliveries.waiting())
        delivery = _add(check_in, DeliveryKind.AGAIN, after_quiet_hours(check_in.episode, timezone.now()))
        audit.record(Verb.CREATED, delivery, by=user, practice=check_in.episode.client.practice)
        count += 1
    return count


def is_on_its_way(now: datetime) -> Q:
    """The condition that a sender has a delivery, or that it is a resend that waits or is under a day old."""
    waits = Q(sent_at__isnull=True, failed_at__isnull=True, dropped_at__isnull=True)
    by_hand = Q(kind=DeliveryKind.AGAIN)
    return waits & (by_hand | Q(claimed_at__gt=now - CLAIM_LASTS)) | by_hand & Q(sent_at__gt=now - BETWEEN_RESENDS)


def move_along(therapy_session):
    """Moves the first message of a session that has moved; what was sent stays sent.

    Where none is waiting, for the time first written down was too long ago, it is added now, unless another went out. A
    reminder that a wrong log has stopped is due again.
    """
    check_in = CheckIn.objects.filter(therapy_session=therapy_session).first()
    if check_in is None:
        return
    check_in.therapy_session = therapy_session
    deliveries = list(check_in.deliveries.all())
    first = next((delivery for delivery in deliveries if delivery.kind == DeliveryKind.FIRST), None)
    later = [delivery for delivery in deliveries if delivery is not first]
    if first and first.is_waiting:
        first.due_at = _first_due(check_in)
        first.save(update_fields=["due_at"])
    elif any(delivery.is_waiting or delivery.sent_at or delivery.failed_at for delivery in later):
        return
    elif first is None:
        add_first(check_in)
    elif first.sent_at:
        _ask_again(check_in, [delivery for delivery in later if delivery.kind == DeliveryKind.REMINDER])
    elif first.dropped_at and not first.failed_at and is_wanted(check_in, DeliveryKind.FIRST, timezone.now()):
        first.due_at, first.dropped_at = _first_due(check_in), None
        first.save(update_fields=["due_at", "dropped_at"])


def _ask_again(check_in, dropped):
    """Makes a dropped reminder due again, at its time or as soon as no quiet hour is in the way."""
    now = timezone.now()
    for reminder in dropped:
        if is_wanted(check_in, DeliveryKind.REMINDER, now):
            reminder.due_at = after_quiet_hours(check_in.episode, max(reminder.due_at, now))
            reminder.dropped_at = None
            reminder.save(update_fields=["due_at", "dropped_at"])


def drop_for_session(therapy_session):
    """Drops all messages about a session that are not sent yet."""
    drop(Delivery.objects.waiting().filter(check_in__therapy_session=therapy_session))


def drop(deliveries):
    """Marks deliveries as no longer wanted."""
    deliveries.update(dropped_at=timezone.now())


@transaction.atomic
def change_contact(*, editor: Editor, email, **fields):
    """Sets where and how a client may be reached.

    With another address, the links that were sent to the old one end.
    """
    client = editor.episode.client
    old_email = client.email.open(client.data_key) if client.email else ""
    client_actions.change_client(editor=editor, email=email, **fields)
    if old_email and old_email.casefold() != email.casefold():
        links = ClientLink.objects.filter(client=client, channel=ClientLink.Channel.EMAIL, revoked_at__isnull=True)
        links.update(revoked_at=timezone.now())


def _first_due(check_in):
    client = check_in.episode.client
    minutes = client.check_in_delay_minutes
    if minutes is None:
        minutes = client.practice.check_in_delay_minutes
    return after_quiet_hours(check_in.episode, check_in.therapy_session.ends_at + timedelta(minutes=minutes))


def _add(check_in, kind, due_at):
    code = uuid4()
    return Delivery.objects.create(
        code=code,
        episode=check_in.episode,
        check_in=check_in,
        kind=kind,
        due_at=due_at,
        message_id=f"<{code}@{urlsplit(settings.BASE_URL).hostname}>",
    )
