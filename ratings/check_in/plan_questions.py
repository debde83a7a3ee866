"""Which goals and tasks a check-in asks about, and in which words.

It is settled when the check-in is made, so that a form that is open somewhere stays good whatever the plan becomes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self, TypeVar

from django.utils.translation import gettext as _

from alliance.crypto import Sealed
from alliance.models import Episode
from ratings.check_in.answers import PlanAnswers
from ratings.models import CanSay, CheckIn, Helped, Rating, StillRight
from sessions.models import Goal, Task, TherapySession
from sessions.plan.queries import running_phase

MOST = 3  # of the goals, and of the tasks, so that a check-in stays under a minute; convention of this app
FIRST_ASKED = 3  # the session from which on the plan is asked about; convention of this app

Row = TypeVar("Row", Goal, Task)


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """A goal or task that a check-in asks about, in the words that it had then."""

    code: str
    revision: int


@dataclass(frozen=True, slots=True)
class PlanAsked:
    """What a check-in asks about."""

    goals: tuple[AskedAbout, ...] = ()
    tasks: tuple[AskedAbout, ...] = ()

    @property
    def codes(self) -> set[str]:
        return {asked.code for asked in (*self.goals, *self.tasks)}

    def to_json(self) -> dict[str, Any] | None:
        return asdict(self) if self.goals or self.tasks else None

    @classmethod
    def from_json(cls, stored: dict[str, Any] | None) -> Self:
        if not stored:
            return cls()
        goals, tasks = (tuple(AskedAbout(**asked) for asked in stored[name]) for name in ("goals", "tasks"))
        return cls(goals, tasks)


# --- When, and which --------------------------------------------------------------------------------------------------


def is_due(number: int, since_asked: int | None, every: int) -> bool:
    """Whether the check-in after the session of this number asks about the plan.

    Parameters
    ----------
    since_asked
        How many sessions ago it was asked last, this one counted; None: never.
    every
        The practice's setting; 0 is never.
    """
    if every == 0 or number < FIRST_ASKED:
        return False
    return (number if since_asked is None else since_asked) >= every


def longest_unasked(rows: Sequence[Row], last_asked: Mapping[str, int]) -> list[Row]:
    """At most three of the rows, in their order: those that were not asked about for longest.

    `last_asked`: code -> the position of the check-in that asked about it last.
    """
    by_wait = sorted(rows, key=lambda row: last_asked.get(str(row.code), -1))
    chosen = {row.pk for row in by_wait[:MOST]}
    return [row for row in rows if row.pk in chosen]


def plan_to_ask(therapy_session: TherapySession, *, always: bool = False) -> PlanAsked:
    """What the new check-in of a session asks about; nothing where it is not time, unless it is asked `always`."""
    episode = therapy_session.episode
    attended = TherapySession.objects.attended().filter(episode=episode, starts_at__lt=therapy_session.starts_at)
    earlier = (
        CheckIn.objects.filter(therapy_session__in=attended, plan_asked__isnull=False)
        .order_by("therapy_session__starts_at")
        .values_list("therapy_session__starts_at", "plan_asked")
    )
    asked = [(starts_at, PlanAsked.from_json(stored)) for starts_at, stored in earlier]
    since_asked = attended.filter(starts_at__gt=asked[-1][0]).count() + 1 if asked else None
    if not (always or is_due(attended.count() + 1, since_asked, episode.client.practice.plan_every_sessions)):
        return PlanAsked()
    last_asked = {code: position for position, (_at, plan) in enumerate(asked) for code in plan.codes}
    goals = Goal.objects.filter(episode=episode, ended_at__isnull=True, phase__lte=running_phase(episode))
    tasks = Task.objects.filter(episode=episode, ended_at__isnull=True).order_by("agreed_at", "pk")
    return PlanAsked(
        _asked(longest_unasked(list(goals.order_by("agreed_at", "pk")), last_asked)),
        _asked(longest_unasked(list(tasks), last_asked)),
    )


def _asked(rows: Iterable[Row]) -> tuple[AskedAbout, ...]:
    return tuple(AskedAbout(str(row.code), row.revision) for row in rows)


# --- In which words ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """A goal or task as a form asks about it."""

    code: str
    revision: int
    text: str
    has_ended: bool  # since the check-in was made: it is not asked about any more, but an answer to it is taken


@dataclass(frozen=True, slots=True)
class PlanQuestions:
    goals: tuple[PlanQuestion, ...] = ()
    tasks: tuple[PlanQuestion, ...] = ()


def plan_questions(check_in: CheckIn) -> PlanQuestions:
    """What a check-in asks about the plan, in the client's words of when it was made."""
    asked = PlanAsked.from_json(check_in.plan_asked)
    if not asked.codes:
        return PlanQuestions()
    key = check_in.episode.client.data_key
    mine = {"episode": check_in.episode_id, "code__in": asked.codes}
    goals = {str(goal.code): goal for goal in Goal.objects.filter(**mine).prefetch_related("versions")}
    tasks = {str(task.code): task for task in Task.objects.filter(**mine).prefetch_related("versions")}
    return PlanQuestions(
        tuple(
            PlanQuestion(code, revision, goal_text_of(goals[code], revision).open(key), bool(goals[code].ended_at))
            for code, revision in ((about.code, about.revision) for about in asked.goals)
            if code in goals  # not where the session was moved to another client
        ),
        tuple(
            PlanQuestion(code, revision, activity_of(tasks[code], revision).open(key), bool(tasks[code].ended_at))
            for code, revision in ((about.code, about.revision) for about in asked.tasks)
            if code in tasks
        ),
    )


