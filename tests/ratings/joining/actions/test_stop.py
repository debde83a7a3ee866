"""What a client stops around a joining is stopped in both records, by whatever link or page they say it."""

from contextlib import ExitStack, suppress

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from alliance.access import NotVisible
from alliance.clients.actions import (
    change_client,
    change_preferences,
    choose_check_ins,
    decide_by_link,
    renew_consent,
    settle_consent,
)
from alliance.models import AuditEvent, Client, Erasure
from alliance.refusal import Refused
from ratings.check_in import links
from ratings.joining.actions import join_cases, part_cases
from ratings.models import ClientLink
from ratings.rights.erase import erase_client
from tests.at_once import AtOnce, fresh
from tests.factories import editor_of, make_episode, make_member
from tests.ratings.joining.test_actions import join
from tests.ratings.joining.test_moving import double, kept  # noqa: F401 -- fixtures


def agree(*episodes, purpose="email"):
    for episode in episodes:
        episode.client.consents.create(purpose=purpose, text_version="2026-11")


def holds(episode, purpose="email"):
    return episode.client.consents.filter(purpose=purpose, withdrawn_at=None).exists()


@pytest.fixture
def page(double):  # noqa: F811 -- fixtures
    """The client as the page of an old link has read them."""
    link = links.mint_preferences_link(double.client)

    def read():
        return links.live_link(link, ClientLink.LinkKind.PREFERENCES).client

    return read


def test_a_page_from_before_that_is_sent_afterwards_stops_the_messages_of_who_stays(kept, double, page):  # noqa: F811 -- fixtures
    agree(kept, double)
    opened = page()
    join(kept, double)
    change_preferences(client=opened, gets_email=False)
    assert not holds(kept)


def test_a_page_from_before_pauses_who_stays(kept, double, page):  # noqa: F811 -- fixtures
    opened = page()
    join(kept, double)
    until = double.starts_at.replace(year=2100)
    assert change_preferences(client=opened, gets_email=True, paused_until=until) == kept.client
    kept.client.refresh_from_db()
    assert kept.client.paused_until == until


def test_what_is_taken_back_on_a_page_from_before_is_so_for_who_stays(kept, double, page):  # noqa: F811 -- fixtures
    opened = page()
    join(kept, double)
    decide_by_link(client=opened, purpose="check_in", agrees=False)
    assert not holds(kept, "check_in")


def test_a_yes_on_a_page_from_before_is_one_of_who_stays(kept, double, page):  # noqa: F811 -- fixtures
    opened = page()
    join(kept, double)
    change_preferences(client=opened, gets_email=True)
    assert (holds(kept), holds(double)) == (True, False)


def test_a_stop_counts_for_who_was_put_away_also_where_the_other_never_agreed(client, kept, double):  # noqa: F811 -- fixtures
    agree(double)
    link = links.mint_preferences_link(double.client)
    done = join(kept, double)
    client.post(reverse("links:preferences", args=[link]), {"choice": "stop"})
    part_cases(editor=editor_of(fresh(kept)), join=done)
    assert not holds(double)


def test_each_consent_that_ends_is_on_record(kept, double):  # noqa: F811 -- fixtures
    agree(kept, double)
    join(kept, double)
    settle_consent(client=kept.client, purpose="email", given=False)
    codes = [str(one.client.consents.get(purpose="email").code) for one in (kept, double)]
    assert AuditEvent.objects.filter(verb="ended", subject_code__in=codes).count() == 2


def test_a_stop_after_the_two_were_parted_leaves_the_other_as_it_is(kept, double):  # noqa: F811 -- fixtures
    agree(kept, double)
    part_cases(editor=editor_of(kept), join=join(kept, double))
    settle_consent(client=kept.client, purpose="email", given=False)
    assert (holds(kept), holds(double)) == (False, True)


@pytest.fixture
def with_another(double):  # noqa: F811 -- fixtures
    """An ended case of the client who is put away: a file opened it while the two were one."""

    def open_it():
        return make_episode(double.therapist, client=double.client, ends_at=timezone.now(), end_reason="other")

    return open_it


def test_a_yes_in_another_case_of_theirs_is_their_own(kept, double, with_another):  # noqa: F811 -- fixtures
    join(kept, double)
    with_another()
    settle_consent(client=double.client, purpose="email", given=True)
    assert (holds(kept), holds(double)) == (False, True)


def test_a_no_in_another_case_of_theirs_holds_for_both(kept, double, with_another):  # noqa: F811 -- fixtures
    agree(kept, double)
    join(kept, double)
    with_another()
    settle_consent(client=double.client, purpose="email", given=False)
    assert (holds(kept), holds(double)) == (False, False)


def test_a_no_in_another_case_of_theirs_holds_for_a_third_record_too(kept, double, with_another, dana):  # noqa: F811 -- fixtures
    third = make_episode(dana, "Juniper", starts_at=kept.starts_at)
    agree(kept, double, third)
    for case in (double, third):
        join(fresh(kept), fresh(case))
    with_another()
    settle_consent(client=double.client, purpose="email", given=False)
    assert not holds(third)


