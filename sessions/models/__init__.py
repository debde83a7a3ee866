"""First floor: what happens in the room, and what was agreed."""

from sessions.models.change import TherapySessionChange
from sessions.models.plan import Goal
from sessions.models.private_note import PrivateNote
from sessions.models.schedule import Leave, SessionSeries
from sessions.models.therapy_session import Attendance, CancelledBy, Mode, TherapySession

__all__ = [
    "Attendance",
    "CancelledBy",
    "Goal",
    "Leave",
    "Mode",
    "PrivateNote",
    "SessionSeries",
    "TherapySession",
    "TherapySessionChange",
]
