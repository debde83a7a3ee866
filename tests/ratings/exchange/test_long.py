"""What the long file says of a session, its ratings, the case and its ruptures."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from alliance.models import Episode
from ratings.cells.long_layout import COLUMNS, SKIPPED, VERSION
from ratings.exchange.exported import Exported, Names, Pseudonyms
from ratings.exchange.long import long_rows
from ratings.models import CheckIn, InstrumentText, Rating, RuptureView
from sessions.models import TherapySession
from tests.factories import make_therapy_session

FIRST = datetime(2024, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CALLED = Pseudonyms(b"a key that is known")
SAID = [name for name in COLUMNS[COLUMNS.index("rater") + 1 :] if name not in ("item", "answered")]


@pytest.fixture
def session(juniper):
    return make_therapy_session(juniper, starts_at=FIRST, attendance="attended", mode="video")


def rows_of(episode, about, *, is_shifted=False):
    """The rows about one thing, by item: the cells that say something of it, behind those of the session."""
    names = Names(CALLED, is_shifted, tells_therapists=True)
    (case,) = Exported(Episode.objects.filter(pk=episode.pk), names).cases()
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in long_rows(case)]
    return [
        (row["item"], {name: row[name] for name in SAID if row[name] not in ("", None)})
        for row in rows
        if row["rater"] == about
    ]


def test_each_row_says_whose_it_is_and_of_which_session(juniper, session):
    make_therapy_session(juniper, starts_at=FIRST - 7 * DAY)
    (case,) = Exported(Episode.objects.all(), Names(CALLED, False, tells_therapists=True)).cases()
    who = CALLED.client(juniper.client.code), CALLED.therapist(juniper.therapist.code)
    assert {row[:7] for row in long_rows(case)} == {
        (VERSION, *who, 1, number, f"2024-{day}T12:00:00Z", session.zone)
        for number, day in ((1, "02-23"), (2, "03-01"))
    }


def test_no_name_is_taken_for_a_formula(juniper, session):
    names = Names(CALLED, False, tells_therapists=True, by_name={juniper.client_id: "=1+1"})
    (case,) = Exported(Episode.objects.all(), names).cases()
    assert {row[1] for row in long_rows(case)} == {"'=1+1"}


# --- Of the session and the case --------------------------------------------------------------------------------------


def test_a_session_says_how_it_was_held_and_how_long(juniper, session):
    assert rows_of(juniper, "session") == [
        ("attendance", {"value_label": "attended"}),
        ("held", {"value_label": "video"}),
        ("minutes", {"value": 50.0}),
    ]


def test_a_session_of_which_only_the_day_is_known_says_so(juniper, session):
    TherapySession.objects.update(starts_at_known=False)
    assert rows_of(juniper, "session")[3:] == [("day_only", {"value": 1})]


@pytest.fixture
def text(instruments):
    return InstrumentText.objects.select_related("instrument").get(instrument__key="alliance-6", language="en")


def test_a_check_in_without_answers_says_by_what_the_client_was_asked(juniper, session, text):
    CheckIn.objects.create(episode=juniper, therapy_session=session, text=text)
    by = {"instrument": "alliance-6", "instrument_version": text.instrument.version, "language": "en"}
    assert rows_of(juniper, "session")[3:] == [("unanswered", by | {"value": 1})]


def test_a_check_in_with_answers_does_not(juniper, session, text):
    CheckIn.objects.create(episode=juniper, therapy_session=session, text=text)
    rate(session, text)
    assert len(rows_of(juniper, "session")) == 3


def test_a_case_says_once_when_it_began_and_how_it_ended(juniper, session):
    make_therapy_session(juniper, starts_at=FIRST + DAY)
    Episode.objects.update(
        starts_at=FIRST - DAY, ends_at=FIRST + 2 * DAY, end_reason="client", end_planned=False, end_agreed=True
    )
    assert rows_of(juniper, "case") == [
        ("began", {"submitted_utc": "2024-02-29T12:00:00Z"}),
        ("ended", {"value_label": "client", "submitted_utc": "2024-03-03T12:00:00Z"}),
        ("end_planned", {"value": 0}),
        ("end_agreed", {"value": 1}),
    ]


def test_a_case_that_goes_on_has_not_ended(juniper, session):
    assert [item for item, _said in rows_of(juniper, "case")] == ["began"]


# --- Of a rating ------------------------------------------------------------------------------------------------------


def rate(session, by, rater="client", **fields):
    made = {"episode": session.episode, "instrument": by.instrument, "text": by, "items_answered": 2}
    made |= {"answered_at": FIRST + DAY, "received_at": FIRST + 2 * DAY, "mode": "paper", "comment_words": None}
    return Rating.objects.create(therapy_session=session, rater=rater, **(made | fields))


def test_each_answer_has_its_number_and_its_words_and_one_that_was_skipped_says_so(juniper, session, text):
    rate(session, text, answers={"goal_matters": 1, "bond_open": 0})
    rows = dict(rows_of(juniper, "client"))
    words = text.text["client"]["answers"]
    assert rows["goal_matters"] == {
        "instrument": "alliance-6", "instrument_version": text.instrument.version, "language": "en", "pillar": "goal",
        "value": 1, "value_label": words[1], "submitted_utc": "2024-03-02T12:00:00Z", "mode": "paper",
    }  # fmt: skip
    assert (rows["bond_open"]["value"], rows["bond_open"]["value_label"]) == (0, words[0])
    skipped = rows["goal_known"]
    assert skipped["missing_reason"] == SKIPPED and "value" not in skipped and "value_label" not in skipped


def test_an_answer_says_whether_it_is_one(juniper, session, text):
    rate(session, text, answers={"goal_matters": 1})
    (case,) = Exported(Episode.objects.all(), Names(CALLED, False, tells_therapists=True)).cases()
    item, answered = COLUMNS.index("item"), COLUMNS.index("answered")
    found = {row[item]: row[answered] for row in long_rows(case)}
    assert (found["goal_matters"], found["goal_known"]) == (1, 0)


def test_a_rating_with_answers_goes_out_as_them_and_not_as_their_total(juniper, session, text):
    rate(session, text, answers={"goal_matters": 1}, overall_pomp=25.0)
    items = [item for item, _said in rows_of(juniper, "client")]
    assert "goal_matters" in items and "total" not in items


@pytest.fixture
def from_one_on(text):
    """The answers of the instrument are numbered from one on."""
    text.instrument.definition |= {"lowest": 1, "highest": 5}
    text.instrument.save()


def test_the_lowest_answer_has_the_first_words_whatever_its_number(juniper, session, text, from_one_on):
    rate(session, text, answers={"goal_matters": 1})
    said = dict(rows_of(juniper, "client"))["goal_matters"]
    assert (said["value"], said["value_label"]) == (1, text.text["client"]["answers"][0])


def test_a_total_is_between_the_lowest_and_the_highest_whatever_their_numbers(juniper, session, text, from_one_on):
    rate(session, text, overall_pomp=25.0)
    assert dict(rows_of(juniper, "client"))["total"]["value"] == 6 * 2


def test_a_score_without_answers_goes_out_as_the_total_that_it_was_made_of(juniper, session, text):
    rate(session, text, overall_pomp=25.0)
    rows = rows_of(juniper, "client")
    assert [item for item, _said in rows] == ["total", "received_utc"]
    assert rows[0][1]["value"] == 6 * text.instrument.definition["highest"] / 4


def test_nothing_ticked_and_no_score_is_every_item_skipped(juniper, session, text):
    rate(session, text)
    rows = rows_of(juniper, "client")[:-1]
    assert [said["missing_reason"] for _item, said in rows] == [SKIPPED] * 6


def test_what_was_said_beside_the_answers_is_a_number_or_a_word(juniper, session, text):
    told = {"tension": True, "tension_talked_about": False, "tension_strength": "strong", "comment_words": 7}
    rate(session, text, **told)
    rows = [(item, said.get("value"), said.get("value_label")) for item, said in rows_of(juniper, "client")[6:]]
    assert rows == [
        ("tension", 1, None),
        ("tension_talked_about", 0, None),
        ("tension_strength", None, "strong"),
        ("comment_words", 7, None),
        ("received_utc", None, "2024-03-03T12:00:00Z"),
    ]


def test_yes_and_no_are_written_as_numbers(juniper, session, text):
    rate(session, text, tension=True, tension_talked_about=False)
    (case,) = Exported(Episode.objects.all(), Names(CALLED, False, tells_therapists=True)).cases()
    assert not [cell for row in long_rows(case) for cell in row if isinstance(cell, bool)]


def test_an_answer_has_no_words_where_the_text_is_not_here(juniper, session, text):
    rate(session, text, text=None, answers={"goal_matters": 1})
    said = dict(rows_of(juniper, "client"))["goal_matters"]
    assert said["value"] == 1 and not {"value_label", "language"} & said.keys()


# --- Of a rupture -----------------------------------------------------------------------------------------------------


@pytest.fixture
def rupture(juniper, session):
    return juniper.ruptures.create(opened_session=session, opened_at=FIRST + DAY, opened_by="client")


def ruptures_of(episode, **given):
    rows = rows_of(episode, "rupture", **given)
    assert all((said.pop("instrument"), said.pop("instrument_version")) == ("rupture", 1) for _item, said in rows)
    return rows


def test_a_rupture_of_which_nothing_was_said_has_opened_and_has_a_state(juniper, rupture):
    assert ruptures_of(juniper) == [
        ("opened", {"value_label": "client", "submitted_utc": "2024-03-02T12:00:00Z"}),
        ("state", {"value_label": "open"}),
    ]


def test_how_a_rupture_looked_is_told_also_without_signs(juniper, rupture, dana):
    RuptureView.objects.create(episode=juniper, rupture=rupture, kind="unclear", said_by=dana)
    assert [item for item, _said in ruptures_of(juniper)] == ["opened", "state", "seen_as"]


def test_a_rupture_says_its_course_and_its_repair(juniper, rupture, dana):
    later = make_therapy_session(juniper, starts_at=FIRST + 7 * DAY)
    juniper.ruptures.update(
        state="repaired", closed_session=later, closed_at=FIRST + 8 * DAY, kind="both", pillars=["goal", "bond"],
        named_by=dana, rebased_session=later, rebased_at=FIRST + 9 * DAY,
    )  # fmt: skip
    said = {"episode": juniper, "rupture": rupture, "said_by": dana, "said_at": FIRST + 2 * DAY}
    RuptureView.objects.create(**said, kind="withdrawal", signs=["quiet", "angry"])
    rupture.set_asides.create(episode=juniper, by=dana, at=FIRST + 3 * DAY)
    rupture.steps.create(**said, step="ask", outcome="done", planned_for=rupture.opened_session, logged_with=later)
    rupture.steps.create(**said, step="own", outcome="partly", planned_for=rupture.opened_session)
    rupture.steps.create(**said, step="fit", outcome="done")
    at = {"submitted_utc": "2024-03-03T12:00:00Z"}
    assert ruptures_of(juniper)[1:] == [
        ("state", {"value_label": "repaired", "submitted_utc": "2024-03-09T12:00:00Z"}),
        ("kind", {"value_label": "both"}),
        ("pillars", {"value_label": "goal bond"}),
        ("by_hand", {"value": 1}),
        ("closed_in_session", {"value": 2}),
        ("set_aside", {"value": 1, "submitted_utc": "2024-03-04T12:00:00Z"}),
        ("rebased_in_session", {"value": 2, "submitted_utc": "2024-03-10T12:00:00Z"}),
        ("seen_as", {"value_label": "withdrawal"} | at),
        ("signs", {"value_label": "quiet angry"} | at),
        ("step", {"value": 2, "value_label": "ask done"} | at),
        ("step", {"value": 1, "value_label": "own partly"} | at),
        ("step", {"value_label": "fit done"} | at),
    ]


def test_no_session_that_stays_here_is_told_of_a_rupture(juniper, rupture, dana):
    removed = make_therapy_session(juniper, starts_at=FIRST + DAY, voided_at=FIRST + 9 * DAY, voided_by=dana)
    juniper.ruptures.update(closed_session=removed, rebased_session=removed, closed_at=FIRST + DAY, state="repaired")
    assert [item for item, _said in ruptures_of(juniper)] == ["opened", "state"]


def test_evidence_that_does_not_say_when_its_session_was_goes_out_too(juniper, live_through):
    live_through(juniper, [3, 3, 3, 0])
    rupture = juniper.ruptures.get()
    rupture.evidence["held_at"] = None
    rupture.save()
    stored = dict(ruptures_of(juniper))["evidence"]["value_label"]
    assert json.loads(stored)["held_at"] is None


def test_where_the_time_is_shifted_each_instant_of_the_file_is(juniper, live_through):
    """Also the one within the evidence."""
    live_through(juniper, [3, 3, 3, 0])
    shift = CALLED.shift(juniper.client.code)
    true, shifted = (
        re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+", json.dumps(rows_of(juniper, "rupture", is_shifted=is_shifted)))
        for is_shifted in (False, True)
    )
    assert len(true) > 1
    assert [datetime.fromisoformat(one) - shift for one in true] == [datetime.fromisoformat(one) for one in shifted]
