"""Writes: two cases of one client become one, and two again."""

from django.apps import apps
from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.keeping import WAITS, put_off
from alliance.models import CaseJoin, EndReason, Episode, ErasureRequest, LegalHold, Practice
from alliance.refusal import Refused
from ratings.detection.reassess import lock_episodes, reassess_all
from ratings.joining.moving import MOVED, OF_SESSION, TRACKED, move, tracked_in
from ratings.joining.parting import end_what_shows_the_record, pause_as_long, take_apart
from ratings.joining.queries import BY_A_PERSON, obstacle_between
from ratings.models import CheckIn, Draw, Rating, Rupture, Standing
from sessions.models import TherapySession


@transaction.atomic
def join_cases(*, kept: Editor, joined: Editor) -> CaseJoin:
    """Moves the sessions of a case into another one of the same therapist, with all that hangs on them.

    The case that they came from is out of sight, and stays, so that the two can be parted again.

    Raises
    ------
    Refused
        They can't be joined; the sentence says why.
    """
    _lock(kept, joined.episode.pk)
    kept.check_again()
    joined.check_again()
    for editor in (kept, joined):
        editor.episode.refresh_from_db(fields=["starts_at", "ends_at", "end_reason", "therapist", "joined_into"])
    if obstacle := obstacle_between(kept.episode, joined.episode):
        raise Refused(obstacle)
    sessions = TherapySession.objects.filter(episode=joined.episode)
    carried = tracked_in(joined.episode)
    join = CaseJoin.objects.create(
        episode=kept.episode,
        joined=joined.episode,
        moved=[str(code) for code in sessions.order_by("starts_at").values_list("code", flat=True)],
        began_at=kept.episode.starts_at,
        ended_at=joined.episode.ends_at,
        end_reason=joined.episode.end_reason,
        joined_by=kept.membership,
        carried=carried,
    )
    move(join.moved, carried, source=joined.episode, to=kept.episode)
    end_what_shows_the_record(kept.episode.client)
    pause_as_long(kept.episode.client, joined.episode.client)
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
        It was taken back already, another case was joined later, something about these sessions came since, or a legal
        hold keeps the record.
    """
    _lock(editor, join.joined_id)
    editor.check_again(join)
    join.refresh_from_db()
    if join.parted_at:
        raise Refused(_("This was taken back already."))
    if CaseJoin.objects.filter(episode=join.episode_id, parted_at__isnull=True, pk__gt=join.pk).exists():
        raise Refused(_("Another case was joined to this one later. Part that one first."))
    moved = TherapySession.objects.filter(code__in=join.moved)
    if moved.exclude(episode=join.episode_id).exists():
        raise Refused(_("Some of these sessions stand in the case of a colleague by now, so the two stay one case."))
    if _is_written_about(join):
        raise Refused(
            _(
                "Something was written about these sessions since, or answered, sent or removed. It stays with this "
                "client, so the two stay one case."
            )
        )
    if LegalHold.objects.keeping().filter(client=editor.episode.client_id).exists():
        raise Refused(
            _("A legal hold keeps this record, or was lifted within a day. Until then the two stay one case.")
        )
    parted_at = take_apart(join, by=editor.membership)
    kept, back = join.episode, join.joined
    requests = ErasureRequest.objects.filter(client__in=[kept.client_id, back.client_id])
    put_off(requests, parted_at + WAITS, by=editor.membership)
    reassess_all([kept.pk, back.pk], kept.client.practice)
    # Found while the two were one, and withdrawn now: it would tie the one record to a session of the other.
    Rupture.objects.filter(episode=kept, opened_session__in=moved).delete()
    return back


def _lock(editor: Editor, other: int) -> None:
    """The practice first, as a hold and an erasure do."""
    Practice.objects.select_for_update(no_key=True).get(pk=editor.episode.client.practice_id)
    lock_episodes([editor.episode.pk, other])


def _is_written_about(join: CaseJoin) -> bool:
    """Whether anything hangs on the sessions that was not there when the two were joined.

    It was written, answered or sent as about the client who stays, so it does not go into the record of the other.
    """
    moved = TherapySession.objects.filter(code__in=join.moved)
    keys = list(moved.values_list("pk", flat=True))
    if moved.filter(Q(voided_at__gte=join.joined_at) | Q(logged_at__gte=join.joined_at)).exists():
        return True
    if Draw.objects.filter(therapy_session__in=keys, episode=join.episode_id).exists():
        return True
    if Rupture.objects.filter(BY_A_PERSON, Q(opened_session__in=keys) | Q(rebased_session__in=keys)).exists():
        return True
    for model, path in TRACKED.items():
        rows = model._base_manager.filter(**{f"{path}__in": keys}).exclude(code__in=join.carried or [])
        if (rows.filter(import_batch__isnull=True) if model is Rating else rows).exists():
            return True
    paths = {**TRACKED}
    paths |= {CheckIn: OF_SESSION, Draw: OF_SESSION, Rupture: "opened_session"}
    about = {
        model: list(model._base_manager.filter(**{f"{path}__in": keys}).values_list("pk", flat=True))
        for model, path in paths.items()
    }
    about[TherapySession] = keys
    follows = (*MOVED, *TRACKED, Draw, Rupture, Standing, TherapySession)
    return any(_points_to(model, about) for model in apps.get_models() if model not in follows)


def _points_to(model: type[Model], about: dict[type[Model], list[int]]) -> bool:
    return any(
        model._base_manager.filter(**{f"{field.name}__in": about[field.related_model]}).exists()
        for field in model._meta.concrete_fields
        if field.related_model in about
    )
