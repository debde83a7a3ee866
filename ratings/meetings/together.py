"""Several therapists who are met at once. Each has a meeting of their own; who they are stands in the address alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from alliance.access import NotVisible
from alliance.advising import Adviser, SupervisionOver, check_advise
from alliance.models import User

FIELD = "with"
MOST_AT_ONCE = 8  # on one page; convention of this app


@dataclass(frozen=True, slots=True)
class Together:
    """Those whom a supervisor meets at once, in the order of the address."""

    advisers: tuple[Adviser, ...]
    gone: tuple[SupervisionOver, ...]  # whom the supervisor has supervised until lately

    @classmethod
    def of(cls, user: User, codes: Iterable[str]) -> Self:
        """Raises `NotVisible` where somebody is named whom the user never supervised."""
        advisers, gone = [], []
        for code in list(dict.fromkeys(codes))[:MOST_AT_ONCE]:
            try:
                advisers.append(check_advise(user, _read(code)))
            except SupervisionOver as over:
                gone.append(over)
        return cls(tuple(advisers), tuple(gone))

    @property
    def codes(self) -> list[str]:
        return [str(adviser.therapist.code) for adviser in self.advisers]

    @property
    def query(self) -> str:
        """What the address of each form says of them, so that the answer is the page of all again."""
        return "?" + urlencode({FIELD: self.codes}, doseq=True)

    @property
    def gone_names(self) -> str:
        return ", ".join(over.therapist.display_name for over in self.gone)

    @property
    def is_of_one_practice(self) -> bool:
        return len({adviser.membership.practice_id for adviser in self.advisers}) == 1


def _read(code: str) -> UUID:
    try:
        return UUID(code)
    except ValueError:
        raise NotVisible("membership", "") from None
