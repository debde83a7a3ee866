"""Two cases that may be one: looked at, joined and parted by keyboard alone, with what keeps them two or one."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from alliance.crypto import Sealed
from alliance.models import CaseJoin, LegalHold
from sessions.plan.actions import agree_goal
from tests.courses import consent, held
from tests.e2e.keyboard import hears, press
from tests.factories import days_ago, editor_of, make_episode


@pytest.fixture
def twice(instruments, dana):
    """Juniper, entered by hand in March and once more in May."""
    cases = [make_episode(dana, "Juniper", starts_at=days_ago(days)) for days in (60, 20)]
    for case, days in zip(cases, ([50, 43], [16, 9, 2]), strict=True):
        consent(case.client)
        for ago in days:
            held(case, ago)
    agree_goal(editor=editor_of(cases[1]), text="We are working on saying no so that I can be home by six.")
    return cases


def test_two_cases_become_one_and_two_again_by_keyboard_alone(
    page, live_server, twice, dana, sign_in, look, complaints
):  # fmt: skip
    heard = complaints(page)
    kept, double = twice
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:cases"))
    press(page, page.get_by_role("link", name="Cases that may be one"))
    look("doubles-found")
    press(page, page.get_by_role("link", name="Look at both"))
    look("case-join")
    press(page, page.get_by_role("link", name="Keep the other case instead"))
    page.wait_for_url(live_server.url + reverse("ratings:case-join", args=[double.code, kept.code]))
    look("case-join-turned")
    press(page, page.get_by_role("link", name="Keep the other case instead"))
    page.wait_for_url(live_server.url + reverse("ratings:case-join", args=[kept.code, double.code]))
    press(page, page.get_by_role("button", name="Join them"))
    page.wait_for_url(live_server.url + reverse("ratings:case", args=[kept.code]))
    hears(page, "Joined.")
    look("case-joined")
    page.goto(live_server.url + reverse("ratings:doubles"))
    look("doubles-joined")
    press(page, page.get_by_role("button", name="Part them again"))
    hears(page, "These are two cases again.")
    look("doubles-parted")
    assert CaseJoin.objects.get().parted_at
    assert heard == []


def test_what_keeps_two_cases_apart_or_one_is_a_sentence_that_the_keyboard_meets(
    page, live_server, twice, dana, sign_in, look
):  # fmt: skip
    kept, double = twice
    LegalHold.objects.create(client=double.client, reason=Sealed("Asked.", double.client.data_key), placed_by=dana)
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case-join", args=[kept.code, double.code]))
    assert "a legal hold, which cannot come along" in page.locator(".notice").inner_text()
    assert page.get_by_role("button", name="Join them").count() == 0
    look("case-join-obstacle")
    press(page, page.get_by_role("link", name="Keep the other case instead"))
    press(page, page.get_by_role("button", name="Join them"))
    page.wait_for_url(live_server.url + reverse("ratings:case", args=[double.code]))
    page.goto(live_server.url + reverse("ratings:doubles"))
    press(page, page.get_by_role("button", name="Part them again"))
    refusal = page.get_by_role("alert").filter(has_text="A legal hold keeps this record")
    expect(refusal).to_be_focused()
    look("doubles-refused")
