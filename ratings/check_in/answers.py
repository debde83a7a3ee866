"""A client's answers after one session.

The forms make them, the writes take them, and they are read back from a rating.
"""

from dataclasses import asdict, dataclass
from typing import Any, Self

from ratings.models import Rating


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """What a client said of one goal or task."""

    code: str  # of the goal or task
    revision: int  # the one that the client saw
    answer: str  # StillRight for a goal, Helped for a task


@dataclass(frozen=True, slots=True)
class PlanAnswers:
    """What a client said of the plan. What was not asked, or was left out, is absent."""

    can_say: str = ""  # CanSay
    goals: tuple[PlanAnswer, ...] = ()
    tasks: tuple[PlanAnswer, ...] = ()

    @property
    def codes(self) -> set[str]:
        """Of the goals and tasks that something was said of."""
        return {answer.code for answer in (*self.goals, *self.tasks)}

    def __bool__(self) -> bool:
        return bool(self.can_say or self.goals or self.tasks)

    def to_json(self) -> dict[str, Any] | None:
        return asdict(self) if self else None

    @classmethod
    def from_json(cls, stored: dict[str, Any] | None) -> Self:
        if not stored:
            return cls()
        goals, tasks = (tuple(PlanAnswer(**answer) for answer in stored[name]) for name in ("goals", "tasks"))
        return cls(stored["can_say"], goals, tasks)


@dataclass(frozen=True, slots=True)
class ClientAnswers:
    """One client's answers to one check-in.

    What was not asked, or was left out, has its default.
    """

    items: dict[str, int]  # item id -> answer on the instrument's scale; a skipped item is absent
    comment: str = ""
    comment_for: str = Rating.CommentFor.THERAPIST
    tension: bool | None = None
    tension_talked_about: bool | None = None
    tension_strength: str = ""  # Rating.TensionStrength
    repair_talked: bool | None = None
    repair_helped: str = ""  # Rating.RepairHelped
    bring_up: str = ""  # Rating.BringUp
    plan: PlanAnswers = PlanAnswers()


def stored_answers(rating: Rating) -> ClientAnswers:
    """The answers that a client's rating holds, its comment opened."""
    return ClientAnswers(
        items=rating.answers,
        comment=rating.comment.open(rating.episode.client.data_key) if rating.comment else "",
        comment_for=rating.comment_for,
        tension=rating.tension,
        tension_talked_about=rating.tension_talked_about,
        tension_strength=rating.tension_strength,
        repair_talked=rating.repair_talked,
        repair_helped=rating.repair_helped,
        bring_up=rating.bring_up,
        plan=PlanAnswers.from_json(rating.plan_answers),
    )
