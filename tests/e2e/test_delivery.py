"""The pages of delivery in a browser: how they look, and that a client's stop reaches the therapist."""

import re
from datetime import time, timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ratings.check_in import links
from ratings.delivery import schedule
from ratings.models import CheckIn, Delivery
from tests.factories import days_ago, editor_of, make_episode

CONTACT = {"phone": "", "zone": "", "check_in_delay_minutes": None, "therapist_may_be_named": False}


@pytest.fixture
def asked(live_server, settings, millrace, dana, live_through):
    """A practice that is live, and Dana's cases: each check-in has come another way."""
    settings.BASE_URL = live_server.url
    millrace.crisis_phone, millrace.emergency_phone, millrace.live_at = "01632 960 117", "112", days_ago(30)
    millrace.quiet_from = millrace.quiet_to = time(0)
    millrace.save()
    asked = {}
    for name in ("Juniper", "Bramble", "Teasel", "Alder", "Sorrel"):
        episode = make_episode(dana, name)
        *_earlier, asked[name] = live_through(episode, [3, None, None] if name == "Bramble" else [3, None])
        if name != "Alder":
            email = {"email": f"{name.lower()}@example.org", "agrees_to_email": True, "was_shown_agreed": False}
            schedule.change_contact(editor=editor_of(episode), **email, **CONTACT)
    schedule.resend(check_ins=[asked["Juniper"]], user=dana.user)
    for name, fields in {
        "Bramble": {"sent_at": days_ago(6)},
        "Teasel": {"failed_at": days_ago(6)},
    }.items():
        delivery = schedule._add(asked[name], "first", days_ago(6))
        Delivery.objects.filter(pk=delivery.pk).update(**fields)
    links.mint_check_in_link(check_in=asked["Bramble"], editor=None, channel="email")
    return asked


def test_the_pages_of_delivery(page, live_server, asked, dana, sign_in, look, complaints):
    heard = complaints(page)
    sign_in(dana)
    juniper = asked["Juniper"]
    for name, path in {
        "check-ins": reverse("ratings:check-ins"),
        "client-contact": reverse("ratings:client-contact", args=[juniper.episode.code]),
        "session-move": reverse("ratings:session-move", args=[juniper.therapy_session.code]),
        "session-remove": reverse("ratings:session-remove", args=[juniper.therapy_session.code]),
        "session-list": reverse("ratings:session-list", args=[juniper.episode.code]),
        "client-rename": reverse("ratings:client-rename", args=[juniper.episode.code]),
        "check-in-enter": reverse("ratings:check-in-enter", args=[juniper.code]),
    }.items():
        page.goto(live_server.url + path)
        look(name)
    assert heard == []


def test_the_errors_of_delivery(page, live_server, asked, dana, sign_in, look):
    sign_in(dana)
    juniper = asked["Juniper"]
    page.goto(live_server.url + reverse("ratings:check-ins"))
    page.get_by_role("button", name="Resend").click()
    expect(page).to_have_title(re.compile("^Error:"))
    look("check-ins-error")
    page.goto(live_server.url + reverse("ratings:client-contact", args=[juniper.episode.code]))
    page.get_by_label("E-mail", exact=True).fill("")
    page.get_by_role("button", name="Save").click()
    assert "Without an address" in page.get_by_role("alert").inner_text()
    look("client-contact-error")
    page.goto(live_server.url + reverse("ratings:check-in-enter", args=[juniper.code]))
    page.get_by_role("button", name="Enter these answers").click()
    look("check-in-enter-error")


def test_the_settings_of_a_practice(page, live_server, asked, mona, sign_in, look):
    sign_in(mona)
    page.goto(live_server.url + reverse("alliance:people"))
    page.get_by_role("link", name="Settings").click()
    look("practice-settings")
    page.get_by_label("Crisis line").fill("")
    page.get_by_role("button", name="Save").click()
    assert "cannot be live" in page.get_by_role("alert").inner_text()
    look("practice-settings-error")


def test_from_the_message_to_the_answer_and_from_stop_to_the_therapist(
    page, phone, live_server, asked, dana, sign_in, look, complaints
):
    """The therapist ticks a name and it is sent; the client stops the messages; the list says so."""
    heard = complaints(phone)
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:today"))
    page.get_by_role("link", name="unanswered check-in").click()
    page.get_by_label("Sorrel").check()
    page.get_by_role("button", name="Resend to selected").click()
    assert "One message goes out" in page.get_by_role("status").inner_text()
    call_command("send_due", stdout=StringIO())
    (message,) = [message for message in mail.outbox if message.to == ["sorrel@example.org"]]
    check_in, preferences = re.findall(r"http\S+", message.body)
    phone.goto(check_in)
    assert phone.title() == "Check-in"
    phone.goto(preferences)
    assert phone.get_by_role("heading", level=1).inner_text() == "You get a short message after each appointment."
    for button in phone.get_by_role("main").get_by_role("button").all():
        assert button.bounding_box()["height"] >= 44
    look("preferences", phone)
    phone.get_by_role("button", name="Pause for 2 weeks").click()
    look("preferences-paused", phone)
    phone.get_by_role("button", name="Stop these messages").click()
    assert phone.get_by_role("heading", level=1).inner_text() == "Your messages are stopped."
    look("preferences-stopped", phone)
    assert heard == []
    page.reload()
    assert "e-mails stopped" in page.locator("li", has_text="Sorrel").inner_text()
    assert CheckIn.objects.filter(episode__client=asked["Sorrel"].episode.client, ratings__rater="client").count() == 1
    assert Delivery.objects.filter(sent_at__gt=timezone.now() - timedelta(minutes=5)).count() == 2
