"""A name that a colleague's client has: a therapist gets the same answers as for one that nobody has."""

import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from alliance.crypto import keyed_hash
from alliance.models import Client, Episode
from tests.browsers import taken_back
from tests.factories import make_client, make_episode
from tests.ratings.importing.clients.conftest import HEADER
from tests.ratings.importing.conftest import OPENFIT

pytestmark = pytest.mark.usefixtures("instruments")
LIST = (HEADER + "0042,Alder,,,,\n").encode()
SAME = OPENFIT.splitlines(keepends=True)
# A guess: the client's number, and a case of any number.
OTHER_CASE = SAME[0] + SAME[1].replace(b"0042,1,", b"0042,99,")
FILES = {"sessions": ("/import/", OTHER_CASE), "clients": ("/import/clients/", LIST)}
RANDOM = re.compile(
    r'(name="(?:csrfmiddlewaretoken|shown_form|form_key)" value|data-key|hx-headers)=(?:"[^"]*"|\'[^\']*\')'
    r"|(?<=<bdi>)[0-9a-f]{8}(?=</bdi>)|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


@pytest.fixture(autouse=True)
def one_moment():
    """No minute passes between two answers that are compared."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


def upload(http, member, kind):
    address, data = FILES[kind]
    http.force_login(member.user)
    return http.post(address, {"file": SimpleUploadedFile("file.csv", data, "text/csv")}).url


def told(http, member, kind):
    """Status, kind and bytes of the preview and of the page after the import, without what is random in any answer."""
    preview = http.get(address := upload(http, member, kind))
    after = http.post(address, follow=True)
    return [(answer.status_code, RANDOM.sub("", answer.text)) for answer in (preview, after)]


@pytest.mark.parametrize("kind", FILES)
def test_the_answers_are_those_for_a_name_that_nobody_has(http, dana, noor, kind):
    with taken_back(http):
        unknown = told(http, dana, kind)
    for taken_in in FILES:
        http.post(upload(http, noor, taken_in))
    theirs = Client.objects.get()
    assert told(http, dana, kind) == unknown
    own = Episode.objects.get(therapist=dana).client
    assert own != theirs and own.external_ref != theirs.external_ref
    assert not Episode.objects.filter(client=theirs).exclude(therapist=noor).exists()


def test_what_is_told_would_show_a_difference(http, dana):
    """Without this, two answers that were emptied would be the same."""
    with taken_back(http):
        unknown = told(http, dana, "clients")
    make_episode(dana, "Alder")
    assert told(http, dana, "clients") != unknown
    assert "One new client." in " ".join(unknown[0][1].split())


@pytest.mark.parametrize("kind", FILES)
def test_the_own_record_goes_on(http, dana, noor, mona, kind):
    """The same file again changes nothing, nor does it from a manager who has it for this therapist."""
    for member in (noor, dana, dana):
        http.post(upload(http, member, kind))
    assert sorted(Episode.objects.values_list("therapist", flat=True)) == sorted([dana.pk, noor.pk])
    address, data = FILES[kind]
    http.force_login(mona.user)
    named = {"file": SimpleUploadedFile("file.csv", data, "text/csv"), "therapist": str(dana.code)}
    http.post(http.post(address, named).url)
    assert Client.objects.count() == Episode.objects.count() == 2


def test_a_client_of_the_own_list_is_known_to_the_own_file_of_ratings(http, dana, noor):
    for kind in ("clients", "sessions"):
        for member in (noor, dana):
            http.post(upload(http, member, kind))
    assert Client.objects.count() == 2
    assert Episode.objects.filter(therapist=dana).values("client").distinct().count() == 1


def test_a_case_that_is_opened_by_hand_asks_nobody_elses_names(http, dana, noor):
    def opened():
        http.force_login(dana.user)
        shown = http.get("/cases/new/")
        key = shown.text.split('name="form_key" value="')[1].split('"')[0]
        typed = {"name": "Alder", "email": "alder@example.org", "agrees_to_email": "on", "form_key": key}
        after = http.post("/cases/new/", typed, follow=True)
        return [(answer.status_code, RANDOM.sub("", answer.text)) for answer in (shown, after)]

    with taken_back(http):
        unknown = opened()
    make_episode(noor, client=make_client(noor.practice, "Alder", email_hash=keyed_hash("email", "alder@example.org")))
    assert opened() == unknown
