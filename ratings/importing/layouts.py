"""The two layouts of past ratings: from the bytes of a file to plain sessions, with a sentence for every bad line.

A sentence names a column and never what stands in it: managers read these sentences, and they may not read scores.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from ratings.psychometrics.evidence import Rater
from ratings.psychometrics.instruments import Instrument

OPENFIT, LONG = "openfit", "long"
SRS = ("srs-3", "1")  # its items stand in the order of SRSQ1 to SRSQ4
SRS_COLUMNS = ("SRSQ1", "SRSQ2", "SRSQ3", "SRSQ4")
LONG_VERSION = "1"
COLUMNS = {  # those that a file must have; others are read where they are there, or left alone
    OPENFIT: ("Client_ID", "Case_ID", "Session_ID", "Session_Date", "SRS_Skip", *SRS_COLUMNS, "Total_SRS"),
    LONG: (
        "export_version", "client_pid", "therapist_pid", "episode_no", "session_no", "session_start_utc", "tz",
        "rater", "instrument", "instrument_version", "language", "item", "pillar", "value", "value_label", "answered",
        "missing_reason", "submitted_utc", "seconds_to_complete", "mode",
    ),
}  # fmt: skip
LONGEST_ID = 120  # convention of this app: as long as a client's name
EARLIEST, LATEST = date(1980, 1, 1), date(2999, 12, 31)  # assumption: another year is a typing error
FURTHEST_ZONE = timedelta(hours=14)  # a date without a zone may be ahead of UTC by this much (Kiritimati)
YES, NO = ("1", "y", "yes", "true"), ("0", "n", "no", "false")
NUMBER = re.compile(r"-?[0-9]{1,6}([.,][0-9]{1,9})?")
WHOLE = re.compile(r"[0-9]{1,9}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")


@dataclass(frozen=True, slots=True, order=True)
class LineError:
    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class PastRating:
    """What one side answered after one session: the answers, or a total alone."""

    line: int
    rater: Rater
    instrument: tuple[str, str]  # key, version
    answers: Mapping[str, Decimal]  # item -> answer; a skipped item is absent
    total: Decimal | None = None
    language: str = ""
    answered_at: datetime | None = None  # None: after the session, more is not known


@dataclass(frozen=True, slots=True)
class PastSession:
    """One session of a file. It has a day or an instant, never both."""

    line: int
    client: str
    case: str
    number: int  # the file's own; ours is derived
    therapists: tuple[str, ...]  # by what the file may name the therapist, best first
    day: date | None = None
    starts_at: datetime | None = None
    zone: str = ""  # empty: the practice's
    case_day: date | None = None
    ratings: tuple[PastRating, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    layout: str  # empty: the file as a whole cannot be read
    sessions: tuple[PastSession, ...] = ()
    errors: tuple[LineError, ...] = ()
    left_aside: bool = False  # it has ORS scores, which are no alliance ratings


class Wrong(Exception):
    """What is wrong with a line, or from a line on with the whole file."""

    def __init__(self, sentence, line=1):
        super().__init__(sentence)
        self.line = line


def parse(data: bytes, instruments: Mapping[tuple[str, str], Instrument], now: datetime) -> Parsed:
    """Read a file in either layout. Nothing is raised for what it holds: each bad line is in `errors`."""
    try:
        layout, rows = _table(data)
    except Wrong as wrong:
        return Parsed("", errors=(LineError(wrong.line, str(wrong)),))
    read = _Flat(instruments, now) if layout == OPENFIT else _Long(instruments, now)
    errors = []
    for line, cells in rows:
        try:
            if cells is None:
                raise Wrong(_("This line has more or fewer cells than the first one."))
            read.row(line, cells)
        except Wrong as wrong:
            errors.append(LineError(line, str(wrong)))
    sessions = sorted(read.sessions(), key=lambda therapy_session: therapy_session.line)
    return Parsed(layout, tuple(sessions), tuple(errors), left_aside=read.left_aside)


def _table(data):
    """The layout, and the rows as (line, cells by column); a row of another length has None for its cells."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len((data[: error.start] + b"?").splitlines())
        raise Wrong(_("The file is not UTF-8 from here on. Save it as “CSV UTF-8”."), line) from None
    first = text.lstrip("\r\n").split("\n", 1)[0]
    # Written out where a decimal comma is in use, a table is parted by semicolons.
    parted_by = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=parted_by, strict=True)
    records, line = [], 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append((line, [cell.strip() for cell in record]))
            line = reader.line_num + 1
    except csv.Error:
        raise Wrong(_("The quotation marks do not match from here on."), line) from None
    if not records:
        raise Wrong(_("The file is empty."))
    header_line, header = records[0]
    layout, columns = _layout(header, header_line)
    if len(records) == 1:
        raise Wrong(_("There is nothing below the first line."), header_line)
    return layout, [
        (line, dict(zip(columns, cells, strict=True)) if len(cells) == len(columns) else None)
        for line, cells in records[1:]
    ]


