"""Reads: the facts by which the one next thing on a case is found."""

from collections.abc import Sequence

from django.utils import timezone

from alliance.models import Episode
from ratings.cases.now import Facts, ReadsAs, RefusedGoal, Repair, SessionAt
from ratings.delivery.queries import SessionRow
from ratings.detection.history import HeldSession
from ratings.models import RepairStep, Rupture
from ratings.plan.queries import PlanView
from ratings.psychometrics.evidence import report_of
from ratings.psychometrics.records import RuptureEvidence
from ratings.supervision.queries import Question


def facts_of(
    episode: Episode,
    reads_as: ReadsAs,
    sessions: Sequence[SessionRow],
    attended: Sequence[HeldSession],
    plan: PlanView,
    *,
    rupture: Rupture | None,
    evidence: RuptureEvidence | None,
    has_wish: bool,
    question: Question | None,
    latest_step: RepairStep | None,
) -> Facts:
    """The facts of a case, of what was read before.

    `sessions`: latest first; `attended`: those that were held, oldest first; `rupture`: the open one, if it is told;
    `evidence`: what ratings speak for it, if that is told; `latest_step`: what was said last of its repair.
    """
    coming = [row for row in sessions if row.is_planned and row.therapy_session.starts_at > timezone.now()]
    return Facts(
        reads_as=reads_as,
        case_code=str(episode.code),
        name=episode.client.display_name,
        therapist=episode.therapist.display_name,
        has_ended=episode.ends_at is not None,
        unlogged=_unlogged(sessions),
        unrated=_unrated(attended),
        repair=_repair(rupture, latest_step),
        rupture_code=str(rupture.code) if rupture else "",
        asks_about=_asks_about(rupture, evidence, attended) if rupture else None,
        has_wish=has_wish,
        question=question.text if question else "",
        refused_goal=_refused(plan),
        has_goal=bool(plan.goals or plan.later),
        misses_plan=not coming and any(row.therapy_session.series_id for row in sessions),
    )


def _unlogged(sessions: Sequence[SessionRow]) -> SessionAt | None:
    """The first planned session that is over. The rows come latest first."""
    over = [row.therapy_session for row in sessions if row.is_unlogged]
    return SessionAt(str(over[-1].code), over[-1].starts_at, None) if over else None


def _unrated(attended: Sequence[HeldSession]) -> SessionAt | None:
    """The last session held, where the therapist rated an earlier one and not this one."""
    if not attended or attended[-1].therapist or not any(held.therapist for held in attended):
        return None
    last = attended[-1]
    return SessionAt(str(last.row.code), last.row.starts_at, last.number)


def _repair(rupture: Rupture | None, last: RepairStep | None) -> Repair:
    """How far the repair has come, by what was said of it last."""
    if rupture is None or not rupture.is_active:
        return Repair.NONE
    if last is None:  # one that comes back by itself is left to do so
        return Repair.UNTOUCHED if rupture.is_open else Repair.NONE
    return Repair.TAKEN if last.outcome in RepairStep.TAKEN else Repair.PLANNED


def _asks_about(rupture: Rupture, evidence: RuptureEvidence | None, attended: Sequence[HeldSession]) -> int | None:
    """The number of the session to ask about.

    The latest that speaks for an open rupture: that of which a person says so, or in which its ratings are clearest, as
    its page has it; else the one that opened it.
    """
    opened = next((held.number for held in attended if held.row.pk == rupture.opened_session_id), None)
    speak = [
        held.number
        for held in attended
        if held.number
        and (
            held.number == opened
            or (opened and held.number > opened and report_of(held.evidence))
            or (evidence and held.row.starts_at == evidence.held_at)
        )
    ]
    return max(speak, default=None)


def _refused(plan: PlanView) -> RefusedGoal | None:
    goal = next(iter(plan.refused), None)
    return RefusedGoal(goal.text, goal.refused.words) if goal and goal.refused else None
