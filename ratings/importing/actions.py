"""Writes of an import: the rows of a preview at once, then what follows from them; and the draft that waits for it."""

from dataclasses import asdict

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from alliance import audit
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.models import Client, DataKey, EndReason, Episode, ImportBatch, ImportDraft, Practice
from ratings.bulk import Bulk
from ratings.detection.reassess import LONG_AGO, current_version, lock_episodes, reassess_in_turns
from ratings.detection.replay import replay
from ratings.importing.matching import batched, make_preview, read
from ratings.importing.preview import Receiver
from ratings.models import InstrumentText, Rating, Standing
from sessions.models import Attendance, TherapySession


class NotAllGood(Exception):
    """There are bad lines, and nobody chose to leave them out."""

    def __init__(self, preview):
        super().__init__(f"{len(preview.errors)} bad lines")
        self.preview = preview


def import_ratings(*, practice, preview, by, only_good=False):
    """Writes what is new in the preview, all of it or nothing; then replays each case that it touched, some at a time.

    Whoever was stopped in between has all rows and some standings that do not know them yet. The next import of the
    practice, be it of the same file, replays those as well; so does `rebuild_standings`. Returns the batch, None if
    nothing is new.

    Raises
    ------
    NotAllGood
        There are errors, and `only_good` is false. Nothing is written.
    """
    sealed = {}
    _seal(preview, sealed)  # takes its time, so not while everybody else waits
    batch, touched = _write(practice, preview, by, only_good, sealed)
    reassess_in_turns(touched | set(_overtaken(practice)), practice)
    return batch


@transaction.atomic
def _write(practice, preview, by, only_good, sealed):
    """The batch (None if nothing is new) and the keys of the episodes that it touched."""
    Practice.objects.select_for_update(of=("self",), no_key=True).get(pk=practice.pk)
    for keys in batched([case.pk for case in preview.cases if case.pk]):
        lock_episodes(keys)
    # What others have written since the preview was made is known now, so that two at once write nothing twice.
    preview = preview.again()
    if preview.errors and not only_good:
        raise NotAllGood(preview)
    if not preview.changes:
        return None, set()
    counts = {name: asdict(getattr(preview, name)) for name in ("clients", "episodes", "sessions", "ratings")}
    batch = ImportBatch.objects.create(
        practice=practice,
        imported_by=by,
        layout=preview.parsed.layout,
        counts=counts | {"left_out": len({error.line for error in preview.errors})},
    )
    _seal(preview, sealed)
    bulk = Bulk(DataKey, Client, Episode, TherapySession, Rating, Standing)
    clients = _write_clients(bulk, practice, preview, sealed)
    episodes = _write_episodes(bulk, practice, preview, clients, batch)
    _write_sessions(bulk, preview, episodes, batch, by)
    bulk.flush()
    audit.record(Verb.IMPORTED, batch, by=by, practice=practice, count=preview.sessions.new)
    written = {episodes[case.ref]: len(case.sessions) for case in preview.cases}
    audit.record_each(Verb.IMPORTED, written, by=by, practice=practice)
    return batch, {episode.pk for episode in written}


def _overtaken(practice):
    """Episodes that an import has written to, and that were not replayed since."""
    imported = {"episode": OuterRef("pk"), "import_batch__isnull": False}
    sessions = TherapySession.objects.filter(**imported, logged_at__gt=OuterRef("standing__updated_at"))
    ratings = Rating.objects.filter(**imported, received_at__gt=OuterRef("standing__updated_at"))
    episodes = Episode.objects.filter(Exists(sessions) | Exists(ratings), client__practice=practice)
    return episodes.values_list("pk", flat=True)


def _seal(preview, sealed):
    """Adds what `sealed` lacks: for each new client a key and the name under it. The file's reference is the pseudonym,
    until a therapist writes a name."""
    for case in preview.cases:
        if case.client_pk is None and case.client_ref not in sealed:
            key = DataKey()
            sealed[case.client_ref] = (key, Sealed(case.client, key))


