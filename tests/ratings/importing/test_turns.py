"""So many files are read at once in a process; whoever sends another is told, and others are answered."""

import threading

import pytest

from alliance.models import Episode, ImportDraft
from ratings.importing import turns
from tests.ratings.importing.clients.test_views import upload as upload_list
from tests.ratings.importing.test_views import said, upload

pytestmark = pytest.mark.usefixtures("instruments")


@pytest.fixture
def no_turn_is_free(monkeypatch):
    """`no_turn_is_free()`: as if others were reading their files."""

    def take_all():
        taken = threading.BoundedSemaphore(1)
        taken.acquire()
        monkeypatch.setattr(turns, "TURNS", taken)

    return take_all


@pytest.mark.parametrize("send", [upload, lambda http, dana: upload_list(http, dana, ",Alder,,,,")])
def test_a_file_too_many_is_not_read_and_the_other_pages_answer(http, dana, send, no_turn_is_free):
    no_turn_is_free()
    answer = send(http, dana)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Nothing was saved. Go back, and send it once more in a minute." in said(answer)
    assert not ImportDraft.objects.exists()
    assert http.get("/import/").status_code == http.get("/today/").status_code == 200


def test_whoever_may_not_import_is_told_so_also_where_no_turn_is_free(http, sam, no_turn_is_free):
    no_turn_is_free()
    assert upload(http, sam).status_code == 403


@pytest.mark.parametrize("send", [upload, lambda http, dana: upload_list(http, dana, ",Alder,,,,")])
def test_a_preview_waits_and_its_file_is_kept(http, dana, send, no_turn_is_free, monkeypatch):
    address = send(http, dana).url
    no_turn_is_free()
    shown, sent = http.get(address), http.post(address)
    assert (shown.status_code, sent.status_code) == (503, 503)
    assert "Your file is kept. Load this page again in a minute." in said(shown)
    assert ImportDraft.objects.exists() and not Episode.objects.filter(therapist=dana).exists()
    monkeypatch.setattr(turns, "TURNS", threading.BoundedSemaphore(1))
    assert http.get(address).status_code == 200
    assert http.post(address).status_code == 302


def test_a_turn_is_given_back_also_after_a_fault(http, dana, monkeypatch):
    monkeypatch.setattr("ratings.importing.forms.UploadForm.is_valid", lambda form: 1 / 0)
    http.raise_request_exception = False
    for _time in range(turns.AT_ONCE + 1):
        assert upload(http, dana).status_code == 500
