"""Damaged files: refused, with the line and a sentence, and nothing raised but that."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from ratings.importing.layouts import parse
from ratings.psychometrics.instruments import load
from tests.ratings.importing.conftest import LONG, OPENFIT

LOADED = [load(path) for path in (settings.BASE_DIR / "ratings" / "instruments").glob("*.toml")]
INSTRUMENTS = {(instrument.key, instrument.version): instrument for instrument in LOADED}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def parsed(data):
    return parse(data, INSTRUMENTS, NOW)


def errors(data):
    return [(error.line, error.sentence) for error in parsed(data).errors]


def ratings(found):
    """The ratings of a file, wherever in it they stand."""
    return [replace(rating, line=0) for therapy_session in found.sessions for rating in therapy_session.ratings]


def test_the_sample_files_are_good():
    assert errors(OPENFIT) == errors(LONG) == []
    assert (len(parsed(OPENFIT).sessions), len(parsed(LONG).sessions)) == (19, 8)


SRS_NUMBER = "must be from 0 to 10."
NO_DATE = "is not a date written as 2026-03-14 or 14.03.2026."
NA_TOO = "NA, NULL and the like count as empty."
TOO_MANY = "This line has more cells than the first one. A cell with a comma in it needs quotation marks."
NOT_ALL_FOUR = "Some of SRSQ1 to SRSQ4 are empty. Give all four, or Total_SRS alone."
NO_SUCH_INSTRUMENT = "instrument and instrument_version name no questionnaire that is loaded here."
# what stands in a good file, what the damage makes of it, the line, the sentence
DAMAGED_OPENFIT = [
    (b"8.1,7.9,8.0,8.2", b"8.1,11,8.0,8.2", 2, f"SRSQ2 {SRS_NUMBER}"),
    (b"8.1,7.9,8.0,8.2", b"8.1,-1,8.0,8.2", 2, f"SRSQ2 {SRS_NUMBER}"),
    (b"8.1,7.9,8.0,8.2", b"8.1,inf,8.0,8.2", 2, "SRSQ2 is not a number."),
    (b"8.1,7.9,8.0,8.2", b"8.1,nan,8.0,8.2", 2, NOT_ALL_FOUR),
    (b"8.1,7.9,8.0,8.2", b"8.1,1e2,8.0,8.2", 2, f"SRSQ2 {SRS_NUMBER}"),
    (b"8.1,7.9,8.0,8.2", b"8.1,1_0,8.0,8.2", 2, "SRSQ2 is not a number."),
    (b"8.1,7.9,8.0,8.2", b"8.1,,8.0,8.2", 2, NOT_ALL_FOUR),
    (b"8.1,7.9,8.0,8.2,18.2,", b"8.1,7.9,8.0,8.2,18.2,32.3", 2, "SRSQ1 to SRSQ4 do not add up to Total_SRS."),
    (b"8.1,7.9,8.0,8.2,18.2,", b"8.1,,,,18.2,32.2", 2, NOT_ALL_FOUR),
    (b"18.2,33.3", b"18.2,40.1", 16, "Total_SRS must be from 0 to 40."),
    (b"N,N,,,,,8.1,7.9", b"N,Y,,,,,8.1,7.9", 2, "SRS_Skip says that the SRS was left out, and there are scores."),
    (b"N,N,,,,,8.1,7.9", b"N,1,,,,,8.1,7.9", 2, "SRS_Skip says that the SRS was left out, and there are scores."),
    (b"N,N,,,,,8.1,7.9", b"N,maybe,,,,,8.1,7.9", 2, "SRS_Skip is neither Y nor N, neither 1 nor 0."),
    (b"N,Y,,,,,,,,", b"N,0,,,,,,,,", 18, "SRS_Skip says that the SRS was filled in, and there are no scores."),
    (b"2025-01-07", b"07.01.2025", None, None),
    (b"2025-01-07", b"2025-02-30", 2, f"Session_Date {NO_DATE}"),
    (b"2025-01-07", b"7 Jan 2025", 2, f"Session_Date {NO_DATE}"),
    (b"2025-01-07", b"", 2, "Session_Date is empty."),
    (b"2025-01-07", b"07.01.25", 2, "Session_Date: write the year with four digits."),
    (b"2025-01-07", b"2025-01-07 14:30", 2,
     "Session_Date has a time of day behind the date. Remove the time."),
    (b"2025-01-07", b"45664", 2,
     "Session_Date has a number of days. Give the column the format of a date and save it again."),
    (b"2025-01-07", b"2026-01-03", 2, "Session_Date is in the future."),
    (b"2025-01-07", b"1025-01-07", 2, "Session_Date: check the year."),
    (b"2025-01-02,1,", b"2025-01-02,first,", 2, "Session_ID must be a whole number."),
    (b"2025-01-02,2,", b"2025-01-02,1,", 3, "This session is on line 2 already."),
    (b"0042,1,2025-01-02,1,", b",1,2025-01-02,1,", 2, f"Client_ID is empty. {NA_TOO}"),
    (b"0042,1,2025-01-02,1,", b"0042,,2025-01-02,1,", 2, f"Case_ID is empty. {NA_TOO}"),
    (b"0042,1,2025-01-02,1,", b"00\x0042,1,2025-01-02,1,", 2,
     "Client_ID is longer than 120 characters, or has some that cannot be shown."),
    (b"18.2,\r\n", b"18.2,,\r\n", None, None),
    (b"18.2,\r\n", b"18.2,,1\r\n", 2, TOO_MANY),
    (b"Dana,Test", b'"Dana"x,Test', 2, "The quotation marks do not match from here on."),
    (b"Dana,Test", b'"Dana,Test', 2, "The quotation marks do not match from here on."),
    (b"Dana,Test", b"D\xe4na,Test", 2, "The file is not UTF-8 from here on. Save it as “CSV UTF-8”."),
    (b",SRSQ3,", b",SRSQ9,", 1, "Missing columns: SRSQ3."),
    (b",SRSQ3,", b",SRSQ3 ,", None, None),
    (b"Client_ID,Case_ID", b"Client_ID,Client_ID", 1, "Missing columns: Case_ID."),
    (b"Provider_Email", b"client_id", 1, "A column is there twice: Client_ID."),
]  # fmt: skip


@pytest.mark.parametrize("good,bad,line,sentence", DAMAGED_OPENFIT)
def test_damage_to_the_flat_layout(good, bad, line, sentence):
    assert good in OPENFIT
    assert errors(OPENFIT.replace(good, bad, 1)) == ([(line, sentence)] if line else [])


DAMAGED_LONG = [
    (b"goal_matters;goal;3;", b"goal_matters;goal;5;", 2, "value must be from 0 to 4."),
    (b"goal_matters;goal;3;", b"goal_matters;goal;2,5;", 2, "value must be a whole number."),
    (b"goal_matters;goal;3;", b"goal_matters;bond;3;", 2, "pillar is not the one that this item belongs to."),
    (b"goal_matters;goal;3;", b"goal_known;goal;3;", 3, "This item of the rating is there twice."),
    (b"goal_matters;goal;3;", b"hope;goal;3;", 2, "item is not one of this questionnaire."),
    (b";alliance-6;1;", b";alliance-6;9;", 2, NO_SUCH_INSTRUMENT),
    (b";client;alliance-6", b";mother;alliance-6", 2, "rater is neither client nor therapist."),
    (b"2025-03-20T13:00:00Z", b"2025-03-20", 2, "session_start_utc is not a time written as 2026-03-14T09:00:00Z."),
    (b"2025-03-20T13:00:00Z", b"2027-03-20T13:00:00Z", 2, "session_start_utc is in the future."),
    (b"2025-03-20T13:00:00Z", b"0001-01-01T00:00:00+05:00", 2, "session_start_utc: check the year."),
    (b"Europe/Berlin", b"Europe", 2, "tz is not the name of a time zone, such as Europe/Berlin."),
    (b"Mostly;1;;", b"Mostly;0;;", 2, "answered says no, and there is a value."),
    (b"goal_matters;goal;3;", b"goal_matters;goal;;", 2, "value is empty."),
    (b"\n1;Heron", b"\n2;Heron", 2, "export_version is not one that this program can read."),
    (b"Heron;T-1;1;1;", b"Heron;T-1;x;1;", 2, "episode_no must be a whole number."),
    (b"2025-03-20T14:20:00Z;41", b"2025-03-20T15:20:00Z;41", 3, "This does not agree with line 2 of the same rating."),
]  # fmt: skip


@pytest.mark.parametrize("good,bad,line,sentence", DAMAGED_LONG)
def test_damage_to_the_long_layout(good, bad, line, sentence):
    assert good in LONG
    first, *_others = errors(LONG.replace(good, bad, 1))
    assert first == (line, sentence)


@pytest.mark.parametrize(
    "data,line,sentence",
    [
        (b"", 1, "The file is empty."),
        (b"\xef\xbb\xbf\r\n \r\n", 1, "The file is empty."),
        (b"\nname;age\nEve;7\n", 2, "The first line is not that of a layout this program can read."),
        (OPENFIT.split(b"\n")[0] + b"\n\n", 1, "There is nothing below the first line."),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\xff", 1,
         "This is a workbook. Open it, choose “Save as”, then “CSV UTF-8”, and take that file."),
        (b"\xff\xfe\x00", 1, "The file is not UTF-8 from here on. Save it as “CSV UTF-8”."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_so(data, line, sentence):
    assert errors(data) == [(line, sentence)]
    assert not parsed(data).layout


def test_any_delimiter_a_byte_order_mark_and_either_spelling_of_skip():
    for data in (
        b"\xef\xbb\xbf" + OPENFIT,
        b"\xff\xfe" + OPENFIT.decode().encode("utf-16-le"),
        b"\xfe\xff" + OPENFIT.decode().encode("utf-16-be"),
        OPENFIT.decode().encode("utf-16-le"),
        OPENFIT.replace(b",", b"\t"),
        OPENFIT.replace(b",", b"|"),
        OPENFIT.replace(b",", b", "),
        b"sep=,\r\n" + OPENFIT,
        b'\xef\xbb\xbf"sep=;"\r\n' + OPENFIT.replace(b",", b";"),
        b"\nsep=\t\n" + OPENFIT.replace(b",", b"\t"),
        OPENFIT.replace(b",", b";"),
        OPENFIT.replace(b",", b";").replace(b".", b",").replace(b"millrace,test", b"millrace.test"),
        OPENFIT.replace(b"N,N,", b"0,0,").replace(b"N,Y,", b"0,1,"),
        OPENFIT.replace(b"\r\n", b"\n"),
        OPENFIT.replace(b"\r\n", b"\r"),
        OPENFIT.lower(),
    ):
        found = parsed(data)
        assert found.errors == ()
        assert ratings(found) == ratings(parsed(OPENFIT))


@pytest.mark.parametrize("written", [b"2025-03-20 14:00:00+01", b"2025-03-20 13:00:00 GMT", b"2025-03-20 13:00:00.0"])
def test_a_time_is_the_same_whichever_program_wrote_it(written):
    found = parsed(LONG.replace(b"2025-03-20T13:00:00Z", written))
    assert found.errors == ()
    assert [past.starts_at for past in found.sessions] == [past.starts_at for past in parsed(LONG).sessions]


def test_a_wrong_line_after_a_cell_of_two_lines_is_counted_as_an_editor_counts():
    data = OPENFIT.replace(b"Old Mill", b'"Old\nMill"', 1).replace(b"2025-01-14", b"2025-01-99")
    assert errors(data) == [(4, f"Session_Date {NO_DATE}")]


def test_a_sentence_never_repeats_a_cell():
    """A manager reads the sentences."""
    for data in (OPENFIT, LONG):
        planted = data.replace(b"8.1", b"987654").replace(b";3;", b";987654;").replace(b"2025-0", b"987654")
        assert errors(planted)
        assert not any("987654" in sentence for _line, sentence in errors(planted))


# --- Anything at all --------------------------------------------------------------------------------------------------


def check_said(data):
    found = parsed(data)
    assert found.layout or len(found.errors) == 1
    last = len(data.splitlines()) or 1
    assert all(1 <= error.line <= last and error.sentence for error in found.errors)


@given(st.binary(max_size=400))
def test_garbage_is_answered_with_sentences(data):
    check_said(data)


PLAUSIBLE = ["", "1", "0", "Y", "N", "7.5", "2025-01-07", "client", "alliance-6", "goal_known", "Europe/Berlin"]
ODD = ["=cmd()", "١", "1_0", "2025-01-07T10:00:00+23:59", "9999-12-31T23:59:59-23:59", "\x00", "🙂", '"']
CELLS = st.one_of(st.sampled_from(PLAUSIBLE), st.sampled_from(ODD), st.text(max_size=12))
HEADERS = [OPENFIT.splitlines()[0], LONG.splitlines()[0]]


@pytest.mark.parametrize("header", HEADERS, ids=["openfit", "long"])
@given(cells=st.lists(CELLS, min_size=20, max_size=63))
def test_garbage_in_the_cells_is_answered_with_sentences(header, cells):
    between = ";" if b";" in header else ","
    rows = zip(*[iter(cells)] * (header.count(between.encode()) + 1), strict=False)
    check_said(header + b"\n" + "\n".join(between.join(row) for row in rows).encode(errors="ignore"))


@pytest.mark.parametrize("data", [OPENFIT, LONG], ids=["openfit", "long"])
@given(at=st.integers(0, 2000), junk=st.binary(min_size=1, max_size=4))
def test_a_file_with_some_bytes_overwritten_is_answered_with_sentences(data, at, junk):
    check_said(data[:at] + junk + data[at + len(junk) :])


# --- The rows that the guide gives to copy ----------------------------------------------------------------------------


def test_the_rows_of_the_guide_can_be_imported(bring_in, dana):
    text = (settings.BASE_DIR / "docs" / "how-to" / "import.md").read_text()
    rows = re.findall(r"^```csv\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    for row in rows:
        batch = bring_in(row.encode(), all_to=dana)
        assert (batch.counts["sessions"]["new"], batch.counts["ratings"]["new"]) == (1, 1)
    assert len(rows) == 2
