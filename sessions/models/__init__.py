"""First floor: what happens in the room, and what was agreed."""

from sessions.models.change import TherapySessionChange
from sessions.models.plan import AgreedBy, Goal, GoalOutcome, GoalVersion, Modality, Phase, Task, TaskVersion, Willing
from sessions.models.private_note import PrivateNote
from sessions.models.schedule import Leave, SessionSeries
from sessions.models.therapy_session import Attendance, CancelledBy, Mode, TherapySession

__all__ = [
    "AgreedBy",
    "Attendance",
    "CancelledBy",
    "Goal",
    "GoalOutcome",
    "GoalVersion",
    "Leave",
    "Modality",
    "Mode",
    "Phase",
    "PrivateNote",
    "SessionSeries",
    "Task",
    "TaskVersion",
    "TherapySession",
    "TherapySessionChange",
    "Willing",
]
