"""Writes about a client: contact data, consent, and the courses of therapy.

Each is one transaction, with its audit event inside.
"""

from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Editor, Right
from alliance.audit import Verb
from alliance.clients.records import lock_record, one_with
from alliance.clients.wordings import wording_in_force, wording_of, wordings_mark
from alliance.crypto import Sealed, keyed_hash
from alliance.models import CaseJoin, Client, Consent, DataKey, Episode, Membership
from alliance.refusal import Refused


@transaction.atomic
def create_client(*, practice, name, by, email="", phone="", language="", zone="", consents=()):
    """Adds a client, under a data key of their own."""
    key = DataKey.objects.create()
    client = Client.objects.create(
        practice=practice,
        data_key=key,
        name=Sealed(name, key),
        email=Sealed(email, key) if email else None,
        email_hash=keyed_hash("email", email) if email else "",
        phone=Sealed(phone, key) if phone else None,
        phone_hash=keyed_hash("phone", phone) if phone else "",
        language=language,
        zone=zone,
    )
    for purpose in consents:
        _agree(client, purpose, by)
    audit.record(Verb.CREATED, client, by=by)
    return client


def _agree(client: Client, purpose: str, by: Membership | None, at: datetime | None = None) -> None:
    wording, at = wording_in_force(purpose), at or timezone.now()
    consent = Consent.objects.create(
        client=client,
        purpose=purpose,
        text_version=wording.version,
        text_hash=wording.sha256,
        given_at=at,
        recorded_by=by,
    )
    audit.record(Verb.CREATED, consent, by=by, practice=client.practice)


def _end(consent: Consent, by: Membership | None, at: datetime) -> None:
    consent.withdrawn_at = at
    consent.save(update_fields=["withdrawn_at"])
    audit.record(Verb.ENDED, consent, by=by, practice=consent.client.practice)


@transaction.atomic
def settle_consent(*, client: Client, purpose: str, given: bool, by: Membership | None = None) -> None:
    """Starts or ends the client's consent to one purpose, unless it is so already.

    A no counts for every record that is one with theirs: parted again, none of them is asked. `by` is None where the
    client decided through a link.
    """
    client = lock_record(client)
    if given:
        if _live_consent(client, purpose) is None:
            _agree(client, purpose, by)
        return
    of_record = one_with([client.pk])
    live = Consent.objects.filter(client__in=of_record, purpose=purpose, withdrawn_at__isnull=True)
    for consent in live.select_related("client__practice").order_by("pk"):
        _end(consent, by, timezone.now())


@transaction.atomic
def renew_consent(*, client: Client, purpose: str, by: Membership | None = None) -> None:
    """Lets a consent to an earlier wording end, and one to the wording in force start at the same instant.

    It is no no: that of another record that is one with theirs stays. `Consent.objects.taken_back` leaves it out.
    """
    lock_record(client)
    live_consent = _live_consent(client, purpose)
    if live_consent and wording_of(live_consent) != wording_in_force(purpose):
        now = timezone.now()
        _end(live_consent, by, now)
        _agree(client, purpose, by, now)


def _live_consent(client: Client, purpose: str) -> Consent | None:
    return Consent.objects.filter(client=client, purpose=purpose, withdrawn_at__isnull=True).first()


@transaction.atomic
def choose_check_ins(
    *,
    editor: Editor,
    check_in_form,
    asks_about_fit,
    ticked: set[str],
    was_ticked: set[str],
    is_asked_again=False,
    shown_wordings="",
):
    """Sets what a client is asked from the next session on, and the consents.

    `ticked`, `was_ticked`: the purposes that the client agrees to, as the form says it and as it was shown.
    `is_asked_again`: the client heard the wordings in force and agrees to those too, of e-mail as well.
    `shown_wordings`: those that stood on the page.

    Raises
    ------
    Refused
        After the form was shown the client ended a consent, which its old yes does not start again; or there are new
        wordings, which nobody has heard.
    """
    client = editor.episode.client
    lock_record(client)
    editor.check_again()
    if (ticked & was_ticked) - client.agreed_to:
        raise Refused(_("The client decided otherwise meanwhile. Below stands what holds now."))
    if (is_asked_again or ticked - was_ticked) and shown_wordings != wordings_mark():
        raise Refused(_("The wording has changed meanwhile. Read it to the client, and tick again."))
    if (client.check_in_form, client.asks_about_fit) != (check_in_form, asks_about_fit):
        client.check_in_form, client.asks_about_fit = check_in_form, asks_about_fit
        client.save(update_fields=["check_in_form", "asks_about_fit"])
        audit.record(Verb.CHANGED, client, by=editor.membership)
    for purpose in ticked ^ was_ticked:
        settle_consent(client=client, purpose=purpose, given=purpose in ticked, by=editor.membership)
    if is_asked_again:
        for purpose in client.agreed_to:
            renew_consent(client=client, purpose=purpose, by=editor.membership)


