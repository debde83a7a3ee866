"""What other settings would change in the open cases, before they take hold. It writes nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from django.db.models import QuerySet
from django.utils import timezone

from alliance.acting import as_program
from alliance.models import Episode, Membership, Practice
from ratings.detection.before import read_before
from ratings.detection.history import EPISODES_AT_ONCE
from ratings.detection.proposal import PastFlags, past_flags
from ratings.detection.replay import replay
from ratings.detection.stored import current_version
from ratings.models import DetectorVersion, Rupture, Standing
from ratings.psychometrics.evidence import Version
from ratings.psychometrics.flag_quality import FEWEST
from ratings.psychometrics.standing import group_of

MOST_CASES = 1000  # the newest, so that the wait does not grow with the practice; convention of this app


class Move(StrEnum):
    """Where a case goes in the caseload."""

    STAYS = "stays"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Standpoint:
    """The open flag of a case, and its group in the caseload."""

    flag: int | None  # its key, 0 for a new one; None: there is none
    group: int


@dataclass(frozen=True, slots=True)
class Change:
    """What other settings would change in one case."""

    episode_key: int
    closes: bool  # its open flag
    opens: bool  # a new one
    move: Move

    @property
    def moves_up(self) -> bool:
        return self.move == Move.UP

    @property
    def is_any(self) -> bool:
        return self.closes or self.opens or self.move != Move.STAYS


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases change, and how."""

    cases: int
    closes: int
    opens: int
    moves: int

    @property
    def has_changes(self) -> bool:
        return bool(self.closes or self.opens or self.moves)


@dataclass(frozen=True, slots=True)
class ChangedCase:
    """A case that changes, for somebody who may read it."""

    code: str
    name: str
    change: Change


@dataclass(frozen=True, slots=True)
class Preview:
    """What other settings would change, as one manager may see it."""

    own: Counts  # in the cases that the manager may read
    named: list[ChangedCase]
    others: Counts
    left_out: int  # open cases that are older than the newest ones
    past: PastFlags

    @property
    def tells_others(self) -> bool:
        """Whether there are so many other cases that their counts tell of none of them."""
        return self.others.cases >= FEWEST

    @property
    def tells_past(self) -> bool:
        return self.past.cases >= FEWEST


@as_program()
def preview(manager: Membership, version: Version, *, restores: DetectorVersion | None = None) -> Preview | None:
    """What would change if a version took hold now; None where shadow mode shows no flags, before or after."""
    practice = manager.practice
    if current_version(practice).shadow or version.shadow:
        return None
    changes = {change.episode_key: change for change in changes_under(practice, version, restores=restores)}
    readable = Episode.objects.visible_to(manager.user).filter(client__practice=practice, ends_at__isnull=True)
    if practice.rates_first_since:  # of their own cases therapists learn nothing before their own rating
        readable = readable.exclude(therapist__user=manager.user)
    rows = [row for row in readable.select_related("client__data_key") if row.pk in changes]
    own = [changes.pop(row.pk) for row in rows]
    named = [
        ChangedCase(str(row.code), row.client.display_name, change)
        for row, change in zip(rows, own, strict=True)
        if change.is_any
    ]
    return Preview(
        own=_counts(own),
        named=sorted(named, key=lambda one: (one.name, one.code)),
        others=_counts(changes.values()),
        left_out=max(open_cases(practice).count() - MOST_CASES, 0),
        past=past_flags(practice, version),
    )


def open_cases(practice: Practice) -> QuerySet[Episode]:
    return Episode.objects.filter(client__practice=practice, ends_at__isnull=True)


def changes_under(practice: Practice, version: Version, *, restores: DetectorVersion | None = None) -> Iterator[Change]:
    """What would change in each of the newest open cases of a practice; a hundred are in memory at once."""
    row = DetectorVersion(pk=0, practice=practice, restores=restores, valid_from=timezone.now(), **asdict(version))
    keys = sorted(open_cases(practice).order_by("-pk").values_list("pk", flat=True)[:MOST_CASES])
    for start in range(0, len(keys), EPISODES_AT_ONCE):
        episodes = Episode.objects.in_bulk(keys[start : start + EPISODES_AT_ONCE])
        stored = Standing.objects.select_related("rupture").in_bulk(list(episodes))
        before = read_before(episodes, practice)
        for key, episode in episodes.items():
            then = replay(episode, row, before.held(key), before.ruptures.get(key, []), row.valid_from).standing
            yield change_between(key, standpoint(stored.get(key)), standpoint(then))


def standpoint(standing: Standing | None) -> Standpoint:
    """Where a case stands by its standing."""
    if standing is None:
        return Standpoint(None, 0)
    rupture = standing.rupture
    is_flag = rupture is not None and rupture.opened_by == Rupture.OpenedBy.DETECTOR
    return Standpoint((rupture.pk or 0) if rupture is not None and is_flag else None, group_of(standing.attention))


def change_between(episode_key: int, now: Standpoint, then: Standpoint) -> Change:
    """What changes from one standpoint of a case to another."""
    move = Move.STAYS
    if then.group != now.group:
        move = Move.UP if then.group > now.group else Move.DOWN
    return Change(
        episode_key=episode_key,
        closes=now.flag is not None and now.flag != then.flag,
        opens=then.flag is not None and now.flag != then.flag,
        move=move,
    )


def _counts(changes: Iterable[Change]) -> Counts:
    rows = list(changes)
    return Counts(
        cases=len(rows),
        closes=sum(row.closes for row in rows),
        opens=sum(row.opens for row in rows),
        moves=sum(row.move != Move.STAYS for row in rows),
    )
