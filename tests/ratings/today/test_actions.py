"""A log is told on Today and taken back there; a no-show is one click."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.check_in.actions import answer_check_in
from ratings.models import CheckIn, Delivery, Rating, Standing
from sessions.models import PrivateNote, TherapySession
from tests.courses import answers, client_answers, consent
from tests.factories import days_ago, make_therapy_session
from tests.ratings.today.views.test_log import logged


def test_a_log_leads_back_to_today_which_says_so_and_undoes_it(http, dana, juniper, instruments):
    http.force_login(dana.user)
    planned = make_therapy_session(juniper)
    path = reverse("ratings:planned-session-log", args=[planned.code])
    assert http.post(path, logged(private_note="Talked about June.", noticed="both")).url == "/today/"
    page = http.get("/today/").text
    main = page[page.index("<main") :]
    assert main.index('class="notice saved" role="status"') < main.index("<h1")
    assert "session 1, attended." in main
    undone = http.post(reverse("ratings:session-log-undo", args=[planned.code]), follow=True)
    assert "can be logged again" in undone.text and "session 1, attended." not in undone.text
    planned.refresh_from_db()
    assert (planned.attendance, planned.logged_at, planned.voided_at) == ("planned", None, None)
    assert Rating.objects.get().replaced_reason == "log undone"
    again = http.get(path)
    assert again.context["form"]["private_note"].value() == "Talked about June.", "nothing typed is lost"
    assert again.context["form"]["noticed"].value() == "both"
    assert [again.context["form"][item].value() for item in answers(3)] == list(answers(3).values())
    assert http.post(path, logged(private_note="Talked about May.")).status_code == 302
    assert PrivateNote.objects.current().get().text.open(juniper.client.data_key) == "Talked about May."
    assert Rating.objects.current().count() == 1


def test_an_undone_log_of_nothing_planned_leaves_the_record(http, dana, juniper, instruments):
    consent(juniper.client)
    http.force_login(dana.user)
    http.post(reverse("ratings:session-log", args=[juniper.code]), logged())
    row = TherapySession.objects.get()
    undone = http.post(reverse("ratings:session-log-undo", args=[row.code]), follow=True)
    assert "off the record" in undone.text
    row.refresh_from_db()
    assert row.voided_by == dana
    assert Standing.objects.get().sessions_held == 0
    twice = http.post(reverse("ratings:session-log-undo", args=[row.code]), follow=True)
    assert "This was taken back already." in twice.text


def test_an_undone_log_of_nothing_planned_is_logged_again_from_what_was_typed(http, dana, noor, juniper, instruments):
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    sent = logged(private_note="Talked about June.", noticed="both", mode="video")
    http.post(path, sent)
    row = TherapySession.objects.get()
    undone = http.post(reverse("ratings:session-log-undo", args=[row.code]), follow=True)
    address = f"{path}?again={row.code}"
    assert address in undone.text
    form = http.get(address).context["form"]
    shown = {name: form[name].value() for name in ("mode", "attendance", "private_note", "noticed", *answers(3))}
    assert {name: str(value) for name, value in shown.items()} == {name: str(sent[name]) for name in shown}
    assert form["minutes"].value() == int(sent["minutes"])
    for stale in (f"{path}?again=nonsense", f"{path}?again={juniper.code}", path):
        assert "Talked about June." not in http.get(stale).text
    assert http.post(address, sent).status_code == 302
    assert PrivateNote.objects.current().get().text.open(juniper.client.data_key) == "Talked about June."


def test_the_check_in_of_an_undone_log_of_nothing_planned_is_not_sent(http, dana, juniper, waiting):
    waiting(juniper, "juniper@example.test")
    http.force_login(dana.user)
    http.post(reverse("ratings:session-log", args=[juniper.code]), logged())
    row = TherapySession.objects.latest("starts_at")
    http.post(reverse("ratings:session-log-undo", args=[row.code]))
    assert Delivery.objects.get(check_in__therapy_session=row).dropped_at


def test_the_check_in_of_a_planned_session_goes_by_the_plan_again(http, dana, juniper, waiting):
    waiting(juniper, "juniper@example.test")
    http.force_login(dana.user)
    planned = make_therapy_session(juniper, starts_at=days_ago(1))
    path = reverse("ratings:planned-session-log", args=[planned.code])
    http.post(path, logged())
    delivery = Delivery.objects.get(check_in__therapy_session=planned)
    undo = reverse("ratings:session-log-undo", args=[planned.code])
    http.post(undo)
    delivery.refresh_from_db()
    assert delivery.is_waiting
    assert len(http.get("/check-ins/").context["rows"]) == 1, "nobody waits for what was not asked yet"
    http.post(reverse("ratings:session-no-show", args=[planned.code]))
    delivery.refresh_from_db()
    assert delivery.dropped_at
    http.post(undo)
    delivery.refresh_from_db()
    assert delivery.is_waiting
    assert CheckIn.objects.filter(therapy_session=planned).count() == 1


def test_an_undone_log_leaves_the_standing_as_it_was(http, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3])
    before = Standing.objects.values().get()
    http.force_login(dana.user)
    http.post(reverse("ratings:session-log", args=[juniper.code]), logged() | answers(0))
    assert Standing.objects.get().sessions_held == 6
    http.post(reverse("ratings:session-log-undo", args=[TherapySession.objects.latest("logged_at").code]))
    after = Standing.objects.values().get()
    assert after | {"updated_at": None} == before | {"updated_at": None}


@pytest.mark.parametrize("case", ["late", "somebody else", "answered", "planned"])
def test_what_can_no_longer_be_undone(case, http, dana, noor, juniper, instruments):
    consent(juniper.client)
    http.force_login(dana.user)
    http.post(reverse("ratings:session-log", args=[juniper.code]), logged())
    row = TherapySession.objects.get()
    if case == "late":
        TherapySession.objects.update(logged_at=timezone.now() - timedelta(minutes=16))
    elif case == "somebody else":
        TherapySession.objects.update(logged_by=noor)
    elif case == "answered":
        answer_check_in(check_in=CheckIn.objects.get(), answers=client_answers(3), may_change=False)
    else:
        row = make_therapy_session(juniper, starts_at=days_ago(3))
    state = TherapySession.objects.values("attendance", "voided_at", "logged_at").get(pk=row.pk)
    response = http.post(reverse("ratings:session-log-undo", args=[row.code]), follow=True)
    assert any(said in response.text for said in ("no longer be undone", "has answered", "already"))
    assert TherapySession.objects.values("attendance", "voided_at", "logged_at").get(pk=row.pk) == state
    assert Rating.objects.filter(rater="therapist").current().count() == 1


def test_a_no_show_is_one_click_and_its_undo(http, dana, juniper, instruments):
    http.force_login(dana.user)
    planned = make_therapy_session(juniper, starts_at=days_ago(2))
    page = http.post(reverse("ratings:session-no-show", args=[planned.code]), follow=True).text
    assert "Juniper</bdi>, no-show." in page
    planned.refresh_from_db()
    assert planned.attendance == "no_show"
    http.post(reverse("ratings:session-no-show", args=[planned.code]))  # a second tap
    http.post(reverse("ratings:session-log-undo", args=[planned.code]))
    planned.refresh_from_db()
    assert planned.attendance == "planned"
    ahead = make_therapy_session(juniper, starts_at=days_ago(-2))
    page = http.post(reverse("ratings:session-no-show", args=[ahead.code]), follow=True).text
    assert "has not begun" in page
    ahead.refresh_from_db()
    assert ahead.attendance == "planned"


def test_a_check_in_that_no_mail_brings_can_be_shown_from_the_notice(http, dana, juniper, instruments):
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    assert "Check-in link" not in http.post(path, logged(), follow=True).text, "nobody agreed to be asked"
    consent(juniper.client)
    assert "Check-in link" in http.post(path, logged(time="12:00"), follow=True).text
    answer_check_in(check_in=CheckIn.objects.get(), answers=client_answers(3), may_change=False)
    assert "Check-in link" not in http.get(reverse("ratings:today")).text, "a link would open nothing"
