"""Reads: the plan of an episode, with what the client says about it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Expression, QuerySet

from alliance import scopes
from alliance.models import DataKey, Episode, User
from alliance.prepared import Prepared
from ratings.check_in.answers import PlanAnswers
from ratings.detection.history import HeldSession
from ratings.models import CanSay, Helped, Rating, StillRight
from ratings.psychometrics.evidence import Rater
from sessions.models import Goal, GoalVersion, Modality, Phase, Task, TaskVersion
from sessions.plan.queries import opened

REFUSED = {StillRight.NOT_QUITE, StillRight.NO}
NO_HELP = {Helped.NO}


@dataclass(frozen=True, slots=True)
class Said:
    """A client's answer about a goal, a task, or the plan, after one session."""

    number: int
    session_at: datetime
    answer: str
    words: str
    needs_a_look: bool
    revision: int = 0  # of the goal or task
    is_of_earlier: bool = False  # it was worded anew or adapted since


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal with its history and the client's answers, the newest first."""

    row: Goal
    text: str
    earlier: list[tuple[GoalVersion, str]]
    said: list[Said]

    @property
    def words(self) -> str:
        return self.text

    @property
    def refused(self) -> Said | None:
        """The client's latest answer, where this wording is not right to them."""
        return next((said for said in self.said if said.needs_a_look), None)


@dataclass(frozen=True, slots=True)
class TaskStep:
    """What a task was from a day on, and why it became so."""

    since: datetime
    activity: str
    modality: str
    why: str
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task with how it was adapted and the client's answers, the newest first."""

    row: Task
    activity: str
    why_it_helps: str
    goal: str
    steps: list[TaskStep]
    said: list[Said]

    @property
    def words(self) -> str:
        return self.activity

    @property
    def was_adapted(self) -> bool:
        return len(self.steps) > 1


@dataclass(frozen=True, slots=True)
class PhaseView:
    """A phase that is over, with the goals that ended in it."""

    number: int
    name: str
    until: datetime
    goals: list[GoalView]


@dataclass(frozen=True, slots=True)
class PlanView:
    """The plan of an episode."""

    phase: int
    phase_name: str
    phase_since: datetime | None  # none: the first one, since the plan began
    changed_at: datetime | None
    goals: list[GoalView]  # the open ones of the running phase
    later: list[GoalView]  # written down for the next one
    ended: list[GoalView]  # in the running phase
    earlier: list[PhaseView]  # newest first
    tasks: list[TaskView]
    stopped: list[TaskView]
    can_say: list[Said]  # newest first

    @property
    def refused(self) -> list[GoalView]:
        return [goal for goal in self.goals if goal.refused]

    @property
    def goals_answered(self) -> list[GoalView]:
        """The open goals that the client was asked about and answered: they stand beside the chart."""
        return [goal for goal in self.goals if goal.said]

    @property
    def tasks_answered(self) -> list[TaskView]:
        return [task for task in self.tasks if task.said]

    @property
    def next_phase(self) -> int:
        return self.phase + 1


def plan_of(episode: Episode, sessions: Sequence[HeldSession]) -> PlanView:
    """The plan of an episode whose sessions, with their ratings, were read before."""
    key = episode.client.data_key
    phases = {phase.number: phase for phase in Phase.objects.filter(episode=episode)}
    running = max(phases, default=1)
    said = _said(sessions)
    rows = Goal.objects.filter(episode=episode).prefetch_related("versions").order_by("phase", "agreed_at", "pk")
    goals = [_goal(goal, key, said[str(goal.code)]) for goal in rows]
    texts = {goal.row.pk: goal.text for goal in goals}
    task_rows = Task.objects.filter(episode=episode).prefetch_related("versions").order_by("agreed_at", "pk")
    tasks = [_task(task, key, texts, said[str(task.code)]) for task in task_rows]
    return PlanView(
        phase=running,
        phase_name=opened(phases[running].name, key) if running in phases else "",
        phase_since=phases[running].starts_at if running in phases else None,
        changed_at=_changed_at(goals, tasks, phases.values()),
        goals=[goal for goal in goals if goal.row.ended_at is None and goal.row.phase <= running],
        later=[goal for goal in goals if goal.row.ended_at is None and goal.row.phase > running],
        ended=[goal for goal in goals if goal.row.ended_at and goal.row.phase == running],
        earlier=[
            PhaseView(
                number,
                opened(phases[number].name, key) if number in phases else "",
                phases[number + 1].starts_at,
                [goal for goal in goals if goal.row.ended_at and goal.row.phase == number],
            )
            for number in range(running - 1, 0, -1)
            if number + 1 in phases
        ],
        tasks=[task for task in tasks if task.row.ended_at is None],
        stopped=[task for task in tasks if task.row.ended_at],
        can_say=_settled(said[CAN_SAY], None),
    )


CAN_SAY = "can_say"


