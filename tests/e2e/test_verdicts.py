"""In a browser: one tap says whether there was strain; a manager reads how well flags work, and lets them state it."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from ratings.detection.stored import current_version
from ratings.models import StrainVerdict
from tests.ratings.figures.test_flags import flag, session


def test_one_tap_on_today_says_whether_there_was_strain(
    page, live_server, dana, juniper, live_through, all_drawn, sign_in, look
):
    live_through(juniper, [3])
    sign_in(dana)
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(live_server.url + reverse("ratings:today"))
    look("today-drawn")
    page.locator("button[name=strain][value=no]").click()
    page.get_by_text("Thanks, noted.").wait_for()
    assert page.locator("button[name=strain]").count() == 0
    assert StrainVerdict.objects.get().answer == "no"


def test_a_manager_reads_how_well_flags_work(page, live_server, dana, mona, sign_in, look):
    sign_in(mona)
    address = live_server.url + reverse("ratings:flags-work")
    flag(dana, ["yes"])
    page.goto(address)
    look("flags-work-few")
    for position in range(40):
        flag(dana, ["yes"] if position % 3 else ["no"], "useful", stated=0.2 if position % 2 else 0.6)
        session(dana, "no" if position else "yes")
    page.goto(address)
    assert page.locator(".measures .ci").count() >= 4
    look("flags-work")


def test_what_flags_state_is_seen_then_used_and_taken_back(page, live_server, dana, mona, sign_in, look):
    for position in range(100):
        over = {"state": "back_to_usual", "closed_at": timezone.now() + timedelta(days=1)}
        flag(dana, ["no"] if position % 3 else ["yes"], stated=0.7, **over)
    sign_in(mona)
    page.goto(live_server.url + reverse("ratings:recalibration"))
    look("recalibration")
    page.get_by_role("button", name="State it so from now on").click()
    page.get_by_text("From now on flags state it this way.").wait_for()
    assert current_version(dana.practice).recalibration is not None
    look("recalibration-used")
    page.get_by_role("button", name="Go back to what the program states").click()
    page.get_by_text("From now on flags state it this way.").wait_for()
    assert current_version(dana.practice).recalibration is None
