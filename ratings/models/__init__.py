"""Top floor: what was rated, and what it means."""

from ratings.models.check_in import CheckIn, ClientLink, Delivery, Instrument, InstrumentText
from ratings.models.finding import Assessment, DetectorVersion, Rupture, Standing, Verdict
from ratings.models.rating import Rating

__all__ = [
    "Assessment",
    "CheckIn",
    "ClientLink",
    "Delivery",
    "DetectorVersion",
    "Instrument",
    "InstrumentText",
    "Rating",
    "Rupture",
    "Standing",
    "Verdict",
]
