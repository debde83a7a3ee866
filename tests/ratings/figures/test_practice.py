"""The figures of a practice: what is counted, what is kept back, and who may read them."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from alliance.models import AuditEvent
from ratings.figures.practice import practice_counts, twelve_months
from ratings.figures.practice_measures import practice_tables
from ratings.models import CheckIn, Instrument, Rating, RepairStep, Rupture, RuptureView
from tests.factories import make_episode, make_therapy_session
from tests.ratings.pages import statements

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAGE = "ratings:practice-figures"


@pytest.fixture(autouse=True)
def november(instruments):
    with time_machine.travel(NOW, tick=False):
        yield


def at(days):
    return NOW - timedelta(days=days)


def therapy(dana, sessions=3, **given):
    """A client with weekly sessions, the last in October, of which the client answered all but the first."""
    episode = make_episode(dana, "Alder", starts_at=at(400))
    held = []
    for number in range(sessions):
        start = at(100 - 7 * number)
        times = {"starts_at": start, "ends_at": start + timedelta(minutes=50)}
        row = make_therapy_session(episode, attendance="attended", **times, **given)
        check_in = CheckIn.objects.create(episode=episode, therapy_session=row, text=text())
        if number:
            rated(row, "client", check_in=check_in, overall_pomp=80 if number == 2 else 50)
        held.append(row)
    return held


def text():
    return Instrument.objects.get(key="alliance-6").texts.first()


def rated(row, rater, **given):
    return Rating.objects.create(
        episode=row.episode, therapy_session=row, rater=rater, instrument=text().instrument, text=text(),
        items_answered=6, mode="link", answered_at=row.ends_at, **given,
    )  # fmt: skip


def rupture(row, **given):
    return Rupture.objects.create(
        episode=row.episode,
        opened_session=row,
        opened_at=row.ends_at,
        opened_by=given.pop("opened_by", "client"),
        **given,
    )


def rows(http, member):
    """Title -> the row, of all tables."""
    http.force_login(member.user)
    return {row.title: row for table in http.get(reverse(PAGE)).context["tables"] for row in table.rows}


def test_the_period_is_the_twelve_whole_months_before_this_one():
    assert twelve_months(date(2026, 11, 20)) == (date(2025, 11, 1), date(2026, 10, 31))
    assert twelve_months(date(2024, 2, 29)) == (date(2023, 2, 1), date(2024, 1, 31))


def test_who_is_heard(http, mona, dana):
    for _client in range(5):
        rated(therapy(dana)[0], "therapist")
    found = rows(http, mona)
    answered, own = found["Check-ins answered"], found["Therapist’s own rating done"]
    assert (answered.value, answered.counted) == ("71", "about 12 of 17 sessions with a check-in")
    assert (own.value, own.likely, own.counted) == ("41", "12 to 80", "about 7 of 17 sessions")


def test_the_third_session_counts_once_for_each_client_and_by_how_it_was_held(http, mona, dana):
    for _client in range(5):
        therapy(dana, sessions=4)
        therapy(dana, mode="video")
    therapy(dana, mode="phone")
    found = rows(http, mona)
    assert (found["All clients"].counted, found["All clients"].value) == ("about 12 sessions", "80")
    assert found["Video"].value == "80"
    assert found["Phone"].counted.startswith("kept back")
    assert found["In person"].counted.startswith("kept back"), "else the total less the others would tell of the phone"


def test_ruptures_by_who_named_them_and_by_kind(http, mona, dana):
    for position in range(10):
        held = therapy(dana, sessions=10)
        row = rupture(held[3], opened_by="client" if position < 5 else "therapist", kind="withdrawal")
        if position < 5:
            RuptureView.objects.create(episode=row.episode, rupture=row, kind="confrontation", said_by=dana)
    found = rows(http, mona)
    assert (found["All ruptures"].value, found["All ruptures"].counted) == ("11.8", "about 12 in 102 sessions")
    assert found["Named first by the client"].counted == "about 7 in 102 sessions"
    assert found["Found by a flag"].value == "0.0"
    assert (found["Pulling back"].value, found["Pushing back"].value) == ("6.9", "6.9")


@pytest.mark.parametrize("change", [{"state": "withdrawn"}, {"state": "set_aside"}, {"kept_back": True}])
def test_what_is_no_rupture_does_not_count(dana, millrace, change):
    held = therapy(dana)
    closed = {"closed_at": NOW} if "state" in change else {}
    rupture(held[1], **change, **closed)
    assert sum(part.of for part in practice_counts(millrace).by_namer.values()) == 0


def test_three_clients_in_two_groups_are_three_clients(http, mona, dana):
    """The total less the third group would tell of the three alone."""
    for number in range(10):
        held = therapy(dana)
        for row, kind in zip(held, ("withdrawal", "confrontation") if number < 3 else ("unclear",), strict=False):
            over = {"state": "repaired", "closed_session": held[2], "closed_at": held[2].ends_at}
            rupture(row, kind=kind, **over)
    found = rows(http, mona)
    kept = [found[title].value for title in ("Pulling back", "Pushing back", "Can’t say")]
    assert (found["All ruptures"].value != "", kept) == (True, ["", "", ""])


def test_what_was_done_about_them(http, mona, dana):
    for position in range(11):
        held = therapy(dana, sessions=8)
        row = rupture(
            held[2], state="repaired" if position < 9 else "unrepaired", closed_session=held[4], closed_at=NOW
        )
        for outcome, days in [("planned", 1), ("done", 6 if position < 2 else 8)][: 2 if position < 4 else 1]:
            RepairStep.objects.create(
                episode=row.episode, rupture=row, step="notice", outcome=outcome, said_by=dana,
                said_at=row.opened_at + timedelta(days=days),
            )  # fmt: skip
    found = rows(http, mona)
    assert found["A first step within 7 days"].counted == "about 2 of 12 ruptures"
    assert found["Repaired"].counted == "about 7 of 12 ruptures that are over"
    repair = found["Sessions to repair"]
    assert (repair.value, repair.likely, repair.counted) == ("2", "2 to 2", "the middle one of about 7 repairs")


@pytest.mark.parametrize(("n", "told"), [(8, "fewer than 9 repairs"), (9, "the middle one of about 7 repairs")])
def test_the_longest_of_a_few_repairs_is_not_told(n, told, http, mona, dana):
    for position in range(n):
        held = therapy(dana, sessions=9)
        rupture(held[2], state="repaired", closed_session=held[8 if position == 0 else 4], closed_at=NOW)
    row = rows(http, mona)["Sessions to repair"]
    assert row.counted == told
    assert row.likely == ("2 to 2" if n == 9 else "")


def test_which_pillars_fell(http, mona, dana):
    for pillars in [["goal"]] * 5 + [["goal", "bond"]] * 5 + [[]] * 5:
        rupture(therapy(dana, sessions=10)[3], pillars=pillars)
    found = rows(http, mona)
    for title in ("Goals fell, and no other pillar", "Several pillars fell", "No pillar fell by itself"):
        assert found[title].counted == "about 7 in 152 sessions"
    for title in ("Tasks fell, and no other pillar", "The bond fell, and no other pillar"):
        assert found[title].counted == "none in about 152 sessions"


def test_what_is_still_on_and_what_the_client_says_helped(http, mona, dana):
    for position in range(15):
        held = therapy(dana, sessions=5)
        over = {"closed_session": held[4], "closed_at": NOW, "state": "repaired" if position < 10 else "unrepaired"}
        rupture(held[2], **(over if position < 12 else {"state": "recovering"}))
        said = {0: "yes", 1: "little", 2: "no"}.get(position % 3, "") if position != 11 else "yes"
        held[4].ratings.filter(rater="client").update(repair_helped=said)
    found = rows(http, mona)
    # 10 are repaired, 7 by the client's word; of one that was still on at the end it does not count.
    assert found["Repaired by the client’s word"].counted == "about 7 of 12 ruptures that are over"
    assert found["Still on"].counted == "about 7 of 17 ruptures"


def test_the_course_is_that_of_the_numbered_sessions(http, mona, dana):
    for _client in range(5):
        therapy(dana, sessions=5)
    found = rows(http, mona)
    assert (found["Session 3"].value, found["Session 5"].value) == ("80", "50")
    assert found["Session 1"].counted == found["Session 10"].counted == "fewer than 5 clients"


def test_what_therapists_noticed_of_the_tension_that_clients_named(http, mona, dana):
    for noticed in ("pulling_back", "both", "nothing", "nothing", "nothing", ""):
        held = therapy(dana)
        held[1].ratings.update(tension=True)
        rated(held[1], "therapist", noticed=noticed)
    assert rows(http, mona)["Noticed by the therapist"].counted == "about 2 of 7 sessions"


def test_endings(http, mona, dana):
    for position in range(10):
        episode = therapy(dana)[0].episode
        episode.ends_at, episode.end_reason, episode.end_planned = at(30), "completed", position < 5
        episode.save()
    found = rows(http, mona)
    assert (found["Planned"].counted, found["Not planned"].counted) == ("about 7 of 12 endings",) * 2
    assert found["With an open rupture"].counted == "about 2 of 12 endings"


def test_an_ending_with_a_rupture_counts_whether_it_was_still_on_or_on_its_way_back(http, mona, dana):
    for state in ["open_at_end", "unrepaired"] * 3 + ["repaired"] * 5:
        held = therapy(dana)
        rupture(held[1], state=state, closed_session=held[2], closed_at=NOW)
        held[0].episode.ends_at, held[0].episode.end_reason = at(30), "completed"
        held[0].episode.save()
    assert rows(http, mona)["With an open rupture"].counted == "about 7 of 12 endings"


def test_three_clients_who_ended_twice_are_three_clients(http, mona, dana):
    def end(episode, days):
        episode.ends_at, episode.end_reason = at(days), "completed"
        episode.save()

    for number in range(9):
        held = therapy(dana)
        end(held[0].episode, 60)
        if number < 3:
            rupture(held[1], state="unrepaired", closed_session=held[2], closed_at=NOW)
            again = make_episode(dana, client=held[0].episode.client, starts_at=at(55))
            row = make_therapy_session(again, attendance="attended", starts_at=at(50), ends_at=at(49))
            rupture(row, state="unrepaired", closed_session=row, closed_at=NOW)
            end(again, 40)
    assert rows(http, mona)["With an open rupture"].counted.startswith("kept back")


def test_how_one_more_therapy_ended_does_not_follow_from_two_pages(dana, millrace):
    """The page of a month later, with one ending more, and what it says of whoever ended."""

    def page():
        table = practice_tables(practice_counts(millrace))[-1]
        return [(row.title, row.value, row.likely, row.counted) for row in table.rows]

    def end(position, state):
        held = therapy(dana)
        if state:
            rupture(held[1], state=state, closed_session=held[2], closed_at=NOW)
        held[0].episode.ends_at, held[0].episode.end_reason, held[0].episode.end_planned = at(30), "other", position % 2
        held[0].episode.save()

    for position in range(12):
        end(position, "unrepaired" if position < 6 else "")
    before = page()
    end(12, "unrepaired")
    assert page() == before


def test_fewer_than_five_clients_give_no_figure_at_all(http, mona, dana):
    for _client in range(4):
        therapy(dana)
    http.force_login(mona.user)
    page = http.get(reverse(PAGE))
    assert page.context["tables"] == []
    assert "fewer than 5 clients had a session" in page.text


def test_neither_an_import_nor_another_practice_nor_this_month_counts(dana, otis, millrace):
    therapy(otis)
    start = at(3)
    make_therapy_session(
        make_episode(dana), starts_at=start, ends_at=start + timedelta(minutes=50), attendance="attended"
    )
    assert practice_counts(millrace).held.of == 0


def test_it_is_recorded_and_asks_the_same_number_of_statements_at_any_size(http, mona, dana):
    http.force_login(mona.user)
    for _client in range(5):
        rupture(therapy(dana)[1])
    few = statements(http, reverse(PAGE))
    for _client in range(20):
        rupture(therapy(dana)[1])
    assert statements(http, reverse(PAGE)) == few
    assert AuditEvent.objects.filter(verb="listed", subject_type="practice").latest("pk").count == 1, "no exact figure"
