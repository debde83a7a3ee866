"""Several therapists met at once: one page, and a meeting of each that the others see nothing of."""

import re
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent, Supervision
from ratings.detection.reassess import reassess
from ratings.meetings.agenda import said_so_far
from ratings.models import Meeting, NextStep, SupervisionNote
from ratings.supervision.actions import ask_for_supervision
from tests.factories import days_ago, editor_of, local_day, make_episode, make_member, make_practice, make_supervision
from tests.ratings.cases.views.test_lists import text_of
from tests.ratings.pages import statements

SEVERAL = reverse("ratings:meeting-together")
CLOSE = reverse("ratings:together-close")


@pytest.fixture
def wren(noor):
    """Noor's case, which the two talk about."""
    return put_forward(noor, "Wren")


@pytest.fixture
def both(sam, dana, noor, cases, wren):
    """What the address says of Dana and Noor; both have put a case forward."""
    make_supervision(sam, therapist=noor)
    ask_for_supervision(editor=editor_of(cases[0]), text="Why?")
    return asked_with(dana, noor)


def put_forward(therapist, name):
    episode = make_episode(therapist, name)
    reassess(episode)
    ask_for_supervision(editor=editor_of(episode), text="Why?")
    return episode


def asked_with(*members):
    return "?" + urlencode({"with": [getattr(member, "code", member) for member in members]}, doseq=True)


def names(page):
    return [
        (agenda.therapist, [item.case.name for item, _form in rows]) for agenda, rows, _add in page.context["parts"]
    ]


def case_of(member, episode):
    return reverse("ratings:meeting-case", args=[member.code, episode.code])


def reflected(**said):
    return {f"reflection_{member.code}": text for member, text in said.values()}


def sent_from(http, address, **typed):
    """What the form of closing sends from the page at `address`: with what names each meeting."""
    page = http.get(address)
    hidden = dict(re.findall(r'name="(meeting_[^"]+|form_key)" value="([^"]+)"', page.text))
    return hidden | typed


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_agendas_stand_below_one_another_as_each_has_it_alone(http, sam, eve, dana, noor, both):
    http.force_login(sam.user)
    page = http.get(SEVERAL + both)
    assert names(page) == [("Dana Whitlock", ["Juniper"]), ("Noor Haddad", ["Wren"])]
    said = text_of(http, SEVERAL + both)
    for step in ("1. Clients", "2. Data and plans", "3. Own figures", "4. Reflection"):
        assert said.count(step) == 2
    assert "Sorrel" not in said, "it has a supervisor of its own"
    for member in (dana, noor):
        alone = http.get(reverse("ratings:meeting", args=[member.code])).context["page"]
        assert alone in [agenda for agenda, *_rest in page.context["parts"]]


def test_the_page_of_supervision_offers_it_to_who_meets_more_than_one(http, sam, dana, both):
    http.force_login(sam.user)
    assert "Meet several at once" in text_of(http, "/supervision/")
    sam.supervisions_given.exclude(therapist=dana).update(ends_at=timezone.now())
    assert "Meet several at once" not in text_of(http, "/supervision/")


def test_whose_names_the_page_showed_is_on_record(http, sam, sorrel, wren, cases, both):
    http.force_login(sam.user)
    http.get(SEVERAL + both)
    seen = set(AuditEvent.objects.filter(subject_type="client").values_list("subject_code", flat=True))
    assert seen == {str(episode.client.code) for episode in (cases[0], sorrel, wren)}
    assert AuditEvent.objects.filter(verb="listed", subject_type="episode").count() == 2, "one for each therapist"


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ([], "Choose two or more."),
        (["dana"], "Choose two or more."),
        (["dana", "dana"], "Choose two or more."),
        (["dana", "made up"], "You do not supervise one of those whom you chose."),
        (["dana", "' OR 1=1"], "You do not supervise one of those whom you chose."),
        (["dana", "ended"], "You do not supervise one of those whom you chose."),
        (["dana", "otis"], "You do not supervise one of those whom you chose."),
        (["dana", "elsewhere"], "Choose therapists of one practice."),
        (["dana", "noor", *"1234567"], "Choose 8 at most."),
    ],
)
def test_whom_nobody_can_meet_comes_back_with_a_sentence(chosen, sentence, http, sam, dana, noor, otis, millrace, both):
    more = {number: make_member(millrace, f"T{number}") for number in "1234567"}
    over = make_member(millrace, "Tom")
    for member in more.values():
        make_supervision(sam, therapist=member)
    make_supervision(sam, therapist=over, ends_at=timezone.now())
    weir = make_practice("Beck House")
    elsewhere = make_member(weir, "Ana")
    make_supervision(make_member(weir, "Sam Okafor", "supervisor", user=sam.user), therapist=elsewhere)
    who = more | {"dana": dana, "noor": noor, "otis": otis, "ended": over, "elsewhere": elsewhere, "made up": uuid4()}
    http.force_login(sam.user)
    page = http.get(SEVERAL + asked_with(*(who.get(word, word) for word in chosen)))
    assert page.status_code == 422 and sentence in page.text
    ticked = page.context["form"].people.value()
    assert (str(dana.code) in ticked) is bool(chosen), "what was ticked is kept"


