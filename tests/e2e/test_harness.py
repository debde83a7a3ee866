"""The harness sees what it is there to see."""

import urllib.request
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.conftest import DESK, PHONE, PICTURES


def test_axe_finds_an_image_without_a_text(page, axe):
    page.set_content('<html lang="en"><title>A page</title><main><img src="data:,"></main></html>')
    assert [line.split(":")[0] for line in axe(page)] == ["image-alt"]
    page.set_content('<html lang="en"><title>A page</title><main><img src="data:," alt="A dot"></main></html>')
    assert axe(page) == []


def test_complaints_hear_the_console_errors_and_requests_to_elsewhere(page, complaints):
    found = complaints(page)
    page.set_content("<p>Quiet</p>")
    assert found == []
    page.route("https://elsewhere.example/", lambda route: route.abort())
    page.set_content('<script>console.warn("a warning")</script><script src="https://elsewhere.example/"></script>')
    page.evaluate("setTimeout(() => nowhere(), 0)")
    page.wait_for_timeout(50)
    assert "console: a warning" in found
    assert "request: https://elsewhere.example/" in found
    assert any(line.startswith("error: ") and "nowhere" in line for line in found)


def test_picture_is_taken_narrow_and_wide_light_and_dark(page, picture, phone, monkeypatch):
    monkeypatch.setenv("PICTURES", "yes")
    assert (page.viewport_size, phone.viewport_size) == (DESK, PHONE)
    page.set_content("<style>@media (prefers-color-scheme: dark) { body { background: black } }</style><p>Text</p>")
    picture(page, "harness")
    files = [PICTURES / f"harness-{width}-{scheme}.png" for width in (360, 1280) for scheme in ("light", "dark")]
    assert len({file.read_bytes() for file in files}) == 4
    for file in files:
        file.unlink()
    assert page.viewport_size == DESK


def test_live_server_shares_the_database_file_with_the_test(live_server, page, django_user_model):
    django_user_model.objects.create(email="someone@example.org")
    assert page.goto(f"{live_server.url}/healthz").json() == {"status": "ok"}


def test_gunicorn_answers_many_at_once(gunicorn_server, request):
    def status(_):
        with urllib.request.urlopen(f"{gunicorn_server.url}/healthz", timeout=30) as answer:
            return answer.status

    with ThreadPoolExecutor(30) as pool:
        assert set(pool.map(status, range(60))) == {200}
    vendor = gunicorn_server.python("from django.db import connection; print(connection.vendor)").strip()
    assert vendor == request.node.callspec.params["project"]
