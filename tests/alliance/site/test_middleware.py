"""The headers of every answer, whatever became of the request; and what no request makes a fault."""

import gzip
import re

import psycopg2
import pytest
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from alliance.models import BrowserSession
from alliance.urls import urlpatterns as ours
from tests.alliance.test_settings import SERVED
from tests.alliance.test_settings import read as read  # a fixture

CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
}
EXACT = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


LONG = "<p>" + "A line that comes again. " * 50


@login_not_required
def long_page(request):
    return HttpResponse(LONG)


@login_not_required
def long_file(request):
    return HttpResponse(LONG, content_type="text/csv")


@login_not_required
def fail(request):
    raise RuntimeError("planted")


@login_not_required
def wait(request):
    raise OperationalError from psycopg2.errors.LockNotAvailable("planted")


@login_not_required
def signed_out_elsewhere(request):
    BrowserSession.objects.all().delete()
    request.session["said"] = "done"
    return HttpResponse("done")


@csrf_exempt
@login_not_required
def takes_form(request):
    return HttpResponse(request.POST.get("a", ""))


handler400 = "alliance.site.errors.bad_request"
handler500 = "alliance.site.errors.server_error"
urlpatterns = [
    *ours,
    path("fails/", fail, name="fails"),
    path("busy/", wait, name="busy"),
    path("signed-out/", signed_out_elsewhere, name="signed-out"),
    path("form/", takes_form, name="form"),
    path("page/", long_page, name="page"),
    path("file/", long_file, name="file"),
]
FORM = "application/x-www-form-urlencoded"


def with_token(http):
    http.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    return http


def ask(http, what):
    return {
        "200": lambda: http.get("/help/"),
        "302": lambda: http.get("/"),
        "400, another host": lambda: http.get("/help/", headers={"host": "evil.test"}),
        "400, signed out": lambda: http.session and http.get("/signed-out/"),
        "400, no form": lambda: http.post("/form/", "x", content_type="multipart/form-data; boundary=é"),
        "400, no form and no page": lambda: with_token(http).post(
            "/nowhere/", "x", content_type="multipart/form-data; boundary=é", headers={"X-CSRFToken": "a" * 32}
        ),
        "413": lambda: http.post("/form/", "a=" + "a" * 300_000, content_type=FORM),
        "413, fields": lambda: http.post("/form/", "a=&" * 2_000, content_type=FORM),
        "413, of a client": lambda: with_token(http).post("/c/change/", "a=" + "a" * 300_000, content_type=FORM),
        "403, no token": lambda: http.post("/accounts/login/", {}),
        "404": lambda: http.get("/nowhere/"),
        "404, a link": lambda: http.get("/c/" + "A" * 43 + "/"),
        "405": lambda: http.put("/help/"),
        "500": lambda: http.get("/fails/"),
        "503": lambda: http.get("/busy/"),
        "200, a style sheet": lambda: http.get("/static/css/base.css"),
        "200, healthy": lambda: http.get("/healthz"),
    }[what]()


KINDS = (
    "200",
    "302",
    "400, another host",
    "400, signed out",
    "400, no form",
    "400, no form and no page",
    "403, no token",
    "404",
    "404, a link",
    "405",
    "500",
)
KINDS += ("413", "413, fields", "413, of a client", "503", "200, a style sheet", "200, healthy")


@pytest.fixture
def browser(client_class, db):
    browser = client_class(enforce_csrf_checks=True)
    browser.raise_request_exception = False
    return browser


