"""Reads episodes from a CSV file, one row per session, one episode at a time.

No database: researchers use this to run the detector on their own data, and to compare it with other programs.
"""

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ratings.psychometrics.evidence import Scores, SessionEvidence
from ratings.psychometrics.scoring import is_straight_line, pomp

PILLARS = ("goal", "task", "bond")
RATERS = ("client", "therapist")
RATINGS = tuple(f"{rater}_{pillar}" for rater in RATERS for pillar in PILLARS)
NEEDED_COLUMNS = ("episode", "session", *RATINGS)
OPTIONAL_COLUMNS = ("attended", "checkin_answered", "comment_words", "tension")
MOST_SESSIONS = 5000  # in one episode; ten years of daily sessions, so a longer one is a mistake in the file
MOST_DIGITS = 6  # of a count of words
DECIMALS = 9  # POMP is rounded here, so that the same answers on another scale give the very same score
YES, NO = ("1", "yes", "true"), ("0", "no", "false")


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
    """Reads a file once, from top to bottom; `header` is there from the start.

    The lines are to be decoded with `errors="surrogateescape"`, so that a wrong byte is told with its line.
    """

    def __init__(self, lines: Iterable[str], lowest: float, highest: float) -> None:
        self.lowest, self.highest = lowest, highest
        self.reader = csv.reader(lines, strict=True)
        self.header = self._read_header()
        self.column = {name: position for position, name in enumerate(self.header)}

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
            name_in_row = row[self.column["episode"]].strip()
            if not name_in_row:
                raise FileError(line, "the episode is empty.")
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

    def _read_header(self) -> list[str]:
        for _, row in self._rows(header=True):
            names = [name.strip() for name in row]
            for name in NEEDED_COLUMNS:
                if name not in names:
                    raise FileError(1, f"the column {name!r} is missing. Needed: {', '.join(NEEDED_COLUMNS)}.")
            for name in names:
                if names.count(name) > 1:
                    raise FileError(1, f"the column {name!r} is there twice.")
            return names
        raise FileError(1, "the file is empty; its first line must name the columns.")

    def _rows(self, *, header: bool = False) -> Iterator[tuple[int, list[str]]]:
        while True:
            line = self.reader.line_num + 1
            try:
                row = next(self.reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise FileError(line, f"this is not CSV ({error}).") from error
            text = "".join(row)
            if not text.isprintable():  # quick, and true for nearly every row
                self._check_text(line, text)
            if not header:
                if not row:
                    continue  # an empty line
                if len(row) != len(self.header):
                    raise FileError(line, f"{len(row)} values, but {len(self.header)} columns.")
            yield line, row
            if header:
                return

    def _check_text(self, line: int, text: str) -> None:
        if "\0" in text:
            raise FileError(line, "there is a NUL character in it; this is not a text file.")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise FileError(line, "this is not UTF-8 text.")

    def _session_number(self, line: int, text: str, name: str, last_number: int | None) -> int:
        try:
            number = int(text)
        except ValueError:
            raise FileError(line, f"session is {text!r}; it must be a whole number.") from None
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
        )

    def _scores(self, line: int, row: list[str], rater: str) -> Scores | None:
        goal, task, bond = values = [self._rating(line, row, f"{rater}_{pillar}") for pillar in PILLARS]
        present = [value for value in values if value is not None]
        if not present:
            return None
        overall = round(math.fsum(present) / 3, DECIMALS) if len(present) == len(values) else None
        return Scores(goal, task, bond, overall, straight_line=is_straight_line(present, len(values)))

    def _rating(self, line: int, row: list[str], name: str) -> float | None:
        text = row[self.column[name]].strip()
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or "_" in text:
            raise FileError(line, f"{name} is {text!r}; it must be a number or empty.")
        if not self.lowest <= value <= self.highest:
            scale = f"{self.lowest:g} to {self.highest:g}"
            raise FileError(line, f"{name} is {text}, outside the scale of {scale} (say --scale LO HI).")
        return round(pomp(value, self.lowest, self.highest), DECIMALS)

    def _text(self, row: list[str], name: str) -> str:
        position = self.column.get(name)
        return "" if position is None else row[position].strip()

    def _yes_or_no(self, line: int, row: list[str], name: str) -> bool | None:
        text = self._text(row, name).lower()
        if text in ("", *YES, *NO):
            return None if not text else text in YES
        raise FileError(line, f"{name} is {text!r}; write 1, 0 or nothing.")

    def _count(self, line: int, row: list[str], name: str) -> int | None:
        text = self._text(row, name)
        if not text:
            return None
        if not text.isdecimal() or not text.isascii() or len(text) > MOST_DIGITS:
            raise FileError(line, f"{name} is {text[:20]!r}; it must be a whole number of words, or empty.")
        return int(text)
