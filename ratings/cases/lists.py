"""Reads: cases as lines of a list, worst first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from alliance.models import Client, Episode, User
from alliance.names import folded
from alliance.prepared import Prepared
from ratings.cases.newest import newest_of, with_newest_rupture
from ratings.check_in.rate_first import awaiting_rating, standing_until_rated
from ratings.detection.shadow import told_standing
from ratings.detection.stored import evidence_of
from ratings.models import CheckIn, DetectorVersion, Rating, RepairStep, Rupture, SeenRating, Standing
from ratings.psychometrics.evidence import Rater
from ratings.psychometrics.records import RuptureEvidence
from ratings.psychometrics.standing import ATTENTION_CLIENT
from ratings.supervision.queries import Question, RepairSoFar
from sessions.models import TherapySession

OLD_AFTER = timedelta(days=60)  # without a session, and a flag steps back; convention of this app


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a list of cases."""

    code: str
    name: str
    therapist: str
    therapist_code: str
    standing: Standing
    reason: RuptureEvidence | None  # what speaks for the open rupture; None: a person opened it, or there is none
    since: datetime | None
    for_sessions: int  # rated sessions it has lasted
    last: Rupture | None  # the newest that stands, open or over
    aside: str | None  # why it was set aside, as long as it stays aside
    is_kept_back: bool  # the newest is still on and began in shadow mode, so that it is no flag
    ended_at: datetime | None
    how_ended: str
    said_by_client: bool  # the client says that something did not fit
    question: Question | None  # put forward for supervision
    repair: RepairSoFar | None  # of the open rupture; None: there is none
    awaits_rating: bool  # the client's answers are shown once the reader has rated the session too
    seen_at: datetime  # the last session, or the start of the case
    is_imported: bool  # the last session came with an import: nobody has worked here since
    # Whether every answer was read, by the therapist or who covers; told to who reads along. None: none was sent here.
    is_read: bool | None
    is_read_by_cover: bool  # and of these the therapist has not seen them all
    covers_for: str  # whom the reader stands in for; empty where it is their own case, or they read along
    is_old: bool = False  # no session for so long that a flag steps back
    next_at: datetime | None = None  # the next planned session; read in the own list alone, as is the next one
    is_new: bool = False  # there is an answer that is new to the reader

    @property
    def days_open(self) -> int:
        """For how many days the open rupture has lasted; 0 where there is none."""
        return (timezone.now() - self.since).days if self.since else 0


def last_came_with_an_import() -> QuerySet[TherapySession]:
    """The last session of an episode, where it came with an import."""
    return TherapySession.objects.attended().filter(
        episode=OuterRef("pk"), starts_at=OuterRef("standing__last_session_at"), import_batch__isnull=False
    )


def _with_what_rows_say(episodes: QuerySet[Episode]) -> QuerySet[Any]:
    """The episodes with all that stands in their rows, so that the database is asked once."""
    shadow = DetectorVersion.objects.in_shadow().filter(practice=OuterRef("client__practice"))
    at_work = Q(ruptures__state__in=Rupture.ACTIVE, ruptures__kept_back=False)  # at most one of an episode
    steps = RepairStep.objects.filter(rupture=OuterRef("at_work"), taken_back_at__isnull=True)
    steps = steps.order_by("-said_at", "-pk")
    later = TherapySession.objects.attended().filter(
        episode=OuterRef("pk"), starts_at__gt=OuterRef("at_work__opened_session__starts_at")
    )
    rows: QuerySet[Any] = episodes.filter(standing__isnull=False)
    rows = (
        rows.annotate(
            is_imported=Exists(last_came_with_an_import()),
            is_untold=Exists(shadow),
            question=FilteredRelation(
                "supervision_questions", condition=Q(supervision_questions__withdrawn_at__isnull=True)
            ),
            at_work=FilteredRelation("ruptures", condition=at_work),
            latest_step=FilteredRelation(
                "repair_steps", condition=Q(repair_steps__pk=Subquery(steps.values("pk")[:1]))
            ),
        )
        .annotate(
            sessions_since=Coalesce(
                Subquery(later.order_by().values("episode").annotate(n=Count("pk")).values("n")), Value(0)
            )
        )
        .select_related(
            "client__data_key", "client__practice", "therapist__practice__data_key",
            "standing__rupture__opened_session", "question", "at_work", "latest_step",
        )
    )  # fmt: skip
    return with_newest_rupture(rows)


