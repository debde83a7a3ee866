"""What every page under a link shares."""

import pytest
from django.urls import reverse

from alliance.models import Erasure
from alliance.people.readers import Part
from ratings.check_in import actions, links
from ratings.models import Rating
from ratings.rights.erase import erase_client
from tests.courses import answers
from tests.factories import editor_of, make_practice


def test_the_privacy_page_is_there_for_everybody_and_names_nobody(http, millrace, asked, opened):
    millrace.crisis_phone = "01632 960 117"
    millrace.save()
    assert reverse("links:privacy") in http.get(opened(asked)).text
    page = http.get(reverse("links:privacy")).text
    for answer in ("What is kept", "Who sees it", "How to stop", "How to get a copy, or have it deleted"):
        assert answer in page
    assert "01632 960 117" in page
    assert "Millrace" not in page


READERS = {
    Part.THERAPIST: "Your therapist",
    Part.COVER: "a colleague who stands in for them",
    Part.SUPERVISOR: "Their supervisor",
    Part.CASE_SUPERVISOR: "Their supervisor",
    Part.EMERGENCY: "In an emergency",
}


@pytest.mark.parametrize("address", ["/c/privacy/", "the check-in"])
def test_a_page_that_says_who_sees_it_leaves_out_nobody_who_can_read_a_case(address, http, asked, opened):
    assert READERS.keys() == set(Part)
    page = " ".join(http.get(opened(asked) if address == "the check-in" else address).text.split())
    told = page.split("Who sees this</summary>" if address == "the check-in" else "Who sees it</h2>")[1]
    assert [part for part, name in READERS.items() if name.casefold() not in told.casefold()] == []


def test_the_privacy_page_promises_no_time_that_nothing_keeps(http, db):
    """By itself the program erases nothing: a practice may have set no rule."""
    page = " ".join(http.get("/c/privacy/").text.split())
    assert "Nothing goes by itself, unless the practice set a time for it." in page


TRAILS = [
    ".", ")", ",", ">", "'", "%20", "\u200b", "/.", "/)", ").", "/,", '/"', "’", "”", "»", "…", "*", "_", "~", ";", "!",
    "]",
    "%20%20", "%0A", "\u00a0", "\ufeff", "%E2%80%8B", "%2520", "&gt;", "//", "/%20", "/\u200b", "",
]  # fmt: skip


@pytest.mark.parametrize("trail", TRAILS)
def test_a_link_opens_with_what_a_mail_or_a_messenger_left_behind_it(trail, http, asked, opened):
    address = opened(asked).rstrip("/") + trail
    page = http.get(address)
    assert (page.status_code, "6 short questions." in page.text) == (200, True)
    assert asked.ratings.count() == 0, "to open it changes nothing"
    assert http.post(address, {"goal_matters": 3}).status_code == 303
    assert asked.ratings.get().answers == {"goal_matters": 3}


@pytest.mark.parametrize("trail", ["A", "/A", ".A", "0", "/x/", "-A.", "%41"])
def test_a_key_with_more_behind_it_than_marks_opens_nothing(trail, http, asked, opened):
    page = http.get(opened(asked).rstrip("/") + trail)
    assert (page.status_code, page.text) == (404, http.get("/c/nonsense/").text)


def test_a_key_that_is_cut_opens_nothing(http, asked, opened):
    page = http.get(opened(asked).rstrip("/")[:-1] + ".")
    assert (page.status_code, page.text) == (404, http.get("/c/nonsense/").text)


@pytest.mark.parametrize("trail", ["", ".", ")", "/>", "\u200b"])
def test_the_other_links_open_so_too(trail, http, juniper, millrace):
    millrace.shows_history = True
    millrace.save()
    juniper.client.consents.create(purpose="history", text_version="2026-11")
    for address in (
        reverse("links:history", args=[links.mint_history_link(editor=editor_of(juniper))]),
        reverse("links:preferences", args=[links.mint_preferences_link(juniper.client)]),
    ):
        assert http.get(address.rstrip("/") + trail).status_code == 200


LINE, OTHER = "01632 960 117", "01632 960 209"
NONE = "call the emergency number where you are"


@pytest.mark.parametrize(
    ("lines", "shown", "hidden"),
    [
        ([(LINE, "112")], [LINE, "112"], []),
        ([(LINE, "112"), (LINE, "112")], [LINE, "112"], []),
        ([(LINE, "112"), ("01632960117", "112")], ["01632", "112"], []),
        ([(LINE, "112"), (OTHER, "112")], ["112", "call your practice. If it cannot wait:"], [LINE, OTHER]),
        ([(LINE, "112"), (OTHER, "999")], [NONE], [LINE, OTHER, "112", "999"]),
        ([(LINE, "112"), ("", "")], [NONE], [LINE, "112"]),
    ],
)
def test_a_dead_link_names_only_a_line_that_all_practices_have(http, db, lines, shown, hidden):
    """Whose link it was nobody can say, and a line of another practice would be a wrong one."""
    for number, (crisis, emergency) in enumerate(lines):
        practice = make_practice(f"Practice {number}")
        practice.crisis_phone, practice.emergency_phone = crisis, emergency
        practice.save()
    for page in (http.get("/c/nonsense/"), http.get("/c/privacy/"), http.post("/c/forget/")):
        text = " ".join(page.text.split())
        assert "Practice 0" not in text
        assert [part for part in shown if part not in text] == []
        assert [part for part in hidden if part in text] == []


def test_answers_about_somebody_who_was_erased_meanwhile_lead_to_the_page_of_a_used_link(
    http, mona, asked, opened, monkeypatch
):
    address, answer = opened(asked), actions.answer_check_in

    def erased_first(**given):
        erase_client(client=asked.episode.client, reason=Erasure.Reason.ASKED, asked_by=mona, agreed_by=mona)
        return answer(**given)

    monkeypatch.setattr(actions, "answer_check_in", erased_first)
    assert http.post(address, answers(3)).status_code == 404
    assert not Rating.objects.exists()
