"""Sends the counts that are due. Each is claimed first, so that two senders at once send it once.

A sender that dies leaves its claim behind; when that is old, the mail goes out again under the same Message-ID.
"""

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from alliance.accounts.digests import Rhythm, mint_digest_link, next_due, zone_of
from alliance.models import Digest, Membership, User
from alliance.scopes import accepted, live, memberships_of
from ratings.delivery.schedule import CLAIM_LASTS
from ratings.delivery.send import MailServerFails, connect, is_permanent
from ratings.digest.counts import Part, parts_of

TRY_AGAIN = timedelta(hours=1)  # convention of this app


def send_digests(*, is_over: Callable[[], bool] = lambda: False) -> int:
    """Sends what is due to members of practices that are live; how many went out. Nothing goes where nothing waits.

    Raises
    ------
    MailServerFails
        There is no connection, or the server refuses us as a sender.
    """
    _begin_for_new()
    sent, connection = 0, get_connection()
    try:
        for key in list(_due().order_by("due_at", "pk").values_list("pk", flat=True)):
            if is_over():
                break
            if _due().filter(pk=key).update(claimed_at=timezone.now()):
                sent += _send(Digest.objects.select_related("user").get(pk=key), connection)
    finally:
        connection.close()
    return sent


def _due() -> QuerySet[Digest]:
    now = timezone.now()
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LASTS)
    return Digest.objects.filter(free, due_at__lte=now).exclude(rhythm=Rhythm.NONE)


def _begin_for_new() -> None:
    """Whoever has a place and has chosen nothing gets the first one next Monday."""
    places = Membership.objects.filter(live(), accepted(), user=OuterRef("pk"))
    new = list(User.objects.filter(Exists(places), is_active=True, digest__isnull=True))
    now = timezone.now()
    Digest.objects.bulk_create(
        [Digest(user=user, due_at=next_due(Rhythm.WEEKLY, now, zone_of(user))) for user in new], ignore_conflicts=True
    )


def _send(digest: Digest, connection) -> bool:
    """Whether a mail went out; the next one is due in any case."""
    message = _message_of(digest)
    if message is not None:
        connect(connection)
        try:
            connection.send_messages([message])
        except (smtplib.SMTPSenderRefused, smtplib.SMTPNotSupportedError) as error:
            _be_due(digest, digest.due_at)
            raise MailServerFails(f"The mail server refused {settings.DEFAULT_FROM_EMAIL}: {error}") from error
        except (OSError, ValueError) as error:
            connection.close()  # in whatever state the conversation was
            if not is_permanent(error):
                _be_due(digest, timezone.now() + TRY_AGAIN)
                return False
            message = None
    _be_due(digest, next_due(digest.rhythm, timezone.now(), zone_of(digest.user)))
    return message is not None


def _be_due(digest: Digest, at: datetime) -> None:
    Digest.objects.filter(pk=digest.pk).update(due_at=at, claimed_at=None)


def _message_of(digest: Digest) -> EmailMessage | None:
    """The mail with a fresh link; None where nobody may get one, or nothing waits."""
    now = timezone.now()
    practices = [membership.practice for membership in memberships_of(digest.user)]
    if not any(practice.live_at and practice.live_at <= now for practice in practices):
        return None
    practice = practices[0]
    with translation.override(practice.language), timezone.override(ZoneInfo(practice.zone)):
        parts = parts_of(digest.user)
        if not parts:
            return None
        stop = settings.BASE_URL + reverse("links:digest-stop", args=[mint_digest_link(digest)])
        return EmailMessage(
            _("What waits for you in Alliance"),
            _body(parts, stop),
            settings.DEFAULT_FROM_EMAIL,
            [digest.user.email],
            headers={
                "Message-ID": f"<{digest.code}.{digest.due_at:%Y%m%d%H%M}@{urlsplit(settings.BASE_URL).hostname}>",
                "Auto-Submitted": "auto-generated",  # RFC 3834
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
            },
        )


def _body(parts: list[Part], stop: str) -> str:
    lines = []
    for part in parts:
        lines += [*(f"- {line}" for line in part.lines), settings.BASE_URL + reverse(part.route), ""]
    lines += [
        _("These are counts of this moment. Names stand on the pages alone."),
        "",
        _("To choose how often these mails come:"),
        settings.BASE_URL + reverse("alliance:you"),
        _("To stop them:"),
        stop,
        "",
    ]
    return "\n".join(lines)
