"""The tests on SQLite, whatever day it is."""

import re
import subprocess

import pytest
from django.conf import settings

DAYS = {
    "today": "+0",
    "tomorrow": "+1",
    "in forty days": "+40",
    "in a year and a month": "+400",
    "a leap day at night": "2028-02-29T23:40",
    "the day after": "2028-03-01T00:10",
    "two days after": "2028-03-02",
    "London goes forward": "2027-03-28T01:20",  # 02:20 there, and 01:30 did not exist
    "London goes back": "2027-10-31T00:30",  # 01:30 there, for the first time that night
    "London has gone back": "2027-10-31T01:20",  # 01:20 there, for the second time
    "New York goes forward": "2027-03-14T07:20",
    "New York goes back": "2027-11-07T05:30",
    "New York has gone back": "2027-11-07T06:20",
    "Auckland has gone back": "2027-04-03T14:20",  # the 4th there
    "Auckland goes forward": "2027-09-25T14:20",  # the 26th
    "the last minutes of a year": "2029-12-31T23:50",
    "a Sunday in 2040": "2040-08-05",
}


@pytest.mark.evidence
@pytest.mark.parametrize("day", DAYS)
def test_the_tests_pass_on_any_day(day, record_property):
    command = ["make", "test-sqlite", f"TEST_TODAY={DAYS[day]}"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)
    record_property(DAYS[day], "; ".join(re.findall(r"=+ (.* in .*) =+$", done.stdout, re.MULTILINE)))
    assert "clock: moved to" in done.stdout
    assert done.returncode == 0, done.stdout[-5000:]
