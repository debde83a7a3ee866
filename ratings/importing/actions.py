"""Writes of an import: its rows, what follows from them, and the draft before it."""

from collections import defaultdict
from dataclasses import asdict, dataclass, replace

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from alliance import audit
from alliance.acting import as_program
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.models import CaseJoin, Client, DataKey, EndReason, Episode, ImportBatch, ImportDraft, Practice
from ratings.bulk import Bulk
from ratings.detection.reassess import lock_episodes, reassess_in_turns
from ratings.detection.replay import replay
from ratings.detection.stored import LONG_AGO, current_version
from ratings.importing.matching import batched, make_preview, read
from ratings.importing.past import PastHeld
from ratings.importing.receiver import receiver_of
from ratings.importing.ruptures import RUPTURE_TABLES, write_ruptures
from ratings.models import CheckIn, InstrumentText, Rating, Standing
from ratings.models.rating import columns_of
from sessions.models import Attendance, Mode, TherapySession

CASES_AT_ONCE = 50  # whose rows are held until they are written


class NotAllGood(Exception):
    """There are bad lines, and nobody chose to leave them out."""

    def __init__(self, preview):
        super().__init__(f"{len(preview.errors)} bad lines")
        self.preview = preview


@dataclass(frozen=True, slots=True)
class SealedName:
    """The name of a new client, and the key that it is sealed under."""

    key: DataKey
    name: Sealed


def import_ratings(*, practice, preview, by, only_good=False):
    """Writes what is new in the preview, then replays its cases; the batch, or None.

    The rows are written all or none; None if nothing is new. The cases are replayed some at a time: stopped in between,
    an import leaves all rows, and some standings that lack them. The next import of the practice, be it of the same
    file, replays those as well; so does `rebuild_standings`.

    Raises
    ------
    NotAllGood
        There are errors, and `only_good` is false. Nothing is written.
    """
    names = {}
    _seal_names(preview, names)  # slow, so before the transaction
    batch, episodes = _write(practice, preview, by, only_good, names)
    reassess_in_turns(episodes | set(_unreplayed_episodes(practice)), practice)
    return batch


@transaction.atomic
def _write(practice, preview, by, only_good, names):
    """Writes all rows; the batch (None if nothing is new), the keys of its episodes."""
    Practice.objects.select_for_update(of=("self",), no_key=True).get(pk=practice.pk)
    for keys in batched([case.pk for case in preview.cases if case.pk]):
        lock_episodes(keys)
    # With what others have written since the preview was made, so that two at once write nothing twice.
    preview = preview.refresh()
    if preview.errors and not only_good:
        raise NotAllGood(preview)
    if not preview.changes:
        return None, set()
    batch = ImportBatch.objects.create(
        practice=practice,
        imported_by=by,
        layout=preview.parsed.layout,
        counts=preview.counts.to_json(),
    )
    _seal_names(preview, names)
    bulk = Bulk(DataKey, Client, Episode, TherapySession, CheckIn, Rating, Standing, *RUPTURE_TABLES)
    clients = _write_clients(bulk, practice, preview, names)
    episodes = _write_episodes(bulk, practice, preview, clients, batch)
    _write_sessions(bulk, practice, preview, episodes, batch, by)
    bulk.flush()
    _note_in_joins(preview, batch)
    audit.record(Verb.IMPORTED, batch, by=by, practice=practice, count=preview.counts.sessions.new)
    sessions_of = {episodes[case.ref]: len(case.sessions) for case in preview.cases}
    audit.record_each(Verb.IMPORTED, sessions_of, by=by, practice=practice)
    return batch, {episode.pk for episode in sessions_of}


