"""Reads: cases as lines of a list, worst first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from alliance.models import Client, Episode, User
from alliance.names import folded
from ratings.check_in.rate_first import awaiting_rating, standing_until_rated
from ratings.detection.shadow import in_shadow, told_standing
from ratings.detection.stored import evidence_of
from ratings.models import Rupture, Standing
from ratings.psychometrics.records import RuptureEvidence
from ratings.psychometrics.standing import ATTENTION_CLIENT
from ratings.supervision.queries import Question, RepairSoFar, questions_of, repairs_of
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


def case_rows(episodes: QuerySet[Episode], worked_on_by: User | None = None) -> list[CaseRow]:
    """A line for each episode of a queryset, worst first, then by name.

    Six statements, seven where a practice rates first. An episode without a standing is left out. `worked_on_by`: who
    has them in their hands, and is told which are a colleague's.
    """
    rows = episodes.filter(standing__isnull=False).annotate(is_imported=Exists(last_came_with_an_import()))
    rows = rows.select_related(
        "client__data_key", "client__practice", "therapist__practice__data_key", "standing__rupture__opened_session"
    )
    keys = [episode.pk for episode in rows]
    shadow = in_shadow({episode.client.practice_id for episode in rows})
    waiting = {one.episode_key for one in awaiting_rating(rows, worked_on_by)} if worked_on_by else set()
    lasts = Rupture.objects.told().last_of_each([key for key in keys if key not in waiting])
    questions, repairs = questions_of(keys), repairs_of(keys)
    cases = []
    for episode in rows:
        is_hidden = episode.client.practice_id in shadow
        standing = told_standing(episode.standing, shadow=is_hidden)
        if episode.pk in waiting:
            standing = standing_until_rated(standing)
        rupture, last = standing.rupture, lasts.get(episode.pk)
        reason = evidence_of(rupture) if rupture and not is_hidden else None
        stays_aside = last and last.state == Rupture.RuptureState.SET_ASIDE and not last.steady_again
        cases.append(
            CaseRow(
                code=str(episode.code),
                name=episode.client.display_name,
                therapist=episode.therapist.display_name,
                therapist_code=str(episode.therapist.code),
                standing=standing,
                reason=reason,
                since=rupture.opened_session.starts_at if rupture else None,
                for_sessions=reason.for_sessions if reason else int(rupture is not None),
                last=last,
                aside=_aside_reason(last, episode.client) if last and stays_aside and not rupture else None,
                is_kept_back=bool(last and last.kept_back and last.is_active and not rupture),
                ended_at=episode.ends_at,
                how_ended=episode.get_end_reason_display(),
                said_by_client=standing.attention >= ATTENTION_CLIENT,
                question=questions.get(episode.pk),
                repair=repairs.get(episode.pk) if episode.pk not in waiting else None,
                awaits_rating=episode.pk in waiting,
                seen_at=standing.last_session_at or episode.starts_at,
                is_imported=episode.is_imported,
                is_old=(standing.last_session_at or episode.starts_at) < timezone.now() - OLD_AFTER,
                covers_for=episode.therapist.display_name
                if worked_on_by and episode.therapist.user_id != worked_on_by.pk
                else "",
            )
        )
    return sorted(cases, key=lambda case: (-case.standing.attention, folded(case.name)))


def _aside_reason(rupture: Rupture, client: Client) -> str:
    return rupture.aside_reason.shown(client.data_key) if rupture.aside_reason else ""


@dataclass(frozen=True, slots=True)
class Matches:
    """The cases of a list that a search leaves."""

    open: list[CaseRow]
    ended: list[CaseRow]  # newest first
    narrowed_to: int | None  # None where it leaves them all

    @property
    def all(self) -> list[CaseRow]:
        return [*self.open, *self.ended]


def matches(matching: Collection[CaseRow], rows: Collection[CaseRow]) -> Matches:
    """The matching ones among all rows, open and ended apart."""
    return Matches(
        open=[row for row in matching if not row.ended_at],
        ended=sorted((row for row in matching if row.ended_at), key=attrgetter("ended_at"), reverse=True),
        narrowed_to=len(matching) if len(matching) < len(rows) else None,
    )
