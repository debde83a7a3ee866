"""What a manager decides for the practice; and that nobody is sent anything before there is a crisis line."""

from datetime import time

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from alliance.models import AuditEvent
from tests.factories import make_member

SETTINGS = "/people/settings/"


def typed(**changes):
    return {
        "name": "Millrace Practice", "zone": "Europe/London", "crisis_phone": "01632 960 117", "emergency_phone": "112",
        "check_in_delay_minutes": "90", "quiet_from": "20:30", "quiet_to": "07:15", "reminder_after_hours": "48",
        "link_days": "10", "plan_every_sessions": "3", "shows_history": "on", "names_readers": "on", "is_live": "on",
        "therapist_form": "mirror", "repair_within_sessions": "2", "unseen_after_days": "90",
    } | changes  # fmt: skip


def test_every_setting_is_on_the_page(http, mona):
    http.force_login(mona.user)
    page = http.get(SETTINGS)
    missing = [field.name for field in page.context["form"] if f'name="{field.html_name}"' not in page.text]
    assert missing == []


def test_settings_are_saved_and_on_record(http, mona, millrace):
    http.force_login(mona.user)
    page = http.get(SETTINGS)
    assert page.context["form"]["quiet_from"].value() == time(21)
    assert http.post(SETTINGS, typed()).status_code == 302
    millrace.refresh_from_db()
    assert (millrace.zone, millrace.check_in_delay_minutes, millrace.reminder_after_hours) == ("Europe/London", 90, 48)
    assert (millrace.quiet_from, millrace.quiet_to, millrace.link_days) == (time(20, 30), time(7, 15), 10)
    assert (millrace.shows_history, millrace.names_readers, millrace.plan_every_sessions) == (True, True, 3)
    assert millrace.live_at is not None
    event = AuditEvent.objects.get(verb="changed")
    assert (event.actor_code, event.subject_type) == (str(mona.user.code), "practice")
    since = millrace.live_at
    http.post(SETTINGS, typed(name="Millrace House"))
    millrace.refresh_from_db()
    assert (millrace.name, millrace.live_at) == ("Millrace House", since)
    http.post(SETTINGS, typed(is_live=""))
    millrace.refresh_from_db()
    assert millrace.live_at is None


@pytest.mark.parametrize("phone", ["", "   "])
def test_without_a_crisis_line_a_practice_is_not_set_live(phone, http, mona, millrace):
    http.force_login(mona.user)
    response = http.post(SETTINGS, typed(crisis_phone=phone))
    assert response.status_code == 422
    assert "Without a crisis line the practice cannot be live" in response.text
    millrace.refresh_from_db()
    assert (millrace.live_at, millrace.check_in_delay_minutes) == (None, 120)
    assert http.post(SETTINGS, typed(crisis_phone=phone, is_live="")).status_code == 302
    millrace.live_at, millrace.crisis_phone = timezone.now(), ""
    with pytest.raises(IntegrityError), transaction.atomic():
        millrace.save()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"zone": "Mars/Olympus"}, "Choose one of these."),
        ({"crisis_phone": "call me"}, "Write a phone number"),
        ({"quiet_from": "25:00"}, "Write a time, such as 14:30 or 1430."),
        ({"link_days": "0"}, "Write 1 or more."),
        ({"reminder_after_hours": "-1"}, "Write 0 or more."),
    ],
)
def test_a_bad_setting_is_a_sentence_and_nothing_is_written(changes, sentence, http, mona, millrace):
    http.force_login(mona.user)
    response = http.post(SETTINGS, typed(**changes))
    assert response.status_code == 422
    assert sentence in response.text
    millrace.refresh_from_db()
    assert (millrace.link_days, millrace.crisis_phone) == (7, "")


def test_each_practice_has_its_own_settings(http, mona, otis, noor, millrace):
    weir = otis.practice
    http.force_login(mona.user)
    other = f"{SETTINGS}?practice={weir.code}"
    assert http.post(other, typed()).status_code == 404
    make_member(weir, "Mona Reyes", "manager", user=mona.user)
    assert http.get(other).context["practice"] == weir
    assert http.post(other, typed(name="Weir House")).status_code == 302
    millrace.refresh_from_db()
    weir.refresh_from_db()
    assert (millrace.link_days, weir.link_days) == (7, 10)
    assert f'href="{SETTINGS}?practice={weir.code}"' in http.get("/people/").text
