"""What is wrong with a file, each sentence once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ratings.importing.table import LineError

MOST_LINES_NAMED = 10  # beside one sentence; convention of this app


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one or more lines, said once for all of them."""

    sentence: str
    lines: list[int]

    @property
    def shown(self) -> str:
        """The first of the lines, as numbers."""
        return ", ".join(map(str, self.lines[:MOST_LINES_NAMED]))

    @property
    def more(self) -> int:
        """How many lines are not among those shown."""
        return len(self.lines[MOST_LINES_NAMED:])


def faults_of(errors: Iterable[LineError]) -> list[Fault]:
    """The errors, one sentence once, in the order of their first lines."""
    lines: dict[str, list[int]] = defaultdict(list)
    for error in errors:
        lines[error.sentence].append(error.line)
    return [Fault(sentence, numbers) for sentence, numbers in lines.items()]
