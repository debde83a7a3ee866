"""Days as files have them, and the order in which one file writes them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.cells.days import DateOrder, FileDates, NoDay, day_in, file_dates, instant_in

DAY, MONTH = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST
SEVENTH = date(2025, 1, 7)


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-07", " 2025-01-07 ", "2025-1-7", "2025/01/07", "2025-01-07 00:00", "2025-01-07 00:00:00",
        "2025-01-07T00:00:00", "2025-01-07T00:00:00Z", "2025-01-07T00:00:00.000Z", "2025-01-07 00:00:00+00:00",
        "2025-01-07T00:00:00+0100", "2025-01-07 00:00:00 UTC", "2025-01-07 0:00",
        "2025-01-07 00:00:00+01", "2025-01-07T00:00:00-05", "2025-01-07 00:00:00 GMT", "2025-01-07 00:00 gmt",
        "2025-01-07 00:00:00.0000000 +01:00",
    ],
)  # fmt: skip
def test_a_day_may_have_midnight_behind_it(text):
    assert day_in(text, None) == day_in(text, DAY) == day_in(text, MONTH) == SEVENTH


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("07.01.2025", DAY), ("7.1.2025", DAY), ("07. 01. 2025", DAY), ("07/01/2025", DAY), ("07-01-2025", DAY),
        ("07.01.2025 00:00:00", DAY), ("07.01.2025 00:00", DAY), ("01/07/2025", MONTH), ("1/7/2025", MONTH),
        ("1/7/2025 12:00:00 AM", MONTH), ("1/7/2025 0:00", MONTH),
    ],
)  # fmt: skip
def test_day_and_month_are_read_in_the_order_of_the_file(text, order):
    assert day_in(text, order) == SEVENTH


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2025-02-30", NoDay.UNREADABLE), ("31.02.2025", NoDay.UNREADABLE), ("7 Jan 2025", NoDay.UNREADABLE),
        ("2025-01/07", NoDay.UNREADABLE), ("", NoDay.UNREADABLE), ("0000-01-01", NoDay.UNREADABLE),
        ("07.01.25", NoDay.SHORT_YEAR), ("1/7/25 0:00", NoDay.SHORT_YEAR),
        ("45664", NoDay.SERIAL), ("45664.0", NoDay.SERIAL),
        ("2025-01-07 14:30", NoDay.HAS_TIME), ("2025-01-07T23:00:00Z", NoDay.HAS_TIME),
        ("07.01.2025 9:15", NoDay.HAS_TIME),
        ("1/7/2025 12:00:00 PM", NoDay.HAS_TIME),
    ],
)  # fmt: skip
def test_what_is_no_day_says_why(text, why):
    assert day_in(text, DAY) is why


NINE = datetime(2026, 3, 14, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-14T09:00:00Z", "2026-03-14 09:00", "2026-03-14 09:00:00", "2026-03-14T09:00:00.000Z",
        "2026-03-14 10:00:00+01", "2026-03-14T10:00:00+0100", "2026-03-14 10:00:00 +01:00", "2026-03-14 09:00:00 GMT",
        "2026-03-14 09:00:00 UTC", "2026-03-14T09:00:00GMT", "2026-03-14 09:00:00.000000000+00:00",
        " 2026-03-14T09:00z", "2026-03-14 04:00:00-05", "2026-03-14 09:00:00,0",
    ],
)  # fmt: skip
def test_an_instant_is_the_same_whichever_program_wrote_it(text):
    assert instant_in(text) == NINE


@pytest.mark.parametrize(
    "text",
    ["", "2026-03-14", "2026-03-14 09", "2026-02-30 09:00", "2026-03-14 25:00", "2026-03-14 09:00 CET",
     "2026-03-14 09:00+99", "2026-03-14 09:00 AM", "14.03.2026 09:00", "2026-03-14T09:00Z0"],
)  # fmt: skip
def test_what_is_no_instant_is_not_read_as_one(text):
    assert instant_in(text) is None


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["2025-01-07", ""], FileDates(None)),
        (["03.05.2025"], FileDates(DAY)),
        (["03/05/2025", "31/05/2025"], FileDates(DAY)),
        (["03/05/2025", "05/31/2025", "2025-01-01"], FileDates(MONTH)),
        (["03/05/2025", "04/05/2025"], FileDates(is_asked=True)),
        (["03-05-2025"], FileDates(is_asked=True)),
        (["05/05/2025", "06/06/2025"], FileDates(DAY)),
        (["03/05/2025", "31.05.2025"], FileDates(DAY)),
        (["31/05/2025", "03/05/2025", "05/31/2025"], FileDates(clash=(2, 4))),
        (["12/31/2025 12:00:00 AM"], FileDates(MONTH)),
    ],
)
def test_one_sure_date_decides_for_the_whole_file(texts, found):
    assert file_dates(enumerate(texts, start=2)) == found


@given(
    st.lists(st.dates(date(2000, 1, 1), date(2030, 12, 31)), min_size=1),
    st.sampled_from(["{2}.{1}.{0}", "{2}/{1}/{0}", "{1}/{2}/{0}", "{0}-{1}-{2}"]),
)
def test_whatever_a_file_writes_is_read_as_it_was_meant_or_asked(days, pattern):
    texts = [pattern.format(day.year, f"{day.month:02}", f"{day.day:02}") for day in days]
    found = file_dates(enumerate(texts))
    assert found.clash is None
    order = found.order or (MONTH if pattern.startswith("{1}") else DAY)
    assert [day_in(text, order) for text in texts] == days
    assert not (found.is_asked and any(day.day > 12 for day in days))


@given(st.text(max_size=25), st.sampled_from([None, DAY, MONTH]))
def test_any_text_is_a_day_or_a_reason(text, order):
    assert isinstance(day_in(text, order), date | NoDay)
    assert instant_in(text) is None or instant_in(text).tzinfo
