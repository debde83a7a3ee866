"""The files of an export, read by plain Python that knows no table of the program."""

import csv
import io
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from ratings.exchange.actions import export_by_command, write_key, write_taken


def files_of(practice):
    """Name of a file of the export -> its rows, with true days; `key.csv` says who is behind the pseudonyms."""
    export = export_by_command(practice=practice, reason="quality", keeps_names=False, is_shifted=False)
    archive = io.BytesIO()
    write_taken(export=export, file=archive)
    with zipfile.ZipFile(archive) as opened:
        texts = {name: opened.read(name).decode() for name in opened.namelist() if name.endswith(".csv")}
    texts["key.csv"] = write_key(export=export).removeprefix("\ufeff")
    return {name: list(csv.DictReader(io.StringIO(text))) for name, text in texts.items()}


@dataclass
class Held:
    """A session of the files."""

    client: str
    start: datetime = None
    attendance: str = ""
    mode: str = ""
    asked: bool = False
    said: dict = field(default_factory=lambda: defaultdict(dict))  # rater -> item -> row


@dataclass
class Case:
    client: str
    sessions: dict = field(default_factory=dict)
    ended: datetime = None
    reason: str = ""
    planned: str = ""


def instant(text):
    return datetime.fromisoformat(text)


def cases_of(rows):
    """Client and case -> the case, from the long file."""
    cases = {}
    for row in rows:
        case = cases.setdefault((row["client_pid"], row["episode_no"]), Case(row["client_pid"]))
        held = case.sessions.setdefault(row["session_no"], Held(row["client_pid"]))
        held.start = instant(row["session_start_utc"])
        item, about = row["item"], row["rater"]
        if about == "session":
            held.attendance = row["value_label"] if item == "attendance" else held.attendance
            held.mode = row["value_label"] if item == "held" else held.mode
            held.asked |= item == "unanswered"
        elif about == "case" and item == "ended":
            case.ended, case.reason = instant(row["submitted_utc"]), row["value_label"]
        elif about == "case" and item == "end_planned":
            case.planned = row["value"]
        elif about in ("client", "therapist"):
            held.said[about][item] = row
    return cases
