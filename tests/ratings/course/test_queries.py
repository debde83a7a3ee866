"""The course so far: fit in words, the first three sessions, and which ratings the modes are compared by."""

import pytest

from ratings.course.queries import course_of
from ratings.detection.history import held_sessions
from ratings.models import InstrumentText
from sessions.models import TherapySession
from tests.courses import held


@pytest.fixture
def course(juniper):
    return lambda: course_of(held_sessions(juniper))


def answers_of(course):
    return {str(line.item.title): [(answer.number, answer.words) for answer in line.answers] for line in course.fit}


def test_fit_is_read_in_words_the_newest_first(juniper, first_sessions, course):
    first_sessions(juniper, [3, 3, 3, None], [4, 3, None, 2])
    assert answers_of(course()) == {
        "Heard": [(2, "Completely"), (1, "Mostly")],
        "Style": [(2, "Mostly"), (1, "Mostly")],
        "Safe": [(1, "Mostly")],
        "Choosing together": [(2, "Somewhat")],
    }


def test_fit_is_read_in_the_words_that_the_client_saw(juniper, first_sessions, course):
    first_sessions(juniper, [3, 3, 3, 3])
    text = InstrumentText.objects.get(instrument__key="alliance-fit", language="en")
    words = dict(text.text)
    words["client"] = words["client"] | {"answers": ["Gar nicht", "Wenig", "Etwas", "Meistens", "Ganz"]}
    InstrumentText.objects.filter(pk=text.pk).update(text=words)
    assert answers_of(course())["Heard"] == [(1, "Meistens")]


@pytest.mark.parametrize(("answer", "is_poor"), [(0, True), (1, True), (2, False)])
def test_fit_is_poor_where_the_latest_answer_is_low(answer, is_poor, juniper, first_sessions, course):
    first_sessions(juniper, [4, 4, 4, 4], [4, answer, 4, 4])
    assert course().fit_is_poor is is_poor


def test_a_low_answer_that_rose_is_no_poor_fit(juniper, first_sessions, course):
    first_sessions(juniper, [0, 0, 0, 0], [3, 3, 3, 3])
    assert not course().fit_is_poor


def test_the_first_three_are_looked_at_after_the_third(juniper, first_sessions, course):
    first_sessions(juniper, [3, 3, 3, 3], None)
    assert course().early == []
    held(juniper, 3)
    assert [(row.number, row.words) for row in course().early] == [(1, "Mostly"), (2, ""), (3, "")]


def test_a_missed_session_is_none_of_the_three(juniper, live_through, course):
    live_through(juniper, [3, 3, 3])
    TherapySession.objects.filter(pk=TherapySession.objects.latest("starts_at").pk).update(attendance="no_show")
    assert (course().early, course().held) == ([], 2)


def test_a_rating_without_words_of_ours_is_read_as_a_number(juniper, live_through, course):
    live_through(juniper, [3, 3, 3])
    juniper.ratings.update(text=None)
    assert [row.words for row in course().early] == ["75", "75", "75"]


def test_the_first_sessions_matter_until_the_sixth(juniper, live_through, course):
    live_through(juniper, [3] * 6)
    assert course().is_early
    held(juniper, 3)
    assert not course().is_early


def in_modes(*modes):
    for therapy_session, mode in zip(TherapySession.objects.order_by("starts_at"), modes, strict=True):
        TherapySession.objects.filter(pk=therapy_session.pk).update(mode=mode)


def test_modes_are_compared_by_the_rated_sessions_alone(juniper, live_through, course):
    live_through(juniper, [3, 3, 3, 3, None, 2, 2, 2, 2])
    in_modes(*["video"] * 5, *["in_person"] * 4)
    assert [(row.mode, row.sessions, row.mean) for row in course().modes.means] == [
        ("in_person", 4, 50),
        ("video", 4, 75),
    ]


def test_modes_are_compared_on_one_questionnaire(juniper, first_sessions, live_through, course):
    """Another questionnaire may lie higher by itself, and the first sessions are often all in person."""
    first_sessions(juniper, [4, 4, 4, 4], [4, 4, 4, 4], [4, 4, 4, 4])
    live_through(juniper, [2, 2, 2, 2, 2])
    in_modes(*["in_person"] * 4, *["video"] * 4)
    assert course().modes.means == []
