"""Sends what is due: claims it, checks that it is wanted, sends it, marks it.

A message is claimed by one statement, so two senders at once never both have it. A sender that dies leaves its claim
behind; when that is old, the message goes out again under the same Message-ID, and the mailbox can tell that it is one.
"""

import re
import smtplib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from alliance.access import NotVisible
from alliance.crypto import CannotOpen
from alliance.models import Practice
from ratings.check_in import links
from ratings.delivery import schedule
from ratings.delivery.mail import message_of
from ratings.delivery.schedule import CLAIM_LASTS
from ratings.detection.reassess import lock_episode
from ratings.models import ClientLink, Delivery

SHORTEST_WAIT = timedelta(minutes=15)  # convention of this app; greylisting asks for about as much
# RFC 3463, 3.2 and 3.3: the recipient's address does not exist, or has moved (5.1.7 and 5.1.8 are about ours);
# the mailbox is disabled. RFC 7505: 5.1.10, the domain takes no mail.
NO_SUCH_MAILBOX = re.compile(rb"5\.(1\.([0-6]|10)|2\.1)\b")


class Outcome(StrEnum):
    """What became of a message that was due, in the words that `send_due` prints."""

    SENT = "sent"
    REFUSED = "refused"  # for good
    POSTPONED = "postponed"
    DROPPED = "dropped"  # no longer wanted
    HELD_BACK = "held back"  # the practice is no longer live


class MailServerFails(Exception):
    """The mail server does not take anything from us; the messages wait."""


def send_due(*, is_over: Callable[[], bool] = lambda: False) -> Counter[Outcome]:
    """Sends all that is due in the practices that are live; counts the outcomes.

    Raises
    ------
    MailServerFails
        There is no connection, or the server refuses us as a sender. What was sent before is sent.
    """
    counts: Counter[Outcome] = Counter()
    keys = _due().filter(_unclaimed(), episode__client__practice__live_at__lte=timezone.now()).order_by("due_at", "pk")
    connection = get_connection()
    try:
        for key in list(keys.values_list("pk", flat=True)):
            if is_over():
                break
            connect(connection)
            if claim(key):
                counts[_deliver(key, connection)] += 1
    finally:
        connection.close()
    return counts


def waiting_by_practice():
    """The practices that are not live and have messages due: (name, how many)."""
    not_yet = Q(episode__client__practice__live_at__isnull=True) | Q(
        episode__client__practice__live_at__gt=timezone.now()
    )
    waiting = _due().filter(not_yet).values("episode__client__practice").annotate(n=Count("pk"))
    number = {row["episode__client__practice"]: row["n"] for row in waiting}
    return [(practice.name, number[practice.pk]) for practice in Practice.objects.filter(pk__in=number).order_by("pk")]


def claim(key):
    """Claims a message for this sender; whether it got it.

    It does not where another sender has it, or where it was postponed since this run listed what is due.
    """
    return _due().filter(_unclaimed(), pk=key).update(claimed_at=timezone.now()) == 1


def _unclaimed():
    """The condition that no sender has it. A claim older than any sending is void."""
    return Q(claimed_at__isnull=True) | Q(claimed_at__lt=timezone.now() - CLAIM_LASTS)


def _due():
    return Delivery.objects.waiting().filter(due_at__lte=timezone.now())


def connect(connection):
    try:
        connection.open()  # does nothing where it is open
    except OSError as error:  # smtplib's errors are of this kind as well
        raise MailServerFails(f"The mail server did not let us in: {error}") from error


def _deliver(key, connection) -> Outcome:
    """Sends one claimed message, if it is still wanted."""
    try:
        message = _prepare_message(key)
    except CannotOpen:  # nobody can say to whom: the others go on
        return _mark_refused(key)
    except (Delivery.DoesNotExist, NotVisible):  # erased since it was claimed
        return Outcome.DROPPED
    if isinstance(message, Outcome):
        return message
    try:
        connection.send_messages([message])
    except (smtplib.SMTPSenderRefused, smtplib.SMTPNotSupportedError) as error:
        Delivery.objects.filter(pk=key).update(claimed_at=None)
        raise MailServerFails(f"The mail server refused {settings.DEFAULT_FROM_EMAIL}: {error}") from error
    except (OSError, ValueError) as error:
        connection.close()  # in whatever state the conversation was
        return _mark_refused(key) if is_permanent(error) else _postpone(key)
    return _mark_sent(key)


