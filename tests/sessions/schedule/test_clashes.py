"""What is said before a session is logged over another one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from sessions.schedule.clashes import NeedsYes, check_free
from sessions.schedule.times import Span
from tests.factories import editor_of, make_therapy_session

HOUR = timedelta(minutes=50)


@pytest.fixture
def planned(juniper, sorrel):
    """A session of Juniper's that began a few seconds after the minute, and one of Sorrel's at the same time."""
    start = timezone.now().replace(minute=5, second=59, microsecond=0) - timedelta(hours=5)
    make_therapy_session(sorrel, starts_at=start, ends_at=start + HOUR)
    return make_therapy_session(juniper, starts_at=start, ends_at=start + HOUR)


def test_to_the_time_that_it_was_planned_for_nobody_objects_though_forms_show_no_seconds(planned, juniper):
    start = planned.starts_at.replace(second=0)
    check_free(editor=editor_of(juniper), span=Span(start, start + HOUR), stood=planned, accepted=False)


@pytest.mark.parametrize("stands", [True, False])
def test_another_time_over_another_session_is_asked_about(planned, juniper, stands):
    start = planned.starts_at.replace(second=0) + timedelta(minutes=5)
    with pytest.raises(NeedsYes):
        check_free(
            editor=editor_of(juniper), span=Span(start, start + HOUR), stood=planned if stands else None, accepted=False
        )
