from itertools import islice
from statistics import correlation, mean, stdev, variance

import pytest

from ratings.demo.courses import HIGHEST, ITEMS, LOWEST, caseload
from ratings.demo.stories import STORIES
from sessions.models import Attendance

HELD = {Attendance.ATTENDED, Attendance.NO_SHOW, Attendance.CANCELLED, Attendance.CANCELLED_LATE}
ITEMS_ON_FIT = 4


def courses(clients, *, seed=4, therapists=6, sessions=None, stories=STORIES):
    return list(caseload(stories, therapists=therapists, clients=clients, sessions=sessions, seed=seed))


def level(answers):
    marks = [int(mark) for mark in answers if mark.isdigit()]
    return 100 * mean(marks) / HIGHEST


def test_caseload_is_the_same_for_the_same_seed_and_another_for_another():
    assert courses(60) == courses(60)
    plain = [[course for course in courses(60, seed=seed) if course not in STORIES] for seed in (4, 5)]
    assert all(one.sessions != other.sessions for one, other in zip(*plain, strict=True))


def test_caseload_makes_courses_one_by_one():
    endless = caseload(STORIES, therapists=10, clients=10**12, sessions=20, seed=1)
    assert len(list(islice(endless, 30))) == 30


def test_caseload_tells_every_story_once_and_gives_every_client_another_name():
    names = [course.name for course in courses(1000)]
    assert len(set(names)) == 1000
    told = [course for course in courses(60) if course in STORIES]
    assert len(told) == len(STORIES)


def test_caseload_with_one_therapist_and_few_clients():
    assert [course.therapist for course in courses(3, therapists=1)] == [0, 0, 0]


@pytest.mark.parametrize("therapists", [1, 2, 3, 5, 7])
def test_every_course_is_with_a_therapist_of_the_practice_in_turn(therapists):
    turns = [course.therapist for course in courses(60, therapists=therapists)]
    assert turns == [number % therapists for number in range(60)]


def test_answers_are_as_many_marks_as_there_are_questions_on_the_scale():
    for course in courses(300):
        for therapy_session in course.sessions:
            asked = ITEMS_ON_FIT if therapy_session.fit else ITEMS
            assert not (therapy_session.client and therapy_session.fit)
            for answers in (therapy_session.answers, therapy_session.therapist):
                marks = (answers or "").replace(" ", "")
                assert answers is None or len(marks) == asked
                assert all(mark == "." or LOWEST <= int(mark) <= HIGHEST for mark in marks)
            if therapy_session.attendance != Attendance.ATTENDED:
                assert therapy_session.answers is therapy_session.therapist is None


def test_plain_courses_have_as_many_sessions_as_asked_for():
    plain = courses(50, sessions=20, stories=())
    assert {sum(therapy_session.attendance in HELD for therapy_session in course.sessions) for course in plain} == {20}


def test_plain_courses_look_like_real_ones():
    # What is aimed at stands in `courses`; the bands leave room for whole answers and for chance.
    means, spreads, pairs, perfect, gains = [], [], [], [], []
    held = []
    for course in courses(400, sessions=20, stories=()):
        ratings = [level(m.client) for m in course.sessions if m.client]
        own = [level(m.therapist) for m in course.sessions if m.therapist]
        means.append(mean(ratings))
        spreads.append(variance(ratings))
        pairs.append((mean(ratings), mean(own)))
        perfect += [rating == 100 for rating in ratings]
        gains.append(mean(ratings[-6:]) - mean(ratings[:2]))
        held += [m for m in course.sessions if m.attendance in HELD]
    attended = [m for m in held if m.attendance == Attendance.ATTENDED]
    assert 11 < stdev(means) < 16
    assert 7 < mean(spreads) ** 0.5 < 11
    assert 0.25 < correlation(*zip(*pairs, strict=True)) < 0.6
    assert 0.3 < mean(client - therapist for client, therapist in pairs) / stdev(means) < 0.6
    assert 0.1 < mean(perfect) < 0.54
    assert mean(gains) > 4
    assert 0.07 < 1 - len(attended) / len(held) < 0.13
    assert 0.07 < mean(m.client is None for m in attended) < 0.13
    assert 0.1 < mean(bool(m.comment) for m in attended if m.client) < 0.3