def test_each_therapist_more_takes_the_same_few_statements(http, sam, millrace, both, dana, noor):
    http.force_login(sam.user)
    members, counts = [dana, noor], []
    for name in ("Ana", "Bo", "Cyd"):
        counts.append(statements(http, SEVERAL + asked_with(*members)))
        member = make_member(millrace, name)
        make_supervision(sam, therapist=member)
        put_forward(member, f"Of {name}")
        members.append(member)
    first, second, third = counts
    assert second - first == third - second <= 22


# --- What is written --------------------------------------------------------------------------------------------------


def test_what_is_said_of_a_case_leads_back_to_the_page_of_all(http, sam, dana, noor, wren, both):
    http.force_login(sam.user)
    typed = {"note": "We tried it.", "reader": "both", "step": "Ring.", "due_on": str(local_day())}
    assert http.post(case_of(noor, wren) + both, typed).url == SEVERAL + both
    assert SupervisionNote.objects.get().meeting.therapist == noor
    wrong = http.post(case_of(noor, wren) + both, typed | {"due_on": ""})
    assert wrong.status_code == 422 and "Say by which day." in wrong.text and "We tried it." in wrong.text
    assert [name for name, _cases in names(wrong)] == ["Dana Whitlock", "Noor Haddad"]
    assert http.post(case_of(noor, wren) + asked_with(dana, uuid4(), noor), typed).url.endswith(f"{noor.code}/")
    done = reverse("ratings:step-done", args=[NextStep.objects.get(replaced_at__isnull=True).code])
    assert http.post(done + both, {"done": "yes"}).url == SEVERAL + both
    assert http.post(case_of(noor, wren), typed).url == reverse("ratings:meeting", args=[noor.code])


def test_one_press_closes_each_with_its_own_reflection_and_one_next_day(http, sam, dana, noor, wren, both, cases):
    http.force_login(sam.user)
    for member, episode in ((dana, cases[0]), (noor, wren)):
        typed = {"note": f"About {member.display_name}.", "reader": "both", "step": "", "due_on": ""}
        http.post(case_of(member, episode) + both, typed)
    next_day = local_day() + timedelta(days=7)
    typed = reflected(a=(dana, "Dana laughed."), b=(noor, "Noor was tired.")) | {"next_day": str(next_day)}
    typed = sent_from(http, SEVERAL + both, **typed)
    assert http.post(CLOSE + both, typed).url == "/supervision/"
    key = sam.practice.data_key
    closed = {row.therapist: row.reflection.shown(key) for row in Meeting.objects.filter(closed_at__isnull=False)}
    assert closed == {dana: "Dana laughed.", noor: "Noor was tired."}
    planned = Meeting.objects.filter(closed_at__isnull=True).values_list("planned_for", flat=True)
    assert list(planned) == [next_day, next_day]
    for member, other, own_case, other_case in ((dana, noor, "Juniper", "Wren"), (noor, dana, "Wren", "Juniper")):
        http.force_login(member.user)
        past = [
            reverse("ratings:meeting-past", args=[Meeting.objects.get(therapist=who, closed_at__isnull=False).code])
            for who in (member, other)
        ]
        page = http.get(past[0]).text
        assert own_case in page and f"About {member.display_name}." in page
        assert http.get(past[1]).status_code == 404
        for hidden in (other_case, other.display_name, closed[other]):
            assert hidden not in page and hidden not in http.get("/supervision/").text
        assert http.get(SEVERAL + both).status_code == 403