@pytest.fixture
def client_class(client):
    return type(client)


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("what", KINDS)
def test_headers_are_exact_on_every_answer(browser, what):
    answer = ask(browser, what)
    found = answer.headers
    assert str(answer.status_code) == what[:3]
    assert {part.strip() for part in found["Content-Security-Policy"].split(";")} == CSP
    expected = EXACT | ({"Referrer-Policy": "no-referrer"} if "link" in what or what == "503" else {})
    assert {name: found.get(name) for name in EXACT} == expected
    assert "camera=()" in found["Permissions-Policy"] and "=*" not in found["Permissions-Policy"]
    answer.close()  # of a style sheet it is an open file
    if "style" in what:
        assert found["Cache-Control"] == "max-age=3600, public"
    else:
        assert "no-store" in found["Cache-Control"]
    assert not {"Server", "X-Powered-By"} & found.keys()


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("what", [kind for kind in KINDS if kind[0] in "45"])
def test_no_error_shows_a_trace_or_says_where_the_program_is(browser, what):
    text = ask(browser, what).text
    assert not re.search(rf"Traceback|planted|Error\b|Exception|\.py\b|{settings.BASE_DIR}|django", text)
    assert ("That is too long" in text) is what.startswith("413")
    assert ("You were signed out" in text) is (what == "400, signed out")
    assert ("If you need help now" in text) is (what in ("404, a link", "413, of a client"))


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    "charset", ["utf8", "utf-8", "UTF8", "latin-1", "nonsense", "\u2028", "a" * 3000, "idna", "hex"]
)
@pytest.mark.parametrize(
    "address", ["/form/", "/nowhere/", "/accounts/login/", "/c/change/", "/cases/new/", "/drafts/"]
)
def test_no_charset_is_a_fault(browser, charset, address):
    browser.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    for kind in (FORM, "text/plain", "multipart/form-data; boundary=x", "application/json"):
        sent = b"a=%ff&shown_form=\xff&csrfmiddlewaretoken=" + b"a" * 32
        answer = browser.generic("POST", address, sent, content_type=f"{kind}; charset={charset}")
        assert answer.status_code < 500, kind


@pytest.mark.urls(__name__)
def test_a_page_goes_out_compressed_to_who_takes_it_so_and_a_file_as_it_is(browser):
    takes_it = {"headers": {"Accept-Encoding": "gzip"}}
    page = browser.get("/page/", **takes_it)
    assert (page.headers["Content-Encoding"], gzip.decompress(page.content).decode()) == ("gzip", LONG)
    assert len(page.content) < len(LONG) / 3
    assert browser.get("/page/").text == browser.get("/file/", **takes_it).text == LONG


@pytest.mark.parametrize("token", ["", "x", "\x00", "é" * 40, "a" * 5000, "a:b:c", ".eJw:1abc:def", "' OR 1=1 --"])
def test_no_foreign_token_is_a_fault(browser, mona, token):
    browser.force_login(mona.user)
    for address in ("/people/invite/", "/drafts/", "/accounts/login/", "/c/change/"):
        browser.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
        typed = {"shown_form": token, "csrfmiddlewaretoken": token, "form_key": token}
        for fields in (typed, typed | {"csrfmiddlewaretoken": "a" * 32}):
            assert browser.post(address, fields).status_code < 500
    for name in ("CHECK_IN_COOKIE_NAME", "DEVICE_COOKIE_NAME", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME"):
        browser.cookies[getattr(settings, name)] = token
        assert browser.get("/accounts/login/").status_code < 500
        assert browser.get("/c/sent/").status_code < 500


def test_every_cookie_of_a_served_installation_belongs_to_its_host_alone(read):
    found = read(**SERVED)
    names = {name: value for name, value in found.items() if name.endswith("_COOKIE_NAME")}
    assert len(names) == 5
    assert all(value.startswith("__Host-") for value in names.values())
    assert found["CHECK_IN_COOKIE_PATH"] == "/"
    assert found["MESSAGE_STORAGE"] == "alliance.drafts.done.DoneStorage"  # in the session: no cookie of its own


def test_no_cookie_has_a_name_of_its_own():
    """Each that the code sets takes its name from the settings."""
    for package in ("alliance", "ratings", "sessions"):
        for file in (settings.BASE_DIR / package).rglob("*.py"):
            for part in file.read_text().split("set_cookie(")[1:] + file.read_text().split("set_signed_cookie(")[1:]:
                assert part.lstrip().startswith(("settings.", "name,")), file
