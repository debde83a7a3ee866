"""The pages of delivery: the therapist's list, contact, a session on second thought, and the client's preferences."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alliance import actions as people
from alliance.models import AuditEvent
from ratings import actions, links
from ratings.delivery import schedule
from ratings.links import mint_preferences_link
from ratings.models import CheckIn, ClientLink, Delivery, Rating, Standing
from tests.courses import answers
from tests.factories import days_ago, make_episode, make_therapy_session

LIST = "/check-ins/"


@pytest.fixture
def waiting(live_through):
    """`waiting(episode, email)`: a check-in of a week ago without an answer."""

    def ask(episode, email=None):
        (check_in,) = live_through(episode, [None])
        if email:
            contact = {"phone": "", "zone": "", "check_in_delay_minutes": None, "therapist_may_be_named": False}
            schedule.change_contact(
                client=episode.client,
                by=episode.therapist,
                email=email,
                agrees_to_email=True,
                was_shown_agreed=False,
                **contact,
            )
        return check_in

    return ask


def states(http):
    return {row.name: row.progress for row in http.get(LIST).context["rows"]}


def deliver(check_in, **fields):
    delivery = schedule._add(check_in, fields.pop("kind", "first"), timezone.now() - timedelta(hours=2))
    for name, value in fields.items():
        setattr(delivery, name, value)
    delivery.save()
    return delivery


# --- The list ---------------------------------------------------------------------------------------------------------


def test_each_state_in_the_list(http, dana, waiting):
    now = timezone.now()
    http.force_login(dana.user)
    asked = {
        name: waiting(make_episode(dana, name), f"{name.lower()}@example.org")
        for name in ("Due", "Sent", "Expired", "Bounced", "Resent", "Stopped", "Paused", "Unsent", "Shown", "Answered")
    }
    waiting(make_episode(dana, "Nowhere"))
    unasked = waiting(make_episode(dana, "Unasked"), "unasked@example.org").episode.client
    unasked.consents.filter(purpose="email").delete()
    deliver(asked["Due"])
    deliver(asked["Sent"], sent_at=now)
    deliver(asked["Expired"], sent_at=now - timedelta(days=8))
    deliver(asked["Bounced"], failed_at=now)
    deliver(asked["Resent"], failed_at=now - timedelta(days=1))
    deliver(asked["Resent"], kind="again", sent_at=now)
    deliver(asked["Stopped"], sent_at=now)
    for name in ("Sent", "Expired", "Shown", "Resent"):
        links.mint_check_in_link(check_in=asked[name], by=dana, channel="email")
    ClientLink.objects.filter(check_in=asked["Expired"]).update(expires_at=now - timedelta(days=1))
    asked["Stopped"].episode.client.consents.filter(purpose="email").update(withdrawn_at=now)
    asked["Paused"].episode.client.paused_until = now + timedelta(days=3)
    asked["Paused"].episode.client.save()
    actions.answer_check_in(check_in=asked["Answered"], answers=answers(3), may_change=False)
    assert states(http) == {
        "Due": "due", "Sent": "sent", "Expired": "expired", "Bounced": "bounced", "Resent": "sent",
        "Stopped": "stopped", "Paused": "paused", "Unsent": "unsent", "Shown": "shown", "Nowhere": "no_email",
        "Unasked": "no_consent",
    }  # fmt: skip
    rows = {row.name: row for row in http.get(LIST).context["rows"]}
    assert {name for name, row in rows.items() if row.can_send} == {
        "Due", "Sent", "Expired", "Bounced", "Unsent", "Shown",
    }  # fmt: skip
    assert rows["Sent"].at == now
    page = http.get(LIST).text
    assert page.count('name="check_in"') == 6
    assert "once a day" in page
    assert "refused by their mail server" in page
    shown = http.get(reverse("ratings:case", args=[asked["Answered"].episode.code])).context["sessions"]
    assert [row.check_in.progress for row in shown] == ["answered"]


def test_whose_the_list_is(http, dana, noor, juniper, waiting):
    hers = waiting(juniper, "juniper@example.org")
    waiting(make_episode(noor, "Teasel"), "teasel@example.org")
    ended = make_episode(dana, "Wren")
    waiting(ended)
    actions.end_episode(episode=ended, reason="completed", by=dana)
    http.force_login(dana.user)
    assert states(http) == {"Juniper": "unsent"}
    http.force_login(noor.user)
    assert states(http) == {"Teasel": "unsent"}
    assert http.post(LIST, {"check_in": [str(hers.code)]}).status_code == 404
    assert not Delivery.objects.exists()
    assert AuditEvent.objects.filter(verb="denied", subject_type="checkin", subject_code=hers.code).count() == 1
    assert AuditEvent.objects.filter(verb="listed", subject_type="checkin").count() == 2


def test_those_ticked_are_sent_again(http, dana, juniper, sorrel, waiting):
    one, other = waiting(juniper, "juniper@example.org"), waiting(sorrel, "sorrel@example.org")
    http.force_login(dana.user)
    response = http.post(LIST, {"check_in": [str(one.code), str(other.code)]}, follow=True)
    assert "2 messages go out" in response.text
    assert set(Delivery.objects.values_list("check_in", "kind")) == {(one.pk, "again"), (other.pk, "again")}
    again = http.post(LIST, {"check_in": [str(one.code)]}, follow=True)
    assert "Nothing new to send." in again.text
    assert Delivery.objects.count() == 2


def test_one_code_in_two_spellings_is_one(http, dana, juniper, waiting):
    code = str(waiting(juniper, "juniper@example.org").code)
    http.force_login(dana.user)
    assert http.post(LIST, {"check_in": [code, code.upper()]}).status_code == 302
    assert Delivery.objects.count() == 1


def test_a_nul_in_a_code_is_denied_and_on_record_without_it(http, dana):
    http.force_login(dana.user)
    assert http.post(LIST, {"check_in": ["a\x00b"]}).status_code == 404
    assert AuditEvent.objects.get(verb="denied", subject_type="checkin").subject_code == "ab"


@pytest.mark.parametrize(("data", "status"), [({}, 422), ({"check_in": ["nonsense"]}, 404)])
def test_nothing_ticked_and_nothing_known(data, status, http, dana, juniper, waiting):
    waiting(juniper, "juniper@example.org")
    http.force_login(dana.user)
    response = http.post(LIST, data)
    assert response.status_code == status
    assert not Delivery.objects.exists()


def test_a_practice_that_is_not_live_says_so(http, dana, juniper, waiting, millrace):
    waiting(juniper)
    http.force_login(dana.user)
    assert "the practice is not live" in http.get(LIST).text
    millrace.live_at, millrace.crisis_phone = timezone.now(), "01632 960 117"
    millrace.save()
    assert "the practice is not live" not in http.get(LIST).text


def test_the_list_asks_as_often_for_three_as_for_one(http, dana, waiting):
    http.force_login(dana.user)
    counts = []
    for names in (["Juniper"], ["Sorrel", "Bramble"]):
        for name in names:
            check_in = waiting(make_episode(dana, name), f"{name.lower()}@example.org")
            deliver(check_in, sent_at=timezone.now())
        with CaptureQueriesContext(connection) as captured:
            assert http.get(LIST).status_code == 200
        counts.append(len(captured))
    assert counts == [9, 9]  # sign-in, user, places, role, check-ins, deliveries, consents, who reads, audit


def test_today_leads_there(http, dana, juniper, waiting):
    waiting(juniper)
    http.force_login(dana.user)
    assert f'href="{LIST}"' in http.get("/today/").text


# --- Contact and consent ----------------------------------------------------------------------------------------------


def given(**changes):
    return {"email": "juniper@example.org", "agrees_to_email": "on"} | changes


def test_contact_is_kept_sealed_and_on_record(http, dana, juniper):
    http.force_login(dana.user)
    path = reverse("ratings:client-contact", args=[juniper.code])
    data = given(phone="030 1234", zone="America/New_York", check_in_delay_minutes="30", therapist_may_be_named="on")
    assert http.post(path, data).status_code == 302
    client = juniper.client
    client.refresh_from_db()
    assert client.email.open(client.data_key) == "juniper@example.org"
    assert client.phone.open(client.data_key) == "030 1234"
    assert (client.zone, client.check_in_delay_minutes) == ("America/New_York", 30)
    assert client.therapist_may_be_named is True
    assert client.agreed_to == {"email"}
    changed = AuditEvent.objects.get(verb="changed", subject_type="client")
    assert (changed.actor_code, changed.subject_code) == (str(dana.user.code), str(client.code))
    page = http.get(path)
    assert 'value="juniper@example.org"' in page.text
    assert AuditEvent.objects.filter(verb="read", subject_type="client").count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"email": ""}, "Without an address nobody can be written to."),
        ({"email": "not one"}, "Enter a valid email address."),
        ({"phone": "<script>"}, "Write a phone number"),
        ({"zone": "Mars/Olympus"}, "Select a valid choice."),
        ({"check_in_delay_minutes": "-1"}, "greater than or equal to 0"),
        ({"check_in_delay_minutes": "99999"}, "less than or equal to 10080"),
    ],
)
def test_bad_contact_is_a_sentence_and_nothing_is_written(changes, sentence, http, dana, juniper):
    http.force_login(dana.user)
    response = http.post(reverse("ratings:client-contact", args=[juniper.code]), given(**changes))
    assert response.status_code == 422
    assert sentence in response.text
    juniper.client.refresh_from_db()
    assert juniper.client.email is None
    assert not juniper.client.consents.exists()


def test_a_form_from_before_the_client_stopped_does_not_write_to_them_again(http, dana, juniper):
    http.force_login(dana.user)
    path = reverse("ratings:client-contact", args=[juniper.code])
    http.post(path, given())
    shown = http.get(path)
    assert 'name="was_shown_agreed" value="True"' in shown.text
    people.change_preferences(client=juniper.client, gets_email=False)
    response = http.post(path, given(was_shown_agreed="True", phone="030 1234"))
    assert (response.status_code, "E-mails were stopped meanwhile." in response.text) == (422, True)
    assert 'value="030 1234"' in response.text
    form = response.context["form"]
    assert not form["agrees_to_email"].value()
    assert not form["was_shown_agreed"].value()
    juniper.client.refresh_from_db()
    assert (juniper.client.phone, juniper.client.agreed_to) == (None, set())
    assert http.post(path, given(was_shown_agreed="")).status_code == 302  # ticked after that sentence
    assert juniper.client.agreed_to == {"email"}


def test_a_box_left_as_it_was_shown_says_nothing(http, dana, juniper):
    http.force_login(dana.user)
    path = reverse("ratings:client-contact", args=[juniper.code])
    http.post(path, given())  # agreed since the next form was shown without
    assert http.post(path, {"email": "juniper@example.org", "was_shown_agreed": ""}).status_code == 302
    assert juniper.client.agreed_to == {"email"}
    assert http.post(path, {"email": "juniper@example.org", "was_shown_agreed": "True"}).status_code == 302
    assert juniper.client.agreed_to == set()


# --- The client's preferences -----------------------------------------------------------------------------------------


@pytest.fixture
def preferences(juniper, waiting):
    waiting(juniper, "juniper@example.org")
    return reverse("links:preferences", args=[mint_preferences_link(juniper.client)])


def email_consents(episode):
    return [consent.withdrawn_at is None for consent in episode.client.consents.filter(purpose="email").order_by("pk")]


def paused_days(episode):
    episode.client.refresh_from_db()
    until = episode.client.paused_until
    return round((until - timezone.now()) / timedelta(days=1)) if until else None


def test_a_look_changes_nothing(http, juniper, preferences):
    for _time in range(100):
        assert http.get(preferences).status_code == http.head(preferences).status_code == 200
    assert (email_consents(juniper), paused_days(juniper)) == ([True], None)
    response = http.get(preferences)
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies
    for hidden in ("Juniper", "Dana", "Millrace"):
        assert hidden not in response.text


def test_stop_pause_and_start_again(http, dana, juniper, preferences):
    for choice, consents, days, words in (
        ("pause-2", [True], 14, "Your messages are paused until"),
        ("pause-4", [True], 28, "Your messages are paused until"),
        ("go-on", [True], None, "You get a short message after each appointment."),
        ("stop", [False], None, "Your messages are stopped."),
        ("go-on", [False, True], None, "You get a short message after each appointment."),
    ):
        response = http.post(preferences, {"choice": choice})
        assert (response.status_code, response.url) == (303, preferences)
        assert (email_consents(juniper), paused_days(juniper)) == (consents, days)
        assert words in http.get(preferences).text
    assert juniper.client.consents.filter(purpose="check_in", withdrawn_at__isnull=True).exists()
    events = AuditEvent.objects.filter(verb="changed", subject_type="client", actor_code="")
    assert events.count() == 5
    http.post(preferences, {"choice": "stop"})
    http.force_login(dana.user)
    assert states(http) == {"Juniper": "stopped"}
    assert "E-mails were stopped on" in http.get(reverse("ratings:client-contact", args=[juniper.code])).text


def test_a_mail_programs_own_button_stops(http, juniper, preferences):
    response = http.post(preferences, {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert email_consents(juniper) == [False]


@pytest.mark.parametrize("choice", ["", "start-a-riot"])
def test_another_choice_is_refused(choice, http, juniper, preferences):
    response = http.post(preferences, {"choice": choice})
    assert response.status_code == 400
    assert "No one reads this right away." in response.text
    assert email_consents(juniper) == [True]


def test_unknown_revoked_and_another_kind_of_key_look_alike(http, dana, juniper, preferences):
    check_in = links.mint_check_in_link(check_in=CheckIn.objects.get(), by=dana, channel="email")
    ClientLink.objects.filter(kind="preferences").update(revoked_at=timezone.now())
    pages = set()
    for path in (preferences, f"/c/p/{check_in}/", f"/c/p/{'A' * 43}/", "/c/p/nonsense/"):
        for response in (http.get(path), http.post(path, {"choice": "stop"})):
            assert response.status_code == 404
            pages.add(response.text)
    assert len(pages) == 1
    assert email_consents(juniper) == [True]


def test_an_old_message_is_still_good_to_stop(http, juniper, preferences):
    ClientLink.objects.update(created_at=days_ago(900))
    http.post(preferences, {"choice": "stop"})
    assert email_consents(juniper) == [False]


# --- A session on second thought, and answers from paper --------------------------------------------------------------


def test_a_session_is_moved_on_its_page(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    therapy_session = check_in.therapy_session
    http.force_login(dana.user)
    path = reverse("ratings:session-move", args=[therapy_session.code])
    local = timezone.localtime(therapy_session.starts_at, timezone.zoneinfo.ZoneInfo("Europe/Berlin"))
    assert http.get(path).context["form"]["time"].value() == local.time().replace(microsecond=0)
    day = (local - timedelta(days=2)).date().isoformat()
    assert http.post(path, {"day": day, "time": "17:30", "minutes": "25"}).status_code == 302
    therapy_session.refresh_from_db()
    local = timezone.localtime(therapy_session.starts_at, timezone.zoneinfo.ZoneInfo("Europe/Berlin"))
    assert (local.date().isoformat(), local.hour, local.minute) == (day, 17, 30)
    assert therapy_session.ends_at - therapy_session.starts_at == timedelta(minutes=25)
    assert therapy_session.mode == "in_person"


def test_what_was_held_does_not_move_into_the_future_or_onto_another(http, dana, juniper, live_through):
    first, second = live_through(juniper, [3, 3])
    http.force_login(dana.user)
    path = reverse("ratings:session-move", args=[second.therapy_session.code])
    ahead = {"day": (timezone.localdate() + timedelta(days=2)).isoformat(), "time": "10:00", "minutes": "50"}
    response = http.post(path, ahead)
    assert (response.status_code, "This lies in the future." in response.text) == (422, True)
    there = timezone.localtime(first.therapy_session.starts_at, timezone.zoneinfo.ZoneInfo("Europe/Berlin"))
    first.therapy_session.starts_at = there.replace(second=0, microsecond=0)
    first.therapy_session.save()
    taken = {"day": there.date().isoformat(), "time": f"{there:%H:%M}", "minutes": "50"}
    response = http.post(path, taken)
    assert (response.status_code, "already a session at this time" in response.text) == (422, True)
    planned = make_therapy_session(juniper, starts_at=days_ago(-1))
    assert http.post(reverse("ratings:session-move", args=[planned.code]), ahead).status_code == 302


def test_a_session_is_voided_with_a_reason(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    http.force_login(dana.user)
    path = reverse("ratings:session-void", args=[check_in.therapy_session.code])
    assert http.post(path, {"reason": " "}).status_code == 422
    assert Standing.objects.get().sessions_held == 1
    assert http.post(path, {"reason": "Logged for somebody else."}).status_code == 302
    assert Standing.objects.get().sessions_held == 0
    assert http.get(reverse("ratings:case", args=[juniper.code])).context["sessions"] == []
    again = http.post(path, {"reason": "Again."})  # a second tap, or another tab
    assert (again.status_code, again.url) == (302, reverse("ratings:case", args=[juniper.code]))
    assert "The first reason stays." in http.get(again.url).text
    voided = juniper.therapy_sessions.get(voided_at__isnull=False)
    assert voided.voided_reason.open(juniper.client.data_key) == "Logged for somebody else."
    assert [http.get(path).status_code, http.post(path, {}).status_code] == [404, 404]


def entered(check_in, **changes):
    day = timezone.localtime(check_in.therapy_session.starts_at, timezone.zoneinfo.ZoneInfo("Europe/Berlin")).date()
    given = {"day": (day + timedelta(days=1)).isoformat(), "comment": "It was   good.\x07"}
    given |= {"tension": "yes", "tension_talked_about": "no", "bring_up": "gently"}
    return given | {key: str(value) for key, value in answers(3).items()} | changes


def test_answers_from_paper_have_their_true_day_and_say_who_typed_them(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    http.force_login(dana.user)
    path = reverse("ratings:check-in-enter", args=[check_in.code])
    assert http.post(path, entered(check_in)).status_code == 302
    rating = Rating.objects.get(rater="client")
    assert (rating.mode, rating.entered_by, rating.answers) == ("paper", dana, answers(3))
    there = rating.answered_at.astimezone(timezone.zoneinfo.ZoneInfo("Europe/Berlin"))
    assert (there.date().isoformat(), there.hour) == (entered(check_in)["day"], 12)
    assert rating.received_at > rating.answered_at
    assert rating.comment.open(juniper.client.data_key) == "It was   good."
    assert (rating.tension, rating.tension_talked_about, rating.bring_up) == (True, False, "gently")
    assert Standing.objects.get().check_ins_answered == 1
    assert http.post(path, entered(check_in)).status_code == 302, "a second tap"
    for other in ({"bond_open": "0"}, {"bring_up": "no"}):
        again = http.post(path, entered(check_in, **other))
        assert again.status_code == 422
        assert "Their own answers stand." in again.text
    assert Rating.objects.filter(rater="client").count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day": "2031-01-01"}, "This lies in the future."),
        ({"day": "2020-01-01"}, "had not been held by then"),
        ({"day": ""}, "This field is required."),
        ({"task_sense": "9"}, "Choose one of the answers"),
        (dict.fromkeys([*answers(3), "comment", "tension", "bring_up"], ""), "Nothing is filled in yet."),
    ],
)
def test_bad_entries_are_a_sentence_and_nothing_is_written(changes, sentence, http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    http.force_login(dana.user)
    response = http.post(reverse("ratings:check-in-enter", args=[check_in.code]), entered(check_in, **changes))
    assert response.status_code == 422
    assert sentence in response.text
    assert not Rating.objects.filter(rater="client").exists()


def test_a_link_works_for_as_many_days_as_the_practice_says(http, dana, juniper, live_through, millrace):
    (check_in,) = live_through(juniper, [None])
    millrace.link_days = 3
    millrace.save()
    http.force_login(dana.user)
    page = http.post(reverse("ratings:check-in-link", args=[check_in.code]))
    assert "It works for 3 days" in page.text
    left = ClientLink.objects.get().expires_at - timezone.now()
    assert timedelta(days=3) - timedelta(minutes=1) < left <= timedelta(days=3)
