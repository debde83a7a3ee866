"""The log of the real server says what went wrong, without the key of a client."""

import http.client
import urllib.request

from tests.e2e.test_parallel import SET_UP, send

LINK_TO_HISTORY = """
from alliance.models import Episode, Practice
from ratings.check_in import links
from tests.factories import editor_of
Practice.objects.update(shows_history=True)
episode = Episode.objects.get()
episode.client.consents.create(purpose="history", text_version="2026-11")
print(links.mint_history_link(editor=editor_of(episode)))
"""


def status(method, address, data=None):
    request = urllib.request.Request(address, data=data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def raw(server, lines):
    """What a browser would not send; the first line of the answer."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=60)
    connection.connect()
    connection.sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
    first = connection.sock.makefile().readline()
    connection.close()
    return first


def test_no_key_is_in_a_line_of_the_log(gunicorn_server, tmp_path):
    """Whatever goes wrong with a request: the log of the server says so, without the key that is its path."""
    token = gunicorn_server.python(SET_UP).split()[-1]
    history = gunicorn_server.python(LINK_TO_HISTORY).split()[-1]
    form, own = f"{gunicorn_server.url}/c/{token}/", f"{gunicorn_server.url}/c/h/{history}/"
    assert {status(method, address) for method in ("GET", "HEAD") for address in (form, own)} == {200}
    too_much = b"comment=" + b"x" * 10_000_000
    found = {
        "wrong method": status("PUT", form),
        "post to read": status("POST", own, b"a=b"),
        "tampered": status("POST", form, b"therapist=1"),
        "empty": status("POST", form, b""),
        "too much": status("POST", form, too_much),
        "misspelt": status("GET", form.rstrip("/") + "x/"),
        "not a page": status("GET", own + "more/"),
        "no slash": status("POST", form.rstrip("/"), b"goal_known=3"),
        "sent": send(form, {"goal_known": 3})[0],
        "used": status("GET", form),
        "other answers": status("POST", form, b"goal_known=1"),
    }
    assert found == {
        "wrong method": 405,
        "post to read": 405,
        "tampered": 400,
        "empty": 422,
        "too much": 413,
        "misspelt": 404,
        "not a page": 404,
        "no slash": 404,
        "sent": 200,
        "used": 404,
        "other answers": 409,
    }
    path = f"/c/{token}/"
    assert " 400 " in raw(gunicorn_server, [f"GET {path} HTTP/1.1", "Host: elsewhere.example"])
    assert " 414 " in raw(gunicorn_server, [f"GET {path}?{'x' * 9000} HTTP/1.1", "Host: 127.0.0.1"])
    assert " 400 " in raw(gunicorn_server, [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Bad Header: x"])
    log = (tmp_path / "gunicorn.log").read_text()
    for line in ("Method Not Allowed: /c/…", "Bad Request: /c/…", "Not Found: /c/…", "Conflict: /c/…"):
        assert line in log, "the log was not kept, so it proves nothing"
    assert token not in log and history not in log
