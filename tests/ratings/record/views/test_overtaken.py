"""What was typed into a form of the record, where something else was done in another tab meanwhile."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ratings.today.actions import log_and_settle, undo_log
from sessions.models import PrivateNote
from tests.factories import editor_of, make_therapy_session


def test_a_correction_whose_log_was_undone_meanwhile_comes_back_as_it_was_typed(dana, instruments, juniper):
    """Undone in another tab; the form is sent from the page that was open."""
    start = timezone.now() - timedelta(hours=2)
    row = make_therapy_session(juniper, starts_at=start, ends_at=start + timedelta(minutes=50))
    log_and_settle(
        editor=editor_of(juniper), planned=row, starts_at=row.starts_at, ends_at=row.ends_at,
        zone=row.zone, mode="in_person", attendance="attended", answers={},
    )  # fmt: skip
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(dana.user)
    path = reverse("ratings:session-correct", args=[row.code])
    page = browser.get(path).text
    typed = {
        name: re.findall(rf'name="{name}" value="([^"]*)"', page)[-1] for name in ("csrfmiddlewaretoken", "shown_form")
    }
    local = timezone.localtime(start, ZoneInfo("Europe/Berlin"))
    typed |= {"day": local.date().isoformat(), "time": local.strftime("%H:%M"), "minutes": "50", "mode": "video"}
    typed |= {"attendance": "attended", "private_note": "Typed & kept."}
    browser.post(reverse("alliance:draft-keep"), typed, headers={"X-Form-Action": path})
    undo_log(editor=editor_of(juniper), therapy_session=row)
    sent = browser.post(path, typed)
    assert (sent.status_code, "Typed &amp; kept.</textarea>" in sent.text) == (409, True)
    assert "The log of this session was undone meanwhile." in sent.text
    assert not PrivateNote.objects.exists()
    row.refresh_from_db()
    assert row.attendance == "planned"
    assert "Typed &amp; kept." in browser.get(path).text, "and when the page is opened again"


def test_a_second_reason_to_remove_a_session_is_not_dropped_unsaid(http, dana, juniper, live_through):
    """A second tap sends the same one; another tab may have had another."""
    (check_in,) = live_through(juniper, [3])
    row = check_in.therapy_session
    http.force_login(dana.user)
    path = reverse("ratings:session-remove", args=[row.code])
    for _tap in range(2):
        assert http.post(path, {"reason": "Logged twice."}).url == reverse("ratings:session-page", args=[row.code])
    sent = http.post(path, {"reason": "It was with Teasel."})
    assert (sent.status_code, "It was with Teasel.</textarea>" in sent.text) == (409, True)
    assert "The first reason stays; yours was not saved." in sent.text
    assert http.get(path).url == reverse("ratings:session-page", args=[row.code])
