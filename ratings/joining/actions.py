"""Writes: two cases of one client become one, and two again."""

from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.models import CaseJoin, EndReason, Episode
from alliance.refusal import Refused
from ratings.detection.reassess import lock_episodes, reassess_all
from ratings.joining.queries import MOVED, obstacle_between
from ratings.models import Rupture, SeenRating
from sessions.models import TherapySession


@transaction.atomic
def join_cases(*, kept: Editor, joined: Editor) -> CaseJoin:
    """Moves the sessions of an imported case into another one of the same therapist, with all that hangs on them.

    The case that they came from is out of sight, and stays, so that the two can be parted again.

    Raises
    ------
    Refused
        They can't be joined; the sentence says why.
    """
    lock_episodes([kept.episode.pk, joined.episode.pk])
    kept.check_again()
    joined.check_again()
    for editor in (kept, joined):
        editor.episode.refresh_from_db(fields=["starts_at", "ends_at", "end_reason", "therapist", "joined_into"])
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
        joined_by=kept.membership,
    )
    _move(join.moved, kept.episode)
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

    Raises
    ------
    Refused
        It was taken back already, or something was written about these sessions since.
    """
    lock_episodes([editor.episode.pk, join.joined_id])
    editor.check_again(join)
    join.refresh_from_db()
    if join.parted_at:
        raise Refused(_("This was taken back already."))
    if _is_written_about(join):
        raise Refused(_("Something was written about these sessions since. Take that back first, or leave them here."))
    kept, back = editor.episode, join.joined
    _move(join.moved, back)
    kept.starts_at = join.began_at
    kept.save(update_fields=["starts_at"])
    back.joined_into, back.ends_at, back.end_reason = None, join.ended_at, join.end_reason
    back.save(update_fields=["joined_into", "ends_at", "end_reason"])
    join.parted_at, join.parted_by = timezone.now(), editor.membership
    join.save(update_fields=["parted_at", "parted_by"])
    audit.record(Verb.ENDED, join, by=editor.membership)
    audit.record(Verb.CHANGED, back, by=editor.membership, count=len(join.moved))
    reassess_all([kept.pk, back.pk], kept.client.practice)
    return back


def _move(codes: list[str], to: Episode) -> None:
    sessions = TherapySession.objects.filter(code__in=codes)
    keys = list(sessions.values_list("pk", flat=True))
    for model in MOVED:
        path = "rating__therapy_session" if model is SeenRating else "therapy_session"
        model.objects.filter(**{f"{path}__in": keys}).update(episode=to)
    sessions.update(episode=to)


def _is_written_about(join: CaseJoin) -> bool:
    """Whether anything hangs on the sessions that could not go back with them."""
    keys = list(TherapySession.objects.filter(code__in=join.moved).values_list("pk", flat=True))
    for model in apps.get_models():
        if model in (*MOVED, Rupture, TherapySession):
            continue
        for field in model._meta.concrete_fields:
            if field.related_model is TherapySession and model._base_manager.filter(**{f"{field.name}__in": keys}):
                return True
    named = Rupture.objects.filter(opened_session__in=keys, episode=join.episode_id)
    return named.exclude(named_by=None).exists() or named.filter(steps__isnull=False).exists()
