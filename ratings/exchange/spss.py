"""A syntax file for SPSS, which reads `ratings-wide.csv` and says what each column and each number means.

Plain text, so that no library has to write SPSS's own format, and the CSV file stays the one file of data. PSPP runs
it as well.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import TextChoices

from ratings.exchange.codebook import YES_NO, Column
from ratings.exchange.export_codebook import WIDE
from ratings.models import Rating

DATA_FILE, SYNTAX_FILE = "ratings-wide.csv", "ratings-wide.sps"
WORDS: Mapping[str, type[TextChoices]] = {
    "mode": Rating.Mode,
    "tension_strength": Rating.TensionStrength,
    "repair_helped": Rating.RepairHelped,
    "noticed": Rating.Noticed,
}
TEXTS = {  # column -> bytes; numbers are all others
    "client_pid": 255,  # a name, where names were asked for
    "therapist_pid": 20,
    "session_start_utc": 32,
    "tz": 64,
    "rater": 20,
    "instrument": 64,
    "instrument_version": 20,
    "submitted_utc": 32,
    **dict.fromkeys(WORDS, 32),
}
DECIMAL = {"goal_mean", "task_mean", "bond_mean", "goal", "task", "bond", "overall"}
INSTANTS = {"session_start_utc": "session_start", "submitted_utc": "submitted"}
# In bytes. SPSS takes 255 and 120, and lines of 256.
LONGEST_LABEL = 180
LONGEST_VALUE_LABEL = 120


@dataclass(frozen=True, slots=True)
class ItemColumn:
    """A column with the answers to one item of one instrument."""

    instrument: int
    item: str
    column: str
    label: str
    answers: Mapping[int, str]  # what each number stands for; empty where the sentences are not part of this program
    values: str  # the range of the numbers, and those that have a sentence
    is_reversed: bool = False  # a high answer means a weak alliance


def syntax(items: Collection[ItemColumn]) -> str:
    """The text of the file."""
    return "\n".join(_lines(items)) + "\n"


def _lines(items: Collection[ItemColumn]) -> Iterator[str]:
    yield "* Encoding: UTF-8."
    yield f"* Reads {DATA_FILE}. Write the folder in which it lies between the quotes of the next line, then run all."
    yield "CD '.'."
    yield "SET DECIMAL=DOT."
    yield f"GET DATA /TYPE=TXT /FILE='{DATA_FILE}' /ENCODING='UTF8' /ARRANGEMENT=DELIMITED /DELCASE=LINE"
    yield '  /FIRSTCASE=2 /DELIMITERS="," /QUALIFIER=\'"\' /VARIABLES='
    for column in WIDE:
        width = TEXTS.get(column.name)
        yield f"  {column.name} {f'A{width}' if width else 'F20.0'}"
    for item in items:
        yield f"  {item.column} F20.0"
    yield "  ."
    yield from _instants()
    yield "VARIABLE LABELS"
    for column in WIDE:
        yield f"  {column.name} {_quoted(meaning(column), LONGEST_LABEL)}"
    for item in items:
        yield f"  {item.column} {_quoted(item.label, LONGEST_LABEL)}"
    yield "  ."
    yield "VALUE LABELS"
    for name, said in WORDS.items():
        yield f"  /{name}"
        for word in said:
            yield f"    {_quoted(word.value, LONGEST_VALUE_LABEL)} {_quoted(str(word.label), LONGEST_VALUE_LABEL)}"
    yield f"  /{' '.join(column.name for column in WIDE if column.values == YES_NO)} 0 'no' 1 'yes'"
    for item in items:
        if item.answers:
            yield f"  /{item.column}"
            for number, answer in item.answers.items():
                yield f"    {number} {_quoted(answer, LONGEST_VALUE_LABEL)}"
    yield "  ."
    for column in WIDE:
        if column.name not in TEXTS:
            yield f"FORMATS {column.name} ({'F8.2' if column.name in DECIMAL else 'F8.0'})."
    for item in items:
        yield f"FORMATS {item.column} (F8.0)."
    yield "SAVE OUTFILE='ratings-wide.sav'."


def _instants() -> Iterator[str]:
    """Numbers that SPSS takes for dates, beside the text of the file."""
    for name, made in INSTANTS.items():
        year, month, day, hour, minute, second = (
            f"NUMBER(SUBSTR({name},{first},{length}),F{length})"
            for first, length in ((1, 4), (6, 2), (9, 2), (12, 2), (15, 2), (18, 2))
        )
        yield f"COMPUTE {made} = DATE.DMY({day},{month},{year})"
        yield f"  + TIME.HMS({hour},{minute},{second})."
        yield f"FORMATS {made} (DATETIME20)."
        yield f"VARIABLE LABELS {made} {_quoted(f'{name} as a date, UTC', LONGEST_LABEL)}."
    yield "EXECUTE."


def meaning(column: Column) -> str:
    """What a column means, in words."""
    return f"{column.meaning} ({column.values})" if column.values != YES_NO else str(column.meaning)


def short(text: str, longest: int) -> bytes:
    """The text on one line, of at most so many bytes."""
    return " ".join(text.split()).encode()[:longest].decode(errors="ignore").encode()


def _quoted(text: str, longest: int) -> str:
    """A literal of at most so many bytes, on one line."""
    return "'" + short(text, longest).decode().replace("'", "''") + "'"