@transaction.atomic
def _prepare_message(key) -> EmailMessage | Outcome:
    """The message with fresh links, or why none is sent. All is checked anew, now."""
    waiting = _load(key)
    lock_episode(waiting.episode)
    delivery = _load(key)
    now = timezone.now()
    if (
        delivery.episode_id != waiting.episode_id
    ):  # two cases were joined or parted just now: to whom, the next run asks
        Delivery.objects.filter(pk=key).update(claimed_at=None)
        return Outcome.POSTPONED
    live_at = delivery.episode.client.practice.live_at
    if not (live_at and live_at <= now):  # no more, since this run began
        Delivery.objects.filter(pk=key).update(claimed_at=None)
        return Outcome.HELD_BACK
    if not schedule.is_wanted(delivery.check_in, delivery.kind, now):
        schedule.drop(Delivery.objects.filter(pk=key))
        return Outcome.DROPPED
    due_at = schedule.after_quiet_hours(delivery.episode, now)
    if due_at > now:  # the sender was late, and the client is asleep by now
        Delivery.objects.filter(pk=key).update(due_at=due_at, claimed_at=None)
        return Outcome.POSTPONED
    check_in_token = links.mint_check_in_link(check_in=delivery.check_in, editor=None, channel=ClientLink.Channel.EMAIL)
    preferences_token = links.mint_preferences_link(delivery.episode.client)
    return message_of(
        delivery,
        address=settings.BASE_URL + reverse("links:check-in", args=[check_in_token]),
        preferences=settings.BASE_URL + reverse("links:preferences", args=[preferences_token]),
        stop=settings.BASE_URL + reverse("links:preferences-stop", args=[preferences_token]),
    )


def _load(key):
    related = ("episode__client__data_key", "episode__client__practice", "episode__therapist__practice__data_key")
    delivery = Delivery.objects.select_related(*related, "check_in__therapy_session").get(pk=key)
    delivery.check_in.episode = delivery.episode
    return delivery


@transaction.atomic
def _mark_sent(key) -> Outcome:
    """Marks a message as sent, and adds the reminder of a first one; nothing where it was erased meanwhile."""
    with suppress(Delivery.DoesNotExist):
        delivery = _load(key)
        delivery.sent_at = timezone.now()
        delivery.save(update_fields=["sent_at"])
        if delivery.kind == schedule.DeliveryKind.FIRST and delivery.dropped_at is None:
            schedule.add_reminder(delivery)
    return Outcome.SENT


def is_permanent(error):
    """Whether there is no such mailbox, or it is not even an address.

    Any other 5xx may as well be about us, a relay that is closed or a list that we are on, and the client still there.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 and NO_SUCH_MAILBOX.match(answer) for code, answer in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500 and NO_SUCH_MAILBOX.match(error.smtp_error) is not None
    return isinstance(error, ValueError)


def _mark_refused(key) -> Outcome:
    """Marks a message as refused for good."""
    Delivery.objects.filter(pk=key).update(failed_at=timezone.now())
    return Outcome.REFUSED


def _postpone(key) -> Outcome:
    """Makes a message due again after an eighth of the time since the session.

    So the waits grow without being counted.
    """
    with suppress(Delivery.DoesNotExist):  # erased meanwhile
        delivery, now = _load(key), timezone.now()
        wait = max(SHORTEST_WAIT, (now - delivery.check_in.therapy_session.ends_at) / 8)  # convention of this app
        Delivery.objects.filter(pk=key).update(
            due_at=schedule.after_quiet_hours(delivery.episode, now + wait), claimed_at=None
        )
    return Outcome.POSTPONED
