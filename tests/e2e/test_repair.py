"""Repairs in a browser, from what somebody saw or said to how they end."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.check_in import links
from ratings.check_in.actions import answer_check_in
from ratings.check_in.answers import ClientAnswers
from ratings.models import RepairStep, Rupture, SetAside
from ratings.ruptures.actions import plan_step
from tests.courses import ITEMS, answers
from tests.e2e.test_today import MOST_CLICKS, Hand
from tests.factories import editor_of, make_therapy_session
from tests.ratings.ruptures.test_rupture import next_session

# The words of some places that stand on two lines.
BROKEN_WORDS = """places => places.flatMap(place => {
    const found = [], words = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    for (let text = words.nextNode(); text; text = words.nextNode()) {
        for (const word of text.data.matchAll(/[a-z]+/gi)) {
            const range = document.createRange();
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            if (new Set([...range.getClientRects()].map(one => one.top)).size > 1) found.push(word[0]);
        }
    }
    return found;
})"""
CLICKS = "addEventListener('pointerdown', () => clicked(), true)"


@pytest.fixture
def named(juniper, live_through):
    """The client says that something did not fit; nobody else does."""
    *_steady, last = live_through(juniper, [3, 3, 3, 3, None])
    said = ClientAnswers(items=answers(3), tension=True, tension_strength="quite", tension_talked_about=False)
    answer_check_in(check_in=last, answers=said, may_change=False)
    return Rupture.objects.get()


@pytest.fixture
def fell(juniper, live_through):
    """The ratings fell; nobody says anything."""
    live_through(juniper, [3, 3, 3, 3, 0])
    return Rupture.objects.get()


@pytest.fixture
def answered(phone, live_server, settings):
    """`answered(check_in, level, {question: answer})`: the client answers on a phone."""
    settings.BASE_URL = live_server.url

    def answer(check_in, level, said):
        token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
        phone.goto(live_server.url + reverse("links:check-in", args=[token]))
        for item in ITEMS:
            phone.locator(f"input[name={item}][value='{level}']").check()
        for question, reply in said.items():
            group = phone.get_by_role("group", name=question)
            group.get_by_text(reply, exact=True).tap()
        phone.get_by_role("button", name="Send").tap()
        phone.wait_for_url("**/c/sent/")

    return answer


def open_repair(page, live_server, rupture):
    page.goto(live_server.url + reverse("ratings:rupture", args=[rupture.code]))


def plan_and_do(page, step, line=""):
    """Plans the step that the repair is at, in the first words, and says that it was done."""
    now = page.locator("[aria-current=step]")
    now.locator(".words-pick label").first.click()
    now.get_by_role("button", name="Plan it").click()
    page.get_by_text("The log of that session will ask you").wait_for()
    now.get_by_role("radio", name="Done").check()
    now.locator(f"#{step}_line").fill(line)
    now.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.", exact=True).wait_for()


def test_a_repair_starts_in_three_clicks_from_today(page, live_server, dana, sign_in, named, look):
    sign_in(dana)
    clicks = []
    page.expose_function("clicked", lambda: clicks.append(1))
    page.add_init_script(CLICKS)
    page.goto(live_server.url + "/today/")
    page.get_by_role("link", name="Start repair").click()
    page.wait_for_url(live_server.url + f"/ruptures/{named.code}/")
    look("repair")
    page.get_by_text("Is that right?").first.click()
    page.get_by_role("button", name="Plan it").click()
    page.get_by_text("The log of that session will ask you").wait_for()
    assert RepairStep.objects.get().outcome == "planned"
    assert len(clicks) <= 3
    look("repair-planned")


def test_it_starts_so_without_a_script_too(plain, live_server, named):
    plain.goto(live_server.url + "/today/")
    clicks = [
        lambda: plain.get_by_role("link", name="Start repair").click(),
        lambda: plain.get_by_text("Is that right?").first.click(),
        lambda: plain.get_by_role("button", name="Plan it").click(),
    ]
    for click in clicks:
        click()
    plain.get_by_text("The log of that session will ask you").wait_for()
    assert RepairStep.objects.get().outcome == "planned"


def test_and_by_keyboard_in_three_keys_apart_from_tabs(page, live_server, dana, sign_in, named):
    sign_in(dana)
    page.goto(live_server.url + "/today/")
    for place, key in (
        (page.get_by_role("link", name="Start repair"), "Enter"),
        (page.locator("[aria-current=step] .words-pick input").first, "Space"),
        (page.get_by_role("button", name="Plan it"), "Enter"),
    ):
        place.focus()
        page.keyboard.press(key)
        page.wait_for_load_state()
    page.get_by_text("The log of that session will ask you").wait_for()
    assert RepairStep.objects.get().outcome == "planned"


@pytest.mark.parametrize("script", [True, False])
def test_the_log_asks_about_the_planned_step_in_one_click_more(
    script, page, plain, live_server, dana, sign_in, named, millrace
):
    millrace.therapist_form = "three"
    millrace.save()
    plan_step(editor=editor_of(named.episode), rupture=named, step="notice", words="How was that?")
    at = timezone.now() - timedelta(minutes=70)
    make_therapy_session(named.episode, starts_at=at, ends_at=at + timedelta(minutes=50), mode="video")
    sign_in(dana)
    page = page if script else plain
    page.goto(live_server.url + "/today/")
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Log").first)
    hand.answer(4, 3, 5)
    hand.click(page.locator(".pick label", has_text="Nothing"))
    hand.click(page.get_by_role("group", name="You planned").locator("label", has_text="Yes"))
    hand.click(page.get_by_role("button", name="Save"))
    page.wait_for_url("**/today/")
    assert hand.clicks <= MOST_CLICKS + 1
    assert RepairStep.objects.latest("pk").outcome == "done"


def test_four_steps_and_the_clients_yes_it_helped_make_it_repaired(
    page, live_server, dana, sign_in, named, answered, look
):
    sign_in(dana)
    open_repair(page, live_server, named)
    page.get_by_role("radio", name="Pulling back").check()
    page.get_by_role("checkbox", name="Went quiet").check()
    page.get_by_role("button", name="Save").first.click()
    page.get_by_text("The words below follow it.").wait_for()
    for step in ("notice", "ask", "agree", "check"):
        page.get_by_text(f"The next step: {step.capitalize()}.").wait_for()
        plan_and_do(page, step, "Voice notes, two a week" if step == "agree" else "")
    answered(next_session(named.episode), 3, {"Did you two talk about it?": "Yes", "Did it help?": "Yes"})
    open_repair(page, live_server, named)
    page.locator(".mark.mended", has_text="Repaired").wait_for()
    assert page.get_by_text("The next step").count() == 0
    assert page.get_by_role("heading", name="Was there strain between you?").is_visible()
    look("repair-repaired")


def test_one_that_stays_is_still_open_after_a_talk_that_did_not_help(
    page, live_server, dana, sign_in, fell, answered, look
):
    sign_in(dana)
    open_repair(page, live_server, fell)
    plan_and_do(page, "notice")
    answered(next_session(fell.episode), 0, {"Did you two talk about it?": "Yes", "Did it help?": "No"})
    open_repair(page, live_server, fell)
    page.get_by_text("The next step: Ask.").wait_for()
    assert page.locator(".mark.below", has_text="Noticed").is_visible()
    assert Rupture.objects.get().state == "open"
    look("repair-stays")


def test_what_the_client_alone_says_is_first_on_today(
    page, live_server, dana, sign_in, juniper, live_through, answered
):
    *_steady, last = live_through(juniper, [3, 3, 3, 3, None])
    answered(last, 3, {"Was there any tension": "Yes", "How strong was it?": "Medium"})
    sign_in(dana)
    page.goto(live_server.url + "/today/")
    page.get_by_role("link", name="Start repair").click()
    page.wait_for_url("**/ruptures/*/")
    assert page.get_by_role("heading", level=1).inner_text() == "Juniper says something did not fit."
    assert page.get_by_text("The program itself sees no slip in the ratings.").is_visible()
    assert Rupture.objects.get().opened_by == "client"


def test_what_the_therapist_alone_noticed_is_named_on_the_case(
    page, live_server, dana, sign_in, juniper, live_through, look
):
    live_through(juniper, [3, 3, 3, 3])
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case", args=[juniper.code]))
    page.get_by_role("link", name="Name it").click()
    page.wait_for_url("**/strain/")
    look("repair-name")
    page.get_by_role("radio", name="Pushing back").check()
    page.get_by_role("checkbox", name="Tasks").check()
    page.get_by_label("What you saw").fill("She put the sheet back on the table.")
    page.get_by_role("button", name="Name it, and start the repair").click()
    page.wait_for_url("**/ruptures/*/")
    assert page.get_by_role("heading", level=1).inner_text() == "You noticed something between you."
    assert page.get_by_text("She put the sheet back on the table.").is_visible()
    assert Rupture.objects.get().opened_by == "therapist"


def test_no_word_of_what_was_seen_is_broken_on_a_phone(page, live_server, dana, sign_in, juniper, live_through):
    live_through(juniper, [3, 3, [3, 3, 3, 4, 4, 3], [3, 4, 3, 3, 4, 3], [1, 2, 1, 0, 2, 1]])
    sign_in(dana)
    page.set_viewport_size({"width": 320, "height": 640})
    open_repair(page, live_server, Rupture.objects.get())
    for kind in ("th", "td"):
        assert page.locator(f".scroll {kind}").evaluate_all(BROKEN_WORDS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_one_is_set_aside_and_brought_back(page, live_server, dana, sign_in, fell, look):
    sign_in(dana)
    open_repair(page, live_server, fell)
    page.get_by_label("Reason").fill("A bereavement, we spoke.")
    page.get_by_role("button", name="Set aside").click()
    page.get_by_text("You can undo it here at any time.").wait_for()
    assert page.locator(".mark.aside", has_text="Set aside").is_visible()
    look("repair-aside")
    page.get_by_role("button", name="Undo: bring it back").click()
    page.get_by_text("Undone. It stands like this now").wait_for()
    assert page.get_by_text("The next step: Notice.").is_visible()
    assert page.get_by_text("A bereavement, we spoke.").is_visible()
    assert SetAside.objects.get().undone_at is not None
