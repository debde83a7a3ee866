"""A browser for the pages of `live_server`."""

import functools
import os
import sqlite3
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine as machine
from django.conf import settings
from django.db import connection as own_connection
from django.db.backends.signals import connection_created
from playwright.sync_api import Locator, Page

PHONE = {"width": 360, "height": 640}
DESK = {"width": 1280, "height": 800}
PICTURES = settings.BASE_DIR / "var" / "pictures"
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
CHARTS_FIT = """() => [...document.querySelectorAll("[data-figure] .main-svg")].every(
    svg => Math.abs(svg.clientWidth - svg.closest("[data-figure]").clientWidth) < 2)"""
FILLED = ".button:not(.second):visible"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]

if "SLOW_PAGES" in os.environ:
    settings.MIDDLEWARE.insert(0, "tests.e2e.slow.slow_pages")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory):
    """A database file: one in memory, shared by the threads of `live_server`, answers 500."""
    settings.DATABASES["default"]["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "e2e.sqlite3")


# --- The clock --------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(transactional_db):
    """`clock.move_to(instant)`: it is then for the program and its database; the browser keeps the machine's clock."""
    calculator = sqlite3.connect(":memory:", check_same_thread=False)

    def strftime(form, *when):
        if when[0].lower() == "now":
            when = repr(time.time()), "unixepoch", *when[1:]
        return calculator.execute(f"SELECT STRFTIME(?{', ?' * len(when)})", [form, *when]).fetchone()[0]

    def follow(connection, **_signal):
        connection.connection.create_function("strftime", -1, strftime)

    connection_created.connect(follow)
    own_connection.ensure_connection()
    follow(own_connection)
    with machine.travel(time.time()) as traveller:
        yield traveller
    connection_created.disconnect(follow)


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


@pytest.fixture(scope="session", autouse=True)
def whole_pages():
    """What is pressed waits for the page that it leads to, until all of it is read. Playwright itself waits for its
    first bytes alone, and on a busy machine a test then counts the boxes of half a page."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Locator, "click", then_read(Locator.click, lambda locator: locator.page))
        patched.setattr(Locator, "press", then_read(Locator.press, lambda locator: locator.page))
        patched.setattr(Page, "click", then_read(Page.click, lambda page: page))
        yield


def then_read(act, page_of):
    @functools.wraps(act)
    def acting(on, *arguments, **options):
        act(on, *arguments, **options)
        page_of(on).wait_for_load_state("domcontentloaded")

    return acting


@pytest.fixture
def phone(browser, browser_context_args):
    """A page as wide as a small phone, with cookies of its own: not signed in where `page` is."""
    context = browser.new_context(**browser_context_args | {"viewport": PHONE, "has_touch": True})
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints():
    """`complaints(page)` starts a list of what goes wrong on that page: console messages, errors, foreign requests.

    That a sign-out cleared what the browser kept is told there as well, and is right.
    """

    def watch(page):
        found = []

        def heard(message):
            if not message.text.startswith("Clear-Site-Data header on"):
                found.append(f"console: {message.text}")

        page.on("console", heard)
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
    """`picture(page, name)` sees the charts fit the page, narrow and wide; with PICTURES=yes in the environment it
    saves the page under var/pictures/, in both widths, light and dark, for somebody to look at."""

    def save(page, name):
        before = page.viewport_size
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            page.wait_for_function(CHARTS_FIT)
            for scheme in ("light", "dark") if "PICTURES" in os.environ else ():
                page.emulate_media(color_scheme=scheme)
                photograph(page, f"{name}-{size['width']}-{scheme}")
        page.emulate_media(color_scheme="null")
        page.set_viewport_size(before)

    return save


def photograph(page, name):
    if "PICTURES" in os.environ:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


@pytest.fixture
def sign_in(page, live_server, client):
    """Signs somebody in without the form, which has a test of its own."""

    def enter(membership):
        client.force_login(membership.user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.clear_cookies()
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return enter


@pytest.fixture
def plain(browser, browser_context_args, live_server, client, dana, settings):
    """A page without JavaScript, on which Dana is signed in."""
    context = browser.new_context(**browser_context_args | {"java_script_enabled": False})
    client.force_login(dana.user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    yield context.new_page()
    context.close()


@pytest.fixture
def look(page, axe, picture, complaints):
    """`look(page, name)`: axe finds nothing in either theme, nothing overflows, also in letters twice as large, one
    button at most is filled, and the pictures are taken."""

    def at(name, on=page):
        settle(on)
        for scheme in ("light", "dark"):
            on.emulate_media(color_scheme=scheme)
            assert axe(on) == [], f"{name}, {scheme}"
        # A chart is drawn anew a moment after the page became narrower: waited for, or it falls into the next step.
        on.set_viewport_size({"width": 320, "height": 640})
        on.wait_for_function(CHARTS_FIT)
        assert on.evaluate("document.documentElement.scrollWidth") <= 320, f"{name} overflows"
        assert on.locator(FILLED).count() <= 1, f"{name} has two buttons that want to be pressed"
        on.set_viewport_size(PHONE)
        on.wait_for_function(CHARTS_FIT)
        on.evaluate("document.documentElement.style.fontSize = '200%'")
        assert on.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], f"{name} overflows at 200 %"
        on.evaluate("document.documentElement.style.fontSize = ''")
        settle(on)
        picture(on, name)

    return at


def settle(page):
    """Brings every chart into sight once, and waits until it is drawn."""
    charts = page.locator("[data-figure]")
    for position in range(charts.count()):
        charts.nth(position).scroll_into_view_if_needed()
        charts.nth(position).locator(".main-svg").first.wait_for()
    page.evaluate("scrollTo(0, 0)")
