"""A link that is made at the same moment as two cases are joined shows nothing of the other one."""

from datetime import time

import pytest
from django.core import mail
from django.db import transaction

from alliance.access import Denied
from alliance.crypto import Sealed
from ratings.check_in import links
from ratings.delivery import schedule, send
from ratings.joining.actions import join_cases, part_cases
from ratings.models import CheckIn, ClientLink
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


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_none_is_made_to_a_check_in_that_goes_back_meanwhile(kept, double):  # noqa: F811 -- fixtures
    done = join(kept, double)
    check_in = CheckIn.objects.filter(episode=kept, therapy_session__code__in=done.moved, ratings=None).latest("pk")
    with AtOnce() as at_once:
        with transaction.atomic():
            part_cases(editor=editor_of(fresh(kept)), join=done)
            editor = editor_of(fresh(kept))
            at_once.start(lambda: links.mint_check_in_link(check_in=check_in, editor=editor, channel="screen"))
        with pytest.raises(Denied):
            at_once.result()
    assert not ClientLink.objects.filter(check_in=check_in).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_no_message_about_a_session_that_goes_back_meanwhile_is_sent_to_the_other(kept, double):  # noqa: F811 -- fixtures
    for episode, email in ((kept, "first@example.org"), (double, "second@example.org")):
        client = episode.client
        client.email = Sealed(email, client.data_key)
        client.save()
        client.consents.create(purpose="email", text_version="2026-11")
    practice = kept.client.practice
    practice.live_at, practice.quiet_from, practice.quiet_to = kept.starts_at, time(0), time(0)
    practice.crisis_phone, practice.emergency_phone = "01632 960 117", "112"
    practice.save()
    asked = CheckIn.objects.filter(episode=double, ratings=None).latest("pk")
    schedule.add_first(asked)
    done = join(fresh(kept), fresh(double))
    delivery = asked.deliveries.get()
    send.claim(delivery.pk)
    with AtOnce() as at_once:
        with transaction.atomic():
            part_cases(editor=editor_of(fresh(kept)), join=done)
            at_once.start(lambda: send._deliver(delivery.pk, mail.get_connection()))
        at_once.result()
    send.send_due()
    assert [message.to for message in mail.outbox] == [["second@example.org"]]
    assert ClientLink.objects.filter(check_in=asked).values_list("client", flat=True).get() == double.client_id
