import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from ratings.demo.people import FIRST_MEMBERS, PASSWORD
from ratings.demo.write import ZONE, today_there
from ratings.management.commands.print_demo import waiting_check_in
from ratings.models import CheckIn, ClientLink

LANDING = {"therapist": "/today/", "supervisor": "/caseload/", "manager": "/people/"}


def printed():
    said = StringIO()
    call_command("print_demo", stdout=said)
    return said.getvalue()


def test_print_demo_prints_full_addresses_and_a_fresh_link_each_time(demo, settings):
    settings.BASE_URL = "http://127.0.0.1:8123"
    said = printed()
    links = re.findall(r"http://127\.0\.0\.1:8123(/c/\S+/)", said)
    assert len(links) == 1
    assert links[0] not in printed()
    page = Browser().get(links[0])
    assert page.status_code == 200
    assert page.content.count(b"<fieldset") >= 6
    assert "http://127.0.0.1:8123/accounts/login/" in said
    assert all(email in said for email in FIRST_MEMBERS)
    assert PASSWORD in said


def test_print_demo_takes_a_session_of_the_last_days_and_then_the_newest_unanswered(demo):
    first = waiting_check_in()
    days_ago = today_there() - first.therapy_session.starts_at.astimezone(ZONE).date()
    assert timedelta(1) <= days_ago <= timedelta(3)  # a weekend may lie between
    first.delete()
    second = waiting_check_in()
    assert second.therapy_session.starts_at < first.therapy_session.starts_at
    assert not second.ratings.filter(rater="client").exists()


def test_print_demo_says_so_when_every_check_in_is_answered(demo):
    CheckIn.objects.exclude(ratings__rater="client").delete()
    before = ClientLink.objects.count()
    said = printed()
    assert "Every check-in has been answered" in said
    assert "/c/" not in said
    assert ClientLink.objects.count() == before


def test_print_demo_without_demo_data(db):
    with pytest.raises(CommandError, match="no demo data"):
        printed()


def test_sign_ins_work(demo):
    for email in FIRST_MEMBERS:
        browser = Browser()
        browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
        assert browser.get("/").url == LANDING[email.partition("@")[0]]
