"""Files as Python, R, SPSS and spreadsheets write them: each imports as if it had been written by hand."""

import csv
import io
import random
import unicodedata

import pytest
from django.utils import timezone

from alliance.models import Client, Episode
from ratings.cells.days import DateOrder
from ratings.importing.layouts import parse
from ratings.importing.matching import make_preview, read
from ratings.importing.receiver import Receiver
from ratings.models import Rating
from sessions.models import TherapySession
from tests.factories import local_day
from tests.ratings.importing.test_layouts import INSTRUMENTS, NOW, ratings

HEADER = "Provider_Email,Client_ID,Case_ID,Case_Date,Session_ID,Session_Date,SRS_Skip,SRSQ1,SRSQ2,SRSQ3,SRSQ4,Total_SRS"
GOOD = f"{HEADER}\ndana@millrace.test,C1,1,2025-01-02,1,2025-01-07,N,8.1,7.9,8.0,8.2,32.2\n"


def parsed(text, order=None):
    return parse(text.encode(), INSTRUMENTS, NOW, order)


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize(
    "text",
    [
        changed("32.2", "32.199999999999996"),
        changed("32.2", "32.20"),
        changed("32.2", "32.25"),  # the parts were rounded when they were written, and the total was not
        changed("8.1,", "8.1000000000000001,"),
        changed("2025-01-07", "2025-01-07 00:00:00"),
        changed("2025-01-07", "2025-01-07T00:00:00Z"),
        changed("2025-01-07", "2025-01-07T00:00:00.000+01:00"),
        changed("2025-01-02,1,2025-01-07", "2025-01-02 00:00,1.0,2025-01-07 00:00"),
        changed("2025-01-07", "07.01.2025"),
        "sep=,\r\n" + GOOD,
        "sep=;\r\n" + GOOD.replace(",", ";"),
        GOOD.replace(",", ";")
        .replace("8.1", "8,1")
        .replace("7.9", "7,9")
        .replace("8.2", "8,2")
        .replace("32.2", "32,2"),
        GOOD.replace(",", "\t"),
        GOOD.replace(",", "|"),
        GOOD.replace(",", ", "),
        GOOD.replace(",", ",Note,", 1).replace("test,", "test,,", 1),
        GOOD.replace("Total_SRS", "Total_SRS,Note,More"),
        GOOD.replace("32.2\n", "32.2,,,\n"),
        changed(",N,", ",No,"),
        changed(",N,", ",FALSE,"),
        changed(",N,", ",0.0,"),
        GOOD.replace("_", " "),
        '"' + GOOD.strip().replace(",", '","').replace("\n", '"\n"') + '"\n',
    ],
)
def test_it_is_the_same_session(text):
    found = parsed(text)
    assert found.errors == ()
    assert ratings(found) == ratings(parsed(GOOD))
    (one,) = found.sessions
    assert (one.client, one.number, str(one.day), str(one.case_day)) == ("C1", 1, "2025-01-07", "2025-01-02")


@pytest.mark.parametrize("code", ["NA", "N/A", "NULL", "NaN", ".", "#NULL!", "#N/A", "", " na ", "null", "<NA>"])
def test_a_session_that_was_skipped_may_say_so_in_any_code(code):
    found = parsed(changed("N,8.1,7.9,8.0,8.2,32.2", ",".join(["Y", *[code] * 5])))
    assert found.errors == ()
    assert found.sessions[0].ratings == ()


def test_empty_cells_that_are_missing_at_the_end_of_a_row_are_empty():
    found = parsed(changed("Total_SRS", "Total_SRS,Note") + "dana@millrace.test,C1,1,2025-01-02,2,2025-01-14,Y\n")
    assert (found.errors, len(found.sessions)) == ((), 2)


