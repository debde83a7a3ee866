"""Reads: which of a therapist's cases look like one, and what joining two of them would do."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Count, Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliance.access import Editor
from alliance.acting import as_program
from alliance.models import (
    CaseJoin,
    Client,
    Consent,
    Cover,
    EmergencyAccess,
    Episode,
    ErasureRequest,
    Membership,
    Supervision,
)
from alliance.models.episode import EPISODE_NEEDS
from alliance.names import folded
from alliance.scopes import own_episodes
from ratings.joining.moving import MOVED, TRACKED
from ratings.models import Draw, Rating, Rupture, Standing
from sessions.models import TherapySession

EPISODES = Episode.objects.select_related(*EPISODE_NEEDS, "client__data_key")
BY_A_PERSON = Q(named_by__isnull=False) | Q(rebased_by__isnull=False) | Q(state=Rupture.RuptureState.SET_ASIDE)
# What follows from the rest, or is the record's own, and stays where it is. The database keeps draws as they are.
STAYS = (Standing, Rupture, CaseJoin, Episode, Consent, Draw)
# What stands in the way of putting a case away, by the names of models; anything else has no words of its own.
IN_THE_WAY = (
    (gettext_lazy("a plan"), {"Phase", "Goal", "GoalVersion", "Task", "TaskVersion"}),
    (
        gettext_lazy("something said of a rupture or of a flag"),
        {"RepairStep", "RuptureView", "SetAside", "StrainVerdict", "UsefulVerdict", "WishOutcome"},
    ),
    (gettext_lazy("something for supervision"), {"SupervisionQuestion", "SupervisionNote", "NextStep"}),
    (gettext_lazy("a supervisor, a cover or another reader of its own"), {"Supervision", "Cover", "CaseOffer"}),
    (gettext_lazy("sessions that come back in a rhythm"), {"SessionSeries"}),
    (gettext_lazy("a legal hold"), {"LegalHold"}),
)
OTHERWISE = gettext_lazy("something that belongs to it alone")


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
class JoinPreview:
    """What joining would do; `obstacle` is the sentence of why it can't be."""

    name: str
    kept_sessions: int
    joined_sessions: int
    joined_ratings: int
    may_be_turned: bool  # so that the other case is the one that stays
    obstacle: str

    @property
    def sessions(self) -> int:
        return self.kept_sessions + self.joined_sessions


def doubles_of(member: Membership) -> list[Double]:
    """The member's cases that have the name or the address of a client with an open case of theirs made by hand.

    Of two that were made by hand the one that began earlier is to stay.
    """
    episodes = list(
        EPISODES.filter(pk__in=own_episodes(member.user).values("pk"), therapist=member).order_by("starts_at", "pk")
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
        joined_ratings=Rating.objects.current().filter(episode=joined.episode).count(),
        may_be_turned=joined.episode.import_batch_id is None and joined.episode.ends_at is None,
        obstacle=obstacle_between(kept.episode, joined.episode),
    )


@as_program()
def obstacle_between(kept: Episode, joined: Episode) -> str:
    """Why two cases can't be joined; empty where they can. Asked of all rows, also those that only others read."""
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
        return _("Another case was joined to the one that is to be put away. Part those two first.")
    if ErasureRequest.objects.waiting().filter(client__in=[kept.client_id, joined.client_id]).exists():
        return _("One of the two records is to be erased. As long as that is asked for, the two stay apart.")
    if _has_a_reader_of_its_own(kept):
        return _(
            "The case that is to stay has a reader of its own, who would come to read the other one too: a supervisor, "
            "a cover, or somebody who opened it in an emergency. So the two stay apart."
        )
    if what := _what_stays_behind(joined):
        return _("The case that is to be put away has %(what)s, which cannot come along.") % {"what": what}
    if _took_back(joined.client).filter(purpose__in=_agreed(kept.client)).exists():
        return _(
            "The client took back a consent in the case that is to be put away, and it stands in the other. Take it "
            "back there first."
        )
    starts = TherapySession.objects.not_voided().filter(episode=kept).values("starts_at")
    if TherapySession.objects.not_voided().filter(episode=joined, starts_at__in=starts).exists():
        return _("Both cases have a session at the same time. Remove one of the two first.")
    return ""


def _is_with_a_colleague(kept: Episode, joined: Episode) -> bool:
    cases = Episode.objects.filter(client__in=[kept.client_id, joined.client_id])
    return cases.exclude(therapist=kept.therapist_id).exists()


def _has_a_reader_of_its_own(episode: Episode) -> bool:
    lasts = Q(ends_at__isnull=True) | Q(ends_at__gt=timezone.now())
    return any(model.objects.filter(lasts, episode=episode).exists() for model in (Supervision, Cover, EmergencyAccess))


def _agreed(client: Client) -> QuerySet[Consent, Any]:
    return client.consents.filter(withdrawn_at__isnull=True).values("purpose")


def _took_back(client: Client) -> QuerySet[Consent]:
    """Consents that the client took back, and did not give again."""
    return client.consents.filter(withdrawn_at__isnull=False).exclude(purpose__in=_agreed(client))


def _what_stays_behind(episode: Episode) -> str:
    """What of a case could not come along into another one, in words; empty where all could."""
    if Rupture.objects.filter(BY_A_PERSON, episode=episode).exists():
        return str(IN_THE_WAY[1][0])
    if Episode.objects.filter(client=episode.client_id).exclude(pk=episode.pk).exists():
        return _("an earlier therapy")
    known = (*MOVED, *TRACKED, *STAYS, TherapySession)
    there = {model.__name__ for model in apps.get_models() if model not in known and _rows_of(model, episode)}
    said = [str(words) for words, models in IN_THE_WAY if there & models]
    return ", ".join(said) if said or not there else str(OTHERWISE)


def _rows_of(model: type[Model], episode: Episode) -> bool:
    for field in model._meta.concrete_fields:
        value = {Episode: episode.pk, type(episode.client): episode.client_id}.get(field.related_model)
        if value is not None and model._base_manager.filter(**{field.name: value}).exists():
            return True
    return False
