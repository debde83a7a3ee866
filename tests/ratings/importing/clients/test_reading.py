"""A list of clients as a clerk writes it: what is read of a line, and what is refused with which sentence."""

from datetime import UTC, date, datetime

import pytest

from ratings.cells.days import DateOrder
from ratings.importing.clients.reading import ListedClient, read_clients

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
FIRST = "Client_ID,Name,Therapist_Email,Start_Day,Email,Phone\n"


def read(text, order=None):
    return read_clients(text.encode(), NOW, order)


def wrong(text):
    return [(error.line, error.sentence) for error in read(text).errors]


def test_a_full_line():
    (client,) = read(FIRST + "0042,Alder,dana@millrace.test,2026-01-05,alder@example.org,030 5550117\n").clients
    assert client == ListedClient(
        2, "Alder", "0042", "dana@millrace.test", date(2026, 1, 5), "alder@example.org", "030 5550117"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Name\nAlder Grove\n",
        "full name;Notes\nAlder Grove;likes tea\n",
        "First name\tLast name\nAlder\tGrove\n",
        "NAME\n  Alder\u00a0 Grove\u200b \n",
        'sep=;\n"Name"\n"Alder Grove"\n',
    ],
    ids=["plain", "semicolons", "two columns", "blanks nobody sees", "sep"],
)
def test_the_name_however_a_program_writes_it(text):
    assert [client.name for client in read(text).clients] == ["Alder Grove"]


def test_without_a_name_the_reference_is_the_pseudonym():
    (client,) = read("Client_ID\n0042\n").clients
    assert (client.name, client.reference) == ("0042", "0042")


def test_a_decomposed_name_is_composed():
    (client,) = read("Name\nZoe\u0308\n").clients
    assert client.name == "Zo\u00eb"


def test_numbers_that_a_program_wrote_with_a_point_and_a_zero():
    (client,) = read("Client_ID,Name,Phone\n42.0,7.0,493055501170.0\n").clients
    assert (client.reference, client.name, client.phone) == ("42", "7", "493055501170")


def test_columns_that_are_not_read_are_named():
    assert read("Name,Birthday,Diagnosis\nAlder,1990-01-01,none\n").not_read == ("birthday", "diagnosis")


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (",,,,,x", "This line has neither a Name nor a Client_ID."),
        (f",{'x' * 121},,,,", "Name is longer than 120 characters, or has some that cannot be shown."),
        (",Alder,,2026-02-30,,", "Start_Day is not a date written as 2026-03-14 or 14.03.2026."),
        (",Alder,,2026-04-01,,", "Start_Day is in the future."),
        (",Alder,,,alder at example,", "Email is not an e-mail address."),
        (",Alder,,,,4.93E+11", "Phone is not a phone number, in digits."),
        (
            ",Alder,,,,,more",
            "This line has more cells than the first one. A cell with a comma in it needs quotation marks.",
        ),
    ],
)
def test_a_line_that_cannot_be_right(cells, sentence):
    good = "0043,Heron,,,,\n"
    assert wrong(f"{FIRST}{cells}\n{good}") == [(2, sentence)]
    assert [client.name for client in read(f"{FIRST}{cells}\n{good}").clients] == ["Heron"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty."),
        ("Age\n7\n", "The first line names no column Name and none Client_ID."),
        ("Name,Full name\nAlder,Heron\n", "A column is there twice: Name."),
        ("Name\n", "There is nothing below the first line."),
    ],
)
def test_a_file_that_is_no_list(text, sentence):
    assert (read(text).is_readable, wrong(text)) == (False, [(1, sentence)])


def test_the_order_of_day_and_month_is_asked_where_no_date_tells():
    text = "Name,Start day\nAlder,03/02/2026\n"
    assert read(text).dates.is_asked and not read(text).clients
    assert read(text, DateOrder.MONTH_FIRST).clients[0].starts_on == date(2026, 3, 2)
    assert read(text, DateOrder.DAY_FIRST).clients[0].starts_on == date(2026, 2, 3)
