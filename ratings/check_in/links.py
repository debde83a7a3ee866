"""A client's links: who may be given one, how it is made, what it opens.

Each holds a token, of which only the hash is kept.
"""

import re
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from alliance import audit
from alliance.access import Editor, is_in_hands
from alliance.audit import Verb
from alliance.crypto import new_token, token_hash
from alliance.models import Client, Consent, DataKey, Episode, Practice
from alliance.prepared import Prepared, attnames, row_of
from alliance.scopes import episodes_in_hands, live_covers_of
from ratings.detection.reassess import lock_for_edit, lock_for_log
from ratings.models import CheckIn, ClientLink, Instrument, InstrumentText, Rating
from ratings.psychometrics.evidence import Rater
from sessions.models import TherapySession

HISTORY_LINK_LIVES = timedelta(minutes=30)
COPY_LINK_LIVES = timedelta(days=14)  # convention of this app
TYPING_GRACE = timedelta(hours=24)  # a form that was shown before its link expired is still accepted
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
KIND = ClientLink.LinkKind
ENDED_LINK_STAYS = timedelta(days=1)  # convention of this app
NEEDED_BY_PAGE = {
    KIND.HISTORY: ("episode__client__practice", "episode__client__data_key", "episode__therapist__user"),
    KIND.PREFERENCES: ("client__practice",),
    KIND.COPY: ("episode__client__practice", "episode__client__data_key", "episode__therapist__user"),
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

    `editor` is None where the program sends it, which has locked the case.
    """
    if editor:
        lock_for_log(editor, check_in)
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
    lock_for_edit(editor)  # joining or parting the case meanwhile ends the links from before
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


@transaction.atomic
def mint_copy_link(*, editor: Editor):
    """The token of a fresh link to the copy of this therapy, for its client; an earlier one ends."""
    lock_for_edit(editor)  # as above
    episode, now = editor.episode, timezone.now()
    ClientLink.objects.filter(episode=episode, kind=KIND.COPY, revoked_at__isnull=True).update(revoked_at=now)
    token = new_token()
    link = ClientLink.objects.create(
        client=episode.client,
        episode=episode,
        kind=KIND.COPY,
        token_hash=token_hash(token),
        channel=ClientLink.Channel.SCREEN,
        expires_at=now + COPY_LINK_LIVES,
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


def drop_ended_links() -> None:
    """Of the own answers and of the copy: a day after their end. Those of check-ins say how somebody was asked."""
    ended = timezone.now() - ENDED_LINK_STAYS
    ClientLink.objects.filter(kind__in=[KIND.HISTORY, KIND.COPY], expires_at__lt=ended).delete()


def live_link(token: str, kind: ClientLink.LinkKind) -> ClientLink | None:
    """The link of this kind that the token opens now, with its rows; else None. For a check-in: `check_in_of_link`."""
    if not TOKEN.fullmatch(token):
        return None
    links = ClientLink.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()),
        token_hash=token_hash(token),
        kind=kind,
        revoked_at__isnull=True,
    )
    return links.select_related(*NEEDED_BY_PAGE[kind]).first()


def check_in_of_link(token: str, *, grace: timedelta = timedelta()) -> CheckIn | None:
    """The check-in that the token opens now, as `opened` has it; else None.

    What was typed before the link expired, or the session was voided, can still be sent, and is given back: `grace`.
    """
    if not TOKEN.fullmatch(token):
        return None
    since = timezone.now() - grace
    for expires_at, *values in OF_TOKEN.rows(token=token_hash(token)):
        return _opened(values, since) if expires_at > since else None
    return None


def opened(code: str, *, grace: timedelta = timedelta()) -> CheckIn | None:
    """The check-in of this code, with all that its pages depend on; None where its session is off the record.

    Beside its columns it has `agrees` (as `agrees_to_answer`), `is_in_hands` (as `access.is_in_hands`) and
    `client_mode`: the `Rating.Mode` of the client's answers, None before there are any.
    """
    rows = _columns(CheckIn.objects.filter(code=code), "")
    return next((_opened(values, timezone.now() - grace) for values in rows), None)


def is_unanswered(check_in: CheckIn) -> bool:
    """Whether a check-in, as `opened` has it, has no answers, or only those that the therapist typed."""
    return check_in.therapy_session.voided_at is None and check_in.client_mode in (None, Rating.Mode.PAPER)


def case_of_link(token: str) -> Episode | None:
    """The case of which a link tells who reads it: one to a check-in that waits, or to the own answers; else None.

    A used link opens nothing.
    """
    check_in = check_in_of_link(token)
    if check_in and check_in.agrees and is_unanswered(check_in):
        return check_in.episode
    link = live_link(token, KIND.HISTORY)
    return link.episode if link and link.episode and shows_history(link.episode.client) else None


NEEDED = {  # path from the check-in -> what is there
    "": CheckIn,
    "therapy_session": TherapySession,
    "text": InstrumentText,
    "text__instrument": Instrument,
    "episode": Episode,
    "episode__client": Client,
    "episode__client__data_key": DataKey,
    "episode__client__practice": Practice,
}
COLUMNS = {path: attnames(model) for path, model in NEEDED.items()}


def _columns(rows, to_check_in, *first):
    """The columns `first`, then those of a check-in and of what belongs to it."""
    agreed = Consent.objects.filter(
        client=OuterRef(f"{to_check_in}episode__client"),
        purpose=Consent.Purpose.CHECK_IN,
        withdrawn_at__isnull=True,
    )
    answers = Rating.objects.filter(
        therapy_session=OuterRef(f"{to_check_in}therapy_session"), rater=Rater.CLIENT, replaced_at__isnull=True
    )
    names = (f"{to_check_in}{path}{'__' if path else ''}{name}" for path in COLUMNS for name in COLUMNS[path])
    return rows.annotate(
        agrees=Exists(agreed),
        is_in_hands=Exists(episodes_in_hands().filter(pk=OuterRef(f"{to_check_in}episode"))),
        client_mode=Subquery(answers.values("mode")),
    ).values_list(*first, *names, "agrees", "is_in_hands", "client_mode")


OF_TOKEN = Prepared(
    lambda token: _columns(
        ClientLink.objects.filter(token_hash=token, kind=KIND.CHECK_IN, revoked_at__isnull=True),
        "check_in__",
        "expires_at",
    ),
    token=str,
)


COVERS = Prepared(lambda episode: live_covers_of(Episode(pk=episode)).values_list("pk"), episode=int)


def is_covered(check_in: CheckIn) -> bool:
    """As `access.is_covered`, of the case of a check-in."""
    return any(COVERS.rows(episode=check_in.episode_id))


def _opened(values, since):
    """The check-in of a row of `_columns`; None where its session was voided before `since`."""
    rows, taken = {}, 0
    for path, model in NEEDED.items():
        columns = COLUMNS[path]
        rows[path] = row_of(model, columns, values[taken : taken + len(columns)])
        taken += len(columns)
        if path:
            parent, _dots, name = path.rpartition("__")
            setattr(rows[parent], name, rows[path])
    check_in = rows[""]
    check_in.agrees, check_in.is_in_hands, check_in.client_mode = values[taken:]
    check_in.therapy_session.episode = check_in.episode
    voided_at = check_in.therapy_session.voided_at
    return check_in if voided_at is None or voided_at > since else None
