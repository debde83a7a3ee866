"""Stop, pause, begin again: the client's own page."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.clients.wordings import wordings_mark
from alliance.models import AuditEvent, Erasure
from ratings.check_in import links
from ratings.check_in.links import mint_preferences_link
from ratings.check_in.views import preferences as pages
from ratings.models import CheckIn, ClientLink
from ratings.rights.erase import erase_client
from tests.factories import days_ago
from tests.ratings.pages import states


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
    check_in = links.mint_check_in_link(check_in=CheckIn.objects.get(), editor=None, channel="email")
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


# --- What was agreed to -----------------------------------------------------------------------------------------------


def live(episode):
    return sorted(episode.client.agreed_to)


def test_what_was_agreed_to_stands_there_in_its_own_wording_and_can_be_ended(http, juniper, preferences):
    page = http.get(preferences).text
    assert "you agreed on" in page and "Seeing their own answers" not in page
    response = http.post(preferences, {"choice": "end-check_in"})
    assert (response.status_code, response.url) == (303, preferences)
    assert live(juniper) == ["email"]
    page = http.get(preferences).text
    assert "you ended this on" in page
    assert "You are not asked any more." in page and "You get a short message" not in page
    http.post(preferences, {"choice": "agree-check_in", "shown_wordings": wordings_mark()})
    assert live(juniper) == ["check_in", "email"]
    events = AuditEvent.objects.filter(subject_type="consent").order_by("pk")
    assert [(event.verb, event.actor_code) for event in events][-2:] == [("ended", ""), ("created", "")]


def test_what_is_worded_otherwise_by_now_is_not_agreed_to_and_the_page_says_so(http, juniper, preferences):
    http.post(preferences, {"choice": "end-check_in"})
    page = http.post(preferences, {"choice": "agree-check_in", "shown_wordings": "older"})
    assert page.status_code == 409 and "The text has changed since you opened this page" in page.text
    assert live(juniper) == ["email"]
    assert "The text has changed" not in http.get(preferences).text


def test_who_ended_it_is_asked_no_more(http, juniper, preferences):
    check_in = CheckIn.objects.get()
    link = reverse("links:check-in", args=[links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")])
    assert "<legend" in http.get(link).text
    http.post(preferences, {"choice": "end-check_in"})
    assert "<legend" not in http.get(link).text


@pytest.mark.parametrize("choice", ["end-email", "agree-email", "end-", "end-everything", "agree-study"])
def test_no_other_word_ends_or_starts_anything(choice, http, juniper, preferences):
    assert http.post(preferences, {"choice": choice}).status_code == 400
    assert live(juniper) == ["check_in", "email"]


def test_a_mail_programs_own_button_stops_and_a_look_at_its_address_does_not(http, juniper, preferences):
    stop = preferences.replace("/c/p/", "/c/p/stop/")
    assert http.get(stop).url == preferences and email_consents(juniper) == [True]
    for _twice in range(2):
        assert http.post(stop, {"List-Unsubscribe": "One-Click"}).status_code == 204
    assert email_consents(juniper) == [False]


@pytest.mark.parametrize(
    ("page", "sent"),
    [
        ("/c/p/", {"choice": "stop"}),
        ("/c/p/", {"choice": "end-check_in"}),
        ("/c/p/stop/", {"List-Unsubscribe": "One-Click"}),
    ],
)
def test_a_choice_of_somebody_who_was_erased_meanwhile_leads_to_the_page_of_a_used_link(
    page, sent, http, mona, juniper, preferences, monkeypatch
):
    def after_erasing(deed):
        def do(**given):
            erase_client(client=juniper.client, reason=Erasure.Reason.ASKED, asked_by=mona, agreed_by=mona)
            return deed(**given)

        return do

    for name in ("change_preferences", "decide_by_link"):
        monkeypatch.setattr(pages, name, after_erasing(getattr(pages, name)))
    response = http.post(preferences.replace("/c/p/", page), sent)
    assert (response.status_code, response.text) == (404, http.get("/c/nonsense/").text)
