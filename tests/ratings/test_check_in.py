"""The client's pages: what may be said, what is refused, what comes back, and what nobody else learns."""

from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings import actions
from ratings.models import Rating
from tests.courses import ITEMS, answers

EMOJI = "\N{PARTY POPPER}"


@pytest.fixture
def asked(juniper, live_through):
    """The check-in of Juniper's only session, unanswered."""
    (check_in,) = live_through(juniper, [None])
    return check_in


@pytest.fixture
def opened(http):
    """`opened(check_in)`: the address of a fresh link to it."""
    return lambda check_in: reverse(
        "links:check-in", args=[actions.mint_link(check_in=check_in, by=check_in.episode.therapist, channel="screen")]
    )


def sent(http, address, **given):
    return http.post(address, {**answers(3), **given})


def client_rating():
    return Rating.objects.get(rater="client", replaced_at=None)


# --- What is asked, and what may be said ------------------------------------------------------------------------------


def test_the_form_names_the_session_and_its_readers_and_chooses_nothing(http, asked, opened):
    page = http.get(opened(asked)).text
    start = timezone.localtime(asked.therapy_session.starts_at, ZoneInfo("Europe/London"))
    assert f"{start:%A} {start.day} {start:%B, %H:%M}" in page
    assert "6 short questions." in page
    assert "Goes to your therapist. Their supervisor can see the answers too." in page
    assert page.count('type="radio"') == 6 * 5 + 2 + 2 + 3
    assert " checked" not in page


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
    assert "Nothing is filled in yet." in response.text
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


# --- What is not text, or too much of it ------------------------------------------------------------------------------


def test_ten_megabytes_are_refused_with_a_sentence(http, asked, opened):
    response = sent(http, opened(asked), comment="x" * 10_000_000)
    assert response.status_code == 413
    assert "make your text shorter" in response.text
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert not Rating.objects.filter(rater="client").exists()


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
