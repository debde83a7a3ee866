"""Top floor: what was rated, and what it means."""

from ratings.models.check_in import CheckIn
from ratings.models.delivery import Delivery
from ratings.models.detection import Assessment, DetectorVersion
from ratings.models.instrument import Instrument, InstrumentText
from ratings.models.link import ClientLink
from ratings.models.plan_answers import CanSay, Helped, StillRight
from ratings.models.rating import Rating
from ratings.models.repair import STEP_TAKEN, OwnWords, RepairStep, RuptureView, SetAside
from ratings.models.rupture import Rupture
from ratings.models.seen import SeenRating, WishOutcome
from ratings.models.standing import Standing
from ratings.models.supervision import Meeting, NextStep, SupervisionNote, SupervisionQuestion
from ratings.models.verdict import Draw, StrainVerdict, UsefulVerdict

__all__ = [
    "Assessment",
    "CanSay",
    "CheckIn",
    "ClientLink",
    "Delivery",
    "DetectorVersion",
    "Draw",
    "Helped",
    "Instrument",
    "InstrumentText",
    "Meeting",
    "NextStep",
    "OwnWords",
    "Rating",
    "RepairStep",
    "Rupture",
    "RuptureView",
    "SeenRating",
    "STEP_TAKEN",
    "SetAside",
    "Standing",
    "StillRight",
    "StrainVerdict",
    "SupervisionNote",
    "SupervisionQuestion",
    "UsefulVerdict",
    "WishOutcome",
]