def _said(sessions: Sequence[HeldSession]) -> defaultdict[str, list[Said]]:
    """The client's answers by the code of the goal or task, newest first."""
    said: defaultdict[str, list[Said]] = defaultdict(list)
    for held in reversed(sessions):
        plan = PlanAnswers.from_json(held.client.plan_answers if held.client else None)
        at = held.number or 0, held.row.starts_at
        if plan.can_say:
            needs_a_look = plan.can_say == CanSay.NO
            said[CAN_SAY].append(Said(*at, plan.can_say, str(CanSay(plan.can_say).label), needs_a_look))
        for about in plan.goals:
            words = str(StillRight(about.answer).label)
            said[about.code].append(Said(*at, about.answer, words, about.answer in REFUSED, about.revision))
        for about in plan.tasks:
            words = str(Helped(about.answer).label)
            said[about.code].append(Said(*at, about.answer, words, about.answer in NO_HELP, about.revision))
    return said


def _goal(goal: Goal, key: DataKey, said: list[Said]) -> GoalView:
    earlier = sorted(goal.versions.all(), key=lambda version: -version.revision)
    texts = [(version, version.text.shown(key)) for version in earlier]
    return GoalView(goal, goal.text.shown(key), texts, _settled(said, goal))


def _settled(said: list[Said], row: Goal | Task | None) -> list[Said]:
    """The answers, of which only the latest may need a look: where it is about the row as it is now."""
    return [
        replace(
            answer,
            needs_a_look=answer.needs_a_look
            and position == 0
            and (row is None or (row.ended_at is None and answer.revision == row.revision)),
            is_of_earlier=row is not None and answer.revision != row.revision,
        )
        for position, answer in enumerate(said)
    ]


def _task(task: Task, key: DataKey, goals: dict[int, str], said: list[Said]) -> TaskView:
    earlier = sorted(task.versions.all(), key=lambda version: -version.revision)
    present = _step(task, task.revised_at or task.agreed_at, key)
    steps = [present, *(_step(version, version.since, key) for version in earlier)]
    return TaskView(
        row=task,
        activity=task.activity.shown(key),
        why_it_helps=opened(task.why_it_helps, key),
        goal=goals.get(task.goal_id, "") if task.goal_id else "",
        steps=steps,
        said=_settled(said, task),
    )


def _step(row: Task | TaskVersion, since: datetime, key: DataKey) -> TaskStep:
    modality = str(Modality(row.modality).label)
    return TaskStep(since, row.activity.shown(key), modality, opened(row.adapted_why, key), row.ended_at)


def _changed_at(goals: Iterable[GoalView], tasks: Iterable[TaskView], phases: Iterable[Phase]) -> datetime | None:
    rows: list[Goal | Task] = [*(goal.row for goal in goals), *(task.row for task in tasks)]
    instants = [at for row in rows for at in (row.agreed_at, row.revised_at, row.ended_at) if at]
    return max([*instants, *(phase.starts_at for phase in phases)], default=None)


# --- For Today --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RefusedGoal:
    """A goal that its client says is not, or not quite, right any more."""

    case_key: int
    case_code: str
    name: str
    text: str
    words: str
    session_at: datetime


def own_refused_goals(user: User) -> list[RefusedGoal]:
    """The same of all cases that are in the user's own hands."""
    return _refused(ANSWERS_OF_OWN.rows(user=user))


def refused_goals(episodes: Collection[int]) -> list[RefusedGoal]:
    """The open goals of these episodes whose present wording is not right to the client, latest first.

    Two statements, whatever their number.
    """
    return _refused(ANSWERS.rows(episodes=episodes))


def _answers_about_plans(episodes: Expression | Collection[int]) -> QuerySet[Any, Any]:
    return (
        Rating.objects.current()
        .filter(episode__in=episodes, episode__ends_at__isnull=True, rater=Rater.CLIENT, plan_answers__isnull=False)
        .order_by("therapy_session__starts_at")
        .values_list("episode", "plan_answers", "therapy_session__starts_at")
    )


ANSWERS_OF_OWN = Prepared(lambda user: _answers_about_plans(scopes.own_episodes.keys(user)), user=User)
ANSWERS = Prepared(_answers_about_plans, episodes=list)


def _refused(rated: Iterator[Sequence[Any]]) -> list[RefusedGoal]:
    # By the episode, too: answers may be about the goals of another client, where the session was filed before.
    latest = {
        (episode, about.code): (about, session_at)
        for episode, stored, session_at in rated
        for about in PlanAnswers.from_json(stored).goals
    }
    codes = [code for (_episode, code), (about, _at) in latest.items() if about.answer in REFUSED]
    goals = Goal.objects.filter(code__in=codes, ended_at__isnull=True).select_related("episode__client__data_key")
    found = []
    for goal in goals:
        about, session_at = latest.get((goal.episode_id, str(goal.code)), (None, None))
        if about and session_at and about.answer in REFUSED and about.revision == goal.revision:
            client = goal.episode.client
            text, words = goal.text.shown(client.data_key), str(StillRight(about.answer).label)
            case = goal.episode_id, str(goal.episode.code), client.display_name
            found.append(RefusedGoal(*case, text, words, session_at))
    return sorted(found, key=lambda goal: goal.session_at, reverse=True)
