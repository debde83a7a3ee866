"""Reads episodes from a CSV file, one row per session, one episode at a time.

No database: researchers use this to run the detector on their own data, and to compare it with other programs.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ratings.cells.problem import BadLine
from ratings.cells.rows import Rows, column_key
from ratings.cells.values import is_missing, number_in, reference_in, undefused, whole_in, within, yes_or_no_in
from ratings.psychometrics.evidence import Scores, SessionEvidence
from ratings.psychometrics.scoring import is_straight_line, pomp

PILLARS = ("goal", "task", "bond")
RATERS = ("client", "therapist")
RATINGS = tuple(f"{rater}_{pillar}" for rater in RATERS for pillar in PILLARS)
NEEDED_COLUMNS = ("episode", "session", *RATINGS)
OPTIONAL_COLUMNS = ("attended", "checkin_answered", "comment_words", "tension", "tension_therapist")
MOST_SESSIONS = 5000  # in one episode; ten years of daily sessions, so a longer one is a mistake in the file
MOST_WORDS = 999_999  # of a comment; convention of this app: a larger number stands in the wrong column
DECIMALS = 9  # POMP is rounded here, so that the same answers on another scale give the very same score


class FileError(ValueError):
    """What is wrong with the file, with the number of the line."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"Line {line}: {problem}")


@dataclass(frozen=True, slots=True)
class FileEpisode:
    """One episode as it stood in the file."""

    rows: tuple[list[str], ...]
    history: tuple[SessionEvidence, ...]