def _layout(header, line):
    known = {name.casefold(): name for names in COLUMNS.values() for name in names}
    columns = [known.get(name.casefold(), name.casefold()) for name in header]
    layout = max(COLUMNS, key=lambda layout: len(set(COLUMNS[layout]) & set(columns)))
    missing = [name for name in COLUMNS[layout] if name not in columns]
    if len(missing) > len(COLUMNS[layout]) / 2:
        raise Wrong(_("The first line is not that of a layout this program can read."), line)
    if missing:
        raise Wrong(_("Missing columns: %(names)s.") % {"names": ", ".join(missing)}, line)
    if twice := sorted({name for name in columns if name and columns.count(name) > 1}):
        raise Wrong(_("A column is there twice: %(name)s.") % {"name": twice[0][:LONGEST_ID]}, line)
    return layout, columns


# --- The flat layout of OpenFIT: one row per session ------------------------------------------------------------------


class _Flat:
    """Which therapist: Provider_Email, else Provider_ID, else the name. OpenFIT requires the e-mail and makes it the
    sign-in; the id is optional and the practice's own, and a name is neither unique nor stable."""

    def __init__(self, instruments, now):
        self.srs, self.now = instruments.get(SRS), now
        self.by_key, self.line_of = {}, {}
        self.left_aside = False

    def row(self, line, cells):
        if self.srs is None:
            raise Wrong(_("The scoring key of the SRS is not loaded here: run sync_instruments."))
        if any(cells.get(name) for name in ("orsq1", "orsq2", "orsq3", "orsq4", "total_ors")):
            self.left_aside = True
        client, case = _identity(cells, "Client_ID"), _identity(cells, "Case_ID")
        number = _whole(cells, "Session_ID")
        first = self.line_of.setdefault((client, case, number), line)
        if first != line:
            raise Wrong(_("This session is on line %(line)s already.") % {"line": first})
        day = _day(cells, "Session_Date", self.now)
        rating = self._rating(line, cells)
        name = cells.get("provider_name") or " ".join(
            cells.get(part, "") for part in ("provider_firstname", "provider_lastname")
        )
        called = (cells.get("provider_email"), cells.get("provider_id"), name.strip())
        self.by_key[client, case, number] = PastSession(
            line=line,
            client=client,
            case=case,
            number=number,
            therapists=tuple(filter(None, called)),
            day=day,
            case_day=_day(cells, "case_date", self.now) if cells.get("case_date") else None,
            ratings=(rating,) if rating else (),
        )

    def _rating(self, line, cells):
        skipped = _yes_or_no(cells, "SRS_Skip")
        parts = [_number(cells, name, self.srs) for name in SRS_COLUMNS if cells[name]]
        highest = self.srs.highest * len(self.srs.items)
        total = _decimal(cells, "Total_SRS", 0, highest) if cells["Total_SRS"] else None
        if skipped:
            if parts or total is not None:
                raise Wrong(_("SRS_Skip says that the SRS was left out, and there are scores."))
            return None
        if not parts and total is None:
            raise Wrong(_("SRS_Skip says that the SRS was filled in, and there are no scores."))
        if parts and len(parts) < len(SRS_COLUMNS):
            raise Wrong(_("Some of SRSQ1 to SRSQ4 are empty. Give all four, or Total_SRS alone."))
        if parts and total is not None and sum(parts) != total:
            raise Wrong(_("SRSQ1 to SRSQ4 do not add up to Total_SRS."))
        # OpenFIT spreads a total that came alone over the four, so these four are nobody's answers.
        spread = total is not None and all(part * len(SRS_COLUMNS) == total for part in parts)
        answers = {} if spread else {item.id: part for item, part in zip(self.srs.items, parts, strict=True)}
        return PastRating(line, Rater.CLIENT, SRS, answers, total=total if spread else None)

    def sessions(self):
        return self.by_key.values()


# --- Our own long layout: one row per answer --------------------------------------------------------------------------


