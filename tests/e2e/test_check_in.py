"""The client's pages in a browser: what they cost in taps, keys and bytes, how they look, what they leave behind."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from alliance.models import Client
from ratings.cases.actions import log_session
from ratings.check_in import links
from ratings.check_in.actions import answer_check_in, mark_read
from ratings.check_in.answers import ClientAnswers
from ratings.models import CheckIn, Rating
from tests.courses import ITEMS, consent
from tests.e2e.conftest import PHONE, photograph
from tests.e2e.visits import light_first_visit
from tests.factories import days_ago, editor_of, make_client, make_episode

SMALLEST_TARGET = 44  # CSS px
COMMENT = "I did the sheet at home but I was not sure what it was for."


@pytest.fixture
def house(live_server, settings, millrace):
    settings.BASE_URL = live_server.url
    millrace.crisis_phone, millrace.emergency_phone = "01632 960 117", "112"
    millrace.shows_history = millrace.names_readers = True
    millrace.save()


@pytest.fixture
def ask(house, live_server, dana, instruments):
    """`ask()`: the addresses of two check-ins of a new client, a week apart. With fields of the client, if any."""

    def addresses(**fields):
        client = make_client(dana.practice, **fields)
        consent(client)
        client.consents.create(purpose="history", text_version="2026-11")
        episode = make_episode(dana, client=client)
        for days in (9, 2):
            log_session(
                editor=editor_of(episode),
                starts_at=days_ago(days),
                ends_at=days_ago(days) + timedelta(minutes=50),
                zone="Europe/Berlin",
                mode="in_person",
                attendance="attended",
            )
        check_ins = CheckIn.objects.filter(episode=episode).order_by("therapy_session__starts_at")
        tokens = [links.mint_check_in_link(check_in=check_in, editor=None, channel="screen") for check_in in check_ins]
        return [live_server.url + reverse("links:check-in", args=[token]) for token in tokens]

    return addresses


def heading(page):
    return page.get_by_role("heading", level=1).inner_text()


def answer(page, position, which):
    return page.locator("fieldset").nth(position).locator("label").nth(which)


# --- What it costs ----------------------------------------------------------------------------------------------------


def test_seven_taps(phone, ask, complaints):
    heard, taps = complaints(phone), []
    phone.expose_function("tapped", lambda kind: taps.append(kind))
    phone.add_init_script("addEventListener('pointerdown', event => tapped(event.pointerType), true)")
    phone.goto(ask()[0])
    for position in range(6):
        answer(phone, position, 3).tap()
    phone.get_by_role("button", name="Send").tap()
    phone.wait_for_url("**/c/sent/")
    assert heading(phone) == "Thank you"
    assert taps == ["touch"] * 7
    assert Rating.objects.get().answers == dict.fromkeys(ITEMS, 3)
    assert heard == []


def test_fourteen_keys(page, ask):
    """One to pass "Who sees this", two for each question, one to send; the focus can always be seen."""
    page.goto(ask()[0])
    keys = 0

    def press(key):
        nonlocal keys
        keys += 1
        page.keyboard.press(key)

    press("Tab")
    for position in range(6):
        press("Tab")
        assert page.evaluate("document.activeElement.matches(':focus-visible')")
        assert page.evaluate("document.activeElement.name") == ITEMS[position]
        press("ArrowDown")
    press("Enter")
    page.wait_for_url("**/c/sent/")
    assert keys <= 6 * 2 + 2
    assert Rating.objects.get().answers == dict.fromkeys(ITEMS, 1)


def test_every_question_is_reached_and_answered_by_keyboard_alone(page, ask):
    page.goto(ask()[0])
    page.keyboard.press("Tab")
    reached = []
    while (name := page.evaluate("document.activeElement.name || document.activeElement.type")) != "submit":
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.type")
        reached.append(name)
        if name == "tension":
            page.keyboard.press("ArrowDown")
        elif name == "comment":
            page.keyboard.type("By keyboard")
        elif name != "submit":
            page.keyboard.press("Space")
    assert reached == [
        *ITEMS,
        *("tension", "tension_strength", "tension_talked_about", "bring_up", "comment", "share_comment", "own_device"),
        "submit",
    ]
    page.keyboard.press("Space")
    page.wait_for_url("**/c/sent/")
    rating = Rating.objects.get()
    assert (rating.tension, rating.tension_talked_about, rating.bring_up) == (True, False, "no")
    assert rating.comment_for == "supervisor"


def test_without_javascript(browser, browser_context_args, ask):
    context = browser.new_context(**browser_context_args | {"viewport": PHONE, "java_script_enabled": False})
    page = context.new_page()
    page.goto(ask()[0])
    page.get_by_role("button", name="Send").click()
    assert "Answer at least one question, then send." in page.inner_text("main")
    follow_up = page.get_by_text("Did you talk about it?")
    assert not follow_up.is_visible()
    answer(page, 0, 4).click()
    page.get_by_role("group", name="Was there any tension").get_by_text("Yes").click()
    assert follow_up.is_visible()
    page.get_by_text("Yes, at least a little").click()
    page.get_by_text("Yes, gently").click()
    page.get_by_label("This is my own phone").check()
    page.get_by_role("button", name="Send").click()
    assert heading(page) == "Thank you"
    page.get_by_role("link", name="Change your answers").click()
    assert page.locator("input:checked").count() == 5
    rating = Rating.objects.get()
    assert (rating.tension, rating.tension_talked_about, rating.bring_up) == (True, True, "gently")
    context.close()


def test_the_first_visit_is_light(phone, ask):
    document = light_first_visit(phone, ask()[0])
    assert not [part for part in (b"htmx", b"plotly", b"m-below") if part in document]
    assert re.findall(b"<script[^>]*>", document) == [b'<script src="/static/js/leave.js">']


def test_the_first_screen_shows_who_reads_it_and_the_first_question(phone, ask):
    phone.goto(ask()[0])
    for element in (phone.get_by_text("Goes to your therapist."), answer(phone, 0, 4)):
        box = element.bounding_box()
        assert box["y"] + box["height"] <= PHONE["height"], element


# --- How it looks -----------------------------------------------------------------------------------------------------


def states(phone, ask, live_server, dana):
    """Leads the phone through every state of a client's pages and yields the name of each."""
    phone.goto(ask(check_in_form="short")[0])
    yield "child"
    phone.goto(ask(asks_about_fit=True)[0])
    yield "fit"
    first, second = ask()
    phone.goto(first)
    yield "form"
    phone.get_by_role("button").click()
    yield "form-error"
    phone.locator("textarea").evaluate("area => { area.maxLength = 9e6; area.value = 'x'.repeat(3e5) }")
    phone.get_by_role("button").click()
    yield "too-long"
    phone.goto(first)
    for position in range(5):
        answer(phone, position, (3, 4, 1, 0, 4)[position]).click()
    answer(phone, 6, 1).click()
    phone.locator("textarea").fill(COMMENT)
    phone.locator("summary").click()
    phone.get_by_label("This is my own phone").check()
    yield "form-filled"
    phone.get_by_role("button").click()
    yield "sent"
    phone.goto(f"{live_server.url}/c/change/")
    yield "change"
    check_in = CheckIn.objects.filter(ratings__rater="client").latest("pk")
    mark_read(editor=editor_of(check_in.episode))
    phone.goto(f"{live_server.url}/c/sent/")
    yield "sent-read"
    phone.goto(second)
    yield "form-after-reading"
    phone.goto(second.replace("/c/", "/c/w/"))
    yield "who-reads"
    Client.objects.update(therapist_may_be_named=True)
    phone.reload()
    yield "who-reads-named"
    phone.goto(second)
    phone.context.clear_cookies()
    latest = check_in.episode.check_ins.latest("therapy_session__starts_at")
    answer_check_in(check_in=latest, answers=ClientAnswers({"goal_known": 2}), may_change=False)  # on another device
    answer(phone, 0, 0).click()
    phone.get_by_role("button").click()
    yield "already"
    phone.goto(second)
    yield "gone"
    phone.goto(f"{live_server.url}/c/privacy/")
    yield "privacy"
    token = links.mint_history_link(editor=editor_of(check_in.episode))
    phone.goto(live_server.url + reverse("links:history", args=[token]))
    for summary in phone.locator("main details:not(#who) > summary").all():
        summary.click()
    yield "history"


