"""Reads: which of a therapist's cases look like one, and what joining two of them would do."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models import Count, Model, Q
from django.utils.translation import gettext_lazy

from alliance.access import Editor
from alliance.models import Episode, Membership
from alliance.models.episode import EPISODE_NEEDS
from alliance.names import folded
from alliance.query_sets import ScopedQuerySet
from alliance.scopes import own_episodes
from ratings.findings.names import StrOrLazy
from ratings.joining.obstacles import obstacle_between
from ratings.models import NextStep, SupervisionNote, SupervisionQuestion
from sessions.models import Goal, Phase, SessionSeries, Task, TherapySession

STANDS = Q(replaced_at__isnull=True)
PHASES = gettext_lazy("Phases of the plan")
# What comes along beside the sessions, as the preview names it.
COMES_ALONG: tuple[tuple[StrOrLazy, dict[type[Model], Q]], ...] = (
    (gettext_lazy("Goals and tasks"), {Goal: Q(), Task: Q()}),
    (PHASES, {Phase: Q()}),
    (gettext_lazy("Series of sessions"), {SessionSeries: Q()}),
    (
        gettext_lazy("For supervision: questions, notes, next steps"),
        {SupervisionQuestion: Q(), SupervisionNote: STANDS, NextStep: STANDS},
    ),
)
EPISODES = Episode.objects.select_related(*EPISODE_NEEDS, "client__data_key")


@dataclass(frozen=True, slots=True)
class Double:
    """A case that looks like another one of the same therapist."""

    kept: UUID
    joined: UUID
    name: str
    is_imported: bool
    sessions: int
    began_at: datetime


@dataclass(frozen=True, slots=True)
class ComesAlong:
    """How much of one kind there is in each of the two cases."""

    name: StrOrLazy
    kept: int
    joined: int


@dataclass(frozen=True, slots=True)
class JoinPreview:
    """What joining would do; `obstacle` is the sentence of why it can't be."""

    name: str
    kept_sessions: int
    joined_sessions: int
    comes_along: list[ComesAlong]  # of the kinds that there are
    may_be_turned: bool  # so that the other case is the one that stays
    obstacle: str

    @property
    def sessions(self) -> int:
        return self.kept_sessions + self.joined_sessions

    @property
    def has_phases(self) -> bool:
        return any(kind.name == PHASES for kind in self.comes_along)


def doubles_of(member: Membership) -> list[Double]:
    """The member's cases that have the name or the address of a client with an open case of theirs made by hand.

    Of two that were made by hand the one that began earlier is to stay.
    """
    episodes = list(
        EPISODES.filter(pk__in=own_episodes.keys(member.user), therapist=member).order_by("starts_at", "pk")
    )
    by_sign: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        if episode.import_batch_id is None and episode.ends_at is None:
            for sign in _signs(episode):
                by_sign[sign].append(episode)
    found: dict[tuple[int, int], tuple[Episode, Episode]] = {}
    for episode in episodes:
        for sign in _signs(episode):
            for kept in by_sign[sign]:
                if kept.client_id != episode.client_id and not _is_turned(kept, episode):
                    found[kept.pk, episode.pk] = (kept, episode)
    sessions = TherapySession.objects.not_voided().filter(episode__in={joined for _kept, joined in found})
    counts = dict(sessions.values_list("episode").annotate(n=Count("pk")))
    return [
        Double(
            kept.code,
            joined.code,
            joined.client.display_name,
            joined.import_batch_id is not None,
            counts.get(joined.pk, 0),
            joined.starts_at,
        )
        for kept, joined in found.values()
    ]


def _is_turned(kept: Episode, joined: Episode) -> bool:
    """Whether each could be put away, and the other one began earlier."""
    is_either = joined.import_batch_id is None and joined.ends_at is None
    return is_either and (joined.starts_at, joined.pk) < (kept.starts_at, kept.pk)


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
        comes_along=_comes_along(kept, joined),
        may_be_turned=joined.episode.import_batch_id is None and joined.episode.ends_at is None,
        obstacle=obstacle_between(kept.episode, joined.episode),
    )


def _comes_along(kept: Editor, joined: Editor) -> list[ComesAlong]:
    """In the sight of the therapist: what a supervisor noted for themselves moves, and is not told of."""

    def count(editor: Editor, kinds: dict[type[Model], Q]) -> int:
        found = [cast(ScopedQuerySet, model._default_manager.filter(which)) for model, which in kinds.items()]
        return sum(rows.visible_to(editor.membership.user).filter(episode=editor.episode).count() for rows in found)

    found = [ComesAlong(name, count(kept, kinds), count(joined, kinds)) for name, kinds in COMES_ALONG]
    return [kind for kind in found if kind.kept or kind.joined]