class _Long:
    """The rows of a rating agree on it, and those of a session on that. A rating with a bad row is left out as a whole:
    its other answers alone would say that this one was skipped."""

    left_aside = False

    def __init__(self, instruments, now):
        self.instruments, self.now = instruments, now
        self.by_key, self.ratings, self.spoiled = {}, {}, set()

    def row(self, line, cells):
        client, case = _identity(cells, "client_pid"), str(_whole(cells, "episode_no"))
        key = (client, case, _whole(cells, "session_no"))
        raters = [rater for rater in Rater if rater == cells["rater"].lower()]
        try:
            if not raters:
                raise Wrong(_("rater is neither client nor therapist."))
            self._answer(line, cells, key, raters[0])
        except Wrong:
            self.spoiled |= {(key, rater) for rater in raters or Rater}
            raise

    def _answer(self, line, cells, key, rater):
        if cells["export_version"].split(".")[0] != LONG_VERSION:
            raise Wrong(_("export_version is not one that this program can read."))
        instrument = self.instruments.get((cells["instrument"], cells["instrument_version"]))
        if instrument is None:
            raise Wrong(_("instrument and instrument_version name no questionnaire that is loaded here."))
        item = next((item for item in instrument.items if item.id == cells["item"]), None)
        if item is None:
            raise Wrong(_("item is not one of this questionnaire."))
        if cells["pillar"] and cells["pillar"].lower() != item.pillar:
            raise Wrong(_("pillar is not the one that this item belongs to."))
        if cells["tz"] and cells["tz"] not in _zones():
            raise Wrong(_("tz is not the name of a time zone, such as Europe/Berlin."))
        called = (cells["therapist_pid"],) if cells["therapist_pid"] else ()
        start = _instant(cells, "session_start_utc", self.now)
        therapy_session = PastSession(line, *key, therapists=called, starts_at=start, zone=cells["tz"])
        sent = _instant(cells, "submitted_utc", self.now) if cells["submitted_utc"] else None
        asked = (instrument.key, instrument.version)
        rating = PastRating(line, rater, asked, {}, language=cells["language"].lower(), answered_at=sent)
        answered = _yes_or_no(cells, "answered")
        if cells["value"] and not answered:
            raise Wrong(_("answered says no, and there is a value."))
        value = _number(cells, "value", instrument) if answered else None

        same_session = self.by_key.setdefault(key, therapy_session)
        if replace(same_session, line=line) != therapy_session:
            raise Wrong(_("This does not agree with line %(line)s of the same session.") % {"line": same_session.line})
        same_rating = self.ratings.setdefault((key, rater), rating)
        if replace(same_rating, line=line, answers={}) != rating:
            raise Wrong(_("This does not agree with line %(line)s of the same rating.") % {"line": same_rating.line})
        if item.id in same_rating.answers:
            raise Wrong(_("This item of the rating is there twice."))
        same_rating.answers[item.id] = value

    def sessions(self):
        for key, therapy_session in self.by_key.items():
            good = [self.ratings[key, r] for r in Rater if (key, r) in self.ratings and (key, r) not in self.spoiled]
            for_each = [{item: v for item, v in rating.answers.items() if v is not None} for rating in good]
            if good:
                filled = tuple(replace(r, answers=a) for r, a in zip(good, for_each, strict=True) if a)
                yield replace(therapy_session, ratings=filled)


# --- Cells ------------------------------------------------------------------------------------------------------------


@cache
def _zones():
    return available_timezones()


def _identity(cells, name):
    """A reference from outside, kept as the text it is: with its leading zeros, or with a leading "="."""
    if not cells[name]:
        raise Wrong(_("%(name)s is empty.") % {"name": name})
    if len(cells[name]) > LONGEST_ID or not cells[name].isprintable():
        raise Wrong(_("%(name)s is longer than 120 characters, or has some that cannot be shown.") % {"name": name})
    return cells[name]


def _whole(cells, name):
    if not WHOLE.fullmatch(cells[name]):
        raise Wrong(_("%(name)s is not a whole number.") % {"name": name})
    return int(cells[name])


def _yes_or_no(cells, name):
    """Both spellings are in use: OpenFIT's own pages say Y and N in one place, 1 and 0 in another."""
    if cells[name].lower() in YES + NO:
        return cells[name].lower() in YES
    raise Wrong(_("%(name)s is neither Y nor N, neither 1 nor 0.") % {"name": name})


def _number(cells, name, instrument):
    number = _decimal(cells, name, instrument.lowest, instrument.highest)
    if not instrument.whole_answers:
        return number
    if number != int(number):
        raise Wrong(_("%(name)s is not a whole number.") % {"name": name})
    return number


def _decimal(cells, name, lowest, highest):
    """Exact, so that a total can be compared with its parts."""
    number = Decimal(cells[name].replace(",", ".")) if NUMBER.fullmatch(cells[name]) else None
    if number is None or not lowest <= number <= highest:
        span = {"name": name, "lowest": lowest, "highest": highest}
        raise Wrong(_("%(name)s is not a number from %(lowest)s to %(highest)s.") % span)
    return number


def _day(cells, name, now):
    try:
        day = date.fromisoformat(cells[name]) if DAY.fullmatch(cells[name]) else None
    except ValueError:
        day = None
    if day is None:
        raise Wrong(_("%(name)s is not a date written as 2026-03-14.") % {"name": name})
    _check_year(day, name)
    if day > (now + FURTHEST_ZONE).date():
        raise Wrong(_("%(name)s lies in the future.") % {"name": name})
    return day


def _instant(cells, name, now):
    """Without an offset it is UTC, as the column's name says."""
    try:
        instant = datetime.fromisoformat(cells[name]) if INSTANT.fullmatch(cells[name]) else None
    except ValueError:
        instant = None
    if instant is None:
        raise Wrong(_("%(name)s is not a time written as 2026-03-14T09:00:00Z.") % {"name": name})
    _check_year(instant.date(), name)
    instant = instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    if instant > now:
        raise Wrong(_("%(name)s lies in the future.") % {"name": name})
    return instant


def _check_year(day, name):
    if not EARLIEST <= day <= LATEST:
        raise Wrong(_("%(name)s: check the year.") % {"name": name})
