"""Sending what is due: claim it, look once more whether it is wanted, send it, say that it was sent.

A message is claimed by one statement, so two senders at once never both have it. A sender that dies leaves its claim
behind; when that is old, the message goes out again under the same Message-ID, and the mailbox can tell that it is one.
"""

import re
import smtplib
from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from alliance.models import Practice
from ratings.check_in import links
from ratings.delivery import schedule
from ratings.delivery.mail import message_of
from ratings.delivery.schedule import CLAIM_LASTS
from ratings.models import ClientLink, Delivery

SHORTEST_WAIT = timedelta(minutes=15)  # convention of this app; greylisting asks for about as much
# RFC 3463, 3.2 and 3.3: the recipient's address does not exist, or has moved (5.1.7 and 5.1.8 are about ours);
# the mailbox is disabled. RFC 7505: 5.1.10, the domain takes no mail.
NO_SUCH_MAILBOX = re.compile(rb"5\.(1\.([0-6]|10)|2\.1)\b")


class MailServerFails(Exception):
    """The mail server does not take anything from us; the messages wait."""


def send_due(*, is_over=lambda: False):
    """Sends everything that is due in the practices that are live; counts by what became of it.

    Raises
    ------
    MailServerFails
        There is no connection, or the server refuses us as a sender. What was sent before is sent.
    """
    counts = Counter()
    mine = Q(claimed_at__isnull=True) | Q(claimed_at__lt=timezone.now() - CLAIM_LASTS)
    keys = _due().filter(mine, episode__client__practice__live_at__lte=timezone.now()).order_by("due_at", "pk")
    connection = get_connection()
    try:
        for key in list(keys.values_list("pk", flat=True)):
            if is_over():
                break
            _open(connection)
            if claim(key):
                counts[_deliver(key, connection)] += 1
    finally:
        connection.close()
    return counts


def not_live():
    """Practices whose messages wait because nobody has set the practice live: (name, how many)."""
    not_yet = Q(episode__client__practice__live_at__isnull=True) | Q(
        episode__client__practice__live_at__gt=timezone.now()
    )
    waiting = _due().filter(not_yet).values("episode__client__practice").annotate(n=Count("pk"))
    number = {row["episode__client__practice"]: row["n"] for row in waiting}
    return [(practice.name, number[practice.pk]) for practice in Practice.objects.filter(pk__in=number).order_by("pk")]


def claim(key):
    """Takes a message for this sender, unless another has it, or it was put off since this run listed what is due.

    A claim that is older than any sending counts no more.
    """
    now = timezone.now()
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LASTS)
    return _due().filter(free, pk=key).update(claimed_at=now) == 1


def _due():
    return Delivery.objects.waiting().filter(due_at__lte=timezone.now())


def _open(connection):
    try:
        connection.open()  # nothing, where it is open
    except OSError as error:  # smtplib's errors are of this kind as well
        raise MailServerFails(f"The mail server did not let us in: {error}") from error


def _deliver(key, connection):
    """Sends one claimed message, or finds that it is not wanted; says in a word what became of it."""
    message = _prepare(key)
    if isinstance(message, str):
        return message
    try:
        connection.send_messages([message])
    except (smtplib.SMTPSenderRefused, smtplib.SMTPNotSupportedError) as error:
        Delivery.objects.filter(pk=key).update(claimed_at=None)
        raise MailServerFails(f"The mail server refused {settings.DEFAULT_FROM_EMAIL}: {error}") from error
    except (OSError, ValueError) as error:
        connection.close()  # in whatever state the conversation was
        return _refused(key) if _is_for_good(error) else _postpone(key)
    return _sent(key)


@transaction.atomic
def _prepare(key):
    """The message with its fresh links, or the word for why there is none. Everything is asked anew, now."""
    delivery = _load(key)
    now = timezone.now()
    live_at = delivery.episode.client.practice.live_at
    if not (live_at and live_at <= now):  # no more, since this run began
        Delivery.objects.filter(pk=key).update(claimed_at=None)
        return "held back"
    if not schedule.is_wanted(delivery.check_in, delivery.kind, now):
        schedule.drop(Delivery.objects.filter(pk=key))
        return "dropped"
    awake = schedule.awake(delivery.episode, now)
    if awake > now:  # the sender was late, and the client is asleep by now
        Delivery.objects.filter(pk=key).update(due_at=awake, claimed_at=None)
        return "postponed"
    check_in = links.mint_check_in_link(check_in=delivery.check_in, editor=None, channel=ClientLink.Channel.EMAIL)
    preferences = links.mint_preferences_link(delivery.episode.client)
    return message_of(
        delivery,
        address=settings.BASE_URL + reverse("links:check-in", args=[check_in]),
        preferences=settings.BASE_URL + reverse("links:preferences", args=[preferences]),
    )


def _load(key):
    related = ("episode__client__data_key", "episode__client__practice", "episode__therapist__practice__data_key")
    delivery = Delivery.objects.select_related(*related, "check_in__therapy_session").get(pk=key)
    delivery.check_in.episode = delivery.episode
    return delivery


@transaction.atomic
def _sent(key):
    delivery = _load(key)
    delivery.sent_at = timezone.now()
    delivery.save(update_fields=["sent_at"])
    if delivery.kind == schedule.DeliveryKind.FIRST and delivery.dropped_at is None:
        schedule.add_reminder(delivery)
    return "sent"


def _is_for_good(error):
    """The server says that there is no such mailbox, or it can't be an address at all.

    Any other 5xx may as well be about us, a relay that is closed or a list that we are on, and the client still there.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 and NO_SUCH_MAILBOX.match(answer) for code, answer in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500 and NO_SUCH_MAILBOX.match(error.smtp_error) is not None
    return isinstance(error, ValueError)


def _refused(key):
    Delivery.objects.filter(pk=key).update(failed_at=timezone.now())
    return "refused"


def _postpone(key):
    """Again later: after an eighth of the time since the session, so that the waits grow without being counted."""
    delivery, now = _load(key), timezone.now()
    wait = max(SHORTEST_WAIT, (now - delivery.check_in.therapy_session.ends_at) / 8)  # convention of this app
    Delivery.objects.filter(pk=key).update(due_at=schedule.awake(delivery.episode, now + wait), claimed_at=None)
    return "postponed"
