"""Nothing typed is lost: each way of losing it, in a browser. And nobody else finds a word of it there."""

import time

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.urls import reverse

from alliance.drafts.actions import keep_draft
from alliance.models import FormDraft
from sessions.models import PrivateNote
from tests.factories import days_ago

NOTE = 'A kanarienvogel sang "no" & <left>.\nThen it stayed.'
CANARY = "kanarienvogel"
PASSWORD = "seven calm herons"
EVERYTHING_STORED = """async () => {
    const found = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage})];
    for (const {name} of await indexedDB.databases()) found.push(name);
    for (const name of await caches.keys()) found.push(name);
    return found.join(" ");
}"""


@pytest.fixture
def log_form(page, live_server, juniper, instruments, sign_in, dana):
    """ "Log a session" with a note typed, and another day and mode chosen."""
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:session-log", args=[juniper.code]))
    fill(page)
    return page


def fill(page):
    page.get_by_text("Change").click()
    page.get_by_label("Day").fill(days_ago(3).date().isoformat())
    page.get_by_label("Video").check()
    page.get_by_label("Private note").fill(NOTE)


def press_save(page):
    page.get_by_role("button", name="Save").click()


def wait_until_kept(page):
    page.wait_for_timeout(1200)  # the pause of the script
    for _try in range(40):
        if FormDraft.objects.exists():
            return
        page.wait_for_timeout(50)
    raise AssertionError("nothing was kept")


def is_filled(page):
    return (
        page.get_by_text("is kept. It is not saved yet.").is_visible()
        and page.get_by_label("Private note").input_value() == NOTE
        and page.get_by_label("Day").input_value() == days_ago(3).date().isoformat()
        and page.get_by_label("Video").is_checked()
    )


def saves_with_one_press(page):
    press_save(page)
    page.get_by_text("Saved at").wait_for()
    note = PrivateNote.objects.get()
    return note.text.open(note.episode.client.data_key) == NOTE and not FormDraft.objects.exists()


def sign_in_by_form(page, membership):
    membership.user.password = make_password(PASSWORD)
    membership.user.save()
    membership.user.emailaddress_set.get_or_create(email=membership.user.email, verified=True, primary=True)
    page.get_by_label("E-mail").fill(membership.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Sign in", exact=True).wait_for(state="hidden")


def end_sign_in(page):
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)


def found_in(page):
    """Everything that the browser stored, and everything in the database, as it stands there."""
    with connection.cursor() as cursor:
        stored = []
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            stored += [str(row) for row in cursor.fetchall()]
    return page.evaluate(EVERYTHING_STORED) + page.content() + " ".join(stored)


def test_sign_in_over(log_form, dana, look):
    end_sign_in(log_form)
    press_save(log_form)
    log_form.get_by_text("what you typed is kept").wait_for()
    sign_in_by_form(log_form, dana)
    assert is_filled(log_form)
    look("drafts-filled")
    assert saves_with_one_press(log_form)


def test_signed_in_anew_in_a_second_tab(log_form, dana, live_server):
    tab = log_form.context.new_page()
    tab.goto(live_server.url + reverse("alliance:you"))
    tab.get_by_role("button", name="Sign out").click()
    tab.goto(live_server.url + "/accounts/login/")
    sign_in_by_form(tab, dana)
    press_save(log_form)
    log_form.get_by_text("is kept. It is not saved yet.").wait_for()
    assert is_filled(log_form)
    assert saves_with_one_press(log_form)


def test_stale_token(log_form):
    log_form.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    press_save(log_form)
    log_form.get_by_text("is kept. It is not saved yet.").wait_for()
    assert is_filled(log_form)
    assert saves_with_one_press(log_form)


def test_network_gone_and_back(log_form):
    """The page stays, and says so; nothing of it is readable in the browser meanwhile."""
    log_form.context.set_offline(True)
    press_save(log_form)
    log_form.get_by_text("There is no connection just now.").wait_for()
    assert log_form.get_by_label("Private note").input_value() == NOTE
    stored = log_form.evaluate(EVERYTHING_STORED)
    assert "alliance-draft." in stored and CANARY not in stored
    log_form.context.set_offline(False)
    assert saves_with_one_press(log_form)
    assert "alliance-draft." not in log_form.evaluate(EVERYTHING_STORED)