TITLES = {
    "child": "About your session",
    "fit": "About your session",
    "form": "About your session",
    "form-error": "About your session",
    "too-long": "This is longer than we can keep.",
    "form-filled": "About your session",
    "sent": "Thank you",
    "change": "About your session",
    "sent-read": "Thank you",
    "form-after-reading": "About your session",
    "who-reads": "Who can read what you send",
    "who-reads-named": "Who can read what you send",
    "already": "Your answers were already sent.",
    "gone": "This link cannot be used.",
    "privacy": "What is kept, and who sees it",
    "history": "Your answers so far",
}


PAGE_TITLES = ("Check-in", "What is kept", "Your answers", "Who can read it")


def too_small(page):
    """What can be tapped and is smaller than a fingertip; a radio button's target is its label."""
    return page.evaluate(
        """least => [...document.querySelectorAll('a, button, summary, textarea, input:not([type=hidden])')]
            .map(el => el.labels?.length && el.matches('[type=radio], [type=checkbox]') ? el.labels[0] : el)
            .filter(el => el.checkVisibility())
            .map(el => ({name: el.innerText || el.name, box: el.getBoundingClientRect()}))
            .filter(({box}) => box.height < least || box.width < least)
            .map(({name, box}) => `${name}: ${box.width} x ${box.height}`)""",
        SMALLEST_TARGET,
    )


