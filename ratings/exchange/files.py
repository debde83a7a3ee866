"""The files of an export: what is in each, and the archive of them."""

import csv
import gzip
import io
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.utils.translation import gettext as _

from alliance.refusal import Refused
from ratings.cells.long_layout import COLUMNS
from ratings.cells.values import defused
from ratings.detection.stored import evidence_of
from ratings.exchange import sav
from ratings.exchange.export_codebook import FLAGS, LONG, LONG_ITEMS, REPAIRS, WIDE
from ratings.exchange.exported import Exported, ExportedCase
from ratings.exchange.long import TOLD, Row, long_rows, written
from ratings.exchange.spss import DATA_FILE, SYNTAX_FILE, ItemColumn, syntax
from ratings.exchange.study import EARLIEST
from ratings.models import Instrument, InstrumentText, Rating
from ratings.psychometrics.evidence import Pillar, Rater, sureness

IN_MEMORY = 1024 * 1024  # of each file; more goes to a nameless file on the disk
LONG_FILE = "ratings.csv"


@dataclass(slots=True)
class Written:
    """How much went into an archive."""

    cases: int = 0
    sessions: int = 0
    ratings: int = 0


@dataclass(frozen=True, slots=True)
class _Table:
    columns: Sequence[str]
    rows: Callable[[ExportedCase], Iterable[Row]]


def write_archive(exported: Exported, file: IO[bytes]) -> Written:
    """Writes all files of an export. A case is read once for all of them, so that they agree.

    Raises
    ------
    Refused
        A record was erased, or joined with another one, while it was read: nothing of this archive may go out.
    """
    found = Written()
    tables = _tables(exported)
    with ExitStack() as stack:
        spools = {name: stack.enter_context(SpooledTemporaryFile(IN_MEMORY)) for name in tables}
        archive = stack.enter_context(zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED))
        columns = sav.variables(list(_item_columns()))
        # Nine tenths of it are blanks: packed until it is its turn, it takes a fiftieth of the disk.
        sav_spool = stack.enter_context(SpooledTemporaryFile(IN_MEMORY))
        sav_file = stack.enter_context(gzip.GzipFile(fileobj=sav_spool, mode="wb", compresslevel=1))
        sav_file.write(sav.head(columns))
        # The largest goes into the archive as it comes; an archive takes one file at a time.
        with archive.open(_member(LONG_FILE), "w", force_zip64=True) as long_file:
            writers = {name: _Csv(spool) for name, spool in spools.items()}
            long_writer = _Csv(long_file)
            long_writer.write([COLUMNS])
            for name, table in tables.items():
                writers[name].write([table.columns])
            for case in exported.cases():
                found.cases += 1
                found.sessions += len(case.sessions)
                found.ratings += len(case.ratings)
                long_writer.write(long_rows(case))
                for name, table in tables.items():
                    rows = list(table.rows(case))
                    writers[name].write(rows)
                    if name == DATA_FILE:
                        sav_file.write(b"".join(sav.row_of(columns, row) for row in rows))
        for name, spool in spools.items():
            spool.seek(0)
            with archive.open(_member(name), "w", force_zip64=True) as member:
                shutil.copyfileobj(spool, member)
        sav_file.close()
        sav_spool.seek(0)
        with archive.open(_member(sav.SAV_FILE), "w", force_zip64=True) as member:
            shutil.copyfileobj(gzip.GzipFile(fileobj=sav_spool, mode="rb"), member)
        archive.writestr(_member("codebook.csv"), _codebook_text())
        archive.writestr(_member(SYNTAX_FILE), syntax(list(_item_columns())).encode())
    if not exported.are_all_here():
        raise Refused(_("A client’s record was erased or joined meanwhile. Take the file once more."))
    return found


