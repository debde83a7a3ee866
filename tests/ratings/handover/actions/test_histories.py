"""Whatever happens in a practice: no open case is lost, no answer is read by nobody, and sight is what a count by hand
says. All that happens goes through the actions of the pages; what a rule refuses has no effect."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import DateTimeField, F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alliance.access import Denied, NotVisible, check_log
from alliance.models import CaseOffer, Cover, Episode, Membership, Practice, SightAnswer, Supervision, User
from alliance.people.actions import add_member, end_assignment
from alliance.people.case_offers import answer_case_offer
from alliance.people.cover import end_cover
from alliance.people.role_actions import change_roles
from alliance.people.roles import MemberRole
from alliance.people.sight import answer_sight, assign_supervision
from alliance.refusal import Refused
from alliance.scopes import own_episodes, supervised_episodes, visible_episodes
from ratings.cases.actions import end_episode, log_session
from ratings.check_in.actions import AlreadyAnswered, NobodyReads, answer_check_in, mark_read
from ratings.check_in.carried import cases_with_something_before, read_carried
from ratings.check_in.unseen import is_new_to, own_answers
from ratings.handover.actions import (
    CaseOpened,
    Choice,
    What,
    cover_cases,
    hand_over,
    leave,
    reopen_episode,
    settle_cases,
    take_case,
)
from ratings.handover.leaving import cases_of, cases_without_therapist
from ratings.models import CheckIn, Rating
from sessions.schedule.clashes import NeedsYes
from tests.care_graphs import Graph, Stored, found, sight_of, supervised_of
from tests.courses import client_answers, consent
from tests.factories import days_ago, editor_of, make_episode, make_member
from tests.stored_care import stored_graph

NOTHING_HAPPENS = (Refused, Denied, NotVisible, CaseOpened, NeedsYes, NobodyReads, AlreadyAnswered)
ENDED_VISIBLE = 30  # days
APPEND_ONLY = ("AuditEvent", "AuditSeal", "Draw", "StrainVerdict", "UsefulVerdict")
NAMES = ("Ada", "Bo", "Di", "Sam", "Mona", "Max")
start_of_day = count()


@pytest.fixture
def practice(millrace, instruments):
    """Two therapists, one who supervises too, a supervisor, two managers, of whom one is a therapist.

    Each therapist has an open case and one that has just ended, both with an answer that is not read. One supervises
    all of them, another one is to supervise one case from tomorrow on.
    """
    millrace.ended_visible_days = ENDED_VISIBLE
    millrace.save()
    roles = ("therapist", "therapist", "therapist supervisor", "supervisor", "manager", "manager therapist")
    people = [make_member(millrace, name, held) for name, held in zip(NAMES, roles, strict=True)]
    for number in range(8):
        episode = make_episode(people[(0, 1, 2, 5)[number % 4]], f"Client {number}")
        consent(episode.client)
        answer_about_a_session(episode)
        if number >= 4:
            end_episode(editor=editor_of(episode), reason="completed")
    for therapist in (people[0], people[1], people[5]):
        assign_supervision(supervisor=people[3], therapist=therapist)
    assign_supervision(supervisor=people[2], episode=Episode.objects.earliest("pk"), by=people[4])
    accept_sight(Draw(millrace, 0, 0, 0))
    return millrace


@contextmanager
def taken_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- What happens -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Draw:
    """Three numbers, and what they choose of the practice as it is now."""

    practice: Practice
    first: int
    second: int
    third: int

    def member(self, number: int) -> Membership:
        """The newest place of one of the people, also one that is over."""
        user = User.objects.order_by("pk")[number % len(NAMES)]
        return Membership.objects.select_related("practice").filter(user=user).latest("pk")

    @property
    def one(self) -> Membership:
        return self.member(self.first)

    @property
    def other(self) -> Membership:
        return self.member(self.second)

    @property
    def manager(self) -> Membership:
        return self.member(4 + self.third % 2)

    @property
    def episode(self) -> Episode:
        return one_of(Episode.objects.all(), self.first)

    @property
    def roles(self) -> list[MemberRole]:
        """One of the seven ways to have some."""
        return [role for number, role in enumerate(MemberRole) if (1 + self.second % 7) >> number & 1]

    @property
    def days(self) -> dict:
        return {"starts_at": days_ago(self.third - 5), "ends_at": days_ago(self.third - 9 - self.second)}


def one_of(rows, number):
    rows = list(rows.order_by("pk"))
    if not rows:
        raise Refused("There is none.")
    return rows[number % len(rows)]


def change(draw: Draw) -> None:
    change_roles(membership=draw.one, roles=draw.roles, by=draw.manager)


def supervise(draw: Draw) -> None:
    assign_supervision(supervisor=draw.one, therapist=draw.other, by=draw.manager)


def supervise_case(draw: Draw) -> None:
    assign_supervision(supervisor=draw.other, episode=draw.episode, by=draw.manager)


def say_to_sight(draw: Draw) -> None:
    waiting = one_of(Supervision.objects.not_open(), draw.first)
    answer_sight(supervision=waiting, answer=list(SightAnswer)[draw.second % 4], user=draw.member(draw.third).user)


def accept_sight(draw: Draw) -> None:
    waiting = one_of(Supervision.objects.not_open().filter(accepted_at=None), draw.first)
    answer_sight(supervision=waiting, answer=SightAnswer.ACCEPT, user=waiting.supervisor.user)


def stop_supervision(draw: Draw) -> None:
    end_assignment(supervision=one_of(Supervision.objects.all(), draw.first), by=draw.manager)


def cover(draw: Draw) -> None:
    cover_cases(right=editor_of(draw.episode), covering=draw.other, covers_all=draw.third % 2 == 1, **draw.days)


def stop_cover(draw: Draw) -> None:
    end_cover(cover=one_of(Cover.objects.all(), draw.first), by=draw.other)


def give(draw: Draw) -> None:
    hand_over(right=editor_of(draw.episode), to=draw.other)


def end(draw: Draw) -> None:
    end_episode(editor=editor_of(draw.episode), reason="completed")


def reopen(draw: Draw) -> None:
    reopen_episode(editor=editor_of(draw.episode))


def choices(draw: Draw, cases) -> list[Choice]:
    what = list(What)[draw.third % len(What)]
    return [
        Choice(case.code, What.LEAVE_UNREAD if case.is_ended and what == What.END else what, draw.other, days_ago(-9))
        for case in cases
    ]


def go(draw: Draw, **when) -> None:
    left = cases_of(draw.one)
    before = listed(draw.practice)
    leave(membership=draw.one, by=draw.manager, choices=choices(draw, left), **when)
    if "at" not in when:
        came = listed(draw.practice) - before
        assert came <= {case.code for case in left}, "each case was on the page of leaving before it needed somebody"


def go_later(draw: Draw) -> None:
    go(draw, at=days_ago(-3))


def stop_being_a_therapist(draw: Draw) -> None:
    go(draw, as_therapist_only=True)


def invite(draw: Draw) -> None:
    one = draw.one
    add_member(practice=draw.practice, email=one.user.email, name=one.display_name, roles=draw.roles, by=draw.manager)


def settle(draw: Draw) -> None:
    settle_cases(by=draw.manager, choices=choices(draw, cases_without_therapist(draw.practice)))


def say_to_offer(draw: Draw) -> None:
    offer = one_of(CaseOffer.objects.waiting(), draw.first)
    answers = (SightAnswer.DECLINE, SightAnswer.AGREE, SightAnswer.OBJECT)
    answer_case_offer(offer=offer, answer=answers[draw.second % 3], user=draw.member(draw.third).user)


def take(draw: Draw) -> None:
    offer = one_of(CaseOffer.objects.waiting(), draw.first)
    take_case(offer=offer, user=offer.to.user)


def answer(draw: Draw) -> None:
    answer_about_a_session(draw.episode)


def answer_about_a_session(episode: Episode) -> None:
    """A session is logged, and the client says something, if there is somebody to read it."""
    begins = days_ago(1) + timedelta(seconds=next(start_of_day))
    held = log_session(
        editor=editor_of(episode),
        starts_at=begins,
        ends_at=begins + timedelta(milliseconds=1),
        zone="UTC",
        mode="in_person",
        attendance="attended",
    )
    for check_in in CheckIn.objects.filter(therapy_session=held):
        answer_check_in(check_in=check_in, answers=client_answers(3), may_change=False)


def answer_late(draw: Draw) -> None:
    """Answers change after a manager has closed them, or come once more."""
    check_in = one_of(CheckIn.objects.select_related("episode__client__practice"), draw.first)
    answer_check_in(check_in=check_in, answers=client_answers(draw.second % 4), may_change=True)


def read(draw: Draw) -> None:
    mark_read(editor=check_log(draw.other.user, draw.episode))


def read_before(draw: Draw) -> None:
    read_carried(editor=editor_of(draw.episode))


def time_goes_by(draw: Draw) -> None:
    """Everything lies further back, by up to eighteen days."""
    past = timedelta(days=(2, 2, 4, 18)[draw.first % 4])
    for model in apps.get_models():
        if model._meta.app_label in ("alliance", "therapy", "ratings") and model.__name__ not in APPEND_ONLY:
            dated = [field.name for field in model._meta.local_fields if isinstance(field, DateTimeField)]
            if dated:
                model._base_manager.update(**{name: F(name) - past for name in dated})


STEPS: tuple[Callable[[Draw], None], ...] = (
    *(change, supervise, supervise_case, say_to_sight, accept_sight, stop_supervision, cover, stop_cover),
    *(give, end, reopen, go, go_later, stop_being_a_therapist, invite, settle, say_to_offer, take),
    *(answer, answer_late, read, read_before, time_goes_by, answer, answer, end, go, settle, take, take, time_goes_by),
)
NUMBER = st.integers(0, 7)
HISTORIES = st.lists(st.tuples(st.sampled_from(STEPS), NUMBER, NUMBER, NUMBER), min_size=4, max_size=12)


# --- What holds -------------------------------------------------------------------------------------------------------


def listed(practice: Practice) -> set:
    return {case.code for case in cases_without_therapist(practice)}


def responsible(made: Graph, key: int) -> set[int]:
    """The users who are the therapist of an episode, or cover it while it is open. Sight of ended ones is apart."""
    episode = made.episodes[key]

    def holds(row: dict) -> bool:
        return row["starts"] <= 0 and (row["ends"] is None or row["ends"] > 0)

    def works(place: int) -> bool:
        row = made.places[place]
        return holds(row) and row["accepted"] and row["therapist"] and made.users[row["user"]]

    covering = [
        row["covering"]
        for row in made.covers
        if episode["ends"] is None and holds(row) and not row["taken_back"]
        if row["episode"] == key or row["therapist"] == episode["therapist"]
    ]
    return {made.places[place]["user"] for place in [episode["therapist"], *covering] if works(place)}


def course(made: Graph, key: int) -> list[int]:
    """An episode, and those that followed it."""
    found = [key]
    while following := [number for number, row in enumerate(made.episodes) if row["previous"] == found[-1]]:
        found += following
    return found


def unread() -> Iterator[Rating]:
    for rating in Rating.objects.current().filter(rater="client").select_related("check_in"):
        closed_at = rating.check_in.closed_unread_at
        if rating.check_in.read_at is None and not (closed_at and closed_at >= rating.received_at):
            yield rating


def is_told(made: Graph, stored: Stored, rating: Rating, keys: list[int]) -> bool:
    """Whether somebody who is responsible learns of an answer; of an ended case as long as it can be read."""
    own, last = keys[0], keys[-1]
    if users := responsible(made, own):
        ends = made.episodes[own]["ends"]
        is_shown = ends is None or ends > -ENDED_VISIBLE
        mine = [
            own_answers(user).filter(is_new_to(user), pk=rating.pk) for user in map(stored.users.__getitem__, users)
        ]
        return not is_shown or any(rows.exists() for rows in mine)
    for user in responsible(made, last):
        if made.episodes[last]["ends"] is not None and made.episodes[last]["ends"] <= -ENDED_VISIBLE:
            return True
        told = {case.code for case in cases_with_something_before(stored.users[user])}
        if str(stored.episodes[last].code) in told:
            return True
    return False


def check_all(practice: Practice) -> None:
    made, stored = stored_graph()
    needing = listed(practice)
    for key, row in enumerate(made.episodes):
        if row["ends"] is None:
            assert responsible(made, key) or stored.episodes[key].code in needing
    for number, user in enumerate(stored.users):
        sight = sight_of(made, number)
        assert found(stored.episodes, visible_episodes(user).values_list("pk", flat=True)) == sight.episodes
        assert found(stored.episodes, own_episodes(user).values_list("pk", flat=True)) == sight.own
        supervised = supervised_episodes(user).values_list("pk", flat=True)
        assert found(stored.episodes, supervised) == supervised_of(made, number)
    place_of = {row.pk: number for number, row in enumerate(stored.episodes)}
    for rating in unread():
        keys = course(made, place_of[rating.episode_id])
        assert is_told(made, stored, rating, keys) or stored.episodes[keys[-1]].code in needing


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES)
def test_no_case_is_lost_no_answer_is_read_by_nobody_and_sight_is_what_it_should_be(practice, history):
    with taken_back():
        check_all(practice)
        for step, *numbers in history:
            try:
                with transaction.atomic():
                    step(Draw(practice, *numbers))
            except NOTHING_HAPPENS:
                continue
            check_all(practice)
