"""The pause of a client while two records are one, and whose it is once they are two again."""

from alliance.clients.actions import is_longer, pause
from alliance.models import CaseJoin, Membership


def bring_pause(join: CaseJoin) -> None:
    """Whoever does not want to be asked for a while is not asked through the other record either."""
    kept, joined = join.episode.client, join.joined.client
    if is_longer(joined.paused_until, kept.paused_until):
        join.brought_pause = joined.paused_until
        join.save(update_fields=["brought_pause"])
        pause(kept, joined.paused_until, join.joined_by)


def part_pause(join: CaseJoin, *, by: Membership | None) -> None:
    """A pause that one of the two had before stays theirs alone; what was chosen while they were one holds for both."""
    kept, back = join.episode.client, join.joined.client
    joins = list(CaseJoin.objects.filter(episode=join.episode_id, parted_at__isnull=True))
    had = {instant for one in joins for instant in (one.paused_until, one.brought_pause)}
    if kept.paused_until not in had and is_longer(kept.paused_until, back.paused_until):
        pause(back, kept.paused_until, by)
    if join.brought_pause is None:
        return
    for later in joins:
        if later.pk > join.pk and later.paused_until == join.brought_pause:  # it no longer remembers the parted one
            later.paused_until = join.paused_until
            later.save(update_fields=["paused_until"])
    if kept.paused_until == join.brought_pause:
        pause(kept, join.paused_until, by)