def test_network_gone_and_the_browser_too(log_form):
    """The tab is killed while nothing reaches the server."""
    address, context = log_form.url, log_form.context
    context.set_offline(True)
    press_save(log_form)
    log_form.get_by_text("There is no connection just now.").wait_for()
    assert not FormDraft.objects.exists()
    log_form.close(run_before_unload=False)
    context.set_offline(False)
    again = context.new_page()
    again.goto(address)
    again.get_by_text("is kept. It is not saved yet.").wait_for()
    assert is_filled(again)
    assert saves_with_one_press(again)


def test_back(log_form, live_server):
    log_form.goto(live_server.url + reverse("ratings:today"))
    log_form.go_back()
    log_form.get_by_text("is kept. It is not saved yet.").wait_for()
    assert is_filled(log_form)
    assert saves_with_one_press(log_form)


def test_back_quicker_than_what_was_sent(log_form, live_server, monkeypatch):
    def slowly(**draft):
        time.sleep(0.8)
        return keep_draft(**draft)

    monkeypatch.setattr("alliance.drafts.views.keep_while_typing", slowly)
    log_form.goto(live_server.url + reverse("ratings:today"))
    log_form.go_back()
    log_form.get_by_text("is kept. It is not saved yet.").wait_for()
    assert is_filled(log_form)


def test_crash(log_form):
    wait_until_kept(log_form)
    address, context = log_form.url, log_form.context
    log_form.close(run_before_unload=False)
    again = context.new_page()
    again.goto(address)
    assert is_filled(again)
    assert saves_with_one_press(again)


def test_what_is_thrown_away_takes_along_what_was_typed_since(log_form):
    wait_until_kept(log_form)
    log_form.reload()
    log_form.get_by_label("Private note").fill(f"{NOTE} And more.")
    log_form.get_by_role("button", name="Throw it away").click()
    log_form.get_by_text("is kept. It is not saved yet.").wait_for(state="hidden")
    log_form.reload()
    assert log_form.get_by_label("Private note").input_value() == ""
    assert not FormDraft.objects.exists()


@pytest.mark.parametrize("way", ["sent", "offline"])
def test_the_next_person_at_that_browser_finds_nothing(way, log_form, noor, dana, live_server):
    address, context = log_form.url, log_form.context
    if way == "sent":
        end_sign_in(log_form)
        press_save(log_form)
        log_form.get_by_text("what you typed is kept").wait_for()
        assert FormDraft.objects.exists()
    else:
        context.set_offline(True)
        press_save(log_form)
        log_form.get_by_text("There is no connection just now.").wait_for()
        log_form.close(run_before_unload=False)
        context.set_offline(False)
    tab = context.new_page()
    end_sign_in(tab)
    tab.goto(address)
    sign_in_by_form(tab, noor)
    for place in (address, *(live_server.url + reverse(name) for name in ("ratings:today", "alliance:you"))):
        tab.goto(place)
        found = found_in(tab)
        assert CANARY not in found and "Millrace Practice" in found
        assert ("alliance-draft." in found) is (way == "offline")
    end_sign_in(tab)
    tab.goto(live_server.url + "/accounts/login/?next=" + address.removeprefix(live_server.url))
    sign_in_by_form(tab, dana)
    tab.get_by_text("is kept. It is not saved yet.").wait_for()
    assert is_filled(tab)


def test_signing_out_throws_it_away(log_form, live_server):
    wait_until_kept(log_form)
    log_form.goto(live_server.url + reverse("alliance:you"))
    log_form.get_by_role("button", name="Sign out").click()
    log_form.get_by_text("signed out").or_(log_form.get_by_role("heading", name="Sign in", exact=True)).first.wait_for()
    assert not FormDraft.objects.exists()
    assert "alliance-draft." not in log_form.evaluate(EVERYTHING_STORED)
