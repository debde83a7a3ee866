"""What a practice does seldom, by keyboard alone: each to its end, from where the step before left off."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import expect

from alliance.models import CaseOffer, DataExport, Erasure, ErasureRequest
from ratings.models import DetectorVersion, RepairStep
from tests.e2e.keyboard import choose, fill, go_on_and_press, go_on_to, hears, is_led_to, press, tab_to
from tests.factories import days_ago, local_day, make_episode, make_member
from tests.signing_in import PASSWORD, give_password


@pytest.fixture
def opened(page, live_server, sign_in):
    """`opened(member, name)`: that page, where this member is signed in."""

    def open_page(member, name, *arguments):
        sign_in(member)
        page.goto(live_server.url + reverse(name, args=arguments))

    return open_page


def test_somebody_leaves_and_their_cases_are_settled(
    page, dana, noor, mona, juniper, settings, live_server, live_through, opened, complaints
):
    settings.BASE_URL = live_server.url
    for episode in (juniper, make_episode(dana, "Bramble", starts_at=days_ago(90))):
        live_through(episode, [3, 3])
    heard = complaints(page)
    opened(mona, "alliance:people")
    press(page, page.get_by_role("link", name="Change Dana Whitlock"))
    press(page, page.get_by_role("link", name="Remove access of Dana Whitlock"))
    choices = page.get_by_role("combobox")
    press(page, page.get_by_role("button", name="Save"))
    is_led_to(page, choices.first)
    page.keyboard.type("Hand over to Noor")
    go_on_to(page, choices.nth(1))
    page.keyboard.type("Cover by Noor")
    fill(page, page.get_by_label("Last day of each cover"), (local_day() + timedelta(days=20)).isoformat())
    go_on_and_press(page, page.get_by_role("button", name="Show what changes"))
    outcome = page.get_by_role("status")
    expect(outcome).to_be_focused()
    go_on_and_press(page, page.get_by_role("button", name="Save"))
    hears(page, "Dana Whitlock no longer has access.")
    opened(noor, "alliance:asked")
    CaseOffer.objects.update(opens_at=days_ago(0.001))
    page.reload()
    press(page, page.get_by_role("button", name="Accept").first)
    hears(page, "You have taken the case on.")
    assert CaseOffer.objects.filter(accepted_at__isnull=False).count() == 1
    assert [line for line in heard if "422" not in line] == []


def test_ratings_are_taken_out_after_the_password(page, dana, juniper, settings, live_through, opened):
    live_through(juniper, [3, 3, 1])
    give_password(dana)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    opened(dana, "ratings:export-make")
    fill(page, page.get_by_label("Password"), PASSWORD)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
    go_on_and_press(page, page.get_by_role("button", name="Go on"))
    reason = page.get_by_label("Why", exact=True)
    press(page, page.get_by_role("button", name="Continue"))
    is_led_to(page, reason)
    page.keyboard.type("To read")
    go_on_to(page, page.get_by_label("Shift the dates"))
    page.keyboard.press("Space")
    go_on_and_press(page, page.get_by_role("button", name="Continue"))
    tab_to(page, page.get_by_role("link", name="Take the ratings (ZIP)"))
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    assert taken.value.suggested_filename.endswith(".zip")
    assert not DataExport.objects.get().is_shifted


def test_the_settings_of_flags_are_seen_first_used_and_taken_back(page, mona, millrace, opened, complaints):
    heard = complaints(page)
    opened(mona, "ratings:detection-settings")
    tab_to(page, page.locator("[name=budget]:checked"))
    page.keyboard.press("ArrowUp")
    expect(page.locator("[name=budget][value=quiet]")).to_be_checked()
    press(page, page.get_by_role("button", name="See what would change"))
    expect(page.get_by_role("region", name="What would change")).to_be_focused()
    go_on_and_press(page, page.get_by_role("button", name="Use this from now on"))
    hears(page, "From now on flags are made this way.")
    go_on_and_press(page, page.get_by_role("link", name="Go back to the settings before"))
    press(page, page.get_by_role("button", name="Go back to these settings"))
    hears(page, "Flags are made as before again.")
    assert list(DetectorVersion.objects.order_by("pk").values_list("budget", flat=True))[-2:] == ["quiet", "normal"]
    assert heard == []


def test_the_four_steps_of_a_repair(page, dana, juniper, live_through, opened, complaints):
    heard = complaints(page)
    live_through(juniper, [3, 3, 3, 3, 0])
    opened(dana, "ratings:rupture", juniper.ruptures.get().code)
    tab_to(page, page.get_by_role("radio", name="Pulling back"))
    page.keyboard.press("Space")
    go_on_and_press(page, page.get_by_role("button", name="Save").first)
    hears(page, "The words below follow it.")
    now = page.locator("[aria-current=step]")
    for step in RepairStep.Step:
        expect(now.get_by_role("heading", name=step.label)).to_be_visible()
        go_on_and_press(page, now.get_by_role("button", name="Plan it"))
        is_led_to(page, now.locator(".words-pick input").first)
        page.keyboard.press("Space")
        go_on_and_press(page, now.get_by_role("button", name="Plan it"))
        hears(page, "The log of that session will ask you")
        go_on_to(page, now.get_by_role("radio").first)
        page.keyboard.press("Space")
        go_on_to(page, now.locator(f"#{step}_line"))
        page.keyboard.type("Voice notes, two a week")
        go_on_and_press(page, now.get_by_role("button", name="Save"))
        hears(page, "Saved.")
    assert RepairStep.objects.filter(outcome="done").values("step").distinct().count() == 4
    assert [line for line in heard if "422" not in line] == []


def test_a_record_is_erased_by_two_managers(page, live_server, juniper, mona, live_through, opened, complaints):
    heard = complaints(page)
    ida = make_member(mona.practice, "Ida Berg", "manager")
    live_through(juniper, [3, 3])
    opened(mona, "ratings:records")
    code = page.get_by_label("Code of the case")
    fill(page, code, "0000ffff")
    go_on_and_press(page, page.get_by_role("button", name="Show what would go"))
    is_led_to(page, code)
    fill(page, code, str(juniper.code)[:8])
    go_on_and_press(page, page.get_by_role("button", name="Show what would go"))
    choose(page, page.get_by_label("Why"), "The client asked")
    go_on_to(page, page.get_by_label("Type the code"))
    page.keyboard.type("0000ffff")
    go_on_and_press(page, page.get_by_role("button", name="Ask for it"))
    is_led_to(page, page.get_by_label("Type the code"))
    fill(page, page.get_by_label("Type the code"), str(juniper.client.code)[:8])
    go_on_and_press(page, page.get_by_role("button", name="Ask for it"))
    hears(page, "Asked for.")
    opened(ida, "ratings:records")
    press(page, page.get_by_role("button", name="I agree"))
    hears(page, "Saved.")
    ErasureRequest.objects.update(due_at=days_ago(0.001))
    call_command("send_due")
    page.reload()
    press(page, page.get_by_role("link", name="Certificate"))
    assert page.url.endswith(reverse("ratings:erasure", args=[Erasure.objects.get().code]))
    assert [line for line in heard if "422" not in line] == []


def test_what_is_wrong_is_where_the_focus_is_also_after_skipping_to_the_page(page, mona, opened):
    opened(mona, "alliance:member-invite")
    tab_to(page, page.get_by_role("link", name="Skip to the page"))
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    go_on_and_press(page, page.get_by_role("button", name="Invite"))
    is_led_to(page, page.get_by_label("Name"))


def test_changed_words_of_a_repair_are_said_where_they_stand(page, mona, opened):
    opened(mona, "ratings:repair-words")
    rows = page.locator("main li")
    press(page, rows.last.get_by_role("link", name="Change"))
    fill(page, page.get_by_role("textbox"), "Shall we look at last week once more?")
    go_on_and_press(page, page.get_by_role("button", name="Save"))
    expect(rows.last.get_by_role("status")).to_have_text("Saved. Therapists see it from now on.")
    hears(page, "Saved. Therapists see it from now on.")
