"""A rupture of the time together points to no session of the other, once the two are parted."""

import pytest
from django.utils import timezone

from alliance.crypto import Sealed
from ratings.joining.parting import take_apart
from ratings.models import Rupture
from sessions.models import TherapySession
from tests.at_once import fresh
from tests.factories import days_ago
from tests.ratings.joining.test_actions import join
from tests.ratings.joining.test_moving import double, kept  # noqa: F401 -- fixtures

pytestmark = pytest.mark.usefixtures("as_application")  # on PostgreSQL: where the database filters too


@pytest.fixture
def one(kept, double):  # noqa: F811 -- fixtures
    """The two as one, with a session of each."""
    own, other = (TherapySession.objects.filter(episode=episode).latest("pk") for episode in (kept, double))
    done = join(kept, double)
    return done, own, other


def over(episode, **given):
    then = {"opened_at": days_ago(1), "closed_at": timezone.now()}
    return Rupture.objects.create(episode=episode, state="repaired", **then, **given)


def test_one_of_the_case_that_stays_forgets_that_it_was_over_in_a_session_of_the_other(kept, one):  # noqa: F811 -- fixtures
    done, own, other = one
    rupture = over(kept, opened_session=own, closed_session=other)
    take_apart(done)
    rupture.refresh_from_db()
    assert (rupture.episode, rupture.closed_session) == (kept, None)


def test_what_a_person_named_goes_along_and_opens_by_the_key_there(kept, double, one):  # noqa: F811 -- fixtures
    done, _own, other = one
    line = Sealed("He looked away.", kept.client.data_key)
    rupture = over(kept, opened_session=other, named_by=kept.therapist, named_line=line)
    take_apart(done)
    rupture.refresh_from_db()
    assert (rupture.episode, rupture.state) == (double, "repaired")
    assert rupture.named_line.open(fresh(double).client.data_key) == "He looked away."
