"""The pages of supervision: what they say to whom."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.advising import check_advise
from alliance.models import Supervision
from alliance.people.cover import arrange_cover
from ratings.cases.actions import end_episode
from ratings.detection.reassess import reassess
from ratings.meetings.actions import close_meeting, plan_meeting
from ratings.meetings.past import supervisees_of
from ratings.models import Meeting, NextStep, SupervisionNote
from ratings.supervision.actions import ask_for_supervision
from tests.factories import days_ago, editor_of, local_day, make_episode, make_member, make_supervision
from tests.ratings.cases.views.test_lists import text_of
from tests.ratings.pages import statements

FALLEN = [3, 3, 3, 3, 3, 0, 0]


def meeting_of(dana):
    return reverse("ratings:meeting", args=[dana.code])


def names(page):
    return [item.case.name for item, _form in page.context["entries"]]


def test_the_agenda_has_what_was_put_forward_then_what_the_list_raises(http, dana, sam, juniper, sorrel, live_through):
    live_through(juniper, FALLEN)
    live_through(sorrel, [3, 3, 3])
    live_through(make_episode(dana, "Alder"), [3, 3, 3])
    ask_for_supervision(editor=editor_of(sorrel), text="Too easy?")
    http.force_login(sam.user)
    page = http.get(meeting_of(dana))
    assert names(page) == ["Sorrel", "Juniper"]
    said = text_of(http, meeting_of(dana))
    assert "Too easy?" in said and "Put forward" in said and "From the list" in said
    assert names(http.get(meeting_of(dana), {"case": str(juniper.code)})) == ["Sorrel", "Juniper"]
    alder = dana.episodes.get(client__episodes__pk=dana.episodes.latest("pk").pk)
    assert names(http.get(meeting_of(dana), {"case": str(alder.code)})) == ["Sorrel", "Alder", "Juniper"]
    assert names(http.get(meeting_of(dana), {"case": "nonsense"})) == ["Sorrel", "Juniper"]


def test_a_case_with_a_supervisor_of_its_own_is_on_that_ones_agenda(http, dana, sam, eve, cases):
    juniper, sorrel = cases
    for episode in cases:
        ask_for_supervision(editor=editor_of(episode), text="Why?")
    for supervisor, expected in ((sam, ["Juniper"]), (eve, ["Sorrel"])):
        http.force_login(supervisor.user)
        assert names(http.get(meeting_of(dana))) == expected


def test_data_and_plans_say_what_is_missing(http, dana, sam, juniper, sorrel, live_through):
    live_through(juniper, [3, 3, None, None, None])
    live_through(sorrel, FALLEN)
    http.force_login(sam.user)
    said = text_of(http, meeting_of(dana))
    assert "No check-in for three sessions or more: Juniper" in said
    assert "To talk about, and there is no goal and no task: Sorrel" in said


def test_figures_appear_from_twenty_sessions(http, dana, sam, juniper, live_through):
    live_through(juniper, [3] * 10)
    http.force_login(sam.user)
    assert "Not enough yet: 10 sessions in the last 90 days." in text_of(http, meeting_of(dana))
    for name in ("Alder", "Wren"):
        live_through(make_episode(dana, name), [3] * 9 + [None])
    said = text_of(http, meeting_of(dana))
    assert "Check-ins answered 93 % 79 % to 98 % 28 of 30 sessions with a check-in, a day ago or earlier" in said
    assert "Own ratings 100 %" in said


def test_what_is_written_reads_as_a_record_and_can_be_changed(http, dana, sam, cases):
    juniper, _sorrel = cases
    http.force_login(sam.user)
    address = reverse("ratings:meeting-case", args=[dana.code, juniper.code])
    typed = {"note": "Said aloud.", "reader": "both", "step": "Wait.", "due_on": str(local_day())}
    assert http.post(address, typed).status_code == 302
    assert "Said aloud. For both" in text_of(http, meeting_of(dana))
    form = http.get(meeting_of(dana)).context["entries"][0][1]
    assert form.initial == {
        "shown": form.initial["shown"],
        "note": "Said aloud.",
        "reader": "both",
        "step": "Wait.",
        "due_on": local_day(),
    }


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Write a note or a next step."),
        ({"step": "Ring."}, "Say by which day."),
        ({"due_on": "+3"}, "Write what you agreed."),
        ({"step": "Ring.", "due_on": "-1"}, "This day is over."),
        ({"step": "Ring.", "due_on": "+400"}, "This day is more than a year ahead."),
        ({"note": "Said.", "reader": "everybody"}, "Choose one of these."),
        ({"note": "x" * 4001}, "Shorten this to 4000 characters."),
    ],
)
def test_a_wrong_form_of_a_case_comes_back_with_a_sentence(typed, sentence, http, dana, sam, cases):
    http.force_login(sam.user)
    given = {"note": "", "reader": "both", "step": "", "due_on": ""} | typed
    if given["due_on"]:
        given["due_on"] = str(local_day() + timedelta(days=int(given["due_on"])))
    page = http.post(reverse("ratings:meeting-case", args=[dana.code, cases[0].code]), given)
    assert (page.status_code, sentence in page.text) == (422, True)
    assert not Meeting.objects.exists()
    assert all(value in page.text for value in (given["note"], given["step"]))


@pytest.mark.parametrize("day", ["", "soon", "2020-01-01", "2999-01-01"])
def test_a_wrong_day_of_a_meeting_comes_back_with_a_sentence(day, http, dana, sam, cases):
    http.force_login(sam.user)
    page = http.post(reverse("ratings:meeting-day", args=[dana.code]), {"day": day})
    assert page.status_code == 422 and "Error:" in page.text and not Meeting.objects.exists()


def test_whoever_supervised_until_this_morning_is_told_so(http, dana, sam, cases):
    Supervision.objects.update(ends_at=timezone.now())
    http.force_login(sam.user)
    typed = {"note": "Said.", "reader": "both", "step": "", "due_on": ""}
    case = reverse("ratings:meeting-case", args=[dana.code, cases[0].code])
    close = reverse("ratings:meeting-close", args=[dana.code])
    day = reverse("ratings:meeting-day", args=[dana.code])
    answers = [http.get(meeting_of(dana)), http.post(case, typed), http.post(close, {"reflection": "Yes."})]
    for page in (*answers, http.post(day, {"day": str(local_day())})):
        assert page.status_code == 403
        assert "Your supervision of" in page.text and "The assignment ended on" in page.text
        assert "Juniper" not in page.text
    assert not Meeting.objects.exists() and not SupervisionNote.objects.exists()


@pytest.mark.parametrize("ends_at", [None, days_ago(-30)])
def test_when_it_ended_is_not_told_by_one_that_was_asked_for_since(ends_at, http, dana, sam, cases):
    Supervision.objects.update(ends_at=days_ago(3))
    make_supervision(sam, therapist=dana, opens_at=days_ago(-9), ends_at=ends_at)
    http.force_login(sam.user)
    page = http.get(meeting_of(dana))
    assert page.status_code == 403
    assert page.context["ended_at"] < timezone.now()
    assert "The assignment ended on" in page.text


def test_a_planned_meeting_that_nobody_can_hold_any_more_is_not_on_the_page_of_the_therapist(http, dana, sam, adviser):
    plan_meeting(adviser=adviser, day=local_day() + timedelta(days=5))
    http.force_login(dana.user)
    assert [name for name, _day in http.get("/supervision/").context["page"].planned] == ["Sam Okafor"]
    Supervision.objects.update(ends_at=timezone.now())
    page = http.get("/supervision/")
    assert page.context["page"].planned == [] and "Sam Okafor" not in page.text


@pytest.mark.parametrize("waits", [{"accepted_at": None}, {"opens_at": days_ago(-1)}])
def test_an_assignment_that_is_not_open_yet_is_no_meeting_and_none_that_ended(waits, http, dana, sam, cases):
    Supervision.objects.update(**waits)
    http.force_login(sam.user)
    assert http.get(meeting_of(dana)).status_code == 404
    Supervision.objects.update(ends_at=timezone.now())
    assert http.get(meeting_of(dana)).status_code == 404, "they never read anything"


# --- Who reads what ---------------------------------------------------------------------------------------------------


def test_a_note_is_read_by_both_or_by_the_supervisor_alone(http, dana, sam, cases, write, close):
    juniper, sorrel = cases
    write(juniper, note="For the two of us.", step="Wait.")
    write(sorrel, note="For me.", reader="supervisor")
    past = reverse("ratings:meeting-past", args=[close(reflection="We laughed.").code])
    for member, own in ((sam, True), (dana, False)):
        http.force_login(member.user)
        page = http.get(past).text
        assert "For the two of us." in page and "Wait." in page and "We laughed." in page
        assert ("For me." in page, "Sorrel" in page) == (own, own)


def test_a_note_for_the_supervisor_alone_is_not_printed(http, sam, cases, write, close):
    juniper, sorrel = cases
    write(juniper, note="For the two of us.")
    write(sorrel, note="For me.", reader="supervisor")
    http.force_login(sam.user)
    page = http.get(reverse("ratings:meeting-past", args=[close().code])).text
    assert '<dd class="voice screen">For me.' in page and '<dd class="voice">For the two of us.' in page


def test_no_other_supervisor_and_nobody_who_covers_reads_a_note(dana, sam, noor, millrace, cases, write):
    juniper, _sorrel = cases
    write(juniper, note="For the two of us.")
    second = make_member(millrace, "Ruth Amari", "supervisor")
    make_supervision(second, therapist=dana)
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(1), ends_at=days_ago(-7))
    readers = {member: SupervisionNote.objects.visible_to(member.user).count() for member in (dana, sam, second, noor)}
    assert list(readers.values()) == [1, 1, 0, 0]


def test_a_case_out_of_sight_is_left_out_of_a_past_meeting(http, dana, sam, eve, cases, write, close):
    juniper, _sorrel = cases
    write(juniper, note="For the two of us.", step="Wait.")
    past = reverse("ratings:meeting-past", args=[close().code])
    make_supervision(eve, episode=juniper)
    http.force_login(sam.user)
    page = http.get(past)
    assert page.status_code == 200
    assert "Juniper" not in page.text and "Wait." not in page.text


def test_the_step_is_on_today_with_one_click_to_say_that_it_is_done(http, dana, cases, write):
    juniper, _sorrel = cases
    write(juniper, step="Ring first.", due_on=local_day() - timedelta(days=1))
    http.force_login(dana.user)
    assert "Juniper Ring first. Not yet" in text_of(http, "/today/")
    http.post(reverse("ratings:step-done", args=[NextStep.objects.get().code]), {"done": "yes"})
    assert "Ring first." not in text_of(http, "/today/")


def test_a_step_that_a_meeting_changed_meanwhile_is_not_said_to_be_done(http, dana, cases, write):
    juniper, _sorrel = cases
    write(juniper, step="Ring first.")
    shown = NextStep.objects.get()
    write(juniper, step="Write first.")
    http.force_login(dana.user)
    page = http.post(reverse("ratings:step-done", args=[shown.code]), {"done": "yes"}, follow=True).text
    assert "A meeting changed this step meanwhile." in page and "Write first." in page and "Done." not in page


def test_a_page_of_a_meeting_asks_as_often_for_three_cases_as_for_one(http, dana, sam, juniper, live_through):
    http.force_login(sam.user)
    counts = []
    for names in (["Alder"], ["Wren", "Heron"]):
        for name in names:
            episode = make_episode(dana, name)
            live_through(episode, FALLEN)
            ask_for_supervision(editor=editor_of(episode), text="Why?")
        counts.append(statements(http, meeting_of(dana)))
    assert counts[0] == counts[1]


def test_the_page_of_supervision_names_whom_one_meets_and_what_was_put_forward(http, dana, sam, cases, write, close):
    juniper, sorrel = cases
    ask_for_supervision(editor=editor_of(juniper), text="Why?")
    write(sorrel, note="Said.")
    close(next_day=local_day())
    http.force_login(sam.user)
    assert "Dana Whitlock one case put forward" in text_of(http, "/supervision/")
    http.force_login(dana.user)
    said = text_of(http, "/supervision/")
    assert "Juniper : Why?" in said and "Next meeting with Sam Okafor" in said and "Sam Okafor and Dana" in said


def test_whose_one_supervised_case_has_ended_is_nobody_to_meet_once_the_meeting_is_closed(http, dana, eve, sorrel):
    http.force_login(eve.user)
    reassess(sorrel)
    http.post(reverse("ratings:meeting-day", args=[dana.code]), {"day": str(local_day())})
    end_episode(editor=editor_of(sorrel), reason="completed")
    assert [one.name for one in supervisees_of(eve.user)] == ["Dana Whitlock"], "a meeting of them is open"
    close_meeting(adviser=check_advise(eve.user, dana.code), reflection="We laughed.", next_day=None)
    assert supervisees_of(eve.user) == []
    assert http.get(meeting_of(dana)).status_code == 200, "what they wrote they can read"
    make_supervision(eve, episode=make_episode(dana, "Alder"))
    assert [one.name for one in supervisees_of(eve.user)] == ["Dana Whitlock"]


def test_nothing_is_told_of_a_case_without_a_standing(http, dana, sam, juniper):
    """As in every list: it has no summary yet."""
    http.force_login(sam.user)
    assert names(http.get(meeting_of(dana))) == []
    reassess(juniper)
    assert http.get(meeting_of(dana)).status_code == 200


# --- Two pages that were opened before any meeting was ----------------------------------------------------------------


def key_in(page):
    (key,) = re.findall(r'name="form_key" value="([^"]+)"', page.text)
    return key


@pytest.fixture
def press(http, dana, sam):
    """`press(key, reflection)` closes the meeting of Sam and Dana from a page with this key; the answer."""
    http.force_login(sam.user)

    def close(key, reflection="We laughed."):
        typed = {"reflection": reflection, "next_day": "", "form_key": key}
        return http.post(reverse("ratings:meeting-close", args=[dana.code]), typed)

    return close


def test_two_pages_opened_before_any_meeting_is_open_close_one(http, dana, juniper, press):
    keys = [key_in(http.get(meeting_of(dana))) for _page in range(2)]
    assert [press(key).status_code for key in keys] == [302, 302]
    assert Meeting.objects.count() == 1


def test_two_such_pages_with_other_words_close_one_until_pressed_again(http, dana, juniper, press):
    keys = [key_in(http.get(meeting_of(dana))) for _page in range(2)]
    press(keys[0])
    told = press(keys[1], "We cried.")
    assert told.status_code == 409 and "is closed already. Nothing more was saved" in told.text
    assert Meeting.objects.count() == 1 and "We cried." in told.text
    assert press(key_in(told), "We cried.").status_code == 302
    assert Meeting.objects.count() == 2


def test_a_page_from_before_a_meeting_that_was_planned_and_closed_closes_none(http, dana, juniper, press):
    key = key_in(http.get(meeting_of(dana)))
    http.post(reverse("ratings:meeting-day", args=[dana.code]), {"day": str(local_day())})
    press(key_in(http.get(meeting_of(dana))))
    told = press(key, "We cried.")
    assert told.status_code == 409 and "This page is out of date. Nothing is saved yet" in told.text
    assert Meeting.objects.count() == 1
    assert press(key_in(told), "We cried.").status_code == 302


def test_a_made_up_code_makes_no_meeting(juniper, press):
    assert press(str(uuid4())).status_code == 409
    assert not Meeting.objects.exists()


# --- What was changed while a page was open ---------------------------------------------------------------------------


def said_by(page):
    return [str(message) for message in page.context["messages"]]


def test_the_step_of_a_therapy_that_ended_meanwhile_is_not_said_to_be_on_today(http, dana, sam, cases):
    end_episode(editor=editor_of(cases[0]), reason="completed")
    http.force_login(sam.user)
    typed = {"note": "", "reader": "both", "step": "Ring.", "due_on": str(local_day())}
    page = http.post(reverse("ratings:meeting-case", args=[dana.code, cases[0].code]), typed, follow=True)
    sentence = "Saved. This therapy has ended meanwhile, so the step is not on the therapist’s Today."
    assert said_by(page) == [sentence]
    http.force_login(dana.user)
    assert "Ring." not in http.get("/today/").text


@pytest.mark.parametrize("query", ["", "?with={code}"])
def test_what_was_written_about_a_therapy_that_ended_meanwhile_is_there_to_copy(query, http, dana, sam, cases):
    """A step without a day is refused, and the case has no form on the agenda any more."""
    end_episode(editor=editor_of(cases[0]), reason="completed")
    http.force_login(sam.user)
    typed = {"note": "She was relieved.", "reader": "both", "step": "Ring.", "due_on": ""}
    address = reverse("ratings:meeting-case", args=[dana.code, cases[0].code]) + query.format(code=dana.code)
    page = http.post(address, typed)
    assert page.status_code == 422
    said = " ".join(page.text.split())
    assert "What you wrote is not saved." in said
    assert "<p>She was relieved.</p>" in said and "<p>Ring.</p>" in said


@pytest.mark.parametrize("query", ["", "?with={code}"])
def test_a_note_from_an_older_tab_replaces_no_newer_one_unseen(query, http, dana, sam, cases):
    http.force_login(sam.user)
    address = reverse("ratings:meeting-case", args=[dana.code, cases[0].code])
    added = http.get(meeting_of(dana), {"case": str(cases[0].code)})
    shown = added.context["entries"][0][1].initial["shown"]
    newer = {"note": "Newer.", "reader": "supervisor", "step": "", "due_on": "", "shown": shown}
    assert [http.post(address, newer).status_code for _twice in range(2)] == [302, 302]
    page = http.post(address + query.format(code=dana.code), newer | {"note": "Older."})
    assert page.status_code == 409 and "was changed meanwhile" in page.text
    assert f'<a href="#case-{cases[0].code}">Go to the case</a>' in page.text
    assert "Older." in page.text and "Newer." in page.text
    assert [row.text.shown(cases[0].client.data_key) for row in SupervisionNote.objects.all()] == ["Newer."]
    again = newer | {"note": "Older.", "shown": page.context["form"]["shown"].value()}
    assert http.post(address, again).status_code == 302
    assert SupervisionNote.objects.filter(replaced_at__isnull=True).count() == 1
    assert "Older." in http.get(meeting_of(dana)).text


def test_a_note_from_a_tab_that_is_older_than_the_end_of_the_meeting_is_not_put_into_the_next_one(
    http, dana, sam, cases, close
):
    http.force_login(sam.user)
    address = reverse("ratings:meeting-case", args=[dana.code, cases[0].code])
    typed = {"note": "Said.", "reader": "both", "step": "", "due_on": ""}
    http.post(address, typed)
    shown = http.get(meeting_of(dana)).context["entries"][0][1].initial["shown"]
    close()
    assert http.post(address, typed | {"note": "Said more.", "shown": shown}).status_code == 409
    assert not Meeting.objects.filter(closed_at=None).exists()