def test_every_state_in_light_and_dark(phone, ask, live_server, dana, axe, picture):
    seen = {}
    for name in states(phone, ask, live_server, dana):
        seen[name] = heading(phone)
        assert phone.title().removeprefix("Error: ") in PAGE_TITLES, name
        for scheme in ("light", "dark"):
            phone.emulate_media(color_scheme=scheme)
            assert axe(phone) == [], f"{name}, {scheme}"
        phone.set_viewport_size({"width": 320, "height": 640})
        assert phone.evaluate("document.documentElement.scrollWidth") <= 320, name
        assert too_small(phone) == [], name
        phone.set_viewport_size(PHONE)
        picture(phone, f"client-{name}")
    assert seen == TITLES


def test_every_state_from_right_to_left(browser, browser_context_args, ask, settings, live_server, dana, axe):
    """Without translations: what is ours stays English, the page and Django's own words turn around."""
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    context = browser.new_context(**browser_context_args | {"viewport": PHONE, "has_touch": True, "locale": "ar"})
    phone = context.new_page()
    seen = {}
    for name in states(phone, ask, live_server, dana):
        seen[name] = heading(phone)
        assert phone.locator("html").get_attribute("dir") == "rtl"
        assert axe(phone) == [], name
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
        radio, label = phone.locator("label [type=radio]"), phone.locator("label:has([type=radio])")
        if radio.count():
            edges = radio.first.bounding_box(), label.first.bounding_box()
            assert edges[0]["x"] > edges[1]["x"] + edges[1]["width"] / 2, "the button stands where reading begins"
        photograph(phone, f"client-{name}-rtl")
    assert seen == TITLES
    context.close()


def test_every_state_with_text_twice_as_large(phone, ask, live_server, dana):
    seen = {}
    for name in states(phone, ask, live_server, dana):
        seen[name] = heading(phone)
        phone.evaluate("document.documentElement.style.fontSize = '200%'")
        beyond = (
            "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
        )
        assert phone.evaluate(f"{beyond}.map(e => e.tagName + ': ' + e.innerText)") == [], name
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
        clipped = (
            "[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth)"
        )
        assert phone.evaluate(f"{clipped}.filter(e => getComputedStyle(e).overflowX != 'visible').length") == 0, name
        photograph(phone, f"client-{name}-200")
    assert seen == TITLES


def test_a_target_that_is_too_small_would_be_found(page):
    page.set_content('<main><a href="/">Go</a><label><input type="radio">A</label><button>Wide enough</button></main>')
    assert [line.split(":")[0] for line in too_small(page)] == ["Go", "A", "Wide enough"]


# --- What it leaves behind --------------------------------------------------------------------------------------------


def test_nothing_of_the_answers_stays_in_the_browser(phone, ask, complaints):
    """Somebody else takes the phone: back, forward, reload and every storage show none of it without the cookie."""
    heard = complaints(phone)
    phone.goto(ask()[0])
    for position in range(6):
        answer(phone, position, 3).click()
    phone.locator("textarea").fill(COMMENT)
    phone.get_by_role("button", name="Send").click()
    assert heading(phone) == "Thank you"
    (cookie,) = phone.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == ("check-in", True, "Lax", "/c/")
    assert CheckIn.objects.filter(code=cookie["value"].split(":")[0], ratings__rater="client").exists(), (
        "its code alone"
    )
    phone.context.clear_cookies()
    for step in (phone.go_back, phone.reload, phone.go_forward, phone.reload):
        step()
        assert heading(phone) == "This link cannot be used.", step
        assert COMMENT not in phone.content()
        assert phone.locator("input, textarea").count() == 0
    stored = phone.evaluate(
        """async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
            (await caches.keys()).length, document.cookie, history.state]"""
    )
    assert stored == [0, 0, 0, 0, "", None]
    # Only the browser itself complains, of the answer 404.
    assert all("404" in line for line in heard)


def test_reading_what_is_kept_loses_nothing_that_was_typed(phone, ask):
    phone.goto(ask()[0])
    phone.locator("textarea").fill(COMMENT)
    answer(phone, 0, 3).click()
    phone.get_by_role("link", name="Who sees this").click()
    phone.locator("#who summary").click()
    with phone.context.expect_page() as opened:
        phone.get_by_role("link", name="What is kept").click()
    assert heading(opened.value) == "What is kept, and who sees it"
    assert "still open. To go back to it, close this one." in opened.value.locator("main").inner_text()
    opened.value.close()
    assert phone.locator("textarea").input_value() == COMMENT
    phone.get_by_role("button", name="Send").click()
    assert heading(phone) == "Thank you", phone.locator("main").inner_text()
    assert Rating.objects.get(rater="client").answers == {ITEMS[0]: 3}


def test_going_back_with_the_cookie_offers_no_second_form(phone, ask):
    address = ask()[0]
    phone.goto(address)
    answer(phone, 0, 3).click()
    phone.get_by_label("This is my own phone").check()
    phone.get_by_role("button", name="Send").click()
    phone.wait_for_url("**/c/sent/")
    phone.evaluate("history.back()")
    phone.wait_for_url("**/c/sent/")
    assert heading(phone) == "Thank you"
    assert phone.get_by_role("link", name="Change your answers").count() == 1