def _unreplayed_episodes(practice):
    """The keys of episodes with imported rows that are newer than their standing."""
    imported = {"episode": OuterRef("pk"), "import_batch__isnull": False}
    sessions = TherapySession.objects.filter(**imported, logged_at__gt=OuterRef("standing__updated_at"))
    ratings = Rating.objects.filter(**imported, received_at__gt=OuterRef("standing__updated_at"))
    episodes = Episode.objects.filter(Exists(sessions) | Exists(ratings), client__practice=practice)
    return episodes.values_list("pk", flat=True)


def _seal_names(preview, names):
    """Adds to `names` (reference -> sealed name) those of new clients that it lacks.

    Each is under a new key. The file's reference is the pseudonym, until a therapist writes a name.
    """
    for case in preview.cases:
        if case.client_pk is None and case.client_ref not in names:
            key = DataKey()
            names[case.client_ref] = SealedName(key, Sealed(case.client, key))


def _write_clients(bulk, practice, preview, names):
    """Writes the new clients; the keys of all, by reference."""
    keys = {case.client_ref: case.client_pk for case in preview.cases}
    for ref, pk in keys.items():
        if pk is None:
            key = bulk.add_row(names[ref].key)
            row = bulk.add(Client, practice_id=practice.pk, data_key_id=key.pk, name=names[ref].name, external_ref=ref)
            keys[ref] = row.pk
    return keys


def _write_episodes(bulk, practice, preview, clients, batch):
    """Writes the new episodes; all of them, by reference.

    A new one has the standing of an empty case until its first replay, so that pages can show it.
    """
    version = current_version(practice)
    rows = Episode.objects.in_bulk([case.pk for case in preview.cases if case.pk])
    episodes = {case.ref: rows[case.pk] for case in preview.cases if case.pk}
    for case in preview.cases:
        if case.pk is None:
            episodes[case.ref] = row = bulk.add(
                Episode,
                client_id=clients[case.client_ref],
                therapist_id=case.therapist.pk,
                starts_at=case.starts_at,
                ends_at=case.ends_at,
                end_reason=(case.past.end_reason or EndReason.OTHER.value) if case.is_over else "",
                end_planned=case.past.end_planned,
                end_agreed=case.past.end_agreed,
                external_ref=case.ref,
                import_batch_id=batch.pk,
            )
            bulk.add_row(replay(row, version, [], [], LONG_AGO).standing)
    return episodes


def _write_sessions(bulk, practice, preview, episodes, batch, by):
    """Writes the new sessions and ratings, and the ruptures of new cases.

    Where a file does not say what became of a session, it was attended: else there would be no ratings.
    """
    now, texts, version = timezone.now(), _unique_texts(), current_version(practice)
    by_key = by and by.pk
    for number, case in enumerate(preview.cases):
        if number % CASES_AT_ONCE == 0:
            bulk.flush()  # in the same transaction; what is written need not be held
        about = {"episode_id": episodes[case.ref].pk, "import_batch_id": batch.pk}
        keys = {}  # number in the file -> key
        for therapy_session in case.sessions:
            held = _held(therapy_session.past.held)
            is_logged = held.attendance != Attendance.PLANNED
            key = keys[therapy_session.past.number] = (
                therapy_session.pk
                or bulk.add(
                    TherapySession,
                    starts_at=therapy_session.starts_at,
                    ends_at=therapy_session.ends_at,
                    starts_at_known=therapy_session.past.day is None and not held.day_only,
                    zone=therapy_session.zone,
                    attendance=held.attendance,
                    mode=held.mode,
                    logged_at=now if is_logged else None,
                    logged_by_id=by_key if is_logged else None,
                    external_ref=therapy_session.ref,
                    **about,
                ).pk
            )
            text = texts.get((*(held.unanswered or ()), held.language))
            if text and therapy_session.pk is None:
                bulk.add(
                    CheckIn,
                    therapy_session_id=key,
                    text_id=text,
                    created_at=therapy_session.ends_at,
                    episode_id=about["episode_id"],
                )
            for rating in therapy_session.new_ratings:
                bulk.add(
                    Rating,
                    therapy_session_id=key,
                    rater=rating.past.rater.value,
                    instrument_id=rating.instrument.pk,
                    text_id=texts.get((*rating.past.instrument, rating.past.language)),
                    mode=Rating.Mode.IMPORT.value,
                    answered_at=rating.answered_at,
                    # Of a new case, so that what was said before something was done still was.
                    received_at=(case.pk is None and rating.past.received_at) or now,
                    entered_by_id=by_key,
                    **asdict(rating.past.beside),
                    **about,
                    answers=rating.scored.answers,
                    **columns_of(rating.scored.scores),
                )

        if case.pk is None:
            write_ruptures(bulk, case, episodes[case.ref], keys, version)


