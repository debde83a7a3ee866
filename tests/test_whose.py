"""Whose an answer showed is on record: every page on which the name of a client stands leaves a row that names them."""

import re

import pytest
from django.urls import reverse

from alliance.models import AuditEvent, Client
from alliance.shown import note_name
from ratings.rights.erase import codes_of
from ratings.rights.looked import who_looked
from tests.browsers import browsers as browsers  # a fixture
from tests.browsers import taken_back
from tests.factories import make_episode
from tests.subjects import subjects as subjects  # a fixture
from tests.test_access_matrix import address, rows

READERS = ("dana", "noor", "sam", "eve")


def shown_and_recorded(browser, path, clients):
    """The clients whose name stands in the page, and those whom the rows that it left name."""
    with taken_back(browser):
        before = AuditEvent.objects.latest("pk").pk if AuditEvent.objects.exists() else 0
        page = browser.get(path)
        if page.status_code != 200:
            return set(), set()
        subjects = set(AuditEvent.objects.filter(pk__gt=before).values_list("subject_code", flat=True))
    shown = {client for client in clients if re.search(rf"(?<!\w){clients[client].name_here}(?!\w)", page.text)}
    return shown, {client for client, of in clients.items() if subjects & of.codes}


class Known:
    def __init__(self, client):
        self.name_here, self.codes = client.display_name, set(codes_of(client))


@pytest.fixture
def clients(subjects):
    return {client.pk: Known(client) for client in Client.objects.select_related("data_key")}


@pytest.mark.parametrize("reader", READERS)
def test_every_page_says_whose_it_showed_and_nobody_elses(reader, subjects, clients, browsers):
    wrong, pages = [], 0
    for name, subject, on_get, _on_post in rows():
        if on_get[reader] != 200 or not name.startswith(("ratings:", "alliance:")):
            continue
        shown, recorded = shown_and_recorded(browsers[reader], address(name, subject, subjects), clients)
        pages += bool(shown)
        if shown - recorded:
            wrong.append(f"{name} {subject}: {[clients[one].name_here for one in shown - recorded]} not on record")
        if name not in SHOWS_NO_NAME and recorded - shown:
            wrong.append(f"{name} {subject}: {[clients[one].name_here for one in recorded - shown]} on record")
    assert not wrong, "\n".join(wrong)
    assert pages >= 3


# They are about one case, and its name is not on them.
SHOWS_NO_NAME: set[str] = set()


def test_a_list_is_in_what_the_therapist_tells_and_says_how_long_it_was(http, sam, dana, juniper, live_through):
    live_through(juniper, [3, 1])
    live_through(make_episode(dana, "Alder"), [3])
    http.force_login(sam.user)
    http.get(reverse("ratings:caseload-all"))
    assert [(row.who, row.verb, row.count) for row in who_looked(juniper)] == [("Sam Okafor", "listed", 2)]
    http.post(reverse("ratings:caseload-all"), {"name": "alder"})
    assert len(who_looked(juniper)) == 1, "it was looked through, and not shown"


def test_an_answer_takes_one_statement_for_all_that_it_read(http, dana, django_assert_num_queries, live_through):
    for name in ("Alder", "Bramble", "Clover"):
        live_through(make_episode(dana, name), [3])
    http.force_login(dana.user)
    http.get("/cases/")
    with django_assert_num_queries(7) as found:
        http.get("/cases/")
    assert sum("INSERT" in query["sql"] for query in found.captured_queries) == 1


def test_outside_of_an_answer_nothing_is_noted(juniper):
    note_name(juniper.client.code, "Juniper")
    assert juniper.client.display_name == "Juniper"
    assert not AuditEvent.objects.exists()
