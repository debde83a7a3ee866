"""What a manager reads of the records: what is missing, what is odd, and nothing of what was said."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from alliance.models import AuditEvent, ImportBatch
from ratings.gaps.gaps import record_gaps
from ratings.models import CheckIn, Instrument, Rating
from tests.factories import make_episode, make_therapy_session
from tests.ratings.pages import statements

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
pytestmark = pytest.mark.time_machine(NOW, tick=False)


@pytest.fixture
def alder(instruments, dana):
    return make_episode(dana, "Alder", starts_at=at(400))


def at(days):
    return NOW - timedelta(days=days)


def session(episode, days, attendance="attended", minutes=50, **given):
    start = at(days)
    times = {"starts_at": start, "ends_at": start + timedelta(minutes=minutes)}
    given.setdefault("logged_at", None if attendance == "planned" else times["ends_at"])
    return make_therapy_session(episode, attendance=attendance, **times, **given)


def asked(row):
    text = Instrument.objects.get(key="alliance-6").texts.first()
    return CheckIn.objects.create(episode=row.episode, therapy_session=row, text=text)


def rated(row, rater, **given):
    text = Instrument.objects.get(key="alliance-6").texts.first()
    given = {"mode": "link", "answered_at": row.ends_at, "items_answered": 6} | given
    return Rating.objects.create(
        episode=row.episode, therapy_session=row, rater=rater, instrument=text.instrument, text=text, **given
    )


def gaps_of(millrace, member):
    return next(row for row in record_gaps(millrace).therapists if row.code == member.code)


def test_what_is_over_and_not_logged(millrace, dana, alder):
    session(alder, 30, "planned")
    session(alder, 2, "planned")
    session(alder, -2, "planned")
    session(alder, 9)
    found = gaps_of(millrace, dana)
    assert (found.unlogged, found.unlogged_since) == (2, at(30))


def test_what_was_logged_late_not_rated_and_not_asked_about(millrace, dana, alder):
    session(alder, 30, logged_at=at(30 - 8))
    session(alder, 20, logged_at=at(20 - 6))
    done = session(alder, 10)
    asked(done)
    rated(done, "therapist")
    rated(session(alder, 9), "therapist", items_answered=0)  # only what was noticed
    session(alder, 100)  # before the period
    found = gaps_of(millrace, dana)
    assert (found.held, found.late, found.unrated, found.unasked) == (4, 1, 3, 3)


def test_a_case_without_an_answer_is_told_from_the_third_session_on(millrace, dana, alder):
    session(alder, 30), session(alder, 20)
    assert gaps_of(millrace, dana).silent == 0
    third = session(alder, 10)
    assert gaps_of(millrace, dana).silent == 1
    rated(third, "client")
    assert gaps_of(millrace, dana).silent == 0


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"days": 402}, "before the therapy began"),
        ({"days": -1}, "held, and yet to come"),
        ({"days": 9, "minutes": 241}, "longer than four hours"),
        ({"days": 9}, "answered before it began"),
    ],
)
def test_odd_dates_are_told_by_code(millrace, alder, given, what):
    row = session(alder, **given)
    if "answered" in what:
        rated(row, "client", answered_at=row.starts_at - timedelta(minutes=1))
    odd = record_gaps(millrace).odd
    assert [(one.what, one.short_code) for one in odd] == [(what, str(alder.code)[:8])]


@pytest.mark.parametrize(("hours", "odd"), [(3, []), (25, ["before the therapy began"])])
def test_a_case_that_was_opened_within_a_day_of_its_first_session_is_not_odd(millrace, dana, hours, odd):
    opened = datetime(2026, 11, 3, 11, tzinfo=UTC)
    start = opened - timedelta(hours=hours)
    make_therapy_session(
        make_episode(dana, "Wren", starts_at=opened), starts_at=start, logged_at=start, attendance="attended"
    )
    assert [one.what for one in record_gaps(millrace).odd] == odd


def test_an_ordinary_session_is_not_odd(millrace, alder):
    rated(session(alder, 9), "client")
    assert record_gaps(millrace).odd == []


def test_an_import_is_told_by_its_count_and_left_out_of_the_gaps(millrace, mona, dana, alder):
    batch = ImportBatch.objects.create(practice=millrace, imported_by=mona, layout="long")
    session(alder, 9, import_batch=batch)
    page = record_gaps(millrace)
    assert [(one.by, one.sessions) for one in page.imports] == [(mona.display_name, 1)]
    assert gaps_of(millrace, dana).held == 0


def test_a_manager_reads_it_and_no_name_of_a_client_is_on_it(http, mona, dana, alder):
    session(alder, 402)
    http.force_login(mona.user)
    page = http.get(reverse("ratings:gaps")).text
    assert dana.display_name in page and str(alder.code)[:8] in page
    assert "Alder" not in page and str(alder.code) not in page
    assert AuditEvent.objects.filter(verb="listed", subject_type="practice").latest("pk").count == 1


def test_it_asks_as_often_for_many_cases_as_for_one(http, mona, dana, alder):
    def ask():
        http.force_login(mona.user)
        return statements(http, reverse("ratings:gaps"))

    session(alder, 402)
    one = ask()
    for number in range(12):
        session(make_episode(dana, f"Case {number}", starts_at=at(300)), 310 + number)
    assert ask() == one