def test_where_nothing_was_written_the_meeting_stays_open_and_the_page_says_so(http, sam, dana, noor, both):
    http.force_login(sam.user)
    next_day = local_day() + timedelta(days=7)
    typed = reflected(a=(dana, "Dana laughed."), b=(noor, "")) | {"next_day": str(next_day)}
    page = http.post(CLOSE + both, sent_from(http, SEVERAL + both, **typed), follow=True).text
    assert "Nothing was written for Noor Haddad, so their meeting stays open." in page
    assert Meeting.objects.get(therapist=noor).planned_for == next_day
    assert Meeting.objects.filter(therapist=dana, closed_at__isnull=False).count() == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Write a note, a next step or a reflection first."),
        ({"next_day": "2020-01-01"}, "This day is over."),
        ({"next_day": "soon"}, "Error:"),
    ],
)
def test_what_closes_nothing_comes_back_with_a_sentence(typed, sentence, http, sam, dana, both):
    http.force_login(sam.user)
    said = reflected(a=(dana, "Dana laughed.")) if typed else {}
    page = http.post(CLOSE + both, sent_from(http, SEVERAL + both, **said, **typed))
    assert page.status_code == 422 and sentence in page.text
    assert all(text in page.text for text in said.values())
    assert not Meeting.objects.exists()


def test_an_assignment_that_ended_while_the_page_was_open_closes_nothing(http, sam, dana, noor, both):
    http.force_login(sam.user)
    typed = sent_from(http, SEVERAL + both, **reflected(a=(dana, "Dana laughed."), b=(noor, "Noor was tired.")))
    Supervision.objects.filter(therapist=noor).update(ends_at=timezone.now())
    page = http.post(CLOSE + both, typed)
    assert page.status_code == 409 and not Meeting.objects.exists()
    assert "You no longer supervise Noor Haddad. Nothing is closed yet" in page.text
    assert "Dana laughed." in page.text and "Wren" not in page.text
    again = page.context["together"].query
    assert http.post(CLOSE + again, typed).status_code == 302
    assert Meeting.objects.get(closed_at__isnull=False).therapist == dana
    Supervision.objects.update(ends_at=timezone.now())
    page = http.post(CLOSE + again, typed)
    assert page.status_code == 403 and "Your supervision of" in page.text


@pytest.mark.parametrize(("named", "status"), [("nobody", 400), ("made up", 404), ("no code", 404), ("otis", 404)])
def test_who_is_made_up_closes_nothing(named, status, http, sam, dana, otis, both):
    who = {"nobody": [], "made up": [dana, uuid4()], "no code": [dana, "x\x00"], "otis": [dana, otis]}[named]
    http.force_login(sam.user)
    assert http.post(CLOSE + asked_with(*who), reflected(a=(dana, "Dana laughed."))).status_code == status
    assert not Meeting.objects.exists()


def test_an_assignment_that_is_not_open_yet_is_nobody_to_meet(http, sam, dana, noor, both):
    Supervision.objects.filter(therapist=noor).update(opens_at=days_ago(-1))
    http.force_login(sam.user)
    assert http.get(SEVERAL + both).status_code == 422
    assert http.post(CLOSE + both).status_code == 404


def test_what_was_typed_on_the_page_of_all_comes_back_after_a_sign_in(http, sam, dana, both):
    http.force_login(sam.user)
    token = re.search(r'name="shown_form" value="([^"]+)"', http.get(SEVERAL + both).text)[1]
    http.logout()
    typed = reflected(a=(dana, "Dana laughed.")) | {"next_day": "", "shown_form": token}
    assert http.post(CLOSE + both, typed).url.startswith("/accounts/login/?next=")
    http.force_login(sam.user)
    page = http.get(SEVERAL + both).text
    assert "Dana laughed." in page and "is kept. It is not saved yet." in page
    assert "Dana laughed." not in http.get("/supervision/").text