def _note_in_joins(preview, batch):
    """Sessions of a case that was joined to another one are noted with the joining, so that parting takes them back."""
    into = {(case.pk, case.client_pk) for case in preview.cases if case.pk}
    joins = CaseJoin.objects.filter(episode__in=[pk for pk, _client in into], parted_at__isnull=True)
    for join in joins.select_related("joined"):
        refs = [
            row.ref
            for case in preview.cases
            if (case.pk, case.client_pk) == (join.episode_id, join.joined.client_id)
            for row in case.sessions
            if row.pk is None
        ]
        came = TherapySession.objects.filter(episode=join.episode_id, import_batch=batch, external_ref__in=refs)
        join.moved = [*join.moved, *(str(code) for code in came.order_by("starts_at").values_list("code", flat=True))]
        join.save(update_fields=["moved"])


def _held(held):
    """What became of a session, with what is taken where the file does not say."""
    held = held or PastHeld()
    attendance = held.attendance or Attendance.ATTENDED.value
    return replace(held, attendance=attendance, mode=held.mode or Mode.IN_PERSON.value)


def _unique_texts():
    """The key of an instrument's text in a language, where it has only one revision.

    A file does not say which revision was answered.
    """
    keys = defaultdict(list)
    for text in InstrumentText.objects.select_related("instrument"):
        keys[text.instrument.key, text.instrument.version, text.language].append(text.pk)
    return {name: pks[0] for name, pks in keys.items() if len(pks) == 1}


# --- Between the preview and the import -------------------------------------------------------------------------------

DRAFTS = ImportDraft.objects.select_related(
    "practice__data_key", "sent_by__practice", "sent_by__user", "therapist__practice__data_key"
)


@transaction.atomic
def keep_draft(*, text, by, therapist=None):
    """Stores an uploaded file for its preview; deletes the sender's earlier one."""
    drop_old_drafts()
    ImportDraft.objects.filter(sent_by=by).delete()
    draft = ImportDraft.objects.create(
        practice=by.practice, sent_by=by, therapist=therapist, text=Sealed(text, by.practice.data_key)
    )
    audit.record(Verb.CREATED, draft, by=by)
    return draft


def drop_old_drafts():
    """Deletes all drafts that are older than a day; called by a timer as well."""
    ImportDraft.objects.expired().delete()


@as_program()
def preview_of(draft, order=None, end_before=None):
    """The preview of a draft as things stand now.

    `order`: how its dates are written, where it does not tell; `end_before`: see `make_preview`.
    """
    parsed = read(draft.text.open(draft.practice.data_key).encode(), order)
    return make_preview(practice=draft.practice, parsed=parsed, receiver=receiver_of(draft), end_before=end_before)


def import_draft(*, draft, order=None, end_before=None, only_good=False):
    """Imports a draft, and deletes it last, so that a stopped import can be repeated.

    Raises
    ------
    NotAllGood
        There are errors, and `only_good` is false; or nobody has said how the dates are written.
    """
    preview = preview_of(draft, order, end_before)
    if preview.parsed.dates.is_asked:
        raise NotAllGood(preview)
    batch = import_ratings(practice=draft.practice, preview=preview, by=draft.sent_by, only_good=only_good)
    draft.delete()
    return batch