def goal_text_of(goal: Goal, revision: int) -> Sealed:
    """The wording that the goal had in this revision."""
    texts: dict[int, Sealed] = {version.revision: version.text for version in goal.versions.all()}
    now: Sealed = goal.text
    return texts.get(revision, now)


def activity_of(task: Task, revision: int) -> Sealed:
    """What the task was in this revision."""
    activities: dict[int, Sealed] = {version.revision: version.activity for version in task.versions.all()}
    now: Sealed = task.activity
    return activities.get(revision, now)


# --- What was answered ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaidOfPlan:
    """One answer about the plan, with the question as it was asked."""

    question: str
    answer: str


def count_of_another_plan(episode: Episode, rating: Rating) -> int:
    """How many answers of a rating are about goals and tasks of another client, and so are shown nowhere here.

    The session was filed under that client when they were typed.
    """
    about = PlanAnswers.from_json(rating.plan_answers).codes
    if not about:
        return 0
    own = [set(model.objects.filter(episode=episode).values_list("code", flat=True)) for model in (Goal, Task)]
    return len(about - {str(code) for code in own[0] | own[1]})


def said_of_plan(episode: Episode, ratings: Iterable[Rating]) -> dict[int, list[SaidOfPlan]]:
    """What a client answered about the plan in words; the key of a rating -> its answers."""
    key = episode.client.data_key
    goals = {str(goal.code): goal for goal in Goal.objects.filter(episode=episode).prefetch_related("versions")}
    tasks = {str(task.code): task for task in Task.objects.filter(episode=episode).prefetch_related("versions")}
    said: dict[int, list[SaidOfPlan]] = {}
    for rating in ratings:
        plan = PlanAnswers.from_json(rating.plan_answers)
        rows = said[rating.pk] = []
        if plan.can_say:
            rows.append(SaidOfPlan(_("Can you say what you are working on?"), str(CanSay(plan.can_say).label)))
        for about in (about for about in plan.goals if about.code in goals):  # else it is of another client
            text = goal_text_of(goals[about.code], about.revision).open(key)
            rows.append(SaidOfPlan(f"“{text}” {_('Still right?')}", str(StillRight(about.answer).label)))
        for about in (about for about in plan.tasks if about.code in tasks):
            text = activity_of(tasks[about.code], about.revision).open(key)
            rows.append(SaidOfPlan(f"“{text}” {_('Did it help?')}", str(Helped(about.answer).label)))
    return said
