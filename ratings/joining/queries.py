"""Reads: which of a therapist's cases look like one, and what joining two of them would do."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.db.models import Count, Model, Q
from django.utils.translation import gettext as _

from alliance.access import Editor
from alliance.acting import as_program
from alliance.models import CaseJoin, Episode, ErasureRequest, Membership
from alliance.models.episode import EPISODE_NEEDS
from alliance.names import folded
from alliance.scopes import own_episodes
from ratings.models import Assessment, CheckIn, Rating, Rupture, SeenRating, Standing
from sessions.models import TherapySession

EPISODES = Episode.objects.select_related(*EPISODE_NEEDS, "client__data_key")
MOVED = (Rating, CheckIn, SeenRating, Assessment)  # with the session that they are about
BY_A_PERSON = Q(named_by__isnull=False) | Q(rebased_by__isnull=False) | Q(state=Rupture.RuptureState.SET_ASIDE)
# What follows from the rest, or from the case alone, and stays where it is.
STAYS = (Standing, Rupture, CaseJoin, Episode)


@dataclass(frozen=True, slots=True)
class Double:
    """An imported case that looks like another one of the same therapist."""

    kept: UUID
    joined: UUID
    name: str
    sessions: int
    began_at: datetime


@dataclass(frozen=True, slots=True)
class JoinPreview:
    """What joining would do; `obstacle` is the sentence of why it can't be."""

    name: str
    kept_sessions: int
    joined_sessions: int
    joined_ratings: int
    obstacle: str

    @property
    def sessions(self) -> int:
        return self.kept_sessions + self.joined_sessions


def doubles_of(member: Membership) -> list[Double]:
    """The member's imported cases that have the name or the address of a client with an open case of theirs."""
    episodes = list(
        EPISODES.filter(pk__in=own_episodes(member.user).values("pk"), therapist=member).order_by("starts_at", "pk")
    )
    by_sign: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        if episode.import_batch_id is None and episode.ends_at is None:
            for sign in _signs(episode):
                by_sign[sign].append(episode)
    found = {}
    for episode in episodes:
        if episode.import_batch_id is None:
            continue
        for sign in _signs(episode):
            for kept in by_sign[sign]:
                if kept.client_id != episode.client_id:
                    found[kept.pk, episode.pk] = (kept, episode)
    sessions = TherapySession.objects.not_voided().filter(episode__in={joined for _kept, joined in found})
    counts = dict(sessions.values_list("episode").annotate(n=Count("pk")))
    return [
        Double(kept.code, joined.code, joined.client.display_name, counts.get(joined.pk, 0), joined.starts_at)
        for kept, joined in found.values()
    ]


def _signs(episode: Episode) -> Iterator[str]:
    client = episode.client
    name = client.display_name
    yield f"name {folded(name) or name}"
    if client.email_hash:
        yield f"email {client.email_hash}"
    if client.phone_hash:
        yield f"phone {client.phone_hash}"


def join_preview(kept: Editor, joined: Editor) -> JoinPreview:
    """What joining the two would do, as things stand now."""
    sessions = TherapySession.objects.not_voided()
    return JoinPreview(
        name=kept.episode.client.display_name,
        kept_sessions=sessions.filter(episode=kept.episode).count(),
        joined_sessions=sessions.filter(episode=joined.episode).count(),
        joined_ratings=Rating.objects.current().filter(episode=joined.episode).count(),
        obstacle=obstacle_between(kept.episode, joined.episode),
    )


def obstacle_between(kept: Episode, joined: Episode) -> str:
    """Why two cases can't be joined; empty where they can."""
    if kept.pk == joined.pk:
        return _("These are one case already.")
    if CaseJoin.objects.filter(parted_at__isnull=True, joined__in=[kept, joined]).exists():
        return _("One of these cases was joined to another one meanwhile.")
    if kept.therapist_id != joined.therapist_id or _is_with_a_colleague(kept, joined):
        return _(
            "A colleague has a case with one of the two. Joined, it would change in their hands, so the two stay apart."
        )
    if kept.ends_at is not None:
        return _("This therapy has ended. Open it again first.")
    if kept.import_batch_id is not None:
        return _("An imported case can be joined to one that you made by hand, not to another imported one.")
    if CaseJoin.objects.filter(parted_at__isnull=True, episode=joined).exists():
        return _("Another case was joined to this imported one. Part those two first.")
    if joined.import_batch_id is None:
        return _("Only a case that came with an import can be joined to another one.")
    if ErasureRequest.objects.waiting().filter(client__in=[kept.client_id, joined.client_id]).exists():
        return _("One of the two records is to be erased. As long as that is asked for, the two stay apart.")
    if _has_more_than_an_import(joined):
        return _(
            "In the imported case something was written since: a note, a plan, a step of a repair, or a consent. It "
            "cannot be joined."
        )
    starts = TherapySession.objects.not_voided().filter(episode=kept).values("starts_at")
    if TherapySession.objects.not_voided().filter(episode=joined, starts_at__in=starts).exists():
        return _("Both cases have a session at the same time. Remove one of the two first.")
    return ""


@as_program()
def _is_with_a_colleague(kept: Episode, joined: Episode) -> bool:
    cases = Episode.objects.filter(client__in=[kept.client_id, joined.client_id])
    return cases.exclude(therapist=kept.therapist_id).exists()


def _has_more_than_an_import(episode: Episode) -> bool:
    """Whether any row of the case is neither imported nor follows from what was."""
    if TherapySession.objects.filter(episode=episode, import_batch__isnull=True).exists():
        return True
    if TherapySession.objects.filter(episode=episode, voided_at__isnull=False).exists():
        return True
    if Rating.objects.filter(episode=episode, import_batch__isnull=True).exists():
        return True
    if Rupture.objects.filter(BY_A_PERSON, episode=episode).exists():
        return True
    if Episode.objects.filter(client=episode.client_id).exclude(pk=episode.pk).exists():
        return True
    return any(_rows_of(model, episode) for model in apps.get_models() if model not in (*MOVED, *STAYS, TherapySession))


def _rows_of(model: type[Model], episode: Episode) -> bool:
    for field in model._meta.concrete_fields:
        value = {Episode: episode.pk, type(episode.client): episode.client_id}.get(field.related_model)
        if value is not None and model._base_manager.filter(**{field.name: value}).exists():
            return True
    return False
