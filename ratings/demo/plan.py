"""Writes the plan of an invented course, and what its client said of it."""

from collections.abc import Sequence
from datetime import datetime

from alliance.crypto import Sealed
from alliance.models import DataKey, Episode
from ratings.bulk import Bulk
from ratings.check_in.answers import PlanAnswer, PlanAnswers
from ratings.check_in.plan_questions import AskedAbout, PlanAsked
from ratings.demo.courses import Course, CourseGoal, CourseSession, CourseTask, PlanSaid
from ratings.models import CanSay, Helped, StillRight
from sessions.models import AgreedBy, Goal, GoalVersion, Phase, Task, TaskVersion


class CoursePlan:
    """The goals and tasks of one course as rows. `ends`: when each of its sessions ends."""

    def __init__(self, bulk: Bulk, course: Course, episode: Episode, ends: Sequence[datetime], key: DataKey) -> None:
        self.bulk, self.episode, self.ends, self.key = bulk, episode, ends, key
        if course.second_phase:
            name, since = course.second_phase
            bulk.add(
                Phase,
                episode_id=episode.pk,
                number=2,
                name=Sealed(name, key),
                starts_at=ends[since],
                written_by_id=episode.therapist_id,
            )
        self.goals = [
            self._goal(goal if isinstance(goal, CourseGoal) else CourseGoal(goal, min(number, len(ends) - 1)))
            for number, goal in enumerate(course.goals)
        ]
        self.tasks = [self._task(task) for task in course.tasks]

    def asked(self, course_session: CourseSession, at: datetime) -> PlanAsked:
        """What the check-in of that moment asks about."""
        said = course_session.plan
        if course_session.asks_about_plan:
            goals = tuple(None if goal.ended_at else StillRight.YES for goal, _revised in self.goals)
            said = PlanSaid(CanSay.YES, goals, tuple(Helped.YES for _task in self.tasks))
        answers = self.answered(said, at)
        return PlanAsked(
            tuple(AskedAbout(answer.code, answer.revision) for answer in answers.goals),
            tuple(AskedAbout(answer.code, answer.revision) for answer in answers.tasks),
        )

    def answered(self, said: PlanSaid | None, at: datetime) -> PlanAnswers:
        if said is None:
            return PlanAnswers()
        return PlanAnswers(
            said.can_say.value, _answers(self.goals, said.goals, at), _answers(self.tasks, said.tasks, at)
        )

    def _goal(self, goal: CourseGoal) -> tuple[Goal, list[datetime]]:
        revised = self.ends[goal.earlier[1]] if goal.earlier else None
        row = self.bulk.add(
            Goal,
            episode_id=self.episode.pk,
            text=Sealed(goal.text, self.key),
            phase=goal.phase,
            agreed_at=self.ends[goal.agreed_in],
            agreed_by=goal.agreed_by.value,
            revision=2 if goal.earlier else 1,
            revised_at=revised,
            revised_by=goal.agreed_by.value if goal.earlier else "",
            outcome=goal.outcome.value if goal.outcome else "",
            ended_at=self.ends[goal.ended_in] if goal.outcome else None,
            ended_by=AgreedBy.TOGETHER.value if goal.outcome else "",
            written_by_id=self.episode.therapist_id,
        )
        if goal.earlier:
            self.bulk.add(
                GoalVersion,
                episode_id=self.episode.pk,
                goal_id=row.pk,
                revision=1,
                text=Sealed(goal.earlier[0], self.key),
                replaced_at=revised,
                replaced_by_id=self.episode.therapist_id,
            )
        return row, [revised] if revised else []

    def _task(self, task: CourseTask) -> tuple[Task, list[datetime]]:
        since = [self.ends[shape.since] for shape in task.shapes]
        *earlier, now = task.shapes
        sealed_why = Sealed(task.why_it_helps, self.key) if task.why_it_helps else None
        row = self.bulk.add(
            Task,
            episode_id=self.episode.pk,
            goal_id=self.goals[task.goal][0].pk if task.goal is not None else None,
            activity=Sealed(now.activity, self.key),
            why_it_helps=sealed_why,
            modality=now.modality.value,
            willing=task.willing.value if task.willing else "",
            adapted_why=Sealed(now.why, self.key) if now.why else None,
            agreed_at=since[0],
            revision=len(task.shapes),
            revised_at=since[-1] if earlier else None,
            written_by_id=self.episode.therapist_id,
        )
        for number, shape in enumerate(earlier):
            self.bulk.add(
                TaskVersion,
                episode_id=self.episode.pk,
                task_id=row.pk,
                revision=number + 1,
                activity=Sealed(shape.activity, self.key),
                why_it_helps=sealed_why,
                modality=shape.modality.value,
                adapted_why=Sealed(shape.why, self.key) if shape.why else None,
                since=since[number],
                replaced_at=since[number + 1],
                replaced_by_id=self.episode.therapist_id,
            )
        return row, since[1:]


def _answers(
    rows: Sequence[tuple[Goal | Task, list[datetime]]], said: Sequence[str | None], at: datetime
) -> tuple[PlanAnswer, ...]:
    """The answers with the revision that held then. `rows`: each row with when it was revised."""
    return tuple(
        PlanAnswer(str(row.code), 1 + sum(revised < at for revised in revisions), str(answer))
        for (row, revisions), answer in zip(rows, said, strict=True)
        if answer is not None
    )
