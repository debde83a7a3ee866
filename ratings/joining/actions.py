"""Writes: two cases of one client become one, and two again."""

from django.apps import apps
from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.models import CaseJoin, EndReason, Episode, LegalHold, Practice
from alliance.refusal import Refused
from ratings.detection.reassess import lock_episodes, reassess_all
from ratings.joining.queries import BY_A_PERSON, MOVED, obstacle_between
from ratings.models import CheckIn, Rating, Rupture, SeenRating, Standing
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
    _lock(kept, joined.episode.pk)
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


def _lock(editor: Editor, other: int) -> None:
    """The practice first, as a hold and an erasure do."""
    Practice.objects.select_for_update(no_key=True).get(pk=editor.episode.client.practice_id)
    lock_episodes([editor.episode.pk, other])


def _move(codes: list[str], to: Episode) -> None:
    sessions = TherapySession.objects.filter(code__in=codes)
    keys = list(sessions.values_list("pk", flat=True))
    for model in MOVED:
        path = "rating__therapy_session" if model is SeenRating else "therapy_session"
        model.objects.filter(**{f"{path}__in": keys}).update(episode=to)
    sessions.update(episode=to)


def _is_written_about(join: CaseJoin) -> bool:
    """Whether anything hangs on the sessions that could not go back with them.

    What was sealed since has the key of the client who stays; when they were joined, none of it was there.
    """
    moved = TherapySession.objects.filter(code__in=join.moved)
    keys = list(moved.values_list("pk", flat=True))
    if moved.filter(voided_at__isnull=False).exists():
        return True
    if Rating.objects.filter(therapy_session__in=keys, import_batch__isnull=True).exists():
        return True
    if Rupture.objects.filter(BY_A_PERSON, Q(opened_session__in=keys) | Q(rebased_session__in=keys)).exists():
        return True
    about: dict[type[Model], list[int]] = {
        TherapySession: keys,
        CheckIn: list(CheckIn.objects.filter(therapy_session__in=keys).values_list("pk", flat=True)),
        Rupture: list(Rupture.objects.filter(opened_session__in=keys).values_list("pk", flat=True)),
    }
    follows = (*MOVED, Rupture, Standing, TherapySession)
    return any(_points_to(model, about) for model in apps.get_models() if model not in follows)


def _points_to(model: type[Model], about: dict[type[Model], list[int]]) -> bool:
    return any(
        model._base_manager.filter(**{f"{field.name}__in": about[field.related_model]}).exists()
        for field in model._meta.concrete_fields
        if field.related_model in about
    )
