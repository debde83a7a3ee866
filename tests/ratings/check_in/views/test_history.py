"""The client's own answers, through a link that only reads: in their words, and without a judgement."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent
from ratings.check_in import links
from ratings.models import CheckIn, ClientLink, Instrument, Rating
from tests.courses import answers, consent, held
from tests.factories import editor_of, make_episode


@pytest.fixture
def shown(millrace, juniper, live_through):
    """A rated session of Juniper's, which the practice and Juniper agreed to show; a fresh link to it."""
    millrace.shows_history = True
    millrace.save()
    juniper.client.consents.create(purpose="history", text_version="2026-11")
    live_through(juniper, [[3, 3, 1, 1, 4, 4]], therapist=0, comment="A canary sang.", tension=True, bring_up="gently")
    return reverse("links:history", args=[links.mint_history_link(editor=editor_of(juniper))])


def test_the_own_history_is_told_in_words_and_judges_nothing(http, shown, juniper):
    response = http.get(shown)
    assert response.status_code == 200
    page = response.text
    for expected in ("What we work on", "How we work", "How we get on", "Mostly", "A little", "Completely"):
        assert expected in page
    assert "A canary sang." in page
    assert "Yes" in page.split("Tension or misunderstanding")[1]
    assert page.count('<svg class="own"') == 3
    for hidden in ("Goals", "Tasks", "Bond", "usual", "75", "Juniper", "Dana", "mark"):
        assert hidden not in page, hidden
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    event = AuditEvent.objects.filter(verb="read", subject_type="clientlink").get()
    assert (event.actor_code, event.subject_code) == ("", str(ClientLink.objects.get(kind="history").code))


def test_nothing_of_the_therapist_of_another_episode_or_of_a_voided_session_is_shown(
    http, shown, juniper, noor, live_through
):
    assert "Not at all" not in http.get(shown).text.split("After each session")[1], "the therapist's own answers"
    elsewhere = make_episode(noor, client=juniper.client)
    live_through(elsewhere, [2], comment="Told to Noor only.")
    assert "Told to Noor only." not in http.get(shown).text
    juniper.therapy_sessions.update(voided_at=timezone.now(), voided_by=juniper.therapist)
    page = http.get(shown).text
    assert "canary" not in page
    assert "There are no answers of yours yet." in page


@pytest.mark.parametrize("why", ["expired", "revoked", "consent withdrawn", "switched off", "unknown"])
def test_a_history_link_that_shows_nothing_looks_like_any_other(http, shown, juniper, why):
    gone = http.get("/c/nonsense/").text
    assert http.get(shown).status_code == 200
    if why == "expired":
        with time_machine.travel(timezone.now() + links.HISTORY_LINK_LIVES + timedelta(seconds=1)):
            response = http.get(shown)
    else:
        if why == "revoked":
            ClientLink.objects.filter(kind="history").update(revoked_at=timezone.now())
        elif why == "consent withdrawn":
            juniper.client.consents.filter(purpose="history").update(withdrawn_at=timezone.now())
        elif why == "switched off":
            juniper.therapist.practice.shows_history = False
            juniper.therapist.practice.save()
        response = http.get(shown if why != "unknown" else reverse("links:history", args=["A" * 43]))
    assert (response.status_code, response.text) == (404, gone)


def test_a_history_link_opens_no_form_and_a_check_in_link_no_history(http, shown, juniper, live_through, opened):
    token = shown.split("/")[-2]
    assert http.get(reverse("links:check-in", args=[token])).status_code == 404
    assert http.post(reverse("links:check-in", args=[token]), answers(3)).status_code == 404
    juniper.therapy_sessions.update(starts_at=timezone.now() - timedelta(days=30))
    (waiting,) = live_through(juniper, [None])
    address = opened(waiting)
    assert http.get(address).status_code == 200
    assert http.get(address.replace("/c/", "/c/h/")).status_code == 404


def test_answers_that_do_not_begin_at_zero_are_shown_in_the_words_that_were_ticked(http, dana, millrace, instruments):
    """As another instrument of one's own may have them."""
    one_to_five = Instrument.objects.get(key="alliance-6")
    one_to_five.definition |= {"lowest": 1, "highest": 5}
    one_to_five.save()
    episode = make_episode(dana)
    consent(episode.client)
    episode.client.consents.create(purpose="history", text_version="2026-11")
    millrace.shows_history = True
    millrace.save()
    held(episode, 1)
    token = links.mint_check_in_link(check_in=CheckIn.objects.get(), editor=None, channel="screen")
    http.post(reverse("links:check-in", args=[token]), {"goal_matters": 1, "goal_known": 5})
    assert [Rating.objects.get().goal_raw, Rating.objects.get().goal_pomp] == [3, 50]
    own_page = reverse("links:history", args=[links.mint_history_link(editor=editor_of(episode))])
    http.force_login(dana.user)
    for address in (reverse("ratings:case", args=[episode.code]), own_page):
        read = " ".join(re.sub("<[^>]*>", " ", http.get(address).text).split())
        assert "We worked on what matters to me today. Not at all" in read
        assert "I know what we are working towards. Completely" in read
