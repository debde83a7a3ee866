"""The demo's guide, walked as each of its three people from the sign-in to the last story, put away and shown again."""

from io import StringIO

import pytest
from django.core.management import call_command

from ratings.demo.people import PASSWORD
from tests.e2e.conftest import PHONE

STORIES = {
    "therapist": ["Teasel", "Juniper", "Fern", "Sorrel", "Marten"],
    "supervisor": ["Teasel", "Juniper", "Fern", "Bramble", "Marten"],
}
PAGES = {  # all that has a place in the bar, and what one may open from there
    "therapist": ["/today/", "/cases/", "/check-ins/", "/you/"],
    "supervisor": ["/caseload/", "/you/"],
    "manager": ["/people/", "/people/invite/", "/people/detection/", "/you/"],
}
GUIDE = "What you are looking at"
SMALL_DESK = {"width": 1280, "height": 720}


@pytest.fixture
def demo(live_server):
    call_command("seed_demo", stdout=StringIO())


@pytest.fixture
def plain_page(browser, browser_context_args):
    """A page without JavaScript."""
    context = browser.new_context(**browser_context_args | {"java_script_enabled": False})
    yield context.new_page()
    context.close()


def enter(page, live_server, role):
    page.goto(live_server.url + "/accounts/login/")
    assert page.get_by_text(GUIDE).count() == 0
    page.get_by_label("E-mail").fill(f"{role}@demo.test")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page.url


@pytest.mark.parametrize("role", STORIES)
def test_a_walk_through_the_stories(plain_page, live_server, demo, role):
    page = plain_page
    first_page = enter(page, live_server, role)
    guide = page.get_by_role("complementary", name=GUIDE)
    assert not guide.get_by_role("link").first.is_visible()
    guide.get_by_text(GUIDE).click()
    guide.get_by_role("link").first.click()
    for number, name in enumerate(STORIES[role], 1):
        assert page.get_by_role("heading", level=1).inner_text() == name
        assert f"{number} of 5" in guide.inner_text()
        guide.get_by_role("link").click()
    assert page.url == first_page
    page.go_back()
    last_story = page.url
    guide.get_by_role("button", name="Put the guide away").click()
    assert page.url == last_story
    assert page.get_by_role("status").inner_text() == "The guide is put away. Help has it again."
    for path in [last_story.removeprefix(live_server.url), *PAGES[role]]:
        page.goto(live_server.url + path)
        assert guide.count() == 0, path
    page.get_by_role("link", name="Help").click()
    page.get_by_role("button", name="Show the guide again").click()
    assert page.url == first_page
    assert guide.count() == 1


def test_a_walk_as_manager(plain_page, live_server, demo):
    page = plain_page
    first_page = enter(page, live_server, "manager")
    guide = page.get_by_role("complementary", name=GUIDE)
    names = [
        *("Invite somebody", "Assign a supervisor", "Settings", "How flags are made"),
        "Import a list of clients",
    ]
    for name in names:
        page.goto(first_page)
        guide.get_by_text(GUIDE).click()
        assert guide.get_by_role("link").all_inner_texts() == names
        guide.get_by_role("link", name=name).click()
        assert name.split()[0] in page.get_by_role("heading", level=1).inner_text()
        assert guide.count() == (name == "Import a list of clients"), "where it has a list to try"
    page.goto(first_page)
    guide.get_by_text(GUIDE).click()
    guide.get_by_role("button", name="Put the guide away").click()
    assert page.url == first_page
    for path in PAGES["manager"]:
        page.goto(live_server.url + path)
        assert guide.count() == 0, path
    page.get_by_role("link", name="Help").click()
    page.get_by_role("button", name="Show the guide again").click()
    assert page.url == first_page
    assert guide.count() == 1


@pytest.mark.parametrize(("role", "story"), [("therapist", "Sorrel"), ("supervisor", "Bramble"), ("manager", None)])
def test_the_guide_is_looked_at(page, live_server, demo, look, complaints, role, story):
    heard = complaints(page)
    enter(page, live_server, role)
    look(f"guide-{role}")
    page.get_by_text(GUIDE).click()
    look(f"guide-{role}-open")
    if story:
        page.get_by_role("complementary").get_by_role("link", name=story).click()
        look(f"guide-{role}-story")
        page.emulate_media(media="print")
        assert not page.get_by_text(GUIDE).is_visible()
        page.emulate_media(media="screen")
    page.get_by_role("button", name="Put the guide away").click()
    page.get_by_role("link", name="Help").click()
    look(f"guide-{role}-put-away")
    assert heard == []


def test_the_page_still_speaks_first(page, live_server, demo):
    """With the guide above it, what the first page has to say stands on the first screen, on a phone and on a desk."""
    for role in PAGES:
        page.context.clear_cookies()
        first_page = enter(page, live_server, role)
        for size, reason in ((PHONE, ".mark"), (SMALL_DESK, ".entry p:first-child")):
            page.set_viewport_size(size)
            page.goto(first_page)
            said = [page.get_by_role("heading", level=1)]
            if role == "supervisor":
                said += page.locator(f"#to-talk-about > li {reason}").all()[:3]
                assert len(said) == 4
            for box in (found.bounding_box() for found in said):
                assert box["y"] + box["height"] <= size["height"], role
