"""Reads a list of clients: one line a client, and no ratings. No database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from alliance.form_fields import INVISIBLE, PHONE
from ratings.cells.days import DateOrder, FileDates
from ratings.cells.problem import BadLine
from ratings.cells.values import reference_in
from ratings.importing.cells import day_of, text_of
from ratings.importing.table import Cells, LineError, Table, cells_of, dates_of

LONGEST_EMAIL, LONGEST_PHONE = 254, 40  # as on the contact page of a client
NAME, FIRST, LAST, REFERENCE = "Name", "First_Name", "Last_Name", "Client_ID"
THERAPIST, START, EMAIL, PHONE_NUMBER = "Therapist_Email", "Start_Day", "Email", "Phone"
# The names that the columns have in other programs, without capitals, blanks and hyphens.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    NAME: ("name", "client_name", "full_name", "pseudonym"),
    FIRST: ("first_name", "firstname", "forename", "given_name"),
    LAST: ("last_name", "lastname", "surname", "family_name"),
    REFERENCE: ("client_id", "client_reference", "client_number", "reference"),
    THERAPIST: ("therapist_email", "therapist_e_mail", "therapist", "provider_email"),
    START: ("start_day", "start_date", "start", "case_date"),
    EMAIL: ("email", "e_mail", "client_email", "email_address", "e_mail_address"),
    PHONE_NUMBER: ("phone", "telephone", "phone_number", "telephone_number"),
}
KEYS = {key: name for name, keys in COLUMNS.items() for key in keys}


@dataclass(frozen=True, slots=True)
class ListedClient:
    """One line of the list. An empty text: the file does not say."""

    line: int
    name: str
    reference: str = ""
    therapist: str = ""
    starts_on: date | None = None
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ClientList:
    """A list as it was read, before anything is looked up here."""

    clients: tuple[ListedClient, ...] = ()
    errors: tuple[LineError, ...] = ()
    dates: FileDates = FileDates()
    not_read: tuple[str, ...] = ()  # columns that mean nothing here
    is_readable: bool = True  # else the one error is about the file as a whole


def read_clients(data: bytes, now: datetime, order: DateOrder | None = None) -> ClientList:
    """The clients of a list; each bad line is in `errors`.

    `order`: how its dates are written, said by a person. It counts only where the dates themselves do not tell.
    """
    try:
        table = Table(data, KEYS)
        if not {NAME, FIRST, LAST, REFERENCE} & set(table.columns):
            raise BadLine(_("The first line names no column Name and none Client_ID."), table.header_line)
        table.check_columns()
        rows = list(table.rows())
        dates = dates_of(rows, (START,), order)
    except BadLine as error:
        return ClientList(errors=(LineError(error.line, str(error)),), is_readable=False)
    not_read = tuple(name for name in table.columns if name and name not in COLUMNS)
    if dates.is_asked:
        return ClientList(dates=dates, not_read=not_read)
    clients, errors = [], []
    for row in rows:
        try:
            clients.append(_client(row[0], cells_of(row), now, dates.order))
        except BadLine as error:
            errors.append(LineError(row[0], str(error)))
    return ClientList(tuple(clients), tuple(errors), dates, not_read)


def _client(line: int, cells: Cells, now: datetime, order: DateOrder | None) -> ListedClient:
    """The client of one line.

    Raises
    ------
    BadLine
        It has no name, or a cell that cannot be right.
    """
    cells = dict.fromkeys(COLUMNS, "") | cells
    reference = text_of(cells, REFERENCE) if cells[REFERENCE] else ""
    name = _plain(cells[NAME] or f"{cells[FIRST]} {cells[LAST]}") or reference
    if not name:
        raise BadLine(_("This line has neither a Name nor a Client_ID."))
    return ListedClient(
        line=line,
        name=text_of({NAME: name}, NAME),
        reference=reference,
        therapist=cells[THERAPIST],
        starts_on=day_of(cells, START, now, order) if cells[START] else None,
        email=_email(cells[EMAIL]),
        phone=_phone(_plain(reference_in(cells[PHONE_NUMBER]) or cells[PHONE_NUMBER])),
    )


def _plain(text: str) -> str:
    """The text without what nobody sees, and with one blank between two words."""
    return " ".join(INVISIBLE.sub("", text).split())


def _email(text: str) -> str:
    try:
        if text:
            validate_email(text)
    except ValidationError:
        raise BadLine(_("%(name)s is not an e-mail address.") % {"name": EMAIL}) from None
    if len(text) > LONGEST_EMAIL:
        raise BadLine(_("%(name)s is not an e-mail address.") % {"name": EMAIL})
    return text


def _phone(text: str) -> str:
    try:
        if text:
            PHONE(text)
    except ValidationError:
        raise BadLine(_("%(name)s is not a phone number, in digits.") % {"name": PHONE_NUMBER}) from None
    if len(text) > LONGEST_PHONE:
        raise BadLine(_("%(name)s is not a phone number, in digits.") % {"name": PHONE_NUMBER})
    return text
