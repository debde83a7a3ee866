"""Due times in every zone, around every clock change of three years, by quarters of an hour."""

from zoneinfo import available_timezones

import pytest

from tests.ratings.delivery import clocks
from tests.ratings.delivery.test_quiet_hours import compare


@pytest.mark.evidence
def test_due_times_agree_in_every_zone(record_property):
    names = sorted(name for name in available_timezones() if name != "localtime")
    looked_at = {name: compare(name, 15 * clocks.MINUTE) for name in names}
    record_property("zones", len(names))
    record_property("zones that change their clocks", sum(len(clocks.stretches(name)) > 1 for name in names))
    record_property("instants compared, differences 0", sum(looked_at.values()))
