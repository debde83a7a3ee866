"""A browser, and servers for it: `live_server` for pages, `gunicorn_server` for what happens at the same time."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg2
import pytest
from django.conf import settings

from ratings.management.commands.demo import server_options
from tests.pg_plugin import postgresql

PHONE = {"width": 360, "height": 640}
DESK = {"width": 1280, "height": 800}
PICTURES = settings.BASE_DIR / "var" / "pictures"
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
CHARTS_FIT = """() => [...document.querySelectorAll("[data-figure] .main-svg")].every(
    svg => Math.abs(svg.clientWidth - svg.closest("[data-figure]").clientWidth) < 2)"""
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory):
    """A database file: one in memory, shared by the threads of `live_server`, answers 500."""
    settings.DATABASES["default"]["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "e2e.sqlite3")


# --- The browser ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return browser_type_launch_args | {
        "executable_path": os.environ["CHROMIUM"],  # `make test-browser` names it
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return browser_context_args | {"viewport": DESK, "locale": "en-GB", "timezone_id": "UTC"}


@pytest.fixture
def phone(browser, browser_context_args):
    """A page as wide as a small phone, with cookies of its own: not signed in where `page` is."""
    context = browser.new_context(**browser_context_args | {"viewport": PHONE, "has_touch": True})
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints():
    """`complaints(page)` starts a list of what goes wrong on that page: console messages, errors, foreign requests."""

    def watch(page):
        found = []
        page.on("console", lambda message: found.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: found.append(f"error: {error}"))
        page.on("request", lambda request: is_foreign(request.url) and found.append(f"request: {request.url}"))
        return found

    return watch


def is_foreign(url):
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("localhost", "127.0.0.1")


@pytest.fixture
def axe():
    """`axe(page)` gives what axe-core finds against WCAG 2.2 AA, a line per place: rule, selector, explanation."""

    def find(page):
        page.evaluate(AXE)
        result = page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", AXE_TAGS)
        return [
            f"{violation['id']}: {node['target']}: {node['failureSummary']}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]

    return find


@pytest.fixture
def picture():
    """`picture(page, name)` saves the page under var/pictures/, narrow and wide, light and dark."""

    def save(page, name):
        PICTURES.mkdir(parents=True, exist_ok=True)
        before = page.viewport_size
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            page.wait_for_function(CHARTS_FIT)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=PICTURES / f"{name}-{size['width']}-{scheme}.png", full_page=True)
        page.emulate_media(color_scheme="null")
        page.set_viewport_size(before)

    return save


# --- Servers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GunicornServer:
    url: str
    environment: dict

    def manage(self, *arguments):
        """Runs a management command on the server's database and gives what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=self.environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, code):
        """Runs lines of Python in the server's project (`manage.py shell`) and gives what they printed."""
        return self.manage("shell", "--no-imports", "--command", code)


@pytest.fixture(scope="session")
def postgresql_server():
    with postgresql() as address:
        yield address


@pytest.fixture
def postgresql_database(postgresql_server):
    """The address of an empty database on the one server of this run."""
    name = f"test_{uuid4().hex}"
    connection = psycopg2.connect(postgresql_server)
    connection.autocommit = True  # a database is not created in a transaction
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return urlsplit(postgresql_server)._replace(path=f"/{name}").geturl()


@pytest.fixture(params=["sqlite", "postgresql"])
def gunicorn_server(request, tmp_path):
    """The server of the demo in processes of its own, migrated, on an empty SQLite file and then on PostgreSQL."""
    with ExitStack() as stack:
        port = free_port()
        environment = {key: value for key, value in os.environ.items() if key != "DJANGO_ALLOW_ASYNC_UNSAFE"}
        environment |= {
            "ALLIANCE_VAR": str(tmp_path),
            "DATABASE_URL": request.getfixturevalue("postgresql_database") if request.param == "postgresql" else "",
            "PORT": str(port),
        }
        server = GunicornServer(f"http://127.0.0.1:{port}", environment)
        server.manage("migrate", "--verbosity=0")
        log = stack.enter_context((tmp_path / "gunicorn.log").open("wb"))
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *server_options(("127.0.0.1", port))],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        stack.callback(process.wait, timeout=30)
        stack.callback(process.terminate)
        wait_until_healthy(server.url, process, tmp_path / "gunicorn.log")
        yield server


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_healthy(url, process, log, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"gunicorn did not answer: {log.read_text()}")