# --- Sent twice, and somebody who is gone -----------------------------------------------------------------------------


@pytest.mark.parametrize("in_days", [None, 7])
@pytest.mark.parametrize("is_begun", [True, False])
def test_the_same_press_twice_closes_each_meeting_once(is_begun, in_days, http, sam, dana, noor, wren, both):
    http.force_login(sam.user)
    if is_begun:
        http.post(case_of(noor, wren) + both, {"note": "Said.", "reader": "both", "step": "", "due_on": ""})
    next_day = str(local_day() + timedelta(days=in_days)) if in_days else ""
    typed = reflected(a=(dana, "Dana laughed."), b=(noor, "Noor was tired.")) | {"next_day": next_day}
    typed = sent_from(http, SEVERAL + both, **typed)
    for _time in range(2):
        assert http.post(CLOSE + both, typed).url == "/supervision/"
    assert Meeting.objects.filter(closed_at__isnull=False).count() == 2
    assert Meeting.objects.filter(closed_at__isnull=True).count() == (2 if in_days else 0)


def test_the_same_press_twice_leaves_open_where_nothing_was_written(http, sam, dana, noor, both):
    http.force_login(sam.user)
    typed = reflected(a=(dana, "Dana laughed."), b=(noor, "")) | {"next_day": str(local_day() + timedelta(days=7))}
    typed = sent_from(http, SEVERAL + both, **typed)
    for _time in range(2):
        assert "so their meeting stays open." in http.post(CLOSE + both, typed, follow=True).text
    assert list(Meeting.objects.filter(closed_at__isnull=False).values_list("therapist", flat=True)) == [dana.pk]
    assert Meeting.objects.filter(therapist=noor).count() == 1


@pytest.mark.parametrize("change", ["reflection", "day"])
def test_other_words_for_closed_meetings_close_nothing_until_pressed_again(change, http, sam, dana, noor, both):
    http.force_login(sam.user)
    typed = reflected(a=(dana, "Dana laughed."), b=(noor, "Noor was tired.")) | {"next_day": ""}
    typed = sent_from(http, SEVERAL + both, **typed)
    http.post(CLOSE + both, typed)
    other = reflected(b=(noor, "Noor slept.")) if change == "reflection" else {"next_day": str(local_day())}
    page = http.post(CLOSE + both, typed | other)
    assert page.status_code == 409 and "is closed already. Nothing more was saved" in page.text
    assert all(text in page.text for text in other.values()) and Meeting.objects.count() == 2
    again = dict(re.findall(r'name="(meeting_[^"]+)" value="([^"]+)"', page.text))
    assert http.post(CLOSE + both, typed | other | again).status_code == 302
    assert Meeting.objects.filter(closed_at__isnull=False).count() == 4


def test_one_meeting_sent_twice_is_closed_once(http, sam, dana, both):
    http.force_login(sam.user)
    close, here = (reverse(f"ratings:{name}", args=[dana.code]) for name in ("meeting-close", "meeting"))
    typed = sent_from(http, here, reflection="Dana laughed.", next_day=str(local_day()))
    first, second = (http.post(close, typed) for _time in range(2))
    assert first.status_code == second.status_code == 302 and first.url == second.url
    assert Meeting.objects.filter(closed_at__isnull=False).count() == 1
    page = http.post(close, typed | {"reflection": "Dana slept."})
    assert page.status_code == 409 and "is closed already" in page.text and "Dana slept." in page.text
    assert Meeting.objects.filter(closed_at__isnull=False).count() == 1


def test_a_page_that_does_not_know_the_open_meeting_closes_it_at_the_second_press(http, sam, dana, both, cases):
    http.force_login(sam.user)
    close, here = (reverse(f"ratings:{name}", args=[dana.code]) for name in ("meeting-close", "meeting"))
    typed = sent_from(http, here, reflection="Dana laughed.", next_day="")
    http.post(case_of(dana, cases[0]), {"note": "Said.", "reader": "both", "step": "", "due_on": ""})
    page = http.post(close, typed)
    assert page.status_code == 409 and "is not the one that this page showed." in page.text
    again = dict(re.findall(r'name="(form_key)" value="([^"]+)"', page.text))
    assert http.post(close, typed | again).status_code == 302
    assert Meeting.objects.get().closed_at


