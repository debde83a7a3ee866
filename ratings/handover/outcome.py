"""What becomes of the open cases of somebody who leaves: how many each has before and after. No database."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alliance.people.colleagues import Colleague
from ratings.handover.actions import Choice, What


@dataclass(frozen=True, slots=True)
class Share:
    """How many open cases a colleague has, and will have; of these, how many as a cover."""

    name: str
    now: int
    then: int
    covered: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The open cases of the one who leaves, and of the colleagues who get some, now and once all is done."""

    cases: int  # of the one who leaves
    shares: tuple[Share, ...]
    ended: int
    left: int  # nothing is chosen for these yet

    @property
    def total_now(self) -> int:
        return self.cases + sum(share.now for share in self.shares)

    @property
    def total_then(self) -> int:
        """The same as now: no case is lost."""
        return sum(share.then for share in self.shares) + self.ended + self.left


def outcome_of(
    *, cases: int, choices: Sequence[Choice], colleagues: Sequence[Colleague], open_now: Mapping[int, int]
) -> Outcome:
    """What the choices come to. `cases`: how many there are to choose for; `open_now`: member key -> open cases."""
    got = Counter((choice.colleague.pk, choice.what) for choice in choices if choice.colleague)
    shares = []
    for colleague in colleagues:
        pk = colleague.membership.pk
        covered, now = got[pk, What.COVER], open_now.get(pk, 0)
        if covered or got[pk, What.HAND_OVER]:
            shares.append(Share(colleague.label, now, now + covered + got[pk, What.HAND_OVER], covered))
    ended = sum(choice.what in (What.END, What.LEAVE_UNREAD) for choice in choices)
    return Outcome(cases, tuple(shares), ended, cases - len(choices))
