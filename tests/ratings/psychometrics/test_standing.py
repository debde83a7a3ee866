"""Where an episode stands, from plain records alone."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.evidence import Assessment, Note, Points, RuptureState, Scores, SessionEvidence, State
from ratings.psychometrics.records import RuptureEvidence, SessionRecord
from ratings.psychometrics.standing import ActiveRupture, Spark, attention, standing_figures
from ratings.psychometrics.usual import TrendWord
from tests.ratings.psychometrics.episodes import level

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
STEADY = Assessment(1, State.STEADY, suspicion=0.1)


def record(position, client, asked=True, attended=True):
    number = position + 1 if attended else None
    evidence = SessionEvidence(number, None if client is None else level(client), attended=attended)
    return SessionRecord(evidence, MONDAY + timedelta(weeks=position), asked)


def figures(*sessions, last=STEADY, rupture=None, ended=False):
    assessments = [*[STEADY] * (len(sessions) - 1), last] if sessions else []
    return standing_figures(sessions, assessments, DEFAULTS, rupture=rupture, ended=ended)


def weekly(*levels):
    return [record(position, value) for position, value in enumerate(levels)]


def test_an_episode_without_a_session_has_no_figures():
    empty = figures()
    assert (empty.sessions_held, empty.last_session_at, empty.scores["overall"]) == (0, None, None)
    assert set(empty.words.values()) == {TrendWord.FEW}


def test_sessions_and_answers_are_counted_where_the_client_came():
    counted = figures(record(0, 80), record(1, None), record(2, None, attended=False), record(3, 60))
    assert (counted.sessions_held, counted.check_ins_answered) == (3, 2)
    assert counted.scores["overall"] == 60


def test_the_last_session_and_the_last_rated_one_are_told_apart():
    dated = figures(*weekly(80, 70, None))
    assert (dated.last_session_at - MONDAY, dated.last_rated_at - MONDAY) == (timedelta(weeks=2), timedelta(weeks=1))


def test_missing_check_ins_are_counted_back_to_the_last_answer():
    assert figures(*weekly(None, 80, None, None)).missing_in_a_row == 2
    assert figures(*weekly(80, None), record(2, None, asked=False)).missing_in_a_row == 1
    assert figures(*weekly(None, 80)).missing_in_a_row == 0


def test_the_sparkline_holds_the_last_ten_sessions_and_the_usual_range():
    spark = figures(*weekly(*range(60, 72))).spark["overall"]
    assert spark.values == tuple(range(62, 72))
    assert spark.band[0] < 60 < 71 < spark.band[1]
    assert spark.to_json() == {"values": list(range(62, 72)), "band": list(spark.band)}
    assert figures(*weekly(80)).spark["goal"].to_json() == {"values": [80], "band": None}


def test_a_sparkline_survives_its_storage():
    for spark in (Spark((80, None, 62.5), (58.1, 96.9)), Spark((80,)), Spark()):
        assert Spark.from_json(json.loads(json.dumps(spark.to_json()))) == spark
    assert Spark.from_json({}) == Spark()


def test_a_series_that_was_left_out_last_keeps_the_word_of_its_latest_rating():
    before = weekly(80, 80, 80, 80, 80, 20)
    skipped = replace(before[0], evidence=SessionEvidence(7, Scores(80, None, 80, 80)))
    words = figures(*before, skipped).words
    assert (words["task"], words["bond"]) == (TrendWord.BELOW, TrendWord.USUAL)


def test_a_comment_alone_takes_no_word_back():
    comment_alone = replace(record(6, 80), evidence=SessionEvidence(7, Scores(None, None, None, None)))
    words = figures(*weekly(80, 80, 80, 80, 80, 80), comment_alone).words
    assert set(words.values()) == {TrendWord.USUAL}


def test_the_notes_are_those_of_the_last_session():
    assert figures(*weekly(80, 80), last=replace(STEADY, notes=(Note.CEILING,))).notes == (Note.CEILING,)


# --- The order of the caseload ----------------------------------------------------------------------------------------


def open_rupture(fall=0):
    points = (Points("client", 5, seen=80 - fall, usual=80),)
    return ActiveRupture(RuptureState.OPEN, RuptureEvidence(Assessment(1, State.OPEN, points=points)))


def likely(probability):
    return [Assessment(1, State.OPEN, suspicion=probability, probability=probability)]


def test_open_ruptures_come_before_recovering_ones_and_those_before_gaps():
    recovering = ActiveRupture(RuptureState.RECOVERING, None)
    order = [
        attention(likely(0.1), open_rupture(), 0),
        attention([STEADY], recovering, 0),
        attention([STEADY], None, 3),
        0,
    ]
    assert order == sorted(order, reverse=True)
    assert len(set(order)) == 4


def test_among_open_ruptures_suspicion_goes_before_the_fall():
    assert attention(likely(0.41), open_rupture(5), 0) > attention(likely(0.40), open_rupture(60), 0)
    assert attention(likely(0.40), open_rupture(60), 0) > attention(likely(0.40), open_rupture(5), 0)
    assert attention(likely(0.40), open_rupture(35), 0) == 100_000 + 100 * 40 + 35


def test_a_rule_without_a_probability_is_ordered_by_its_suspicion():
    sd = [Assessment(1, State.OPEN, suspicion=4.2)]
    assert attention(sd, open_rupture(), 0) == 100_000 + 100 * 42
    assert attention([replace(sd[0], suspicion=33)], open_rupture(), 0) == 100_000 + 100 * 100


def test_a_rupture_that_a_person_opened_asks_for_attention_too():
    assert attention([], ActiveRupture(RuptureState.OPEN, None), 0) == 100_000


@pytest.mark.parametrize(("missing", "place"), [(2, 0), (3, 10_003), (500, 10_099)])
def test_a_gap_asks_for_attention_from_three_check_ins_on(missing, place):
    assert attention([STEADY], None, missing) == place


def test_an_ended_therapy_asks_for_nothing():
    assert figures(*weekly(80), rupture=open_rupture(), ended=True).attention == 0
    assert figures(*weekly(80), rupture=open_rupture(), ended=False).attention > 0
