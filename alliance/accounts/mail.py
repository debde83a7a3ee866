"""Mails about accounts: written down in the request, sent by `send_due`.

So an answer takes as long, and says the same, whether or not an address is anybody's.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from smtplib import SMTPException

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from alliance import crypto
from alliance.models import User, WaitingMail

Kind = WaitingMail.Kind
# Conventions of this app.
SAME_RESET = 120  # seconds in which one account gets one link, however often somebody asks
TRY_AGAIN = timedelta(minutes=1)
GIVE_UP = timedelta(hours=6)
log = logging.getLogger(__name__)


def ask_for_reset(*, email: str) -> None:
    """A link to set a new password, if this is somebody's address."""
    _send_or_wait(Kind.RESET, {"email": email})


def send_message(*, message: EmailMessage) -> None:
    content = {"subject": message.subject, "body": message.body, "to": message.to}
    _send_or_wait(Kind.MESSAGE, content | {"headers": message.extra_headers})


def send_waiting() -> int:
    """Sends what waits, the oldest first; how many went out. What the mail server refuses is tried again later."""
    WaitingMail.objects.filter(created_at__lt=timezone.now() - GIVE_UP).delete()
    sent = 0
    while (went_out := _send_next()) is not None:
        sent += went_out
    return sent


def _send_next() -> bool | None:
    """Whether one was sent; None where none waits."""
    mail = _claim()
    if mail is None:
        return None
    try:
        _send(mail.kind, json.loads(crypto.open_for_installation(mail.content)))
    except (OSError, SMTPException):
        log.warning("A mail about an account could not be sent; it is tried again for some hours.")
        return False
    mail.delete()
    return True


@transaction.atomic
def _claim() -> WaitingMail | None:
    """The next one, which no second sender takes meanwhile. A sender that dies leaves it to the next minute."""
    due = Q(tried_at__isnull=True) | Q(tried_at__lt=timezone.now() - TRY_AGAIN)
    mail = WaitingMail.objects.select_for_update(skip_locked=True).filter(due).order_by("pk").first()
    if mail:
        mail.tried_at = timezone.now()
        mail.save(update_fields=["tried_at"])
    return mail


def _send_or_wait(kind: str, content: dict) -> None:
    if settings.ACCOUNT_MAIL_WAITS:
        WaitingMail.objects.create(kind=kind, content=crypto.seal_for_installation(json.dumps(content)))
    else:
        _send(kind, content)


def _send(kind: str, content: dict) -> None:
    if kind == Kind.MESSAGE:
        EmailMessage(from_email=settings.DEFAULT_FROM_EMAIL, **content).send()
        return
    for user in filter_users_by_email(content["email"], is_active=True, prefer_verified=True, for_login=True):
        if cache.add(f"reset {user.pk}", True, SAME_RESET):
            try:
                _reset_message(user, content["email"]).send()
            except (OSError, SMTPException):
                cache.delete(f"reset {user.pk}")
                raise


def _reset_message(user: User, email: str) -> EmailMessage:
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    context = {"password_reset_url": settings.BASE_URL + reverse("account_reset_password_from_key", kwargs=key)}
    return get_adapter().render_mail("account/email/password_reset_key", email, context)
