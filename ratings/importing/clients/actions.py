"""The write of a list of clients: a client and an open case for each new line, all or none."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.access import check_import_again
from alliance.acting import as_program
from alliance.audit import Verb
from alliance.crypto import Sealed, keyed_hash
from alliance.models import Client, DataKey, Episode, ImportBatch, Membership, Practice
from ratings.bulk import Bulk
from ratings.detection.replay import replay
from ratings.detection.stored import current_version
from ratings.importing.actions import NotAllGood
from ratings.importing.clients.matching import ClientMatcher
from ratings.importing.clients.reading import read_clients
from ratings.importing.receiver import receiver_of
from ratings.importing.references import Layout
from ratings.models import Standing


@dataclass(frozen=True, slots=True)
class SealedClient:
    """What is sealed of a new client, and the key that it is sealed under."""

    key: DataKey
    name: Sealed
    email: Sealed | None
    phone: Sealed | None


@as_program()
def preview_of(draft, order=None):
    """The preview of a draft as things stand now; `order`: how its dates are written, where it does not tell."""
    return _matcher_of(draft, order).preview(receiver_of(draft))


def import_clients(*, draft, order=None, only_good=False):
    """Imports a draft; the batch, or None where nothing is new. Deletes the draft last.

    Raises
    ------
    NotAllGood
        There are errors, and `only_good` is false; or nobody has said how the dates are written.
    Denied
        The sender may not import any more.
    """
    matcher = _matcher_of(draft, order)
    preview = matcher.preview(receiver_of(draft))
    if preview.listed.dates.is_asked:
        raise NotAllGood(preview)
    sealed = {new.listed.line: _sealed(new.listed) for new in preview.new}  # slow, so before the transaction
    return _write(draft, matcher, preview, sealed, only_good)


def _matcher_of(draft, order):
    text = draft.text.open(draft.practice.data_key)
    return ClientMatcher(draft.practice, read_clients(text.encode(), timezone.now(), order))


@transaction.atomic
def _write(draft, matcher, preview, sealed, only_good):
    practice, by = draft.practice, draft.sent_by
    Practice.objects.select_for_update(of=("self",), no_key=True).get(pk=practice.pk)
    therapists = {new.therapist.pk for new in preview.new}
    # So that nobody opens a case of the same name by hand meanwhile, and no place ends.
    list(Membership.objects.select_for_update(no_key=True).filter(pk__in=therapists).order_by("pk"))
    check_import_again(by)
    by.refresh_from_db(fields=["is_manager", "is_therapist"])
    # With what others have written since, so that two at once write nobody twice.
    preview = matcher.preview(receiver_of(draft))
    if preview.errors and not only_good:
        raise NotAllGood(preview)
    batch = None
    if preview.new:
        batch = ImportBatch.objects.create(
            practice=practice, imported_by=by, layout=Layout.CLIENTS, counts=preview.counts
        )
        _write_clients(practice, preview, sealed, batch)
    draft.delete()
    return batch


def _write_clients(practice, preview, sealed, batch):
    """Writes the new clients, each with an open case and the standing of an empty one."""
    now, version, bulk = timezone.now(), current_version(practice), Bulk(DataKey, Client, Episode, Standing)
    episodes = []
    for new in preview.new:
        listed = new.listed
        texts = sealed.get(listed.line) or _sealed(listed)
        client = bulk.add(
            Client,
            practice_id=practice.pk,
            data_key_id=bulk.add_row(texts.key).pk,
            name=texts.name,
            email=texts.email,
            email_hash=keyed_hash("email", listed.email) if listed.email else "",
            phone=texts.phone,
            phone_hash=keyed_hash("phone", listed.phone) if listed.phone else "",
            external_ref=new.ref,
        )
        episode = bulk.add(
            Episode,
            client_id=client.pk,
            therapist_id=new.therapist.pk,
            starts_at=_starts_at(listed.starts_on, practice, now),
            import_batch_id=batch.pk,
        )
        bulk.add_row(replay(episode, version, [], [], now).standing)
        episodes.append(episode)
    bulk.flush()
    audit.record(Verb.IMPORTED, batch, by=batch.imported_by, practice=practice, count=len(episodes))
    audit.record_each(Verb.IMPORTED, dict.fromkeys(episodes, 1), by=batch.imported_by, practice=practice)


def _sealed(listed):
    key = DataKey()
    return SealedClient(
        key=key,
        name=Sealed(listed.name, key),
        email=Sealed(listed.email, key) if listed.email else None,
        phone=Sealed(listed.phone, key) if listed.phone else None,
    )


def _starts_at(day, practice, now):
    """The first instant of the day in the practice; now for today's, and where the list has no day."""
    if day is None:
        return now
    return min(datetime.combine(day, time(), tzinfo=ZoneInfo(practice.zone)), now)
