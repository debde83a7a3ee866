"""The check-in as a client meets it: what may be said, what is refused, what comes back, what nobody else learns."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent
from ratings.check_in import links
from ratings.check_in.actions import CHANGE_WINDOW, SessionVoided, answer_check_in, enter_answers, mark_read
from ratings.models import CheckIn, ClientLink, Rating
from ratings.record.actions import remove_session
from tests.courses import ITEMS, OWN_PHONE, answers, client_answers, consent, held
from tests.factories import editor_of, make_client, make_episode

EMOJI = "\N{PARTY POPPER}"


def sent(http, address, **given):
    return http.post(address, {**answers(3), **OWN_PHONE, **given})


def client_rating():
    return Rating.objects.get(rater="client", replaced_at=None)


# --- What is asked, and what may be said ------------------------------------------------------------------------------


def test_the_form_names_the_session_and_its_readers_and_chooses_nothing(http, asked, opened):
    page = http.get(opened(asked)).text
    start = timezone.localtime(asked.therapy_session.starts_at, ZoneInfo("Europe/Berlin"))  # as for the practice
    assert f"{start:%A} {start.day} {start:%B, %H:%M}" in page
    assert "6 short questions." in page
    assert "Goes to your therapist. Their supervisor can see the answers too." in page
    assert page.count('type="radio"') == 6 * 5 + 2 + 3 + 2 + 3
    assert " checked" not in page


@pytest.mark.parametrize(
    ("form", "sentences"), [("short", "3 short questions."), ("standard", "4 short questions.")], ids=["child", "fit"]
)
def test_the_client_is_told_how_many_questions_there_are(http, dana, instruments, form, sentences):
    episode = make_episode(dana, client=make_client(dana.practice, check_in_form=form, asks_about_fit=True))
    consent(episode.client)
    held(episode, 1)
    token = links.mint_check_in_link(check_in=CheckIn.objects.get(), editor=None, channel="screen")
    address = reverse("links:check-in", args=[token])
    assert sentences in http.get(address).text
    keys = [item["id"] for item in CheckIn.objects.get().text.instrument.definition["items"]]
    assert http.post(address, dict.fromkeys(keys, 4)).status_code == 303
    assert Rating.objects.get().overall_pomp == 100


def test_what_else_a_client_says_is_stored_with_the_answers(http, asked, opened):
    assert sent(http, opened(asked), tension="yes", tension_talked_about="no", bring_up="gently").status_code == 303
    rating = client_rating()
    assert (rating.tension, rating.tension_talked_about, rating.bring_up) == (True, False, "gently")
    assert rating.answers == answers(3)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({}, (None, None, "")),
        ({"tension": "no", "tension_talked_about": "yes"}, (False, None, "")),
        ({"tension_talked_about": "yes"}, (None, None, "")),
        ({"tension": "yes", "tension_talked_about": "yes"}, (True, True, "")),
        ({"bring_up": "no"}, (None, None, "no")),
    ],
)
def test_left_out_is_not_no_and_talking_needs_something_to_talk_about(http, asked, opened, given, stored):
    assert sent(http, opened(asked), **given).status_code == 303
    rating = client_rating()
    assert (rating.tension, rating.tension_talked_about, rating.bring_up) == stored


@pytest.mark.parametrize("given", [{"tension": "no"}, {"bring_up": "myself"}, {"comment": "Hello"}])
def test_any_one_thing_is_enough_to_send(http, asked, opened, given):
    assert http.post(opened(asked), given).status_code == 303
    assert client_rating().items_answered == 0


@pytest.mark.parametrize("given", [{}, {"tension_talked_about": "yes"}, {"share_comment": "on"}])
def test_an_empty_form_is_told_so(http, asked, opened, given):
    response = http.post(opened(asked), given)
    assert response.status_code == 422
    assert "Answer at least one question, then send." in response.text
    assert not Rating.objects.filter(rater="client").exists()


@pytest.mark.parametrize("field", ["tension", "tension_talked_about", "bring_up"])
def test_another_answer_than_those_offered_is_refused(http, asked, opened, field):
    response = sent(http, opened(asked), **{field: "maybe"})
    assert response.status_code == 422
    assert "Choose one of the answers, or leave it out." in response.text
    assert not Rating.objects.filter(rater="client").exists()


def test_the_browser_that_sent_them_finds_all_its_answers_again(http, asked, opened):
    sent(http, opened(asked), tension="yes", tension_talked_about="yes", bring_up="myself", comment="Hello")
    page = http.get(reverse("links:check-in-change")).text
    for field, value in {"tension": "yes", "tension_talked_about": "yes", "bring_up": "myself"}.items():
        (line,) = [line for line in page.split("<input") if f'name="{field}"' in line and " checked" in line]
        assert f'value="{value}"' in line


def test_the_same_wish_again_is_the_same_rating_and_another_one_is_not_saved(http, asked, opened):
    address = opened(asked)
    for _time in range(2):
        assert sent(http, address, bring_up="gently").status_code == 303
    assert Rating.objects.filter(rater="client").count() == 1
    http.cookies.clear()
    response = sent(http, address, bring_up="myself", tension="yes", tension_talked_about="no")
    assert response.status_code == 409
    for typed in ("I&#x27;d rather say it myself", "Not yet", "Mostly"):
        assert typed in response.text
    assert client_rating().bring_up == "gently"


# --- What comes late, or meanwhile ------------------------------------------------------------------------------------


def test_the_first_form_sent_once_more_does_not_undo_a_change(http, asked, opened):
    """A lost connection, a second tab, the way back: the blank form knows nothing of the change."""
    address, change = opened(asked), reverse("links:check-in-change")
    sent(http, address, comment="First.")
    assert http.post(change, OWN_PHONE | answers(1)).status_code == 303
    again = sent(http, address, comment="First.")
    assert (again.status_code, again.url) == (303, reverse("links:check-in-sent"))
    assert (client_rating().answers, Rating.objects.filter(rater="client").count()) == (answers(1), 2)
    # In the form for changes the client sees what stands, and may go back to what they said at first.
    assert sent(http, change, comment="First.").status_code == 303
    assert client_rating().answers == answers(3)


def test_who_sends_the_first_answers_again_elsewhere_learns_nothing_of_a_change(http, asked, opened):
    """A partner who looked on knows the first form, and not what was said after it."""
    address, change = opened(asked), reverse("links:check-in-change")
    sent(http, address)
    assert http.post(change, OWN_PHONE | answers(0) | {"comment": "He frightens me."}).status_code == 303
    stranger = Client()
    receipt = sent(stranger, address)
    assert (receipt.status_code, "check-in" in receipt.cookies) == (200, False)
    looked = stranger.get(change)
    assert (looked.status_code, "frightens" in looked.text + receipt.text) == (404, False)
    assert "frightens" in http.get(change).text


def test_a_link_that_was_not_used_is_open_where_answers_came_on_paper(http, dana, asked, opened):
    address = opened(asked)
    enter_answers(
        editor=editor_of(asked.episode), check_in=asked, answers=client_answers(3), answered_at=timezone.now()
    )
    page = http.get(address)
    assert (page.status_code, " checked" in page.text) == (200, False)
    sent(http, address)
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("own", [1, 3])
def test_a_clients_own_answers_replace_what_was_typed_from_paper(http, dana, juniper, asked, opened, own):
    address = opened(asked)
    enter_answers(
        editor=editor_of(asked.episode), check_in=asked, answers=client_answers(3), answered_at=timezone.now()
    )
    mark_read(editor=editor_of(juniper))
    assert http.post(address, OWN_PHONE | answers(own)).status_code == 303
    rating, paper = client_rating(), Rating.objects.get(mode="paper")
    assert (rating.answers, rating.mode, rating.entered_by) == (answers(own), "link", None)
    assert (paper.entered_by, paper.replaced_by, paper.replaced_reason) == (dana, None, "client answered")
    assert "there for your therapist to read" in http.get(reverse("links:check-in-sent")).text
    assert http.post(reverse("links:check-in-change"), answers(2)).status_code == 303, "they are unread"


@pytest.mark.parametrize("hours", [0, 25])
def test_a_change_that_comes_too_late_is_given_back(http, juniper, asked, opened, hours):
    address, change = opened(asked), reverse("links:check-in-change")
    sent(http, address)
    if not hours:
        mark_read(editor=editor_of(juniper))
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        assert http.get(change).status_code == 404
        late = sent(http, change, comment="Typed & kept")
        assert (late.status_code, "Typed &amp; kept" in late.text) == (409, True)
    with time_machine.travel(timezone.now() + timedelta(hours=49)):
        assert sent(http, change, comment="Typed & kept").status_code == 404
    assert client_rating().comment is None


def test_what_was_typed_for_a_session_that_was_voided_meanwhile_is_given_back(http, dana, asked, opened):
    address = opened(asked)
    stale = CheckIn.objects.select_related("therapy_session").get(pk=asked.pk)
    remove_session(
        editor=editor_of(asked.therapy_session.episode),
        therapy_session=asked.therapy_session,
        reason="Somebody else's.",
    )
    response = sent(http, address, comment="Typed & kept")
    assert response.status_code == 409
    assert "taken off the record" in response.text
    assert "Typed &amp; kept" in response.text
    assert [http.get(address).status_code, http.post(address, {}).status_code] == [404, 404]
    with time_machine.travel(timezone.now() + links.TYPING_GRACE + timedelta(minutes=1)):
        assert sent(http, address).status_code == 404
    with pytest.raises(SessionVoided):
        enter_answers(
            editor=editor_of(stale.episode), check_in=stale, answers=client_answers(3), answered_at=timezone.now()
        )
    assert not Rating.objects.filter(rater="client").exists()


def test_the_link_opened_again_leads_the_browser_that_sent_the_answers_to_them(http, juniper, live_through, opened):
    first, second = live_through(juniper, [None, None])
    address, other, gone = opened(first), opened(second), http.get("/c/nonsense/").text
    sent(http, address)
    before = list(Rating.objects.values()), list(CheckIn.objects.values()), list(AuditEvent.objects.values())
    again = http.get(address)
    assert (again.status_code, again.url) == (303, reverse("links:check-in-sent"))
    assert "Change your answers" in http.get(again.url).text
    stranger = Client().get(address)
    assert (stranger.status_code, stranger.text) == (404, gone)
    with time_machine.travel(timezone.now() + CHANGE_WINDOW + timedelta(minutes=1)):
        assert http.get(address).status_code == 404
    assert (list(Rating.objects.values()), list(CheckIn.objects.values()), list(AuditEvent.objects.values())) == before
    assert Client().post(other, answers(1)).status_code == 303
    of_another = http.get(other)
    assert (of_another.status_code, of_another.text) == (404, gone), "the mark is for another check-in"


@pytest.mark.parametrize("given", [{}, {"tension": "maybe"}, {"comment": "x" * 5001}])
def test_an_invalid_form_gets_nothing_out_of_a_used_link(http, asked, opened, given):
    address, gone = opened(asked), http.get("/c/nonsense/").text
    sent(http, address)
    assert http.post(address, given).status_code == 422, "this browser sent the answers"
    http.cookies.clear()
    response = http.post(address, given)
    assert (response.status_code, response.text) == (404, gone)


def test_who_no_longer_agrees_is_asked_nothing_and_nothing_is_stored(http, dana, juniper, live_through, opened):
    first, second = live_through(juniper, [None, None])
    address, change, gone = opened(second), reverse("links:check-in-change"), http.get("/c/nonsense/").text
    sent(http, opened(first))
    assert [http.get(page).status_code for page in (address, change)] == [200, 200]
    agreed = juniper.client.consents.filter(purpose="check_in")
    agreed.update(withdrawn_at=timezone.now())
    for page in (address, change):
        for response in (http.get(page), http.post(page, answers(1))):
            assert (response.status_code, response.text) == (404, gone)
    assert client_rating().answers == answers(3)
    http.force_login(dana.user)
    asked_for = http.post(reverse("ratings:check-in-link", args=[second.code]))
    assert (asked_for.status_code, asked_for.url) == (302, reverse("ratings:check-in-settings", args=[juniper.code]))
    agreed.update(withdrawn_at=None)
    assert http.get(address).status_code == 200


# --- What is not text, or too much of it ------------------------------------------------------------------------------


def test_ten_megabytes_are_refused_with_a_sentence(http, asked, opened):
    response = sent(http, opened(asked), comment="x" * 10_000_000)
    assert response.status_code == 413
    assert "make your text shorter" in response.text
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert not Rating.objects.filter(rater="client").exists()


def test_a_form_that_is_not_ours_is_told_so_where_help_is_named_too(http, millrace, asked, opened):
    millrace.crisis_phone = "01632 960 117"
    millrace.save()
    response = sent(http, opened(asked), unknown="field")
    assert response.status_code == 400
    assert "Nothing was sent." in response.text and "01632 960 117" in response.text
    assert not Rating.objects.filter(rater="client").exists()


def test_a_form_without_its_token_is_told_where_help_is_too(asked):
    response = Client(enforce_csrf_checks=True).post(reverse("links:check-in-change"), answers(1))
    assert response.status_code == 403
    assert "No one reads this right away." in response.text
    assert "Back to your own pages" not in response.text


def test_a_used_link_says_no_more_of_a_broken_form_than_of_any_other(http, asked, opened):
    address = opened(asked)
    sent(http, address)
    gone = http.get("/c/nothing/").text
    http.cookies.clear()
    for wrong in ({"unknown": "field"}, {"comment": "x" * 10_000_000}):
        response = sent(http, address, **wrong)
        assert (response.status_code, response.text) == (404, gone)


def test_no_answer_under_a_key_lets_it_out(http, asked, opened):
    """Also where no view is reached, or the view gives up."""
    address = opened(asked)
    refused = [
        http.put(address),
        sent(http, address, unknown="field"),
        sent(http, address, comment="x" * 10_000_000),
        http.get(address.rstrip("/")),
        http.post(address.replace("/c/", "/c/h/")),
    ]
    assert [response.status_code for response in refused] == [405, 400, 413, 200, 405]
    for response in refused:
        found = response.headers["Referrer-Policy"], response.headers["Cache-Control"]
        assert found == ("no-referrer", "no-store"), response.status_code
    sent(http, address)
    for page in ("links:check-in-change", "links:check-in-sent"):  # the CSRF check of the form reads the referrer
        assert http.get(reverse(page)).headers["Referrer-Policy"] == "same-origin"


def test_a_long_text_is_refused_and_still_there(http, asked, opened):
    response = sent(http, opened(asked), comment=EMOJI * 5001)
    assert response.status_code == 422
    assert "This is longer than we can keep. Please shorten it." in response.text
    assert EMOJI * 5001 in response.text
    assert not Rating.objects.filter(rater="client").exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("<script>alert(1)</script> & so", "<script>alert(1)</script> & so"),
        (EMOJI * 5000, EMOJI * 5000),
        ("bell\x07 escape\x1b back\u202ewards", "bell escape backwards"),
        ("two\r\nlines", "two\nlines"),
        ("nothing\x00ness", "nothingness"),
        (b"half a \xf0\x9f letter", "half a \N{REPLACEMENT CHARACTER} letter"),
    ],
)
def test_what_can_be_kept_is_kept_as_text_and_shown_as_text(http, dana, juniper, asked, opened, typed, kept):
    body = "&".join(f"{item}=3" for item in ITEMS).encode() + b"&comment="
    body += b"".join(b"%%%02X" % byte for byte in (typed if isinstance(typed, bytes) else typed.encode()))
    response = http.post(opened(asked), body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 303
    assert client_rating().comment.open(juniper.client.data_key) == kept
    http.force_login(dana.user)
    page = http.get(reverse("ratings:case", args=[juniper.code])).text
    assert "<script>alert" not in page
    assert kept.split("\n")[0].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in page


# --- What comes back --------------------------------------------------------------------------------------------------


def test_only_the_browser_that_sent_them_learns_that_its_answers_were_read(http, juniper, live_through, opened):
    first, second = live_through(juniper, [None, None])
    sent(http, opened(first), comment="A canary sang.")
    assert "there for your therapist to read" in http.get(reverse("links:check-in-sent")).text
    mark_read(editor=editor_of(juniper))
    assert "Your therapist has read these answers" in http.get(reverse("links:check-in-sent")).text
    with time_machine.travel(timezone.now() + timedelta(days=6)):
        address = opened(second)
        page = http.get(address).text
        assert "Your therapist has read your last answers." in page
        assert "canary" not in page
        # A day after, the cookie opens nothing any more.
        assert http.get(reverse("links:check-in-sent")).status_code == 404
        assert http.get(reverse("links:check-in-change")).status_code == 404
        http.cookies.clear()
        assert "has read" not in http.get(address).text


def test_unread_or_somebody_elses_or_older_answers_are_not_called_read(http, juniper, sorrel, live_through, opened):
    first, second, third = live_through(juniper, [None, None, None])
    (other,) = live_through(sorrel, [None])
    sent(http, opened(first))
    assert "has read" not in http.get(opened(second)).text
    mark_read(editor=editor_of(juniper))
    assert "has read" in http.get(opened(second)).text
    assert "has read" not in http.get(opened(other)).text
    answer_check_in(check_in=second, answers=client_answers(2), may_change=False)  # from another device, unread
    assert "has read" not in http.get(opened(third)).text


def test_a_hundred_looks_use_nothing_up(http, asked, opened):
    """Scanners open what they find in a mail."""
    address = opened(asked)
    before = list(ClientLink.objects.values()), list(CheckIn.objects.values()), AuditEvent.objects.count()
    for _time in range(50):
        assert http.get(address).status_code == http.head(address).status_code == 200
    assert (list(ClientLink.objects.values()), list(CheckIn.objects.values()), AuditEvent.objects.count()) == before
    assert sent(http, address).status_code == 303