def test_nobody_closes_with_the_code_of_a_meeting_of_others(http, sam, dana, noor, both):
    http.force_login(sam.user)
    of_noor = Meeting.objects.create(supervisor=sam, therapist=noor)
    typed = {"reflection": "Dana laughed.", "next_day": "", "form_key": str(of_noor.code)}
    assert http.post(reverse("ratings:meeting-close", args=[dana.code]), typed).status_code == 409
    assert not Meeting.objects.filter(closed_at__isnull=False).exists()


def test_what_was_typed_about_who_is_gone_is_told_and_stays_to_be_copied(http, sam, dana, noor, both):
    http.force_login(sam.user)
    typed = reflected(a=(dana, "Dana laughed."), b=(noor, "Noor was tired.")) | {"next_day": "2020-01-01"}
    Supervision.objects.filter(therapist=noor).update(ends_at=timezone.now())
    page = http.post(CLOSE + both, typed)
    assert page.status_code == 409 and "You no longer supervise Noor Haddad." in page.text
    assert "This day is over." in page.text and "Noor was tired." in page.text
    page = http.post(CLOSE + page.context["together"].query, typed)
    assert page.status_code == 422 and "Noor was tired." in page.text and "It is not saved" in page.text
    assert not Meeting.objects.exists()


@pytest.mark.parametrize("where", ["all", "one", "case"])
def test_where_nobody_is_left_what_was_typed_is_shown(where, http, sam, dana, noor, both, wren):
    http.force_login(sam.user)
    Supervision.objects.update(ends_at=timezone.now())
    address, typed = {
        "all": (CLOSE + both, reflected(a=(dana, "Dana laughed."), b=(noor, "Noor <b>was</b>."))),
        "one": (reverse("ratings:meeting-close", args=[noor.code]), {"reflection": "Noor <b>was</b>."}),
        "case": (case_of(noor, wren) + both, {"note": "Noor <b>was</b>.", "reader": "both"}),
    }[where]
    page = http.post(address, typed)
    assert page.status_code == 403 and "What you wrote is not saved." in page.text
    assert "Noor &lt;b&gt;was&lt;/b&gt;." in page.text


def test_of_two_who_were_met_the_one_who_is_left_is_met_alone(http, sam, dana, noor, both, wren):
    http.force_login(sam.user)
    Supervision.objects.filter(therapist=dana).update(ends_at=timezone.now())
    typed = {"note": "Said.", "reader": "both", "step": "", "due_on": ""}
    answer = http.post(case_of(noor, wren) + both, typed, follow=True)
    assert answer.status_code == 200 and answer.redirect_chain[0][0] == reverse("ratings:meeting", args=[noor.code])
    assert "Saved." in answer.text and "You no longer supervise Dana Whitlock." in answer.text


def test_where_those_at_the_head_of_the_address_are_gone_the_form_comes_back(http, sam, noor, millrace, both, wren):
    gone = [make_member(millrace, f"T{number}") for number in range(8)]
    for member in gone:
        make_supervision(sam, therapist=member, ends_at=timezone.now())
    http.force_login(sam.user)
    typed = {"note": "Said.", "reader": "both", "step": "Ring.", "due_on": ""}
    page = http.post(case_of(noor, wren) + asked_with(*gone, noor), typed)
    assert page.status_code == 422 and "Say by which day." in page.text and "Said." in page.text


def test_an_assignment_that_ends_between_two_looks_is_said_to_have_ended(http, sam, noor, both, wren, monkeypatch):
    def answer_and_end(*args):
        Supervision.objects.update(ends_at=timezone.now())
        return said_so_far(*args)

    monkeypatch.setattr("ratings.meetings.views.said_so_far", answer_and_end)
    http.force_login(sam.user)
    typed = {"note": "Said.", "reader": "both", "step": "Ring.", "due_on": ""}
    page = http.post(case_of(noor, wren) + both, typed)
    assert page.status_code == 403 and "Your supervision of" in page.text and "Said." in page.text
