"""What one client is asked and agreed to, the keys they are given, and the answers that came on paper."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.clients.actions import settle_consent
from alliance.clients.wordings import WORDINGS, wording_in_force, wordings_mark
from alliance.models import AuditEvent, Consent
from ratings.detection.reassess import reassess
from ratings.models import CheckIn, ClientLink, Rating, Standing
from tests.courses import answers, held
from tests.factories import days_ago, local_day

# --- What the client agreed to ----------------------------------------------------------------------------------------


@pytest.fixture
def settings_page(http, dana, juniper):
    http.force_login(dana.user)
    path = reverse("ratings:check-in-settings", args=[juniper.code])

    def save(**given):
        shown = " ".join(juniper.client.agreed_to)
        marks = {"shown_agreed": shown, "shown_wordings": wordings_mark()}
        return http.post(path, {"check_in_form": "standard"} | marks | given)

    return save


def written():
    return list(
        AuditEvent.objects.exclude(verb__in=["read", "listed"]).order_by("pk").values_list("verb", "subject_type")
    )


def test_the_settings_of_a_client_are_saved_and_audited(settings_page, juniper, dana):
    response = settings_page(check_in_form="short", asks_about_fit="on", consents_to_history="on")
    assert response.status_code == 302
    juniper.client.refresh_from_db()
    assert (juniper.client.check_in_form, juniper.client.asks_about_fit) == ("short", True)
    given = juniper.client.consents.get()
    assert (given.purpose, given.withdrawn_at, given.recorded_by) == ("history", None, dana)
    assert written() == [("changed", "client"), ("created", "consent")]


def test_saving_the_same_again_writes_nothing(settings_page, juniper):
    settings_page(consents_to_check_ins="on")
    before = written(), list(Consent.objects.values())
    settings_page(consents_to_check_ins="on")
    assert (written(), list(Consent.objects.values())) == before


def test_a_consent_taken_back_stays_on_record_and_can_be_given_anew(settings_page, juniper, instruments):
    settings_page(consents_to_check_ins="on")
    assert juniper.client.agreed_to == {"check_in"}
    settings_page()
    assert juniper.client.agreed_to == set()
    held(juniper, 2)
    assert not CheckIn.objects.exists()
    settings_page(consents_to_check_ins="on")
    assert juniper.client.agreed_to == {"check_in"}
    assert [consent.withdrawn_at is None for consent in juniper.client.consents.order_by("pk")] == [False, True]
    assert written()[:3] == [("created", "consent"), ("ended", "consent"), ("created", "therapysession")]


def test_the_other_consents_of_a_client_are_left_alone(settings_page, juniper):
    juniper.client.consents.create(purpose="email", text_version="2026-11")
    settings_page(consents_to_check_ins="on")
    settings_page()
    assert juniper.client.agreed_to == {"email"}


def test_a_form_that_does_not_exist_is_refused(settings_page, juniper):
    assert settings_page(check_in_form="long").status_code == 422
    juniper.client.refresh_from_db()
    assert juniper.client.check_in_form == "standard"
    assert written() == []


# --- The keys ---------------------------------------------------------------------------------------------------------


def test_a_link_works_for_as_many_days_as_the_practice_says(http, dana, juniper, live_through, millrace):
    (check_in,) = live_through(juniper, [None])
    millrace.link_days = 3
    millrace.save()
    http.force_login(dana.user)
    page = http.post(reverse("ratings:check-in-link", args=[check_in.code]))
    assert "It works for 3 days" in page.text
    left = ClientLink.objects.get().expires_at - timezone.now()
    assert timedelta(days=3) - timedelta(minutes=1) < left <= timedelta(days=3)


@pytest.mark.parametrize("is_local", [True, False])
def test_a_square_that_no_phone_can_follow_says_so(http, dana, juniper, live_through, settings, is_local):
    (check_in,) = live_through(juniper, [None])
    settings.LOCAL = is_local
    http.force_login(dana.user)
    page = http.post(reverse("ratings:check-in-link", args=[check_in.code])).text
    assert ("A phone cannot reach this address" in page) is is_local


def test_a_link_to_the_own_answers_needs_both_the_practice_and_the_client(http, dana, juniper, millrace):
    http.force_login(dana.user)
    case, path = (reverse(f"ratings:{name}", args=[juniper.code]) for name in ("case", "history-link"))
    reassess(juniper)
    for practice_shows, client_agrees in ((False, False), (True, False), (False, True), (True, True)):
        millrace.shows_history = practice_shows
        millrace.save()
        juniper.client.consents.all().delete()
        if client_agrees:
            juniper.client.consents.create(purpose="history", text_version="2026-11")
        allowed = practice_shows and client_agrees
        assert (path in http.get(case).text) is allowed
        response = http.post(path)
        assert response.status_code == (200 if allowed else 302)
        assert juniper.client.links.count() == allowed
    (link,) = juniper.client.links.all()
    assert link.expires_at - link.created_at <= timedelta(minutes=30)
    assert "<svg" in response.text and "/c/h/" in response.text
    assert AuditEvent.objects.filter(verb="linked", subject_type="clientlink").count() == 1


# --- Answers from paper -----------------------------------------------------------------------------------------------


def entered(check_in, **changes):
    day = timezone.localtime(check_in.therapy_session.starts_at, ZoneInfo("Europe/Berlin")).date()
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
    there = rating.answered_at.astimezone(ZoneInfo("Europe/Berlin"))
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
        ({"day": "9999-12-31"}, "This date is in the future."),
        ({"day": "2020-01-01"}, "had not been held by then"),
        ({"day": ""}, "Write a day."),
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


def test_a_second_tap_on_enter_answers_is_the_first_one(http, dana, juniper, live_through, time_machine):
    time_machine.move_to("2026-11-23T12:00Z")  # at night the session would end on the next day
    (check_in,) = live_through(juniper, [None])
    http.force_login(dana.user)
    day = local_day(check_in.therapy_session.starts_at)
    given = {"day": day.isoformat(), "comment": "By telephone.", **answers(3)}
    path = reverse("ratings:check-in-enter", args=[check_in.code])
    assert [http.post(path, given).status_code for _tap in range(2)] == [302, 302]
    for other in ({"comment": "Else."}, {"day": (day + timedelta(days=1)).isoformat()}, {"goal_known": 0}):
        assert http.post(path, given | other).status_code == 422
    assert Rating.objects.filter(rater="client").count() == 1


# --- Asked again ------------------------------------------------------------------------------------------------------


@pytest.fixture
def agreed_long_ago(juniper):
    first = WORDINGS[0]
    return juniper.client.consents.create(
        purpose=first.purpose, text_version=first.version, text_hash=first.sha256, given_at=days_ago(90)
    )


def test_the_page_says_that_the_wording_has_changed_until_the_client_was_asked(
    http, settings_page, juniper, agreed_long_ago
):
    path = reverse("ratings:check-in-settings", args=[juniper.code])
    page = http.get(path).text
    assert "to an earlier wording" in page and page.count(str(wording_in_force("check_in").text)) == 1
    settings_page(consents_to_check_ins="on")
    assert juniper.client.consents.get() == agreed_long_ago
    settings_page(consents_to_check_ins="on", is_asked_again="on")
    page = http.get(path).text
    assert "to an earlier wording" not in page and "is_asked_again" not in page
    assert juniper.client.agreed_to == {"check_in"}


def test_what_the_client_ended_meanwhile_is_not_started_by_an_old_page(http, settings_page, juniper, agreed_long_ago):
    settle_consent(client=juniper.client, purpose="check_in", given=False)
    refused = settings_page(check_in_form="short", shown_agreed="check_in", consents_to_check_ins="on")
    assert refused.status_code == 409
    assert "The client decided otherwise meanwhile." in refused.text
    assert juniper.client.agreed_to == set()
    assert refused.context["form"]["consents_to_check_ins"].value() is False
    assert refused.context["form"]["check_in_form"].value() == "short"
    settings_page(consents_to_check_ins="on", check_in_form="short")
    assert juniper.client.agreed_to == {"check_in"}


def test_nobody_agrees_to_a_wording_that_was_not_on_the_page(settings_page, juniper, agreed_long_ago):
    for given in ({"consents_to_history": "on", "consents_to_check_ins": "on"}, {"is_asked_again": "on"}):
        refused = settings_page(shown_wordings="older", shown_agreed="check_in", **given)
        assert refused.status_code == 409 and "The wording has changed meanwhile." in refused.text
    assert juniper.client.consents.get() == agreed_long_ago


def test_the_words_about_email_stand_beside_the_box_that_renews_them(http, dana, juniper):
    given = {"purpose": "email", "text_version": "2026-11", "text_hash": WORDINGS[1].sha256}
    juniper.client.consents.create(**given)
    http.force_login(dana.user)
    page = http.get(reverse("ratings:check-in-settings", args=[juniper.code])).text
    assert page.count(str(wording_in_force("email").text)) == 1
