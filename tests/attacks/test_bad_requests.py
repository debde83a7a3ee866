"""Whatever is sent, the program answers, and it is never a fault of ours."""

from urllib.parse import unquote_to_bytes

import pytest
from django.conf import settings
from django.core.cache import cache

from tests.attacks.bad import NAME, requests
from tests.browsers import browsers as browsers  # a fixture
from tests.browsers import taken_back
from tests.subjects import subjects as subjects  # a fixture
from tests.test_access_matrix import address, rows

SENDERS = ("anonymous", "link", "dana", "sam", "mona")


@pytest.fixture
def fields_of(subjects, browsers):
    """The names of the fields on each page, by its address."""
    found = {}
    for name, subject, on_get, _on_post in rows():
        path = address(name, subject, subjects)
        found.setdefault(path, set())
        reader = next((persona for persona in ("dana", "mona", "sam") if on_get[persona] == 200), None)
        if reader:
            with taken_back(browsers[reader]):
                answer = browsers[reader].get(path)
                body = answer.getvalue()  # read to its end, a file is closed
                found[path] |= set(NAME.findall(body.decode("utf-8", "replace")))
    return {path: sorted(names - {"csrfmiddlewaretoken"}) for path, names in found.items()}


def send(browser, request):
    """The status, and the error behind it; afterwards everything is as before."""
    with taken_back(browser):
        browser.raise_request_exception = False
        browser.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
        extra = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
        extra["PATH_INFO"] = unquote_to_bytes(request.path.split("?")[0]).decode("latin-1")
        extra = {"HTTP_X_CSRFTOKEN": "a" * 32, "QUERY_STRING": request.query.encode().decode("latin-1")} | extra
        answer = browser.generic(request.method, "/", request.body, request.kind, **extra)
        answer.getvalue()
        return answer.status_code, answer.exc_info and answer.exc_info[1]


def send_all(browsers, fields_of, count, seed):
    faults, statuses = [], {}
    for number, request in enumerate(requests(count, seed, fields_of)):
        persona = SENDERS[number % len(SENDERS)]
        status, error = send(browsers[persona], request)
        statuses[status] = statuses.get(status, 0) + 1
        if status >= 500:
            faults.append(f"{status} to {persona}: {error!r:.200} {request!r:.500}")
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults[:20])
    return statuses


def test_no_request_is_a_fault(browsers, fields_of):
    statuses = send_all(browsers, fields_of, count=2000, seed=1)
    assert {200, 302, 400, 404, 405, 413} <= statuses.keys()


@pytest.mark.evidence
def test_of_thousands_of_requests_none_is_a_fault(browsers, fields_of, record_property):
    for seed in range(2, 12):
        cache.clear()
        for status, count in sorted(send_all(browsers, fields_of, count=1000, seed=seed).items()):
            record_property(f"seed {seed}, status {status}", count)
