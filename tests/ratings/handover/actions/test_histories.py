"""Whatever happens to people and cases: no open case is lost, and sight is what a slow count by hand says."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alliance import access
from alliance.access import Denied, NotVisible, check_edit
from alliance.models import CaseOffer, Client, Cover, Episode, Membership, Supervision
from alliance.people.cover import arrange_cover, arrange_cover_of_all
from alliance.refusal import Refused
from alliance.scopes import open_without_therapist, own_episodes
from ratings.cases.actions import end_episode
from ratings.handover.actions import CaseOpened, Choice, What, hand_over, leave, reopen_episode, settle_cases, take_case
from tests.factories import days_ago, make_episode, make_member, make_supervision

STEPS = (
    *("cover", "cover-all", "hand-over", "end", "reopen"),
    *("leave", "role", "role-back", "settle", "take", "supervise", "past"),
)
NUMBER = st.integers(0, 7)
HISTORIES = st.lists(st.tuples(st.sampled_from(STEPS), NUMBER, NUMBER, NUMBER), min_size=1, max_size=9)


@pytest.fixture
def people(millrace, mona, sam):
    """Four therapists, one of whom supervises too, a supervisor and a manager; six cases of three clients each two."""
    therapists = [make_member(millrace, name) for name in ("Ada", "Bo", "Cy")]
    therapists.append(make_member(millrace, "Di", "therapist supervisor"))
    for number in range(6):
        make_episode(therapists[number % 4], f"Client {number}")
    return [*therapists, sam]


@contextmanager
def taken_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def take_step(step, people, mona, first, second, third):
    """One thing that somebody does; what a rule refuses has no effect."""
    member = Membership.objects.get(pk=people[first % 5].pk)
    other = Membership.objects.get(pk=people[second % 5].pk)
    episodes = list(Episode.objects.order_by("pk"))
    episode = episodes[third % len(episodes)]
    days = {"starts_at": days_ago(third - 3), "ends_at": days_ago(second - 6)}
    try:
        with transaction.atomic():
            if step == "cover":
                arrange_cover(right=check_edit(episode.therapist.user, episode), covering=other, **days)
            elif step == "cover-all":
                arrange_cover_of_all(therapist=member, covering=other, **days)
            elif step == "hand-over":
                hand_over(right=check_edit(episode.therapist.user, episode), to=other)
            elif step == "end":
                end_episode(editor=check_edit(episode.therapist.user, episode), reason="completed")
            elif step == "reopen":
                reopen_episode(editor=check_edit(episode.therapist.user, episode))
            elif step in ("leave", "role"):
                choices = chosen(Episode.objects.filter(therapist=member, ends_at__isnull=True), other, third)
                at = days_ago(-3) if step == "leave" and first > 4 else None
                leave(membership=member, by=mona, choices=choices, at=at, as_therapist_only=step == "role")
            elif step == "settle":
                settle_cases(by=mona, choices=chosen(open_without_therapist(), other, third))
            elif step == "take" and CaseOffer.objects.waiting().exists():
                CaseOffer.objects.waiting().update(opens_at=just_now())
                offer = CaseOffer.objects.waiting().first()
                take_case(offer=offer, user=offer.to.user)
            elif step == "role-back":
                Membership.objects.filter(pk=member.pk).update(is_therapist=True)
            elif step == "supervise" and other != people[4] and not other.supervisions_received.exists():
                make_supervision(people[4], therapist=other)
            elif step == "past":  # the days go by: what was to come has come
                Membership.objects.filter(ends_at__gt=timezone.now()).update(ends_at=just_now())
                Cover.objects.filter(ends_at__gt=timezone.now(), starts_at__lt=just_now()).update(ends_at=just_now())
    except (Refused, Denied, NotVisible, CaseOpened):
        pass


def just_now():
    return timezone.now() - timedelta(seconds=1)


def chosen(episodes, other, third):
    what = list(What)[third % 3]
    return [Choice(episode.code, what, other, days_ago(-4)) for episode in episodes]


def holds(row, now):
    return row.starts_at <= now and (row.ends_at is None or row.ends_at > now)


def works_on(user, episode, now):
    """Whether the user is the therapist of the episode or covers it, counted by hand."""
    therapist = episode.therapist
    if therapist.user == user and therapist.is_therapist and holds(therapist, now):
        return True
    return episode.ends_at is None and any(
        cover.covering.user == user
        and cover.covering.is_therapist
        and holds(cover.covering, now)
        and holds(cover, now)
        and cover.taken_back_at is None
        and (cover.episode_id == episode.pk or cover.therapist_id == episode.therapist_id)
        for cover in Cover.objects.select_related("covering__user")
    )


def supervises(user, episode, now):
    return episode.therapist.user != user and any(
        supervision.supervisor.user == user
        and supervision.supervisor.is_supervisor
        and holds(supervision, now)
        and holds(supervision.supervisor, now)
        and supervision.therapist_id == episode.therapist_id
        for supervision in Supervision.objects.select_related("supervisor__user")
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES)
def test_no_case_is_lost_and_sight_is_what_it_should_be(people, mona, history):
    with taken_back():
        for step, *numbers in history:
            had_open = set(Client.objects.filter(episodes__ends_at__isnull=True).values_list("pk", flat=True))
            take_step(step, people, mona, *numbers)
            have_open = set(Client.objects.filter(episodes__ends_at__isnull=True).values_list("pk", flat=True))
            if step in ("cover", "cover-all", "hand-over", "reopen", "role-back", "supervise", "past", "take"):
                assert had_open <= have_open
        now = timezone.now()
        episodes = list(Episode.objects.select_related("therapist__user"))
        listed = set(open_without_therapist())
        users = [member.user for member in people]
        for episode in episodes:
            responsible = any(works_on(user, episode, now) for user in users)
            assert access.is_in_hands(episode) is responsible
            if episode.ends_at is None:
                assert responsible or episode in listed
        for user in users:
            mine = {episode for episode in episodes if works_on(user, episode, now)}
            assert set(own_episodes(user)) == mine
            overseen = {episode for episode in episodes if supervises(user, episode, now)}
            assert set(Episode.objects.visible_to(user)) == mine | overseen
        assert not Episode.objects.visible_to(mona.user).exists()
