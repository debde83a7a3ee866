"""Writes: two cases of one client become one, and two again."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.keeping import WAITS, put_off
from alliance.models import CaseJoin, EndReason, Episode, ErasureRequest, LegalHold, Practice
from alliance.refusal import Refused
from ratings.detection.reassess import reassess_all
from ratings.joining.moving import move_in, tracked_in
from ratings.joining.obstacles import obstacle_between
from ratings.joining.parting import end_what_shows_the_record, lock_two, note_what_files_brought, take_apart
from ratings.joining.pauses import bring_pause
from ratings.joining.since import is_written_about
from sessions.models import TherapySession


@transaction.atomic
def join_cases(*, kept: Editor, joined: Editor) -> CaseJoin:
    """Moves the sessions of a case into another one of the same therapist, with all that hangs on them, and its plan.

    The case that they came from is out of sight, and stays, so that the two can be parted again.

    Raises
    ------
    Refused
        They can't be joined; the sentence says why.
    """
    _lock(kept.episode, joined.episode)
    for editor in (kept, joined):
        editor.episode.refresh_from_db(fields=["starts_at", "ends_at", "end_reason", "therapist", "joined_into"])
        if editor.episode.joined_into_id:
            raise Refused(_("One of these cases was joined to another one meanwhile."))
        editor.check_again()
    if obstacle := obstacle_between(kept.episode, joined.episode):
        raise Refused(obstacle)
    sessions = TherapySession.objects.filter(episode=joined.episode)
    join = CaseJoin.objects.create(
        episode=kept.episode,
        joined=joined.episode,
        moved=[str(code) for code in sessions.order_by("starts_at").values_list("code", flat=True)],
        began_at=kept.episode.starts_at,
        ended_at=joined.episode.ends_at,
        end_reason=joined.episode.end_reason,
        paused_until=kept.episode.client.paused_until,
        joined_by=kept.membership,
        carried=tracked_in(joined.episode),
    )
    move_in(join)
    end_what_shows_the_record(kept.episode.client)
    bring_pause(join)
    kept.episode.starts_at = min(kept.episode.starts_at, joined.episode.starts_at)
    kept.episode.save(update_fields=["starts_at"])
    gone = joined.episode
    gone.joined_into = kept.episode
    gone.ends_at, gone.end_reason = gone.ends_at or timezone.now(), gone.end_reason or EndReason.OTHER
    gone.save(update_fields=["joined_into", "ends_at", "end_reason"])
    audit.record(Verb.CHANGED, kept.episode, by=kept.membership, count=len(join.moved))
    audit.record(Verb.ENDED, gone, by=kept.membership)
    audit.record(Verb.CREATED, join, by=kept.membership)
    reassess_all([kept.episode.pk, gone.pk], kept.episode.client.practice)
    return join


@transaction.atomic
def part_cases(*, editor: Editor, join: CaseJoin) -> Episode:
    """Takes a joining back: the sessions that came go back to their own case, which is in sight again.

    From then on neither record is erased for a day, by a request that was agreed on or by the rule of the practice.

    Raises
    ------
    Refused
        It was taken back already, another case was joined later, something about what came in was written since, a
        legal hold keeps the record, the client has another open case by now, or it is not known whose a session is.
    """
    _lock(join.episode, join.joined)
    editor.check_again(join)
    join.refresh_from_db()
    if join.parted_at:
        raise Refused(_("This was taken back already."))
    if CaseJoin.objects.filter(episode=join.episode_id, parted_at__isnull=True, pk__gt=join.pk).exists():
        raise Refused(_("Another case was joined to this one later. Part that one first."))
    note_what_files_brought(join)
    moved = TherapySession.objects.filter(code__in=join.moved)
    if moved.exclude(episode=join.episode_id).exists():
        raise Refused(_("Some of these sessions stand in the case of a colleague by now, so the two stay one case."))
    if is_written_about(join):
        raise Refused(
            _(
                "Something was written about what came in since, or answered, planned, sent or removed. It stays with "
                "this client, so the two stay one case."
            )
        )
    if LegalHold.objects.keeping().filter(client=editor.episode.client_id).exists():
        raise Refused(
            _("A legal hold keeps this record, or was lifted within a day. Until then the two stay one case.")
        )
    if join.ended_at is None and _has_another_open(join.joined):
        raise Refused(
            _("An import opened another case of the one that was put away. End that case first, then part these two.")
        )
    parted_at = take_apart(join, by=editor.membership)
    kept, back = join.episode, join.joined
    requests = ErasureRequest.objects.filter(client__in=[kept.client_id, back.client_id])
    put_off(requests, parted_at + WAITS, by=editor.membership)
    reassess_all([kept.pk, back.pk], kept.client.practice)
    return back


def _has_another_open(episode: Episode) -> bool:
    others = Episode.objects.filter(client=episode.client_id, therapist=episode.therapist_id, ends_at__isnull=True)
    return others.exclude(pk=episode.pk).exists()


def _lock(kept: Episode, joined: Episode) -> None:
    """The practice first, as a hold and an erasure do."""
    Practice.objects.select_for_update(no_key=True).get(pk=kept.client.practice_id)
    lock_two(kept, joined)
