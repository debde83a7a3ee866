"""Nobody tells by the time of an answer whose address is known here: by the processor time within the process."""

import random
import time

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from tests.factories import make_member
from tests.signing_in import give_password

pytestmark = pytest.mark.evidence
N = 500  # of each kind
WITHIN = 0.05
PLANTED = 0.05  # of the mean time: a difference that has to be seen, or the times say nothing


def auc(some, others):
    """How often one of `some` is larger than one of `others`: one half where nothing tells them apart."""
    ranked = sorted([(value, 0) for value in others] + [(value, 1) for value in some])
    ranks = sum(rank for rank, (_value, is_some) in enumerate(ranked, 1) if is_some)
    return (ranks - len(some) * (len(some) + 1) / 2) / (len(some) * len(others))


def seconds(path, form):
    cache.clear()  # whoever tries often is refused
    browser = Client()
    with transaction.atomic():
        start = time.process_time()
        status = browser.post(path, form).status_code
        took = time.process_time() - start
        transaction.set_rollback(True)
    return status, took


ASKED = {
    "login": ("/accounts/login/", "login", {"password": "eight calm herons"}),
    "reset": ("/accounts/password/reset/", "email", {}),
}


@pytest.mark.parametrize("what", ASKED)
def test_an_answer_takes_as_long_for_an_address_that_nobody_has(what, millrace, settings, record_property):
    settings.ACCOUNT_MAIL_WAITS = True
    known = [give_password(make_member(millrace, f"{name} Berg")).user.email for name in ("Ida", "Ines", "Ivo")]
    path, field, more = ASKED[what]
    chance, took, statuses = random.Random(1), {True: [], False: []}, set()
    kinds = [True, False] * N
    chance.shuffle(kinds)
    for is_known in [True, False] * 5 + kinds:  # the first ones, which load what all need, do not count
        address = chance.choice(known) if is_known else f"{chance.choice(('ida', 'ines', 'ivo'))}@mill-race.test"
        status, time_taken = seconds(path, {field: address} | more)
        statuses.add(status)
        took[is_known].append(time_taken)
    found = auc(took[True][5:], took[False][5:])
    record_property("AUC by processor time", round(found, 3))
    for kind, name in ((True, "known"), (False, "unknown")):
        record_property(f"milliseconds, {name}", round(1000 * sum(took[kind]) / len(took[kind]), 2))
    planted = PLANTED * sum(took[True][5:]) / N
    seen = auc([one + planted for one in took[True][5:]], took[False][5:])
    record_property(f"AUC with {PLANTED:.0%} planted", round(seen, 3))
    assert len(statuses) == 1
    assert seen - found > WITHIN, (seen, found)
    assert abs(found - 0.5) <= WITHIN, found
