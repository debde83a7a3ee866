"""The message that asks a client to answer.

It names no client and no kind of practice: others may read the mailbox.
"""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from alliance.dates import DateFormat, written
from ratings.models import Delivery


def message_of(delivery, *, address, preferences, stop):
    """The e-mail of one delivery, under the Message-ID that it keeps if sent twice.

    `address` opens the check-in, `preferences` the page to stop or pause. To `stop` a mail program may post by a button
    of its own (RFC 8058), while a look at it changes nothing.
    """
    client = delivery.episode.client
    with translation.override(client.language or client.practice.language):
        subject, body = _("A quick check-in"), _body(delivery, address, preferences)
    return EmailMessage(
        subject,
        body,
        settings.DEFAULT_FROM_EMAIL,
        [client.email.open(client.data_key)],
        headers={
            "Message-ID": delivery.message_id,
            "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's absence notice answers this
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def _body(delivery, address, preferences):
    episode, practice = delivery.episode, delivery.episode.client.practice
    therapy_session = delivery.check_in.therapy_session
    # With the hour: two who share a mailbox, and were seen on one day, can tell their messages apart.
    how = DateFormat.WEEKDAY_TIME if therapy_session.starts_at_known else DateFormat.WEEKDAY
    day = {"day": written(timezone.localtime(therapy_session.starts_at, ZoneInfo(episode.zone)), how)}
    if episode.client.therapist_may_be_named:
        day["name"] = episode.therapist.display_name
        about = _("This is about your appointment with %(name)s on %(day)s.") % day
    else:
        about = _("This is about your appointment on %(day)s.") % day
        about += "\n" + _("It comes from the practice that asked you.")
    help_now = _("No one reads your answers right away. If you need help now, call %(phone)s.")
    lines = [
        about,
        _("A few short questions. They take about a minute:"),
        address,
        "",
        _("You can ignore this message. This is the only reminder.")
        if delivery.kind == Delivery.DeliveryKind.REMINDER
        else _("You can ignore this message."),
        help_now % {"phone": _(" or ").join(filter(None, [practice.crisis_phone, practice.emergency_phone]))},
        "",
        _("To stop or pause these messages:"),
        preferences,
        "",
    ]
    return "\n".join(lines)
