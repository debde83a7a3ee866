"""Writes of an import: the rows of a plan in one transaction, and the draft that waits for it."""

from dataclasses import asdict

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.models import Client, DataKey, EndReason, Episode, ImportBatch, ImportDraft, Practice
from ratings.importing.plan import Receiver, make_plan, read
from ratings.models import InstrumentText, Rating
from ratings.reassess import reassess
from sessions.models import Attendance, TherapySession


class NotAllGood(Exception):
    """There are bad lines, and nobody chose to leave them out."""

    def __init__(self, plan):
        super().__init__(f"{len(plan.errors)} bad lines")
        self.plan = plan


@transaction.atomic
def import_ratings(*, practice, plan, by, only_good=False):
    """Writes what is new in the plan and replays each case that it touches. Returns the batch, None if nothing is new.

    Raises
    ------
    NotAllGood
        There are errors, and `only_good` is false. Nothing is written.
    """
    Practice.objects.select_for_update(of=("self",), no_key=True).get(pk=practice.pk)
    # What another import has written since the plan was made is known now, so that two at once write nothing twice.
    plan = make_plan(practice=practice, parsed=plan.parsed, receiver=plan.receiver)
    if plan.errors and not only_good:
        raise NotAllGood(plan)
    if not plan.changes:
        return None
    counts = {name: asdict(getattr(plan, name)) for name in ("clients", "episodes", "sessions", "ratings")}
    batch = ImportBatch.objects.create(
        practice=practice,
        imported_by=by,
        layout=plan.parsed.layout,
        counts=counts | {"left_out": len({error.line for error in plan.errors})},
    )
    clients = _write_clients(practice, plan)
    episodes = _write_episodes(plan, clients, batch)
    _write_ratings(plan, _write_sessions(plan, episodes, batch, by), batch, by)
    audit.record(Verb.IMPORTED, batch, by=by, practice=practice, count=plan.sessions.new)
    for case in plan.cases:
        reassess(episodes[case.ref])
        audit.record(Verb.IMPORTED, episodes[case.ref], by=by, practice=practice, count=len(case.sessions))
    return batch


def _write_clients(practice, plan):
    """By reference. The file's reference is the pseudonym, until a therapist writes a name."""
    new = {case.client_ref: case.client for case in plan.cases if case.client_pk is None}
    keys = DataKey.objects.bulk_create(DataKey() for _client in new)
    rows = Client.objects.bulk_create(
        Client(practice=practice, data_key=key, name=Sealed(client, key), external_ref=ref)
        for (ref, client), key in zip(new.items(), keys, strict=True)
    )
    return {row.external_ref: row.pk for row in rows} | {
        case.client_ref: case.client_pk for case in plan.cases if case.client_pk
    }


def _write_episodes(plan, clients, batch):
    new = Episode.objects.bulk_create(
        Episode(
            client_id=clients[case.client_ref],
            therapist=case.therapist,
            starts_at=case.starts_at,
            ends_at=max(session.ends_at for session in case.sessions) if case.is_over else None,
            end_reason=EndReason.OTHER if case.is_over else "",
            external_ref=case.ref,
            import_batch=batch,
        )
        for case in plan.cases
        if case.pk is None
    )
    known = Episode.objects.in_bulk([case.pk for case in plan.cases if case.pk])
    return {row.external_ref: row for row in (*new, *known.values())}


def _write_sessions(plan, episodes, batch, by):
    """Pairs of (planned session, its key). How they met is not in a file; attended they were, or nobody had rated."""
    planned = [(case, session) for case in plan.cases for session in case.sessions]
    now = timezone.now()
    new = TherapySession.objects.bulk_create(
        TherapySession(
            episode=episodes[case.ref],
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            starts_at_known=session.past.day is None,
            zone=session.zone,
            attendance=Attendance.ATTENDED,
            logged_at=now,
            logged_by=by,
            external_ref=session.ref,
            import_batch=batch,
        )
        for case, session in planned
        if session.pk is None
    )
    keys = {(row.episode_id, row.external_ref): row.pk for row in new}
    return [
        (episodes[case.ref], session, session.pk or keys[episodes[case.ref].pk, session.ref])
        for case, session in planned
    ]


def _write_ratings(plan, sessions, batch, by):
    now, wordings = timezone.now(), _wordings()
    Rating.objects.bulk_create(
        Rating(
            episode=episode,
            therapy_session_id=key,
            rater=rating.past.rater,
            instrument=rating.instrument,
            text=wordings.get((rating.instrument.pk, rating.past.language)),
            mode=Rating.Mode.IMPORT,
            answered_at=rating.answered_at,
            received_at=now,
            entered_by=by,
            import_batch=batch,
            **rating.columns,
        )
        for episode, session, key in sessions
        for rating in session.new_ratings
    )


def _wordings():
    """The text of an instrument in a language, where there has been only one: a file does not say which revision."""
    texts = {}
    for text in InstrumentText.objects.all():
        texts.setdefault((text.instrument_id, text.language), []).append(text)
    return {key: found[0] for key, found in texts.items() if len(found) == 1}


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


def plan_of(draft):
    """The plan of a draft as things stand now. Who is no manager, or no longer, receives every row themselves."""
    own = not draft.sent_by.is_manager
    receiver = Receiver(all_to=draft.sent_by if own else draft.therapist, only_own=own)
    text = draft.text.open(draft.practice.data_key)
    return make_plan(practice=draft.practice, parsed=read(text.encode()), receiver=receiver)


@transaction.atomic
def import_draft(*, draft, only_good=False):
    """Imports a draft and drops it."""
    batch = import_ratings(practice=draft.practice, plan=plan_of(draft), by=draft.sent_by, only_good=only_good)
    draft.delete()
    return batch
