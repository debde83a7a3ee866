"""The pictures in README and docs, taken of the demo; `make pictures` puts them into docs/images/."""

import os
import re
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from alliance.models import User
from ratings.demo.guide import PUT_AWAY
from ratings.demo.people import FIRST_MEMBERS
from tests.e2e.conftest import PICTURES as LOOKED_AT
from tests.e2e.conftest import settle
from tests.test_docs import PAGES, images

IMAGES = settings.BASE_DIR / "docs" / "images"
ASKED_FOR = "TAKE_PICTURES" in os.environ
DESK = {"viewport": {"width": 1200, "height": 760}}
WHOLE = {"viewport": {"width": 1200, "height": 1720}}  # down to the last chart
PHONE = {"viewport": {"width": 360, "height": 720}, "device_scale_factor": 2, "has_touch": True}
THERAPIST, SUPERVISOR, _MANAGER = FIRST_MEMBERS


@pytest.fixture
def demo(live_server, settings):
    settings.BASE_URL = live_server.url
    call_command("seed_demo", stdout=StringIO())
    return live_server.url


# --- What is on each picture ------------------------------------------------------------------------------------------


def check_in(page, address):
    printed = StringIO()
    call_command("print_demo", stdout=printed)
    page.goto(re.search(r"http\S+/c/\S+", printed.getvalue())[0])
    page.locator("fieldset").nth(0).get_by_label("Mostly").check()
    page.evaluate("document.activeElement.blur()")


def case(page, address):
    open_case(page, address, "Juniper")


def flag(page, address):
    open_case(page, address, "Juniper")
    page.get_by_role("link", name="What was seen", exact=True).click()


def repair(page, address):
    open_case(page, address, "Teasel")


def caseload(page, address):
    page.goto(address + reverse("ratings:caseload"))


def open_case(page, address, name):
    page.goto(address + reverse("ratings:cases"))
    page.get_by_role("link", name=name, exact=True).first.click()
    settle(page)


PICTURES = {  # the one list: a picture that is in docs/images and not here, or the other way round, fails a test
    "check-in": (check_in, None, PHONE),
    "case": (case, THERAPIST, WHOLE),
    "flag": (flag, THERAPIST, DESK),
    "repair": (repair, THERAPIST, DESK),
    "caseload": (caseload, SUPERVISOR, DESK),
}


def test_the_pictures_are_taken(browser, browser_context_args, demo, client):
    for name, (open_page, email, size) in PICTURES.items():
        context = browser.new_context(**browser_context_args | size | {"color_scheme": "light"})
        if email:
            client.force_login(User.objects.get(email=email))
            signed_in = client.session
            signed_in[PUT_AWAY] = True  # the guide is the demo's own: pages are shown as a practice sees them
            signed_in.save()
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": demo}])
        page = context.new_page()
        open_page(page, demo)
        place = IMAGES / f"{name}.png"
        if place.exists() and not ASKED_FOR:  # a test run leaves the tree as it is
            place = LOOKED_AT / "docs" / place.name
        place.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=place)
        read = " ".join(page.locator("body").inner_text().split())
        assert [words for words in quoted(place.name) if words not in read] == [], name
        context.close()


def quoted(picture):
    """What the pages say, between quotation marks, stands on a picture."""
    alts = [alt for file in PAGES for address, alt in images(file.read_text()) if address.endswith(f"/{picture}")]
    assert alts, f"no page shows {picture}"
    return [words for alt in alts for words in re.findall(r'"([^"]+)"', alt)]
