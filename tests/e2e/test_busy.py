"""A database that somebody else holds for too long: the client's answers are kept, and arrive at the second try."""

import sqlite3

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from ratings.check_in import links
from ratings.models import Rating

COMMENT = "I wanted to say more about the sheet.\nNext time."


@pytest.fixture
def held(live_server, monkeypatch):
    """`held.execute("BEGIN IMMEDIATE")` keeps every writer out; nobody waits long for it."""
    database = django_settings.DATABASES["default"]
    monkeypatch.setitem(database["OPTIONS"], "timeout", 0.2)
    connection = sqlite3.connect(database["TEST"]["NAME"], isolation_level=None)
    yield connection
    connection.close()


def test_answers_sent_to_a_busy_database_are_kept(phone, live_server, juniper, live_through, held, axe, picture):
    (asked,) = live_through(juniper, [None])
    token = links.mint_check_in_link(check_in=asked, editor=None, channel="screen")
    phone.goto(live_server.url + reverse("links:check-in", args=[token]))
    for item in asked.text.instrument.definition["items"]:
        phone.locator(f"[name={item['id']}][value='3']").check(force=True)
    phone.locator("[name=comment]").fill(COMMENT)
    held.execute("BEGIN IMMEDIATE")
    phone.locator("main form button").click()
    assert phone.get_by_text("Nothing was saved yet. Your answers are kept").is_visible()
    assert axe(phone) == []
    picture(phone, "busy")
    held.execute("ROLLBACK")
    phone.get_by_role("button", name="Send once more").click()
    phone.wait_for_url(live_server.url + "/c/sent/")
    rating = Rating.objects.get(rater="client")
    assert rating.items_answered == 6
    assert rating.comment.open(juniper.client.data_key) == COMMENT
