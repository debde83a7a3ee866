"""Reads of the plan."""

from alliance.crypto import DataKey, Sealed
from alliance.models import Episode
from sessions.models import Phase


def running_phase(episode: Episode) -> int:
    """The number of the phase that runs now."""
    latest = Phase.objects.filter(episode=episode).order_by("-number").first()
    return latest.number if latest else 1


def opened(text: Sealed | None, key: DataKey) -> str:
    """A sealed text that may be missing."""
    return text.open(key) if text else ""
