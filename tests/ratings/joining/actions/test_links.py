"""A link that is made at the same moment as two cases are joined shows nothing of the other one."""

import pytest
from django.db import transaction

from alliance.access import Denied
from ratings.check_in import links
from ratings.joining.actions import join_cases
from ratings.models import ClientLink
from tests.at_once import AtOnce, fresh
from tests.factories import editor_of
from tests.ratings.joining.test_actions import join
from tests.ratings.joining.test_moving import double, kept  # noqa: F401 -- fixtures

MINTS = {ClientLink.LinkKind.COPY: links.mint_copy_link, ClientLink.LinkKind.HISTORY: links.mint_history_link}


@pytest.fixture(autouse=True)
def shown(kept, double):  # noqa: F811 -- fixtures
    practice = kept.client.practice
    practice.shows_history = True
    practice.save()
    for episode in (kept, double):
        episode.client.consents.create(purpose="history", text_version="2026-11")


@pytest.mark.parametrize("kind", MINTS)
def test_none_is_made_to_a_case_that_was_put_away_meanwhile(kind, kept, double):  # noqa: F811 -- fixtures
    waiting = editor_of(fresh(double))
    join(kept, double)
    with pytest.raises(Denied):
        MINTS[kind](editor=waiting)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", MINTS)
def test_one_that_was_made_first_has_ended(kind, kept, double):  # noqa: F811 -- fixtures
    with AtOnce() as at_once:
        with transaction.atomic():
            token = MINTS[kind](editor=editor_of(fresh(kept)))
            at_once.start(lambda: join_cases(kept=editor_of(fresh(kept)), joined=editor_of(fresh(double))))
        at_once.result()
    assert links.live_link(token, kind) is None
