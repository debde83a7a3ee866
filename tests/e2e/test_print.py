"""On paper: few sheets, whole charts with their numbers, and nothing that can only be pressed."""

import re

from django.urls import reverse

from alliance.crypto import Sealed
from ratings.check_in.links import mint_check_in_link
from ratings.models import CheckIn, Rating
from sessions.models import PrivateNote
from tests.e2e.conftest import CHARTS_FIT, settle
from tests.e2e.test_pages import house  # noqa: F401 -- a fixture
from tests.factories import make_episode

SHEET = {"width": 688, "height": 1017}  # A4 less its margins, in CSS px


def sheets(page):
    settle(page)
    return len(re.findall(rb"/Type /Page\b", page.pdf(format="A4", prefer_css_page_size=True)))


def on_paper(page):
    """The page as the printer sees it, for questions that a PDF does not answer."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size(SHEET)


def test_a_case_takes_two_sheets_with_whole_charts_and_their_numbers(page, live_server, house, dana, sign_in):  # noqa: F811 -- the fixture
    sign_in(dana)
    page.emulate_media(color_scheme="dark")
    page.goto(live_server.url + reverse("ratings:case", args=[house["flagged"].code]))
    assert sheets(page) <= 2
    settle(page)
    on_paper(page)
    for chart in page.locator("[data-figure]").all():
        edge = chart.bounding_box()["x"] + chart.bounding_box()["width"]
        words = chart.locator(".ytick text").all()
        assert len(words) == 3
        assert all(word.bounding_box()["x"] + word.bounding_box()["width"] <= edge for word in words)
        assert words[0].evaluate("el => getComputedStyle(el).fill") == "rgb(85, 92, 99)", "dark ink"
    for table in page.locator(".pillar table").all():
        assert table.is_visible()
        points = table.locator("tbody tr").all()
        assert points[-1].bounding_box()["x"] > points[0].bounding_box()["x"], "a column to a session"
    assert page.locator("nav, button, summary").locator("visible=true").count() == 0
    page.emulate_media(media="null")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_function(CHARTS_FIT)


def test_a_phone_that_was_not_scrolled_prints_all_three_charts(page, live_server, house, dana, sign_in):  # noqa: F811 -- the fixture
    sign_in(dana)
    page.set_viewport_size({"width": 360, "height": 400})
    page.goto(live_server.url + reverse("ratings:case", args=[house["flagged"].code]))
    page.wait_for_function("() => Boolean(window.Plotly)")
    assert page.locator("[data-drawn]").count() == 0, "none is in sight"
    on_paper(page)
    for chart in page.locator("[data-figure]").all():
        assert chart.locator(".scatterlayer .trace").count() >= 3
        assert chart.bounding_box()["height"] > 100


def test_paper_carries_what_a_supervisor_may_read(page, live_server, house, dana, sign_in):  # noqa: F811 -- the fixture
    """A sheet goes from hand to hand."""
    flagged = house["flagged"]
    session = flagged.therapy_sessions.order_by("starts_at")[1]
    PrivateNote.objects.create(
        therapy_session=session,
        episode=flagged,
        written_by=dana,
        text=Sealed("My own thought.", flagged.client.data_key),
    )
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case", args=[flagged.code]))
    for_her_alone = ("My own thought.", "would like you to raise something")
    shared = page.locator("blockquote").first.inner_text()
    for words in (*for_her_alone, shared):
        assert words in page.inner_text("main")
    on_paper(page)
    assert shared in page.inner_text("main")
    for words in for_her_alone:
        assert words not in page.inner_text("main")
    Rating.objects.update(comment_for="therapist")
    page.reload()
    assert page.locator("blockquote").locator("visible=true").count() == 0


def test_a_long_course_takes_two_sheets_as_well(page, live_server, house, dana, sign_in, live_through):  # noqa: F811 -- the fixture
    long = make_episode(dana, "Larch")
    live_through(long, [3, 4, 3, 3, 2, 3, 1, 1, 2, *[3] * 12])
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case", args=[long.code]))
    assert sheets(page) <= 2
    on_paper(page)
    rows = page.locator(".pillar table").first.locator("tbody tr").all()
    assert len({row.bounding_box()["y"] for row in rows}) == 1, "one line of numbers"


def test_a_sheet_for_supervision_is_one_page_of_a4(page, live_server, house, dana, sign_in, look, live_through):  # noqa: F811 -- the fixture
    """As long as the longest course of the demo, and with a place for the question."""
    long = make_episode(dana, "Larch")
    live_through(long, [3, 4, 3, 3, 2, 3, 1, 1, 2, *[3] * 13], comment="What it was like.", comment_for="supervisor")
    sign_in(dana)
    for episode in (long, house["flagged"], house["fresh"]):
        page.goto(live_server.url + reverse("ratings:case-sheet", args=[episode.code]))
        assert sheets(page) == 1, episode.client.display_name
    page.goto(live_server.url + reverse("ratings:case-sheet", args=[house["flagged"].code]))
    look("case-sheet")
    on_paper(page)
    words = page.inner_text("main")
    assert "Question for supervision" in words
    assert "Dana Whitlock" in words
    assert "you" not in [word.strip(".,").lower() for word in words.split()]


def test_the_other_pages_on_paper(page, live_server, house, dana, sam, sign_in):  # noqa: F811 -- the fixture
    sign_in(sam)
    page.goto(live_server.url + reverse("ratings:caseload"))
    assert sheets(page) <= 2
    sign_in(dana)
    rupture = reverse("ratings:rupture", args=[house["flagged"].ruptures.get().code])
    for path, most in ((reverse("ratings:today"), 1), (rupture, 2)):
        page.goto(live_server.url + path)
        assert sheets(page) <= most, path
        on_paper(page)
        assert page.locator("nav, button").locator("visible=true").count() == 0
        page.emulate_media(media="null")


def test_a_client_may_answer_on_one_sheet(page, live_server, house, dana):  # noqa: F811 -- the fixture
    """With the question that waits for a yes on the screen: a pen cannot make it appear."""
    check_in = CheckIn.objects.filter(ratings__rater=None).latest("therapy_session__starts_at")
    token = mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    page.goto(live_server.url + reverse("links:check-in", args=[token]))
    assert not page.get_by_text("Did you talk about it?").is_visible()
    assert sheets(page) == 1
    on_paper(page)
    assert page.get_by_text("Did you talk about it?").is_visible()
    assert not page.get_by_role("button", name="Send").is_visible()
