"""Reads: cases as lines of a list, worst first; and the supervisor's caseload."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db.models import QuerySet

from alliance import scopes
from alliance.models import Client, Episode, User
from alliance.names import folded
from ratings.check_in.rate_first import awaiting_rating, standing_until_rated
from ratings.delivery.queries import CheckInRow, latest_unanswered
from ratings.detection.shadow import in_shadow, told_standing
from ratings.detection.stored import evidence_of
from ratings.findings import phrases
from ratings.models import Rupture, Standing
from ratings.psychometrics.records import RuptureEvidence
from ratings.psychometrics.standing import ATTENTION_CLIENT, FEWEST_MISSING
from ratings.psychometrics.usual import TrendWord
from ratings.supervision.queries import Question, RepairSoFar, questions_of, repairs_of

MOST_TO_TALK_ABOUT = 5


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
    covers_for: str  # whom the reader stands in for; empty where it is their own case, or they read along
    next_at: datetime | None = None  # the next planned session; read in the own list alone, as is the next one
    is_new: bool = False  # there is an answer that the therapist has not read


def case_rows(episodes: QuerySet[Episode], worked_on_by: User | None = None) -> list[CaseRow]:
    """A line for each episode of a queryset, worst first, then by name.

    Six statements, seven where a practice rates first. An episode without a standing is left out. `worked_on_by`: who
    has them in their hands, and is told which are a colleague's.
    """
    rows = episodes.filter(standing__isnull=False).select_related(
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
                covers_for=episode.therapist.display_name
                if worked_on_by and episode.therapist.user_id != worked_on_by.pk
                else "",
            )
        )
    return sorted(cases, key=lambda case: (-case.standing.attention, folded(case.name)))


def _aside_reason(rupture: Rupture, client: Client) -> str:
    return rupture.aside_reason.open(client.data_key) if rupture.aside_reason else ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A case of which several check-ins in a row did not come, and the last of them."""

    case: CaseRow
    check_in: CheckInRow | None


@dataclass(frozen=True, slots=True)
class Caseload:
    """The cases that a supervisor reads.

    `rows` has them all, each other list some of them.
    """

    rows: list[CaseRow]
    open: list[CaseRow]
    flagged: list[CaseRow]
    asked: list[CaseRow]  # with a question put forward
    settled: list[CaseRow]  # lower than before, after a rupture that was not repaired
    gaps: list[Gap]
    aside: list[CaseRow]
    kept_back: list[CaseRow]
    untold: int  # shadow mode: nothing is said of whether they have a flag
    unflagged: int
    too_little: str  # of how many of the unflagged nothing can be said yet
    is_assigned: bool  # somebody's cases are shared with this supervisor, if only future ones

    @property
    def first(self) -> list[CaseRow]:
        return self.flagged[:MOST_TO_TALK_ABOUT]

    @property
    def above_the_list(self) -> list[CaseRow]:
        return [*self.first, *self.asked, *self.settled, *(gap.case for gap in self.gaps), *self.aside, *self.kept_back]


def caseload_of(supervisor: User) -> Caseload:
    """All that the caseload of a user shows before a search narrows it."""
    rows = case_rows(scopes.supervised_episodes(supervisor))
    open_rows = [row for row in rows if not row.ended_at]
    missing = [row for row in open_rows if row.standing.missing_in_a_row >= FEWEST_MISSING]
    check_ins = latest_unanswered([row.code for row in missing])
    settled = [row for row in open_rows if row.standing.settled_since and not row.standing.rupture]
    told = [row for row in open_rows if not row.standing.is_untold]
    kept_back = [row for row in open_rows if row.is_kept_back]
    unflagged = [
        row
        for row in told
        if not row.standing.rupture and row.aside is None and row not in settled and not row.is_kept_back
    ]
    few = sum(row.standing.words.get("overall", TrendWord.FEW) == TrendWord.FEW for row in unflagged)
    return Caseload(
        rows=rows,
        open=open_rows,
        flagged=[row for row in open_rows if row.standing.rupture],
        asked=[row for row in open_rows if row.question],
        settled=settled,
        gaps=[Gap(row, check_ins.get(row.code)) for row in missing],
        aside=[row for row in open_rows if row.aside is not None],
        kept_back=kept_back,
        untold=len(open_rows) - len(told),
        unflagged=len(unflagged),
        too_little=phrases.too_little_to_say(few, len(unflagged)),
        is_assigned=bool(open_rows) or scopes.live_assignments(supervisor).exists(),
    )


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