class _Csv:
    """Writes rows to a file of bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        self.file.write(text.getvalue().encode())


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, EARLIEST)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _tables(exported: Exported) -> dict[str, _Table]:
    items = list(_item_columns())
    wide = [column.name for column in WIDE]

    def wide_rows(case: ExportedCase) -> Iterator[Row]:
        return _wide_rows(case, items)

    return {
        DATA_FILE: _Table([*wide, *(item.column for item in items)], wide_rows),
        "flags.csv": _Table([column.name for column in FLAGS], _flag_rows),
        "repairs.csv": _Table([column.name for column in REPAIRS], _repair_rows),
    }


def _lead(case: ExportedCase) -> Row:
    return defused(case.client), case.therapist, case.number


# --- One row for each rating ------------------------------------------------------------------------------------------


def _item_columns() -> Iterator[ItemColumn]:
    """One column for each item of each instrument, in the client's words; most rows fill those of one."""
    texts = {row.instrument_id: row.text[Rater.CLIENT] for row in InstrumentText.objects.order_by("language", "pk")}
    texts |= {row.instrument_id: row.text[Rater.CLIENT] for row in InstrumentText.objects.filter(language="en")}
    for row in Instrument.objects.order_by("key", "version"):
        said = texts.get(row.pk, {"items": {}, "answers": []})
        for item in row.definition["items"]:
            name, lowest, highest = item["id"], row.definition["lowest"], row.definition["highest"]
            answers = dict(enumerate(said["answers"], start=lowest))
            yield ItemColumn(
                instrument=row.pk,
                item=name,
                column=f"{row.key}_{row.version}_{name}".replace("-", "_"),
                label=f"{said['items'].get(name, name)} ({row.definition['title']})",
                answers=answers,
                values="; ".join([f"{lowest}-{highest}", *(f"{number}: {text}" for number, text in answers.items())]),
                is_reversed=item.get("reversed", False),
            )


def _wide_rows(case: ExportedCase, items: Sequence[ItemColumn]) -> Iterator[Row]:
    numbers, lead = case.numbers, _lead(case)
    for therapy_session, rating in case.rated():
        yield (
            *lead, numbers[therapy_session.pk], written(case.at(therapy_session.starts_at)), therapy_session.zone,
            rating.rater, rating.instrument.key, rating.instrument.version, rating.mode,
            written(case.at(rating.answered_at)),
            *(getattr(rating, f"{pillar}_raw") for pillar in Pillar),
            *(getattr(rating, f"{series}_pomp") for series in (*Pillar, "overall")),
            rating.items_answered, int(rating.straight_line),
            *(_cell(getattr(rating, name)) for name in TOLD),
            *_answers(rating, items),
        )  # fmt: skip


def _answers(rating: Rating, items: Sequence[ItemColumn]) -> Iterator[Any]:
    for item in items:
        yield rating.answers.get(item.item) if item.instrument == rating.instrument_id else None


def _cell(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


# --- Flags and repairs ------------------------------------------------------------------------------------------------


def _flag_rows(case: ExportedCase) -> Iterator[Row]:
    numbers, lead = case.numbers, _lead(case)
    for one in case.ruptures:
        row, evidence = one.row, evidence_of(one.row)
        stated = evidence.assessment.probability if evidence else None
        yield (
            *lead, one.number, numbers.get(row.opened_session_id), numbers.get(row.closed_session_id or 0),
            written(case.at(row.opened_at)), written(row.closed_at and case.at(row.closed_at)),
            row.opened_by, row.state, row.kind, " ".join(row.pillars), stated, sureness(stated),
            int(row.named_by_id is not None),
            one.seen.kind if one.seen else "", " ".join(one.seen.signs) if one.seen else "", one.strain, one.useful,
        )  # fmt: skip


def _repair_rows(case: ExportedCase) -> Iterator[Row]:
    numbers, lead = case.numbers, _lead(case)
    for one in case.ruptures:
        for step in one.steps:
            about = step.logged_with_id if step.logged_with_id is not None else step.planned_for_id
            yield (*lead, one.number, step.step, step.outcome, written(case.at(step.said_at)), numbers.get(about or 0))


# --- The codebook, and the key ----------------------------------------------------------------------------------------


def codebook_rows() -> Iterator[Sequence[str]]:
    """The codebook: each column of each file, and each item of the long one that is no question of an instrument."""
    yield "file", "column", "meaning", "unit and range", "empty where"
    for name, columns in {
        LONG_FILE: LONG,
        DATA_FILE: WIDE,
        "flags.csv": FLAGS,
        "repairs.csv": REPAIRS,
    }.items():
        for column in columns:
            yield name, column.name, column.meaning, column.values, column.missing
    for item in LONG_ITEMS:
        yield LONG_FILE, f"item: {item.name}", item.meaning, item.values, item.missing
    for answer in _item_columns():
        meaning = f"{answer.label}, a high answer means a weak alliance" if answer.is_reversed else answer.label
        yield DATA_FILE, answer.column, defused(meaning), answer.values, "left out, or another questionnaire"


def _codebook_text() -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(codebook_rows())
    return text.getvalue().encode()


def key_text(exported: Exported) -> str:
    """Who is behind the pseudonyms, and by how many minutes each time was shifted: for a place of its own."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["kind", "pseudonym", "name", "shifted_minutes"])
    for person in exported.people():
        writer.writerow([person.kind, defused(person.pseudonym), defused(person.name), person.minutes])
    return "\ufeff" + text.getvalue()  # or a spreadsheet takes names for another encoding
