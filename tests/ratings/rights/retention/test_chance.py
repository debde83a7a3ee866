"""What the list says that a rule erases now is what the run erases, in practices made by chance."""

from dataclasses import dataclass
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alliance.crypto import Sealed
from alliance.models import CaseJoin, Client, Erasure, LegalHold, RetentionRule
from ratings.rights.retention import due_records, erase_what_is_over, held_back, set_rule
from tests.factories import days_ago, make_client, make_episode

YEAR = 365.25
MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class Record:
    """A client's record: days since it was made, since each case of theirs ended, and since a hold was lifted."""

    here: float
    ended: tuple[float | None, ...]  # None: it goes on
    lifted: float | None  # None: no hold; 0: it stands
    one_with: str  # with the first case of the record before: "" never was, "joined" is, "parted" was until lately
    parted: float


AGO = (0.5, 40, 1.9 * YEAR, 2.1 * YEAR, 9 * YEAR)


def by_chance(chance):
    """Some records, most of them old and over."""
    return [
        Record(
            here=chance.choice(AGO),
            ended=tuple(
                chance.choice((*AGO, 3 * YEAR, 4 * YEAR, None)) for _case in range(chance.choice((0, 1, 1, 2)))
            ),
            lifted=chance.choice((None, None, None, 0, 0.5, 1.5)),
            one_with=chance.choice(("", "joined", "parted")),
            parted=chance.choice((0.5, 1.5)),
        )
        for _record in range(8)
    ]


def make(records, therapists, manager):
    before = None
    for number, record in enumerate(records):
        client = make_client(manager.practice, f"Client {number}", created_at=days_ago(record.here))
        cases = []
        for therapist, ended in zip(therapists, record.ended, strict=False):
            end = {} if ended is None else {"ends_at": days_ago(ended), "end_reason": "completed"}
            cases.append(make_episode(therapist, client=client, starts_at=days_ago(12 * YEAR), **end))
        if record.lifted is not None:
            lifted = {"lifted_by": manager, "lifted_at": days_ago(record.lifted)} if record.lifted else {}
            held = {"placed_by": manager, "placed_at": days_ago(30), "reason": Sealed("Asked.", client.data_key)}
            LegalHold.objects.create(client=client, **held, **lifted)
        if record.one_with and before and cases:
            by = {"joined_by": manager, "began_at": days_ago(900), "joined_at": days_ago(20)}
            if record.one_with == "parted":
                by |= {"parted_by": manager, "parted_at": days_ago(record.parted)}
            elif cases[0].ends_at is None or before.joined_into_id:
                continue  # who is put away has ended, and nothing is joined to what is put away
            else:
                cases[0].joined_into = before
                cases[0].save()
            CaseJoin.objects.create(episode=before, joined=cases[0], **by)
        before = cases[0] if cases else None


def codes(rows):
    return {str(row) for row in rows}


@pytest.mark.parametrize("years", [1, 2])
@MANY
@given(seed=st.integers(0, 2**32))
def test_the_run_erases_what_the_list_says_and_nothing_else(years, dana, noor, mona, seed):
    with transaction.atomic():
        make(by_chance(Random(seed)), (dana, noor), mona)
        shown = codes(row.client_code for row in due_records(mona.practice, years))
        together = codes(
            Client.objects.filter(episodes__joined_into__client__code__in=shown).values_list("code", flat=True)
        )
        held = held_back(mona.practice, years)
        all_of_them = codes(Client.objects.values_list("code", flat=True))
        rule = set_rule(by=mona, years=years)
        RetentionRule.objects.filter(pk=rule.pk).update(starts_at=days_ago(0.001))
        assert erase_what_is_over() == len(shown)
        assert codes(Client.objects.values_list("code", flat=True)) == all_of_them - shown - together
        assert set(Erasure.objects.values_list("client_code", flat=True)) == shown | together
        assert (due_records(mona.practice, years), held_back(mona.practice, years)) == ([], held)
        transaction.set_rollback(True)
