"""The pages that show the course: what to try, where to go, and what the figures do not say."""

import pytest
from django.urls import reverse

from alliance.models import AuditEvent
from ratings.cases.actions import end_episode
from tests.courses import held
from tests.factories import editor_of
from tests.ratings.pages import statements

TO_TRY = "Listen without defending yourself"
OTHER = "good care, not"


@pytest.fixture
def page(http, dana, juniper):
    http.force_login(dana.user)
    return lambda name="course", row=juniper: http.get(reverse(f"ratings:{name}", args=[row.code])).text


def test_a_poor_fit_says_what_to_try_and_leads_to_somebody_else(juniper, first_sessions, page):
    first_sessions(juniper, [3, 3, 3, 3])
    assert "Mostly" in page()
    assert TO_TRY not in page() + page("case")
    assert OTHER not in page()
    first_sessions(juniper, [1, 3, 3, 3])
    assert TO_TRY in page()
    assert OTHER in page()
    for name in ("case-hand-over", "episode-end"):
        assert reverse(f"ratings:{name}", args=[juniper.code]) in page()


def test_the_case_has_the_fit_before_its_charts_and_the_way_to_the_rest(juniper, first_sessions, page):
    first_sessions(juniper, [1, 3, 3, 3])
    assert page("case").index(TO_TRY) < page("case").index("data-figure")
    assert "how to help them find somebody else" in page("case")


def test_after_the_first_sessions_a_low_answer_is_told_as_old(juniper, first_sessions, page):
    first_sessions(juniper, *[[1, 3, 3, 3]] * 3)
    for days in range(4, 0, -1):
        held(juniper, days)
    assert "Ask how it is now." in page()
    assert TO_TRY not in page()
    assert "First sessions" not in page("case")
    assert reverse("ratings:course", args=[juniper.code]) in page("case")


def test_who_reads_along_is_not_sent_to_forms_that_refuse_them(http, sam, juniper, first_sessions, page):
    first_sessions(juniper, [1, 3, 3, 3])
    http.force_login(sam.user)
    assert OTHER in page()
    assert reverse("ratings:case-hand-over", args=[juniper.code]) not in page()


def test_an_ended_therapy_is_not_handed_over_or_ended_again(juniper, first_sessions, page):
    first_sessions(juniper, [1, 3, 3, 3])
    end_episode(editor=editor_of(juniper), reason="client", planned=False, agreed=False)
    assert "This counts as dropping out." in page()
    for name in ("case-hand-over", "episode-end"):
        assert reverse(f"ratings:{name}", args=[juniper.code]) not in page()


def test_the_questions_about_fit_are_offered_while_they_can_be_asked(juniper, live_through, page):
    assert "Check-ins for this client" in page()
    live_through(juniper, [3, 3, 3])
    assert "Check-ins for this client" not in page()


def test_the_page_says_what_the_first_ratings_tell_and_what_they_do_not(page):
    said = page().replace("&nbsp;", " ")
    for figure in ("4.7 %", "14.7 %", "45 clients", "do not say what causes what", "over the internet (r = .275)"):
        assert figure in said


def test_opening_the_course_is_audited(juniper, page):
    page()
    assert AuditEvent.objects.filter(verb="read", subject_type="episode", subject_code=juniper.code).count() == 1


def test_a_course_asks_as_often_for_forty_sessions_as_for_three(http, dana, juniper, sorrel, live_through):
    http.force_login(dana.user)
    counts = []
    for episode, sessions in ((juniper, 3), (sorrel, 40)):
        live_through(episode, [3] * sessions)
        counts.append(statements(http, reverse("ratings:course", args=[episode.code])))
    assert counts[0] == counts[1]


# --- The end ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            {"reason": "client", "planned": "no", "agreed": "no"},
            "The client ended it. The ending was not planned. The two "
            "had not agreed on it. This counts as dropping out.",
        ),
        (
            {"reason": "completed", "planned": "yes", "agreed": "yes"},
            "Therapy was completed. The ending was planned. Both agreed on it.",
        ),
        ({"reason": "therapist", "planned": "no"}, "The therapist ended it. The ending was not planned."),
        ({"reason": "client"}, "The client ended it."),
    ],
)
def test_the_case_says_how_the_therapy_ended(typed, said, http, dana, juniper, live_through):
    live_through(juniper, [3])
    http.force_login(dana.user)
    address = reverse("ratings:episode-end", args=[juniper.code])
    assert "Dropping out</strong> means here" in http.get(address).text
    assert http.post(address, typed).status_code == 302
    dateline = http.get(reverse("ratings:case", args=[juniper.code])).text.split('class="date"')[1].split("</p>")[0]
    assert " ".join(dateline.split()).endswith(said)


def test_an_ending_that_is_wrong_is_not_written(http, dana, juniper):
    http.force_login(dana.user)
    address = reverse("ratings:episode-end", args=[juniper.code])
    for typed in ({"planned": "no"}, {"reason": "client", "planned": "perhaps"}):
        told = http.post(address, typed)
        assert told.status_code == 422
    juniper.refresh_from_db()
    assert juniper.ends_at is None