@pytest.mark.parametrize("is_parted", [False, True])
def test_who_agrees_to_a_new_wording_takes_nothing_back_in_the_other_record(is_parted, kept, double):  # noqa: F811 -- fixtures
    agree(kept, double)
    done = join(kept, double)
    renew_consent(client=kept.client, purpose="email")
    assert kept.client.consents.filter(purpose="email").count() == 2
    if is_parted:
        part_cases(editor=editor_of(fresh(kept)), join=done)
    assert holds(kept) and holds(double)


def test_who_takes_a_new_wording_back_later_does_so_in_both(kept, double):  # noqa: F811 -- fixtures
    agree(kept)
    done = join(kept, double)
    renew_consent(client=kept.client, purpose="email")
    settle_consent(client=kept.client, purpose="email", given=False)
    agree(double)
    part_cases(editor=editor_of(fresh(kept)), join=done)
    assert not holds(double)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_stop_at_the_same_moment_keeps_the_two_apart(kept, double):  # noqa: F811 -- fixtures
    agree(kept, double)
    with AtOnce() as at_once:
        with transaction.atomic():
            change_preferences(client=Client.objects.get(pk=double.client_id), gets_email=False)
            at_once.start(lambda: join_cases(kept=editor_of(fresh(kept)), joined=editor_of(fresh(double))))
        with pytest.raises(Refused, match="took back a consent"):
            at_once.result()


def choose(editor):
    choose_check_ins(
        editor=editor, check_in_form="short", asks_about_fit=False, ticked=set(), was_ticked={"check_in"}
    )  # fmt: skip


def change(editor):
    change_client(
        editor=editor, email="", phone="", zone="", check_in_delay_minutes=0, therapist_may_be_named=False,
        agrees_to_email=False, was_shown_agreed=True,
    )  # fmt: skip


def renew(editor):
    renew_consent(client=editor.episode.client, purpose="email")


def stop(case):
    """By an old link of the record."""
    return change_preferences(client=Client.objects.get(pk=case.client_id), gets_email=False)


def done_after(first, *deeds):
    """Each deed runs at once up to where it waits for what `first` has locked; then all of them go on."""
    with ExitStack() as stack:
        others = [stack.enter_context(AtOnce()) for _deed in deeds]
        with transaction.atomic():
            first()
            for other, deed in zip(others, deeds, strict=True):
                other.start(deed)
        for other in others:
            other.result()


def holding(case):
    return lambda: Client.objects.select_for_update(no_key=True).get(pk=case.client_id)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_stop_first", [True, False])
def test_a_stop_and_an_erasure_at_the_same_moment_do_not_deadlock(is_stop_first, kept, double, mona, millrace):  # noqa: F811 -- fixtures
    ida = make_member(millrace, "Ida Berg", "manager")
    join(kept, double)

    def erase():
        stays = Client.objects.select_related("practice__data_key", "data_key").get(pk=kept.client_id)
        erase_client(client=stays, reason=Erasure.Reason.ASKED, asked_by=mona, agreed_by=ida)

    def stop_if_there():
        with suppress(NotVisible):
            stop(double)

    deeds = [stop_if_there, erase]
    done_after(holding(double), *(deeds if is_stop_first else reversed(deeds)))
    assert not Client.objects.filter(pk__in=[kept.client_id, double.client_id]).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", [choose, change, renew])
@pytest.mark.parametrize("row", ["kept", "double"])
def test_a_stop_by_an_old_link_and_a_write_about_who_stays_do_not_deadlock(row, write, kept, double):  # noqa: F811 -- fixtures
    agree(kept, double)
    join(kept, double)
    editor = editor_of(fresh(kept))
    done_after(holding({"kept": kept, "double": double}[row]), lambda: write(editor), lambda: stop(double))
    assert not holds(double)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_stops_by_the_old_links_of_two_that_were_put_away_do_not_deadlock(kept, double, dana):  # noqa: F811 -- fixtures
    third = make_episode(dana, "Juniper", starts_at=kept.starts_at)
    agree(kept, double, third)
    for case in (double, third):
        join(fresh(kept), fresh(case))
    done_after(holding(third), lambda: stop(third), lambda: stop(double))
    assert not holds(kept)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_stops_that_waited_for_a_joining_do_not_deadlock(kept, double, dana):  # noqa: F811 -- fixtures
    """One by the link of who comes in, one by that of who came in before: each had locked what was one before."""
    third = make_episode(dana, "Juniper", starts_at=kept.starts_at)
    agree(kept, double, third)
    join(fresh(kept), fresh(third))
    done_after(lambda: join(fresh(kept), fresh(double)), lambda: stop(double), lambda: stop(third))
    assert not any(map(holds, (kept, double, third)))
