"""A database that is busy, full or away: told apart from a fault, and nothing that was typed is lost."""

import psycopg2
import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from alliance.urls import alliance_urls
from tests.alliance.site.test_trouble import full, locked, wrapped

TYPED = {"comment": 'He said "no" & <left>', "answer": ["1", "2"]}
failure = None


@csrf_exempt
def write(request, token=""):
    if failure:
        raise failure
    return HttpResponse("done")


own_urls = ([path("write/", write)], "ratings")
client_urls = ([path("<str:token>/", write)], "links")
urlpatterns = [
    path("", include(own_urls)),
    path("c/", include(client_urls)),
    path("", include(alliance_urls)),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/reset/", write),
]
handler500 = "alliance.site.errors.server_error"


@pytest.fixture
def fails_with(monkeypatch, http):
    http.raise_request_exception = False
    return lambda error: monkeypatch.setattr(f"{__name__}.failure", error)


@pytest.fixture
def busy(fails_with, tmp_path):
    fails_with(wrapped(locked(tmp_path)))


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (lambda _path: psycopg2.OperationalError("gone"), "We cannot tell whether your answers were saved."),
        (full, "Nothing was saved yet. Your answers are kept on this page"),
    ],
    ids=["away", "full"],
)
def test_the_page_says_what_is_known_and_no_more(http, mona, fails_with, tmp_path, plant, sentence):
    http.force_login(mona.user)
    fails_with(wrapped(plant(tmp_path)))
    answer = http.post("/c/abc/", TYPED)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert sentence in answer.text and "We cannot save anything just now." in answer.text
    assert 'name="comment" value="He said &quot;no&quot; &amp; &lt;left&gt;"' in answer.text


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("address", "sentence"), [("/write/", "It may not have been saved yet."), ("/c/abc/", "Nothing was saved yet.")]
)
def test_what_was_typed_is_kept_and_can_be_sent_once_more(http, mona, busy, address, sentence):
    http.force_login(mona.user)
    answer = http.post(address, TYPED)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "Content-Security-Policy" in answer.headers
    assert sentence in answer.text
    assert 'name="comment" value="He said &quot;no&quot; &amp; &lt;left&gt;"' in answer.text
    assert answer.text.count('name="answer"') == 2


@pytest.mark.urls(__name__)
def test_a_page_that_was_only_read_is_loaded_again(http, mona, busy):
    http.force_login(mona.user)
    answer = http.get("/write/")
    assert answer.status_code == 503
    assert "load this page again" in answer.text and "<form" not in answer.text


@pytest.mark.urls(__name__)
def test_no_password_is_sent_back(http, mona, busy):
    http.force_login(mona.user)
    answer = http.post("/accounts/reset/", {"password1": "seven calm herons"})
    assert answer.status_code == 503
    assert "send it once more" in answer.text and "herons" not in answer.text


@pytest.mark.urls(__name__)
def test_a_fault_stays_a_fault(http, mona, fails_with):
    http.force_login(mona.user)
    for error in (OperationalError("disk I/O error"), ValueError("database is locked")):
        fails_with(error)
        answer = http.post("/write/", TYPED)
        assert answer.status_code == 500 and "Something went wrong here." in answer.text
        assert "Retry-After" not in answer.headers


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("address", "shown"), [("/c/abc/", True), ("/write/", False)])
def test_a_client_is_told_where_help_is_also_then(http, mona, fails_with, tmp_path, address, shown):
    """Nobody can say whose practice it was, so the sentence names none."""
    http.force_login(mona.user)
    for error, status in ((wrapped(locked(tmp_path)), 503), (ValueError("a fault"), 500)):
        fails_with(error)
        answer = http.post(address, TYPED)
        assert answer.status_code == status
        assert ("If you need help now, call your practice." in answer.text) is shown


def test_the_project_uses_it(http, mona, monkeypatch, tmp_path):
    """In a middleware as well, where the sight of the member is looked up."""
    error = wrapped(locked(tmp_path))

    def memberships_of(user):
        raise error

    http.force_login(mona.user)
    http.raise_request_exception = False
    monkeypatch.setattr("alliance.scopes.memberships_of", memberships_of)
    answer = http.post("/people/", TYPED)
    assert answer.status_code == 503
    assert 'value="He said &quot;no&quot; &amp; &lt;left&gt;"' in answer.text  # though no view was looked up
