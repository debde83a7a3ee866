"""Two clients of one name, in the lists that somebody chooses a client from."""

from datetime import UTC, datetime

import time_machine

from ratings.cases.apart import names_apart
from ratings.record.forms import SessionRefileForm
from ratings.week.forms import PlanForm
from ratings.week.week import plannable_episodes
from tests.factories import make_episode


@time_machine.travel(datetime(2026, 11, 30, 12, tzinfo=UTC))
def test_two_of_one_name_are_told_apart_wherever_one_is_chosen(dana):
    first, second = (make_episode(dana, "Teasel", starts_at=datetime(2026, 10, at, 9, tzinfo=UTC)) for at in (5, 6))
    alone = make_episode(dana, "Fern")
    cases = [first, second, alone]
    labels = {
        str(first.code): f"Teasel, since 5 October, case {first.short_code}",
        str(second.code): f"Teasel, since 6 October, case {second.short_code}",
        str(alone.code): "Fern",
    }
    assert names_apart(cases) == labels
    plan = PlanForm(cases=plannable_episodes(dana.user), user=dana.user)
    assert dict(plan.fields["case"].choices) == {"": "Choose"} | labels
    assert dict(SessionRefileForm(episodes=cases, filed_under=alone).fields["case"].choices) == labels
