"""The counts by e-mail are stopped by one press, without a sign-in, and by no look at the page."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from alliance.models import AuditEvent, Digest
from ratings.digest.send import send_digests
from tests.factories import days_ago


@pytest.fixture
def sent(millrace, dana, juniper, live_through):
    """The mail to Dana."""
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    millrace.crisis_phone, millrace.live_at = "01632 960 117", days_ago(500)
    millrace.save()
    Digest.objects.create(user=dana.user, due_at=days_ago(1))
    assert send_digests() == 1
    return mail.outbox[0]


def stop_address(message):
    return re.search(r"https?://[^/]+(/c/d/[\w-]{43}/)", message.body)[1]


def rhythm():
    return Digest.objects.get().rhythm


def test_whoever_looks_at_the_link_stops_nothing_and_one_press_does(http, sent):
    path = stop_address(sent)
    for method in (http.get, http.head, http.get):
        assert method(path).status_code == 200
    assert rhythm() == "weekly"
    page = http.get(path)
    assert "Stop these mails" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "These mails are stopped." in http.post(path).text
    assert (rhythm(), AuditEvent.objects.filter(subject_type="digest", verb="changed").count()) == ("none", 1)
    assert "These mails are stopped." in http.get(path).text
    assert http.post(path).status_code == 200
    assert AuditEvent.objects.filter(subject_type="digest", verb="changed").count() == 1


def test_a_mail_program_stops_them_by_its_own_button(http, sent):
    headers = sent.message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Auto-Submitted"] == "auto-generated"
    path = re.fullmatch(r"<https?://[^/]+(/c/d/[\w-]{43}/)>", headers["List-Unsubscribe"])[1]
    answer = http.post(path, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, rhythm()) == (200, "none")


def test_an_older_link_still_stops_them(http, sent):
    Digest.objects.update(due_at=days_ago(1))
    assert send_digests() == 1
    assert stop_address(mail.outbox[1]) != stop_address(sent)
    http.post(stop_address(sent))
    assert rhythm() == "none"


def test_a_key_that_nobody_was_sent_opens_nothing(http, sent):
    path = reverse("links:digest-stop", args=["A" * 43])
    assert [http.get(path).status_code, http.post(path).status_code] == [404, 404]
    assert rhythm() == "weekly"


def test_how_often_is_chosen_on_the_own_page(http, dana):
    http.force_login(dana.user)
    page = http.get(reverse("alliance:you"))
    assert page.context["digest"]["rhythm"].value() == "weekly"
    address = reverse("alliance:digest-choose")
    assert http.post(address, {"rhythm": "hourly"}).status_code == 400
    assert http.post(address, {"rhythm": "daily"}).status_code == 302
    assert http.get(reverse("alliance:you")).context["digest"]["rhythm"].value() == "daily"
    assert AuditEvent.objects.filter(subject_type="digest", verb="changed").count() == 1
