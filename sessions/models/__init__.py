"""First floor: what happens in the room, and what was agreed."""

from sessions.models.plan import Goal
from sessions.models.private_note import PrivateNote
from sessions.models.therapy_session import Attendance, Mode, TherapySession

__all__ = ["Attendance", "Goal", "Mode", "PrivateNote", "TherapySession"]