class EpisodeReader:
    """Reads a file once, from top to bottom; `header` and `delimiter` are there from the start.

    The lines are to be decoded with `errors="surrogateescape"`, so that a wrong byte is told with its line.
    """

    def __init__(self, lines: Iterable[str], lowest: float, highest: float) -> None:
        self.lowest, self.highest = lowest, highest
        try:
            self.file = Rows(lines, (*NEEDED_COLUMNS, *OPTIONAL_COLUMNS))
        except BadLine as error:
            raise FileError(error.line, str(error)) from None
        self.delimiter = self.file.delimiter
        self.header = self._header()
        self.column = {column_key(name): position for position, name in enumerate(self.header)}

    def episodes(self) -> Iterator[FileEpisode]:
        """Yields the episodes in the order of the file.

        Raises
        ------
        FileError
            At the first row that cannot be right.
        """
        finished: set[int] = set()  # hashes: a name may be long, and there may be many
        name: str | None = None
        rows: list[list[str]] = []
        history: list[SessionEvidence] = []
        last_number: int | None = None
        attended = 0
        for line, row in self._rows():
            name_in_row = reference_in(self._text(row, "episode"))
            if name_in_row is None:
                raise FileError(
                    line, "the episode has a number that a program has shortened, as in 1.2E+11; write it in full."
                )
            if not name_in_row:
                raise FileError(line, "the episode is empty. NA, NULL and the like count as empty.")
            if name_in_row != name:
                if name is not None:
                    finished.add(hash(name))
                    yield FileEpisode(tuple(rows), tuple(history))
                if hash(name_in_row) in finished:
                    raise FileError(line, f"episode {name_in_row!r} appeared before; its rows must follow one another.")
                name, rows, history, last_number, attended = name_in_row, [], [], None, 0
            last_number = self._session_number(line, row[self.column["session"]], name, last_number)
            rows.append(row)
            history.append(self._evidence(line, row, attended))
            attended += history[-1].attended
            if len(rows) > MOST_SESSIONS:
                raise FileError(line, f"episode {name!r} has more than {MOST_SESSIONS} sessions.")
        if name is not None:
            yield FileEpisode(tuple(rows), tuple(history))

    def _header(self) -> list[str]:
        line = self.file.header_line
        self._check_text(line, "".join(self.file.header))
        names = [undefused(name.strip()) for name in self.file.header]
        if not names:
            raise FileError(line, "the file is empty; its first line must name the columns.")
        keys = [column_key(name) for name in names]
        for key in NEEDED_COLUMNS:
            if key not in keys:
                raise FileError(line, f"the column {key!r} is missing. Needed: {', '.join(NEEDED_COLUMNS)}.")
        for key, name in zip(keys, names, strict=True):
            if key and keys.count(key) > 1:
                raise FileError(line, f"the column {name!r} is there twice.")
        return names

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        try:
            for line, row in self.file:
                if row is None:
                    raise FileError(
                        line,
                        f"there are more values than the {len(self.header)} columns. "
                        "A value with a comma in it needs quotation marks.",
                    )
                text = "".join(row)
                if not text.isprintable():  # quick, and true for nearly every row
                    self._check_text(line, text)
                yield line, [undefused(cell) for cell in row] if "'" in text else row
        except BadLine as error:
            raise FileError(error.line, str(error)) from None

    def _check_text(self, line: int, text: str) -> None:
        if "\0" in text:
            raise FileError(line, "there is a NUL character in it; this is not a text file.")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise FileError(line, "this is not UTF-8 text.")

    def _session_number(self, line: int, text: str, name: str, last_number: int | None) -> int:
        number = whole_in(text)
        if number is None:
            raise FileError(line, f"session is {text.strip()!r}; it must be a whole number.")
        if last_number is not None and number <= last_number:
            problem = "is there twice" if number == last_number else f"comes after session {last_number}"
            raise FileError(line, f"session {number} of episode {name!r} {problem}; sessions must be in order.")
        return number

    def _evidence(self, line: int, row: list[str], attended_before: int) -> SessionEvidence:
        attended = self._yes_or_no(line, row, "attended") is not False
        client, therapist = (self._scores(line, row, rater) for rater in RATERS)
        return SessionEvidence(
            number=attended_before + 1 if attended else None,
            client=client,
            therapist=therapist,
            attended=attended,
            checkin_answered=self._yes_or_no(line, row, "checkin_answered"),
            comment_words=self._count(line, row, "comment_words"),
            tension=self._yes_or_no(line, row, "tension"),
            tension_therapist=self._yes_or_no(line, row, "tension_therapist"),
        )

    def _scores(self, line: int, row: list[str], rater: str) -> Scores | None:
        goal, task, bond = values = [self._rating(line, row, f"{rater}_{pillar}") for pillar in PILLARS]
        present = [value for value in values if value is not None]
        if not present:
            return None
        overall = round(math.fsum(present) / 3, DECIMALS) if len(present) == len(values) else None
        return Scores(goal, task, bond, overall, straight_line=is_straight_line(present, len(values)))

    def _rating(self, line: int, row: list[str], name: str) -> float | None:
        text = self._text(row, name)
        if not text:
            return None
        number = number_in(text)
        if number is None:
            raise FileError(line, f"{name} is {text!r}; it must be a number or empty.")
        value = within(number, self.lowest, self.highest)
        if value is None:
            scale = f"{self.lowest:g} to {self.highest:g}"
            raise FileError(line, f"{name} is {text}, outside the scale of {scale} (say --scale LO HI).")
        return round(pomp(float(value), self.lowest, self.highest), DECIMALS)

    def _text(self, row: list[str], name: str) -> str:
        """What a cell says; empty where it says that nothing is known, or the column is missing."""
        position = self.column.get(name)
        return "" if position is None or is_missing(row[position]) else row[position].strip()

    def _yes_or_no(self, line: int, row: list[str], name: str) -> bool | None:
        text = self._text(row, name)
        answer = yes_or_no_in(text)
        if answer is None and text:
            raise FileError(line, f"{name} is {text!r}; write 1, 0 or nothing.")
        return answer

    def _count(self, line: int, row: list[str], name: str) -> int | None:
        text = self._text(row, name)
        if not text:
            return None
        count = whole_in(text)
        if count is None or count > MOST_WORDS:
            raise FileError(line, f"{name} is {text[:20]!r}; it must be a whole number of words, or empty.")
        return count
