"""Whether rows belong to a case now, whatever the page said that named them."""

from collections.abc import Iterable
from typing import Any, Protocol


class OfEpisode(Protocol):
    """A row that belongs to an episode."""

    episode_id: int


def are_in(episode_key: int, rows: Iterable[Any]) -> bool:
    """Whether the rows are in this episode still: two cases may have been joined or parted since they were read."""
    return all(type(row)._base_manager.filter(pk=row.pk, episode=episode_key).exists() for row in rows)