@pytest.mark.parametrize("code", ["NA", "NULL", "#N/A"])
def test_a_reference_is_never_a_missing_code(code):
    """Else all clients without a reference would become one."""
    (error,) = parsed(changed("C1", code)).errors
    assert error.sentence == "Client_ID is empty. NA, NULL and the like count as empty."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (changed("8.1,", "81,"), "SRSQ1 must be from 0 to 10."),
        (changed("8.1,", "8.1x,"), "SRSQ1 is not a number."),
        (changed("32.2", "32.3"), "SRSQ1 to SRSQ4 do not add up to Total_SRS."),
        (changed(",1,2025-01-07", ",1.5,2025-01-07"), "Session_ID must be a whole number."),
        (
            GOOD.replace("8.1", "8,1"),
            "This line has more cells than the first one. A cell with a comma in it needs quotation marks.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_that_is_true(text, sentence):
    assert [error.sentence for error in parsed(text).errors] == [sentence]


# --- The order of day and month ---------------------------------------------------------------------------------------


def dated(*days):
    rows = (f"dana@millrace.test,C1,1,,{n},{day},N,8.1,7.9,8.0,8.2,32.2" for n, day in enumerate(days, start=1))
    return "\n".join([HEADER, *rows])


@pytest.mark.parametrize(
    ("days", "read_as"),
    [
        (("03.05.2025", "31.12.2024"), ["2024-12-31", "2025-05-03"]),
        (("03/05/2025", "12/31/2024"), ["2024-12-31", "2025-03-05"]),
        (("03/05/2025", "31/12/2024"), ["2024-12-31", "2025-05-03"]),
    ],
)
def test_one_date_tells_the_order_of_all(days, read_as):
    found = parsed(dated(*days))
    assert found.errors == ()
    assert sorted(str(one.day) for one in found.sessions) == read_as


def test_an_order_that_no_date_tells_is_asked_once():
    text = dated("03/05/2025", "04/05/2025")
    found = parsed(text)
    assert (found.dates.is_asked, found.sessions, found.errors) == (True, (), ())
    assert [str(one.day) for one in parsed(text, DateOrder.DAY_FIRST).sessions] == ["2025-05-03", "2025-05-04"]
    assert [str(one.day) for one in parsed(text, DateOrder.MONTH_FIRST).sessions] == ["2025-03-05", "2025-04-05"]


def test_what_the_dates_tell_stands_against_what_is_said():
    assert str(parsed(dated("31/12/2024"), DateOrder.MONTH_FIRST).sessions[0].day) == "2024-12-31"


def test_two_orders_in_one_file_are_one_sentence():
    found = parsed(dated("31/12/2024", "05/03/2025", "12/31/2024", *["01/02/2025"] * 40))
    (error,) = found.errors
    assert found.layout is None
    assert (error.line, error.sentence) == (
        4, "The dates are written in two orders: line 2 has the day first, line 4 the month.",
    )  # fmt: skip


# --- One reference, however it is composed ----------------------------------------------------------------------------

ZOE = "Zoë"
DECOMPOSED = unicodedata.normalize("NFD", ZOE)


def two_sessions(first, second):
    row = "dana@millrace.test,{},1,2025-01-02,{},2025-01-{},N,8.1,7.9,8.0,8.2,32.2"
    return "\n".join([HEADER, row.format(first, 1, "07"), row.format(second, 2, 14)]).encode()


def counted():
    return Client.objects.count(), Episode.objects.count(), TherapySession.objects.count(), Rating.objects.count()


def test_a_reference_composed_and_decomposed_is_one_client(bring_in, dana):
    bring_in(two_sessions(ZOE, DECOMPOSED))
    assert counted() == (1, 1, 2, 2)
    assert bring_in(two_sessions(DECOMPOSED, ZOE)) is None, "and there is nothing new in it"


@pytest.mark.parametrize(("one", "other"), [("7", "7.0"), ("7", "7,0"), ("A 7", "A\u00a07")])
def test_a_reference_that_two_programs_write_differently_is_one_client(bring_in, dana, one, other):
    bring_in(two_sessions(one, f'"{other}"'))
    assert counted() == (1, 1, 2, 2)
    assert [row.display_name for row in Client.objects.all()] == [one]
    assert bring_in(two_sessions(f'"{other}"', one)) is None, "and there is nothing new in it"


def test_a_case_that_two_programs_number_differently_is_one(bring_in, dana):
    bring_in(two_sessions("7", "7").replace(b"7,1,2025-01-02,2", b"7,1.0,2025-01-02,2"))
    assert counted() == (1, 1, 2, 2)


def test_leading_zeros_still_tell_two_clients_apart(bring_in, dana):
    bring_in(two_sessions("7", "007"))
    assert counted() == (2, 2, 2, 2)


def test_what_was_imported_with_a_point_and_a_zero_before_is_found_again(bring_in, dana, monkeypatch):
    monkeypatch.setattr("ratings.importing.cells.reference_in", str)  # as references were kept before
    bring_in(two_sessions("7.0", "7.0").replace(b",1,2025-01-02", b",1.0,2025-01-02"))
    monkeypatch.undo()
    assert bring_in(two_sessions("7", "7.0")) is None
    bring_in(two_sessions("7", "7").replace(b",2,2025-01-14", b",3,2025-01-21"))
    assert counted() == (1, 1, 3, 3)


def test_a_number_that_a_spreadsheet_shortened_is_no_reference():
    """Else all clients whose numbers begin alike would become one."""
    (error,) = parsed(changed("C1", "1.23457E+11")).errors
    assert error.sentence == (
        "Client_ID has a number that a program has shortened, as in 1.2E+11. Write it in full, as text."
    )


def test_a_therapist_whose_number_has_a_point_and_a_zero_is_the_one_who_was_named(bring_in, dana):
    row = changed("Provider_Email", "Provider_ID").replace("dana@millrace.test", "7.0")
    assert bring_in(row.encode(), named={"7": dana}) is not None


def test_what_was_imported_decomposed_before_is_found_again(bring_in, dana, monkeypatch):
    monkeypatch.setattr(unicodedata, "normalize", lambda form, text: text)  # as references were kept before
    bring_in(two_sessions(DECOMPOSED, DECOMPOSED))
    monkeypatch.undo()
    assert bring_in(two_sessions(ZOE, DECOMPOSED)) is None
    third = two_sessions(ZOE, ZOE).replace(b",2,2025-01-14", b",3,2025-01-21")
    bring_in(third)
    assert counted() == (1, 1, 3, 3)


# --- Therapies that are over ------------------------------------------------------------------------------------------


def old_and_new(days):
    rows = (f"dana@millrace.test,OLD{n},1,,1,{day},N,8.1,7.9,8.0,8.2,32.2" for n, day in enumerate(days))
    return "\n".join([HEADER, *rows]).encode()


def test_therapies_last_seen_before_a_day_come_in_as_ended(millrace, dana, bring_in):
    today = local_day()
    data = old_and_new(["2021-01-07", "2021-01-08", today.isoformat()])
    preview = make_preview(practice=millrace, parsed=read(data), receiver=Receiver())
    assert (preview.quiet, (today - preview.quiet_before).days) == (2, 90)
    bring_in(data, end_before=preview.quiet_before)
    ended = Episode.objects.exclude(ends_at=None)
    assert {(local_day(e.ends_at).isoformat(), e.end_reason) for e in ended} == {
        ("2021-01-07", "other"),
        ("2021-01-08", "other"),
    }
    assert Episode.objects.filter(ends_at=None).count() == 1
    assert bring_in(data) is None
    assert make_preview(practice=millrace, parsed=read(data), receiver=Receiver()).quiet == 0, "they are here already"


def test_a_day_is_not_before_itself(millrace, dana, bring_in):
    bring_in(old_and_new(["2021-01-07", "2021-01-06"]), end_before=timezone.datetime(2021, 1, 7).date())
    assert Episode.objects.filter(ends_at=None).count() == 1


# --- Twenty thousand rows ---------------------------------------------------------------------------------------------


def random_rows(count, seed=14):
    """Rows with everything that a row may have, as (cells of the OpenFIT layout)."""
    some = random.Random(seed)
    for n in range(count):
        client, number = f"C{n // 20:04}", n % 20 + 1
        day = f"{2015 + number // 12}-{number % 12 + 1:02}-{n % 28 + 1:02}"
        base = ["dana@millrace.test", client, "1", "", number, day]
        parts = [some.randrange(101) / 10 for _ in range(4)]
        match some.randrange(10):
            case 0:
                yield [*base, "Y", None, None, None, None, None]
            case 1:
                yield [*base, "N", None, None, None, None, some.randrange(401) / 10]
            case 2:
                yield [*base, "N", *parts, None]
            case _:
                yield [*base, "N", *parts, sum(parts)]  # with the noise that adding makes


def written_by_python(rows):
    return _written(rows, ",", lambda cell: cell)


def written_by_a_spreadsheet(rows):
    def cell_of(cell):
        if isinstance(cell, float):
            return f"{round(cell, 2):g}".replace(".", ",")
        return cell

    def day_last(row):
        year, month, day = row[5].split("-")
        return [*row[:5], f"{day}.{month}.{year}", *row[6:]]

    return "\ufeff" + "sep=;\r\n" + _written(map(day_last, rows), ";", cell_of)


def written_by_r(rows):
    def cell_of(cell):
        return "NA" if cell in (None, "") else f"{cell:.15g}" if isinstance(cell, float) else cell

    return _written(rows, ",", cell_of, csv.QUOTE_NONNUMERIC)


def written_by_pandas(rows):
    def cell_of(cell):
        return float(cell) if isinstance(cell, int) else cell

    return _written(([*row[:5], f"{row[5]} 00:00:00", *row[6:]] for row in rows), "\t", cell_of)


def _written(rows, delimiter, cell_of, quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)
    writer.writerow(HEADER.split(","))
    writer.writerows([cell_of(cell) for cell in row] for row in rows)
    return text.getvalue()


def check_equal(count):
    rows = list(random_rows(count))
    plain = parsed(written_by_python(rows))
    assert (plain.errors, len(plain.sessions)) == ((), count)
    for write in (written_by_a_spreadsheet, written_by_r, written_by_pandas):
        found = parsed(write(rows))
        assert found.errors == (), write.__name__
        assert ratings(found) == ratings(plain), write.__name__
        assert [(s.client, s.number, s.day) for s in found.sessions] == [
            (s.client, s.number, s.day) for s in plain.sessions
        ], write.__name__


def test_random_rows_are_read_alike_whoever_wrote_them():
    check_equal(2_000)


@pytest.mark.evidence
def test_twenty_thousand_random_rows_are_read_alike_whoever_wrote_them():
    check_equal(20_000)
