"""The plan in the check-in, on a phone, and what it changes for the therapist: with JavaScript and without."""

import pytest
from django.urls import reverse

from ratings.check_in import links
from ratings.check_in.actions import answer_check_in
from ratings.check_in.answers import PlanAnswer, PlanAnswers
from ratings.models import CheckIn, Rating
from sessions.plan import actions
from tests.courses import client_answers, consent, held
from tests.e2e.conftest import PHONE
from tests.e2e.visits import light_first_visit
from tests.factories import editor_of

HOME = "We are working on saying no at work so that I can be home by six."
DRIVE = "We are working on sleeping through so that I can drive again."


@pytest.fixture
def address(live_server, settings, juniper, instruments):
    """Of Juniper's fourth check-in, which asks about the plan."""
    settings.BASE_URL = live_server.url
    consent(juniper.client)
    for text in (HOME, DRIVE):
        actions.agree_goal(editor=editor_of(juniper), text=text)
    actions.agree_task(editor=editor_of(juniper), activity="Voice notes, two a week.", modality="speaking")
    for days in (22, 15, 8, 1):
        held(juniper, days)
    check_in = CheckIn.objects.latest("therapy_session__starts_at")
    token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    return live_server.url + reverse("links:check-in", args=[token])


@pytest.mark.parametrize("has_javascript", [True, False])
def test_what_a_client_says_of_the_plan_stands_on_today_at_the_next_load(
    has_javascript, browser, browser_context_args, page, live_server, address, dana, juniper, sign_in
):
    context = browser.new_context(
        **browser_context_args | {"viewport": PHONE, "has_touch": True, "java_script_enabled": has_javascript}
    )
    phone = context.new_page()
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:today"))
    assert DRIVE not in page.inner_text("main")
    phone.goto(address)
    taps = 0

    def tap(place):
        nonlocal taps
        taps += 1
        place.tap()

    for position in range(6):
        tap(phone.locator("fieldset").nth(position).locator("label").nth(3))
    for question, words in (
        ("Can you say what you are working on?", "Partly"),
        (HOME, "Yes"),
        (DRIVE, "Not quite"),
        ("Voice notes, two a week.", "A little"),
    ):
        tap(phone.get_by_role("group", name=question).get_by_text(words, exact=True))
    phone.get_by_label("This is my own phone").check()
    tap(phone.get_by_role("button", name="Send"))
    phone.wait_for_url("**/c/sent/")
    assert phone.get_by_role("heading", level=1).inner_text() == "Thank you"
    assert taps == 7 + 4
    page.reload()
    assert "Juniper" in page.get_by_role("heading", name="Goals to go over").locator("..").inner_text()
    assert DRIVE in page.inner_text("main")
    assert HOME not in page.inner_text("main")

    phone.get_by_role("link", name="Change your answers").click()
    assert phone.locator("input:checked").count() == 6 + 4 + 1
    phone.get_by_role("group", name=DRIVE).get_by_text("Yes", exact=True).tap()
    phone.get_by_role("button", name="Send").click()
    phone.wait_for_url("**/c/sent/")
    page.reload()
    assert DRIVE not in page.inner_text("main")
    assert Rating.objects.filter(rater="client").count() == 2
    context.close()


def test_the_first_visit_with_a_long_plan_is_light_and_reads_well(phone, address, juniper, look):
    for number in range(4):
        actions.agree_goal(editor=editor_of(juniper), text=f"{number}. {HOME} " * 12)
        actions.agree_task(
            editor=editor_of(juniper), activity=f"{number}. Write down a thought. " * 20, modality="other"
        )
    light_first_visit(phone, address)
    assert phone.locator("fieldset").count() >= 6 + 1 + 3 + 3
    look("check-in-plan", on=phone)


def test_what_a_client_said_of_a_goal_fits_beside_it_in_large_letters(
    page, live_server, address, dana, juniper, sign_in, look
):
    goals = tuple(PlanAnswer(str(goal.code), 1, "not_quite") for goal in juniper.goals.all())
    said = client_answers(3, plan=PlanAnswers("yes", goals=goals))
    answer_check_in(check_in=CheckIn.objects.latest("therapy_session__starts_at"), answers=said, may_change=False)
    sign_in(dana)
    for route in ("plan", "case"):
        page.goto(live_server.url + reverse(f"ratings:{route}", args=[juniper.code]))
        page.locator(".their").first.wait_for()
        look(f"{route}-answered")
