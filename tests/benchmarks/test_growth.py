"""What pages ask of PostgreSQL does not grow with what others have; and the measurement sees what does."""

import pytest

from alliance import acting
from benchmarks.buffers import Cost, buffers_of, measured
from benchmarks.colleagues import Colleagues, analyse
from benchmarks.pages import Measured, control, measured_pages
from benchmarks.report import Size, in_words, rows_of
from ratings.models import Rating
from tests.factories import make_episode

SMALL, LARGE = 6000, 60_000  # therapy sessions of colleagues: below, PostgreSQL reads its small tables whole
MOST_GROWTH = 0.15  # an exponent; measured: 0.01
MOST_BUFFERS = 30  # with twelve cases; measured: 9 and 13, late in a whole run 20; 42 where each is looked up alone


@pytest.mark.postgres
def test_buffers_stay_while_the_tables_grow_tenfold(dana, sam, live_through):
    for name, levels in (("Alder", [3, 3, 3, 3, 0, 0]), ("Bracken", [3, 3, 3, None, None, None]), ("Clover", [3, 3])):
        live_through(make_episode(dana, name), levels)
    colleagues, found = Colleagues(), []
    for wanted in (SMALL, LARGE):
        sessions = colleagues.fill_to(wanted)
        analyse()
        pages = [*measured_pages(dana.user, sam.user), control()]
        found.append(Size(sessions, pages, pages, 1, 1))
    *pages, whole_table = rows_of(found)
    grown = {row.page: row.buffers for row in pages if row.exponent > MOST_GROWTH}
    assert grown == {}
    assert whole_table.exponent > 0.8, "or nothing is measured"
    assert Rating.objects.count() > LARGE
    assert "| Today |" in in_words(found)


@pytest.mark.postgres
@pytest.mark.usefixtures("as_application")
def test_whose_rows_somebody_sees_is_neither_planned_anew_nor_looked_up_one_by_one(dana, sam, live_through):
    for number in range(12):
        live_through(make_episode(dana, f"Case {number}"), [3])
    Colleagues().fill_to(SMALL)
    analyse()
    for person in (dana, sam):
        with acting.acting_as(acting.member(person.user_id)):
            questions = ["SELECT alliance_sight('all')"] * 2 + ["SELECT alliance_sight_of_clients()"] * 2
            _first, of_cases, _third, of_clients = map(buffers_of, questions)
        assert 0 < of_cases < MOST_BUFFERS and 0 < of_clients < MOST_BUFFERS, (of_cases, of_clients)


@pytest.mark.postgres
def test_what_is_written_while_it_is_measured_is_written_once(juniper):
    with measured() as cost:
        juniper.end_planned = None
        juniper.save()
        list(Rating.objects.all())
    assert [sql.split()[0] for sql, _buffers in cost.asked] == ["UPDATE", "SELECT"]
    assert cost.buffers > 0


def test_the_exponent_is_that_of_the_growth():
    sizes = [Size(size, [_page(2 * size), _page(7)], [_page(3 * size), _page(7)], 1, 1) for size in (100, 10_000)]
    assert [round(row.exponent, 6) for row in rows_of(sizes)] == [1, 0]
    assert [row.secured for row in rows_of(sizes)] == [1.5, 1]


def _page(buffers):
    return Measured("Page", Cost([("SELECT", buffers)]), 1)
