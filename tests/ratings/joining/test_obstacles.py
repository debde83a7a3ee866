"""What keeps two cases from being joined has words that say what it is."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from alliance.crypto import Sealed
from alliance.models import CaseJoin, Client, EmergencyAccess, Episode, ErasureRequest, LegalHold
from ratings.joining.moving import MOVED, OF_CASE, TRACKED
from ratings.joining.obstacles import IN_THE_WAY, STAYS, obstacle_between
from sessions.models import TherapySession
from tests.at_once import fresh
from tests.factories import days_ago, make_episode, make_supervision
from tests.ratings.joining.test_actions import join
from tests.ratings.joining.test_moving import double, kept  # noqa: F401 -- fixtures
from tests.ratings.meetings.conftest import adviser, write  # noqa: F401 -- fixtures


@pytest.mark.sqlite
def test_every_kind_of_row_comes_along_stays_or_has_words():
    known = {model.__name__ for model in (*MOVED, *TRACKED, *OF_CASE, *STAYS, TherapySession)}
    named = set().union(*(names for _words, names in IN_THE_WAY))
    about = {
        model.__name__
        for model in apps.get_models()
        if any(field.related_model in (Client, Episode) for field in model._meta.concrete_fields)
    }
    assert about - known - named == set()


def test_a_request_to_erase_that_was_taken_back_keeps_nobody_apart(mona, kept, double):  # noqa: F811 -- fixtures
    then = {"asked_at": days_ago(300), "taken_back_at": days_ago(299)}
    ErasureRequest.objects.create(client=double.client, reason="asked", asked_by=mona, **then)
    assert obstacle_between(kept, double) == ""


def test_an_opening_in_an_emergency_that_is_over_is_called_so(mona, kept, double):  # noqa: F811 -- fixtures
    then = timezone.now() - timedelta(days=30)
    reason = Sealed("Away.", double.client.data_key)
    EmergencyAccess.objects.create(
        episode=double, reader=mona, reason=reason, starts_at=then, ends_at=then + timedelta(hours=1)
    )
    assert "has an opening in an emergency on record, which" in obstacle_between(kept, double)


def test_a_supervisor_of_its_own_who_read_it_until_lately_is_called_so(sam, kept, double):  # noqa: F811 -- fixtures
    make_supervision(sam, episode=double, ends_at=days_ago(1))
    assert "has a supervisor, a cover or another reader of its own, now or before, which" in obstacle_between(
        kept, double
    )
    assert obstacle_between(double, kept) == "", "it can stay: nobody reads it by that any more"


@pytest.mark.parametrize(
    ("readers", "is_told"),
    [(("both", "both"), True), (("supervisor", "both"), False), (("supervisor", "supervisor"), False)],
)
def test_a_meeting_is_told_of_where_the_therapist_reads_what_it_wrote_about_both(
    kept, double, write, readers, is_told  # noqa: F811 -- fixtures
):  # fmt: skip
    for case, reader in zip((kept, double), readers, strict=True):
        write(case, note="Is she safe with him?", reader=reader)
    assert ("supervision" in obstacle_between(kept, double)) == is_told


def test_what_only_a_supervisor_reads_is_in_the_words_of_a_colleagues_case(
    noor, kept, double, write  # noqa: F811 -- fixtures
):  # fmt: skip
    for case in (kept, double):
        write(case, note="Is she safe with him?", reader="supervisor")
    of_a_note = obstacle_between(kept, double)
    make_episode(noor, client=double.client)
    assert of_a_note == obstacle_between(kept, double) != ""


def test_who_cannot_put_a_case_away_is_told_to_keep_it(mona, kept, double):  # noqa: F811 -- fixtures
    LegalHold.objects.create(client=double.client, reason=Sealed("Asked.", double.client.data_key), placed_by=mona)
    assert "a legal hold, which cannot come along. Let that case be the one that stays" in obstacle_between(
        kept, double
    )
    assert obstacle_between(double, kept) == "", "and that can be done"


def test_nobody_is_told_to_keep_a_case_that_cannot_be_the_one_that_stays(dana, sam, mona, kept, double):  # noqa: F811 -- fixtures
    for case in (kept, double):
        LegalHold.objects.create(client=case.client, reason=Sealed("Asked.", case.client.data_key), placed_by=mona)
    apart = "cannot come along. So the two stay apart."
    assert apart in obstacle_between(kept, double) and apart in obstacle_between(double, kept)
    LegalHold.objects.filter(client=kept.client).delete()
    own = make_supervision(sam, episode=double)
    assert apart in obstacle_between(kept, double), "nor one with a reader of its own"
    own.delete()
    third = make_episode(dana, "Juniper")
    came_in = CaseJoin.objects.create(episode=kept, joined=third, began_at=kept.starts_at, joined_by=dana)
    assert apart in obstacle_between(kept, double), "and one that another came into cannot be put away"
    came_in.delete()
    Episode.objects.filter(pk=double.pk).update(ends_at=days_ago(1), end_reason="completed")
    assert apart in obstacle_between(kept, Episode.objects.get(pk=double.pk)), "one that has ended cannot stay either"


def test_another_case_of_a_record_that_is_one_with_a_third_does_not_come_along(dana, kept, double):  # noqa: F811 -- fixtures
    """So no pause is forgotten, and no consent stands, that the third has otherwise."""
    join(fresh(double), fresh(make_episode(dana, "Juniper", starts_at=days_ago(90))))
    other = make_episode(dana, client=double.client, ends_at=timezone.now(), end_reason="other")
    assert "has an earlier therapy, which" in obstacle_between(fresh(kept), fresh(other))
