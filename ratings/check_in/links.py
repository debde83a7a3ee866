"""A client's links: who may be given one, how it is made, what it opens.

Each holds a token, of which only the hash is kept.
"""

import re
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from alliance import audit
from alliance.access import Editor, is_in_hands
from alliance.audit import Verb
from alliance.crypto import new_token, token_hash
from alliance.models import Client, Consent, Episode
from ratings.models import ClientLink

HISTORY_LINK_LIVES = timedelta(minutes=30)
TYPING_GRACE = timedelta(hours=24)  # a form that was shown before its link expired is still accepted
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
KIND = ClientLink.LinkKind
NEEDED_BY_CHECK_IN = (
    "therapy_session",
    "text__instrument",
    "episode__client__practice",
    "episode__client__data_key",
)
NEEDED_BY_PAGE = {
    KIND.CHECK_IN: tuple(f"check_in__{path}" for path in NEEDED_BY_CHECK_IN),
    KIND.HISTORY: ("episode__client__practice", "episode__client__data_key"),
    KIND.PREFERENCES: ("client__practice",),
}


class NotShown(Exception):
    """The practice does not show clients their history, or this one has not agreed."""


# --- Who may be given one ---------------------------------------------------------------------------------------------


def agrees_to_answer(client: Client) -> bool:
    """Whether the client agrees to answer check-ins."""
    return Consent.Purpose.CHECK_IN in client.agreed_to


def may_be_asked(episode: Episode) -> bool:
    """Whether the client agrees to answer, and a living member reads it.

    Checked when a session is logged, and again whenever a message goes out, or a link is made or opened.
    """
    return agrees_to_answer(episode.client) and is_in_hands(episode)


def shows_history(client: Client) -> bool:
    """Whether the client may see their own past answers.

    Checked when the link is made, and again whenever it is opened.
    """
    return client.practice.shows_history and Consent.Purpose.HISTORY in client.agreed_to


# --- Making one -------------------------------------------------------------------------------------------------------


@transaction.atomic
def mint_check_in_link(*, check_in, editor: Editor | None, channel):
    """The token of a fresh link to a check-in; only its hash is kept.

    `editor` is None where the program sends it.
    """
    if editor:
        editor.check_log_again(check_in)
    token, practice = new_token(), check_in.episode.client.practice
    ClientLink.objects.create(
        client=check_in.episode.client,
        episode=check_in.episode,
        check_in=check_in,
        kind=KIND.CHECK_IN,
        token_hash=token_hash(token),
        channel=channel,
        expires_at=timezone.now() + timedelta(days=practice.link_days),
    )
    audit.record(Verb.LINKED, check_in, by=editor.membership if editor else None, practice=practice)
    return token


@transaction.atomic
def mint_history_link(*, editor: Editor):
    """The token of a fresh link to the client's own answers in this episode.

    The link only reads, and lives for half an hour.

    Raises
    ------
    NotShown
        The practice does not show it, or the client has not agreed.
    """
    editor.check_again()
    episode = editor.episode
    if not shows_history(episode.client):
        raise NotShown
    token = new_token()
    link = ClientLink.objects.create(
        client=episode.client,
        episode=episode,
        kind=KIND.HISTORY,
        token_hash=token_hash(token),
        channel=ClientLink.Channel.SCREEN,
        expires_at=timezone.now() + HISTORY_LINK_LIVES,
    )
    audit.record(Verb.LINKED, link, by=editor.membership)
    return token


def mint_preferences_link(client):
    """The token of a fresh link to stop or pause messages.

    It does not expire: a client must be able to stop the messages from an old one.
    """
    token = new_token()
    ClientLink.objects.create(
        client=client, kind=KIND.PREFERENCES, token_hash=token_hash(token), channel=ClientLink.Channel.EMAIL
    )
    return token


# --- Opening one ------------------------------------------------------------------------------------------------------


def live_link(token: str, kind: ClientLink.LinkKind, *, grace: timedelta = timedelta()) -> ClientLink | None:
    """The link of this kind that the token opens now, with its rows; else None."""
    if not TOKEN.fullmatch(token):
        return None
    since = timezone.now() - grace
    links = ClientLink.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=since),
        token_hash=token_hash(token),
        kind=kind,
        revoked_at__isnull=True,
    )
    if kind == KIND.CHECK_IN:
        links = links.filter(not_voided("check_in__therapy_session", grace))
    return links.select_related(*NEEDED_BY_PAGE[kind]).first()


def not_voided(path, grace):
    """The condition that the session at `path` was not voided before the grace began.

    So what was typed before it was voided can still be sent, and is given back.
    """
    since = timezone.now() - grace
    return Q(**{f"{path}__voided_at__isnull": True}) | Q(**{f"{path}__voided_at__gt": since})