def _with_who_read(episodes: QuerySet[Any]) -> QuerySet[Any]:
    """With whether the answers were read, by whom: for who reads along."""
    therapist = OuterRef("episode__therapist__user")
    seen = SeenRating.objects.filter(rating=OuterRef("pk"), by__user=therapist)
    answers = Rating.objects.current().filter(
        episode=OuterRef("pk"), rater=Rater.CLIENT, check_in__read_by__isnull=False
    )
    by_others = answers.exclude(check_in__read_by__user=F("episode__therapist__user")).exclude(Exists(seen))
    unread = CheckIn.objects.not_voided().unread().filter(episode=OuterRef("pk"))
    answered = CheckIn.objects.not_voided().filter(
        episode=OuterRef("pk"), ratings__rater=Rater.CLIENT, ratings__replaced_at__isnull=True
    )
    rows: QuerySet[Any] = episodes.annotate(
        is_unread=Exists(unread), is_answered=Exists(answered), is_read_by_cover=Exists(by_others)
    )
    return rows


OWN_ROWS = Prepared(lambda keys: _with_what_rows_say(Episode.objects.filter(pk__in=keys)), keys=list)
READ_ALONG = Prepared(lambda keys: _with_who_read(_with_what_rows_say(Episode.objects.filter(pk__in=keys))), keys=list)


def case_rows(keys: Collection[int], worked_on_by: User | None = None) -> list[CaseRow]:
    """A line for each of these episodes, worst first, then by name.

    One statement, one more where a practice rates first. An episode without a standing is left out. `worked_on_by`:
    who has them in their hands, and is told which are a colleague's; None: who reads along.
    """
    found = (OWN_ROWS if worked_on_by else READ_ALONG).models(keys=keys)
    waiting = {one.episode_key for one in awaiting_rating(found, worked_on_by)} if worked_on_by else set()
    cases = [_case_row(episode, worked_on_by, episode.pk in waiting) for episode in found]
    return sorted(cases, key=lambda case: (-case.standing.attention, folded(case.name)))


def _case_row(episode: Any, worked_on_by: User | None, waits: bool) -> CaseRow:
    standing = told_standing(episode.standing, shadow=episode.is_untold)
    if waits:
        standing = standing_until_rated(standing)
    newest = None if waits else newest_of(episode)
    rupture, last = standing.rupture, newest.rupture if newest else None
    reason = evidence_of(rupture) if rupture and not episode.is_untold else None
    seen_at = standing.last_session_at or episode.starts_at
    is_aside = newest is not None and newest.stays_aside and not rupture
    is_a_colleagues = worked_on_by is not None and episode.therapist.user_id != worked_on_by.pk
    return CaseRow(
        code=str(episode.code),
        name=episode.client.display_name,
        therapist=episode.therapist.display_name,
        therapist_code=str(episode.therapist.code),
        standing=standing,
        reason=reason,
        since=rupture.opened_session.starts_at if rupture else None,
        for_sessions=reason.for_sessions if reason else int(rupture is not None),
        last=last,
        aside=_aside_reason(last, episode.client) if last and is_aside else None,
        is_kept_back=newest is not None and newest.is_kept_back and not rupture,
        ended_at=episode.ends_at,
        how_ended=episode.how_ended,
        said_by_client=standing.attention >= ATTENTION_CLIENT,
        question=_question(episode),
        repair=None if waits else _repair(episode),
        awaits_rating=waits,
        seen_at=seen_at,
        is_imported=episode.is_imported,
        is_read=not episode.is_unread if getattr(episode, "is_answered", False) else None,
        is_read_by_cover=getattr(episode, "is_read_by_cover", False),
        is_old=seen_at < timezone.now() - OLD_AFTER,
        covers_for=episode.therapist.display_name if is_a_colleagues else "",
    )


def _question(episode: Any) -> Question | None:
    row = getattr(episode, "question", None)
    return Question(str(row.code), row.text.shown(episode.client.data_key), row.asked_at) if row else None


def _repair(episode: Any) -> RepairSoFar | None:
    rupture = getattr(episode, "at_work", None)
    if rupture is None or not rupture.is_told(shadow=episode.is_untold):
        return None
    latest = getattr(episode, "latest_step", None)
    since = episode.sessions_since
    return RepairSoFar(latest, since, latest is None and since >= episode.client.practice.repair_within_sessions)


def _aside_reason(rupture: Rupture, client: Client) -> str:
    return rupture.aside_reason.shown(client.data_key) if rupture.aside_reason else ""
