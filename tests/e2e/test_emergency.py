"""A case opened in an emergency, in a browser: asked for, read for an hour, and told to whom it belongs."""

import re

from django.urls import reverse
from playwright.sync_api import expect


def test_a_manager_reads_a_case_for_an_hour(
    page, live_server, settings, juniper, dana, mona, sign_in, look, live_through
):
    settings.BASE_URL = live_server.url
    live_through(juniper, [3, 3, 4, 3, 3, 1], comment="I was not sure what the sheet was for.")
    sign_in(mona)
    page.goto(live_server.url + reverse("alliance:emergencies"))
    look("emergencies-none")
    page.goto(live_server.url + reverse("alliance:emergency"))
    look("emergency")
    page.get_by_role("button", name="Open for 60 minutes").click()
    expect(page).to_have_title(re.compile("^Error:"))
    look("emergency-error")
    page.get_by_label("Therapist").select_option("Dana Whitlock")
    page.get_by_label("Client").fill("Juniper")
    page.get_by_label("Why now?").fill("She rang the duty line, and Dana is on a plane.")
    page.get_by_role("button", name="Open for 60 minutes").click()
    page.get_by_text("You opened this case in an emergency, to read only, until").wait_for()
    look("case-emergency")
    sign_in(dana)
    page.goto(live_server.url + reverse("alliance:emergencies"))
    look("emergencies")
    page.goto(live_server.url + reverse("ratings:case", args=[juniper.code]))
    assert page.get_by_text("She rang the duty line").is_visible()
    look("case-was-opened")