@transaction.atomic
def change_client(
    *,
    editor: Editor,
    email,
    phone,
    zone,
    check_in_delay_minutes,
    therapist_may_be_named,
    agrees_to_email,
    was_shown_agreed,
):
    """Sets where and how a client may be reached, and whether by e-mail at all.

    `was_shown_agreed` is the consent that the form showed. Only an answer that differs from it is a new one.

    Raises
    ------
    Refused
        The client stopped e-mails after the form was shown; its old yes does not turn them on again.
    """
    client = editor.episode.client
    lock_record(client)
    editor.check_again()
    if agrees_to_email and was_shown_agreed and Consent.Purpose.EMAIL not in client.agreed_to:
        raise Refused(_("E-mails were stopped meanwhile."))
    key = client.data_key
    for name, text in (("email", email), ("phone", phone)):
        setattr(client, name, Sealed(text, key) if text else None)
        setattr(client, f"{name}_hash", keyed_hash(name, text) if text else "")
    client.zone, client.check_in_delay_minutes = zone, check_in_delay_minutes
    client.therapist_may_be_named = therapist_may_be_named
    # Not the pause, which the client may set through a link at the same time.
    contact = ["email", "email_hash", "phone", "phone_hash", "zone", "check_in_delay_minutes", "therapist_may_be_named"]
    client.save(update_fields=contact)
    if agrees_to_email != was_shown_agreed:
        settle_consent(client=client, purpose=Consent.Purpose.EMAIL, given=agrees_to_email, by=editor.membership)
    audit.record(Verb.CHANGED, client, by=editor.membership)


@transaction.atomic
def rename_client(*, editor: Editor, name):
    """Gives a client another name; the old one is kept nowhere, so that nobody finds the client by it.

    Raises
    ------
    Refused
        It is the name that the client has.
    """
    client = lock_record(editor.episode.client)
    editor.check_again()
    if client.sought_name == name:
        raise Refused(_("This is the name that you see already. Enter another one, or go back."))
    client.name = Sealed(name, client.data_key)
    client.save(update_fields=["name"])
    audit.record(Verb.CHANGED, client, by=editor.membership)


@transaction.atomic
def change_preferences(*, client: Client, gets_email: bool, paused_until: datetime | None = None) -> Client:
    """Sets what a client chose through a link: e-mail or none, or none before a day; whose record it is by now.

    A pause holds for every record that is one with theirs and still asked: see `_paused_with`.
    """
    client = lock_record(client)
    settle_consent(client=client, purpose=Consent.Purpose.EMAIL, given=gets_email)
    for other in _paused_with(client, paused_until):
        pause(other, paused_until)
    pause(client, paused_until)
    return client


def _paused_with(client: Client, until: datetime | None) -> list[Client]:
    """Whose pause the client's choice is as well: of the records that are one with theirs, those that are still asked.

    As with a consent, a no holds for all: whoever has a longer pause keeps it. A choice that takes an earlier one back
    does so wherever that one came from here, and not where somebody had it before the two were one.
    """
    record = one_with([client.pk])
    still_asked = Exists(Episode.objects.filter(client=OuterRef("pk"), joined_into=None))
    others = Client.objects.filter(still_asked, pk__in=record - {client.pk}).select_related("practice").order_by("pk")
    together = _said_together(client, record)
    return [
        other
        for other in others
        if other.paused_until != until and (is_longer(until, other.paused_until) or other.pk in together)
    ]


def is_longer(pause: datetime | None, other: datetime | None) -> bool:
    """Whether a pause lasts longer than another one, or than none."""
    return pause is not None and (other is None or other < pause)


def _said_together(client: Client, record: set[int]) -> set[int]:
    """Who has the client's pause since they were one, from each of the joined records to the next."""
    same = client.paused_until
    if same is None:
        return set()
    joins = CaseJoin.objects.filter(
        parted_at__isnull=True, episode__client__in=record, episode__client__paused_until=same,
        joined__client__paused_until=same,
    )  # fmt: skip
    sides = ("episode__client", "joined__client")
    had = set(joins.filter(Q(paused_until=same) | Q(brought_pause=same)).values_list(*sides))
    pairs = set(joins.values_list(*sides)) - had
    found, more = set[int](), {client.pk}
    while more:
        found |= more
        more = {key for pair in pairs if found & set(pair) for key in pair} - found
    return found


def pause(client: Client, until: datetime | None, by: Membership | None = None) -> None:
    """Asks a client nothing before that instant; the row is locked. `by` is None where no member decides it."""
    client.paused_until = until
    client.save(update_fields=["paused_until"])
    audit.record(Verb.CHANGED, client, by=by, practice=client.practice)


@transaction.atomic
def decide_by_link(*, client: Client, purpose: str, agrees: bool) -> None:
    """What a client says through a link of something they once agreed to."""
    settle_consent(client=client, purpose=purpose, given=agrees)


@transaction.atomic
def start_episode(*, client, therapist, by, starts_at=None, previous=None, code=None):
    """Starts a course of therapy; a client and a therapist have one open at most."""
    episode = Episode.objects.create(
        code=code or uuid4(),
        client=client,
        therapist=therapist,
        starts_at=starts_at or timezone.now(),
        previous=previous,
    )
    audit.record(Verb.CREATED, episode, by=by)
    return episode


@transaction.atomic
def close_episode(*, editor: Right, reason, planned=None, agreed=None, ends_at=None):
    """Ends the episode itself; the action of the top floor settles what was rated.

    `planned`: whether the ending was; `agreed`: whether the two agreed on it; None: not said.
    """
    episode = editor.episode
    episode.ends_at, episode.end_reason = ends_at or timezone.now(), reason
    episode.end_planned, episode.end_agreed = planned, agreed
    episode.save(update_fields=["ends_at", "end_reason", "end_planned", "end_agreed"])
    audit.record(Verb.ENDED, episode, by=editor.membership)
