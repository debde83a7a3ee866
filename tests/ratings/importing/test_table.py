"""What an import holds for each rating of its file: not its lines."""

import gc
import tracemalloc
from datetime import UTC, datetime, timedelta

from ratings.cells.long_layout import COLUMNS
from ratings.importing.matching import read
from tests.courses import ITEMS

SESSIONS = 20  # of each case, each rated by both
FEW, MANY = 10, 100  # cases
MOST_PER_RATING = 4000  # bytes; measured: 2,417, and 7,586 while all lines were held


def file_of(cases):
    """A file in the long layout of so many cases that are not here yet."""
    rows = [",".join(COLUMNS)]
    for case in range(cases):
        for session in range(SESSIONS):
            at = datetime(2025, 1, 6, 9, tzinfo=UTC) + timedelta(weeks=session)
            for rater in ("client", "therapist"):
                said = {
                    "export_version": 1,
                    "client_pid": f"P{case}",
                    "episode_no": 1,
                    "session_no": session + 1,
                    "session_start_utc": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                    "rater": rater,
                    "instrument": "alliance-6",
                    "instrument_version": 1,
                    "language": "en",
                    "answered": 1,
                }
                for number, item in enumerate(ITEMS):
                    given = said | {"item": item, "value": (case + session + number) % 4}
                    rows.append(",".join(str(given.get(name, "")) for name in COLUMNS))
    return "\n".join(rows).encode()


def peak_of(data):
    """In bytes, of what Python holds while a file is read, and of what was read."""
    gc.collect()
    tracemalloc.start()
    try:
        parsed = read(data)
        return tracemalloc.get_traced_memory()[1], len(parsed.sessions)
    finally:
        tracemalloc.stop()


def test_a_file_is_not_held_as_lines_while_it_is_read(millrace):
    peak_of(file_of(1))  # what is made once and kept
    (few, held), (many, held_too) = peak_of(file_of(FEW)), peak_of(file_of(MANY))
    assert (held, held_too) == (FEW * SESSIONS, MANY * SESSIONS)
    per_rating = (many - few) / ((MANY - FEW) * SESSIONS * 2)
    assert per_rating < MOST_PER_RATING, per_rating
