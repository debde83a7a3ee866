"""Which events of the audit are told of a case, which lines they make, and which of them an erasure keeps."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.utils import timezone

from alliance.models import AuditEvent, CaseJoin, Episode, KeptLook
from ratings.models import CheckIn, InstrumentText
from ratings.rights.looked import Looks, by_person_and_day, drop_old_looks, keep_looks, who_looked
from tests.factories import days_ago, make_episode, make_therapy_session


def looked(at, what, by=None, verb="read", subject="episode"):
    """Somebody looked at what has this code; the key of the event."""
    who = str(by.user.code) if by else ""
    code = str(getattr(what, "code", what))
    return AuditEvent.objects.create(
        subject_type=subject, subject_code=code, actor_code=who, verb=verb, at=days_ago(at)
    ).pk


def one_for_a_time(episode, joined, **fields):
    """Two cases that were one from six days ago until three days ago."""
    times = {"joined_at": days_ago(6), "parted_at": days_ago(3), "began_at": days_ago(9)}
    by = episode.therapist
    return CaseJoin.objects.create(episode=episode, joined=joined, joined_by=by, **(times | fields))


def told(episode):
    return [one.key for one in who_looked(episode)]


@pytest.fixture
def wren(dana):
    return make_episode(dana, "Wren")


# --- What is told of a case -------------------------------------------------------------------------------------------


def test_the_last_month_is_told_the_newest_first_and_of_one_instant_the_later_first(juniper, sorrel):
    looked(31, juniper)
    keys = [looked(at, juniper) for at in (29, 2, 3)]
    looked(1, sorrel)
    looked(1, juniper, verb="changed")
    with time_machine.travel(timezone.now(), tick=False):
        keys += [looked(1, juniper), looked(1, juniper.client, subject="client")]
    assert told(juniper) == [keys[4], keys[3], keys[1], keys[2], keys[0]]


def test_what_is_in_a_case_is_told_by_its_own_code(juniper, sorrel):
    key = looked(1, make_therapy_session(juniper), subject="therapysession")
    looked(1, make_therapy_session(sorrel), subject="therapysession")
    assert told(juniper) == [key]


def test_a_check_in_is_told_with_the_session_that_went_on_since(instruments, juniper, sorrel, wren):
    moved = make_therapy_session(wren)
    text = InstrumentText.objects.filter(instrument__key="alliance-6", language="en").get()
    check_in = CheckIn.objects.create(episode=wren, therapy_session=moved, text=text)
    one_for_a_time(juniper, sorrel, moved=[str(moved.code)])
    key = looked(4, check_in, subject="checkin")
    assert told(juniper) == [key]


def test_a_case_that_stands_in_it_is_told_by_its_own_codes(juniper, sorrel, wren):
    Episode.objects.filter(pk=sorrel.pk).update(joined_into=juniper)
    keys = [looked(2, sorrel), looked(1, sorrel.client, subject="client")]
    looked(1, wren)
    assert told(juniper) == keys[::-1]
    assert told(wren) != told(juniper)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_that_were_one_what_was_looked_at_then_is_told_of_both(order, juniper, sorrel, wren):
    pair = (juniper, sorrel)
    one_for_a_time(*(pair[place] for place in order))
    looked(7, sorrel)
    key = looked(4, sorrel)
    after = looked(2, sorrel)
    assert told(juniper) == [key]
    assert told(sorrel)[:2] == [after, key], "each once"
    assert len(told(sorrel)) == 3
    assert told(wren) == []


def test_of_two_that_were_parted_more_than_a_month_ago_nothing_is_told_of_the_other(juniper, sorrel):
    one_for_a_time(juniper, sorrel, joined_at=days_ago(50), parted_at=days_ago(31))
    looked(40, sorrel)
    assert told(juniper) == []


def test_of_two_that_were_one_before_the_month_began_its_days_are_told(juniper, sorrel):
    one_for_a_time(juniper, sorrel, joined_at=days_ago(50))
    looked(35, sorrel)
    key = looked(4, sorrel)
    assert told(juniper) == [key]


def test_two_that_are_one_still_are_told_by_the_codes_of_both(juniper, sorrel):
    one_for_a_time(juniper, sorrel, parted_at=None)
    looked(4, sorrel)
    assert told(juniper) == [], "the join alone, without a case that stands in the other one"


def test_what_was_one_with_a_case_that_stands_in_it_by_now_is_told_too(juniper, sorrel, wren):
    one_for_a_time(sorrel, wren)
    Episode.objects.filter(pk=sorrel.pk).update(joined_into=juniper)
    key = looked(4, wren)
    assert told(juniper) == [key]


def test_of_two_that_were_one_what_came_along_and_what_hangs_on_its_sessions_is_told(juniper, sorrel, wren):
    moved, carried, other = (make_therapy_session(case) for case in (sorrel, wren, wren))
    join = one_for_a_time(juniper, sorrel, moved=[str(moved.code)], carried=[str(carried.code)])
    keys = [looked(4, row, subject="therapysession") for row in (moved, carried, other)]
    assert set(told(juniper)) == set(keys[:2])
    join.carried = None
    join.save()
    assert told(juniper) == keys[:1]


def test_what_came_along_with_a_case_that_stands_in_one_of_the_two_is_told(juniper, sorrel, wren):
    one_for_a_time(juniper, sorrel)
    carried = make_therapy_session(wren)
    standing = one_for_a_time(sorrel, wren, parted_at=None, carried=[str(carried.code)])
    key = looked(4, carried, subject="therapysession")
    assert told(juniper) == []
    CaseJoin.objects.filter(pk=standing.pk).update(joined=sorrel, episode=wren)
    assert told(juniper) == [key]
    CaseJoin.objects.filter(pk=standing.pk).update(parted_at=days_ago(5))
    assert told(juniper) == []


# --- The lines of it --------------------------------------------------------------------------------------------------


def at_once(*looks, zone="UTC"):
    """The lines that these make, each as (day, verb, how often)."""
    with timezone.override(zone):
        lines = by_person_and_day(looks)
        return [(timezone.localdate(line.first_at).day, line.who, line.did, len(line.events)) for line in lines]


def test_a_line_is_of_one_person_one_day_and_one_kind_and_strangers_stand_alone(juniper, dana, sam):
    with time_machine.travel(datetime(2026, 11, 24, 12, tzinfo=UTC)):
        for at, by, verb in ((0.1, dana, "read"), (0.2, dana, "read"), (0.3, dana, "denied"), (0.4, sam, "read")):
            looked(at, juniper, by, verb)
        for at in (0.6, 0.7):
            looked(at, juniper)
        looked(1.1, juniper, dana)
        found = who_looked(juniper)
    assert at_once(*found) == [
        (24, "Dana Whitlock", "opened", 2),
        (24, "Dana Whitlock", "was refused", 1),
        (24, "Sam Okafor", "opened", 1),
        (23, "", "opened", 1),
        (23, "", "opened", 1),
        (23, "Dana Whitlock", "opened", 1),
    ]


def test_the_day_is_that_of_the_place(juniper, dana):
    with time_machine.travel(datetime(2026, 11, 24, 12, tzinfo=UTC)):
        looked(0.1, juniper, dana)
        looked(0.51, juniper, dana)  # shortly before midnight of UTC
        found = who_looked(juniper)
    assert [len(at_once(*found, zone=zone)) for zone in ("UTC", "Europe/Berlin")] == [2, 1]


def test_a_line_says_from_when_to_when_and_whether_it_was_more_than_once(juniper, dana):
    newest, oldest = looked(1, juniper, dana), looked(1.001, juniper, dana)
    (line,) = by_person_and_day(who_looked(juniper))
    assert [one.key for one in line.events] == [newest, oldest]
    assert line.last_at > line.first_at and line.is_several
    assert not Looks(line.events[:1]).is_several


# --- What an erasure keeps --------------------------------------------------------------------------------------------


def kept():
    return set(KeptLook.objects.values_list("episode", "event_key"))


@pytest.mark.parametrize("goes", [0, 1])
def test_what_was_looked_at_in_one_that_goes_is_kept_for_the_one_that_stays(goes, juniper, sorrel, wren, millrace):
    pair = (juniper, sorrel)
    one_for_a_time(*pair)
    one_for_a_time(wren, make_episode(juniper.therapist, "Hazel"))
    looked(7, pair[goes])
    key = looked(4, pair[goes])
    looked(4, wren)
    for _again in range(2):
        keep_looks([pair[goes].pk], millrace)
        assert kept() == {(pair[1 - goes].pk, key)}


def test_nothing_is_kept_where_both_go_or_it_is_told_no_more(juniper, sorrel, millrace):
    one_for_a_time(juniper, sorrel)
    key = looked(4, sorrel)
    keep_looks([juniper.pk, sorrel.pk], millrace)
    assert kept() == set()
    CaseJoin.objects.update(joined_at=days_ago(50), parted_at=days_ago(31))
    looked(35, sorrel)
    keep_looks([sorrel.pk], millrace)
    assert kept() == set() and AuditEvent.objects.filter(pk=key).exists()


def test_a_kept_look_is_told_of_its_case_and_of_the_one_that_it_stands_in_for_a_month(juniper, sorrel, wren):
    keys = [looked(at, "of the erased") for at in (4, 31)]
    for key in keys:
        KeptLook.objects.create(episode=sorrel, event_key=key)
    assert (told(sorrel), told(juniper)) == (keys[:1], [])
    Episode.objects.filter(pk=sorrel.pk).update(joined_into=juniper)
    assert (told(juniper), told(wren)) == (keys[:1], [])
    drop_old_looks()
    assert kept() == {(sorrel.pk, keys[0])}