def _write_clients(bulk, practice, preview, sealed):
    """Their keys, by reference."""
    keys = {case.client_ref: case.client_pk for case in preview.cases}
    for ref, known in keys.items():
        if known is None:
            key, name = sealed[ref]
            bulk.add_row(key)
            row = bulk.add(Client, practice_id=practice.pk, data_key_id=key.pk, name=name, external_ref=ref)
            keys[ref] = row.pk
    return keys


def _write_episodes(bulk, practice, preview, clients, batch):
    """By reference. A new one has the standing of an empty case until its first replay, so that pages can show it."""
    version = current_version(practice)
    known = Episode.objects.in_bulk([case.pk for case in preview.cases if case.pk])
    episodes = {row.external_ref: row for row in known.values()}
    for case in preview.cases:
        if case.pk is None:
            episodes[case.ref] = row = bulk.add(
                Episode,
                client_id=clients[case.client_ref],
                therapist_id=case.therapist.pk,
                starts_at=case.starts_at,
                ends_at=max(therapy_session.ends_at for therapy_session in case.sessions) if case.is_over else None,
                end_reason=EndReason.OTHER.value if case.is_over else "",
                external_ref=case.ref,
                import_batch_id=batch.pk,
            )
            bulk.add_row(replay(row, version, [], [], LONG_AGO).standing)
    return episodes


def _write_sessions(bulk, preview, episodes, batch, by):
    """With their ratings. How they met is not in a file; attended they were, or nobody had rated."""
    now, wordings = timezone.now(), _wordings()
    by_key = by and by.pk
    for case in preview.cases:
        about = {"episode_id": episodes[case.ref].pk, "import_batch_id": batch.pk}
        for therapy_session in case.sessions:
            key = (
                therapy_session.pk
                or bulk.add(
                    TherapySession,
                    starts_at=therapy_session.starts_at,
                    ends_at=therapy_session.ends_at,
                    starts_at_known=therapy_session.past.day is None,
                    zone=therapy_session.zone,
                    attendance=Attendance.ATTENDED.value,
                    logged_at=now,
                    logged_by_id=by_key,
                    external_ref=therapy_session.ref,
                    **about,
                ).pk
            )
            for rating in therapy_session.new_ratings:
                bulk.add(
                    Rating,
                    therapy_session_id=key,
                    rater=rating.past.rater.value,
                    instrument_id=rating.instrument.pk,
                    text_id=wordings.get((rating.instrument.pk, rating.past.language)),
                    mode=Rating.Mode.IMPORT.value,
                    answered_at=rating.answered_at,
                    received_at=now,
                    entered_by_id=by_key,
                    **about,
                    **rating.columns,
                )


def _wordings():
    """The text of an instrument in a language, where there has been only one: a file does not say which revision."""
    texts = {}
    for text in InstrumentText.objects.all():
        texts.setdefault((text.instrument_id, text.language), []).append(text)
    return {key: found[0].pk for key, found in texts.items() if len(found) == 1}


# --- Between the preview and the import -------------------------------------------------------------------------------


@transaction.atomic
def keep_draft(*, text, by, therapist=None):
    """Keeps an uploaded file for its preview; the sender's earlier one goes, and so do all that are past their day."""
    drop_old_drafts()
    ImportDraft.objects.filter(sent_by=by).delete()
    draft = ImportDraft.objects.create(
        practice=by.practice, sent_by=by, therapist=therapist, text=Sealed(text, by.practice.data_key)
    )
    audit.record(Verb.CREATED, draft, by=by)
    return draft


def drop_old_drafts():
    """For a timer as well: a draft that nobody came back for does not stay."""
    ImportDraft.objects.expired().delete()


def preview_of(draft):
    """The preview of a draft as things stand now. Who is no manager, or no longer, receives every row themselves."""
    own = not draft.sent_by.is_manager
    receiver = Receiver(all_to=draft.sent_by if own else draft.therapist, only_own=own)
    text = draft.text.open(draft.practice.data_key)
    return make_preview(practice=draft.practice, parsed=read(text.encode()), receiver=receiver)


def import_draft(*, draft, only_good=False):
    """Imports a draft and drops it, once everything is done: who was stopped in the middle can press again."""
    batch = import_ratings(practice=draft.practice, preview=preview_of(draft), by=draft.sent_by, only_good=only_good)
    draft.delete()
    return batch
