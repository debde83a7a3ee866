"""Whatever happens in a practice: no open case is lost, no answer is read by nobody, and sight is what a count by hand
says. All that happens goes through the actions of the pages; what a rule refuses has no effect."""

from collections.abc import Callable
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
from alliance.people.forms import CaseSupervisorForm
from alliance.people.queries import staff_of
from alliance.people.role_actions import change_roles
from alliance.people.roles import MemberRole
from alliance.people.sight import answer_sight, assign_supervision
from alliance.people.supervisors import open_cases_with_supervisors
from alliance.refusal import Refused
from ratings.cases.actions import end_episode, log_session
from ratings.check_in.actions import AlreadyAnswered, NobodyReads, answer_check_in, mark_read
from ratings.check_in.carried import read_carried
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
from ratings.models import CheckIn
from sessions.schedule.clashes import NeedsYes
from tests.care_holds import ENDED_VISIBLE, NAMES, check_all, listed
from tests.courses import client_answers, consent
from tests.factories import days_ago, editor_of, make_episode, make_member

NOTHING_HAPPENS = (Refused, Denied, NotVisible, CaseOpened, NeedsYes, NobodyReads, AlreadyAnswered)
APPEND_ONLY = ("AuditEvent", "AuditSeal", "Draw", "StrainVerdict", "UsefulVerdict")
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


def supervise_case_by_its_page(draw: Draw) -> None:
    """As a manager names a supervisor for one case: of the cases and the people that the page offers."""
    therapist = draw.one
    cases = open_cases_with_supervisors(therapist)
    case = cases[draw.third % len(cases)].code if cases else ""
    chosen = {"case": str(case), "supervisor": str(draw.other.code)}
    form = CaseSupervisorForm(chosen, cases=cases, staff=staff_of(draw.practice), therapist=therapist)
    if not form.is_valid():
        raise Refused("The page does not offer it.")
    assign_supervision(**form.chosen, by=draw.manager)


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
    *(
        change,
        supervise,
        supervise_case,
        supervise_case_by_its_page,
        say_to_sight,
        accept_sight,
        stop_supervision,
        cover,
        stop_cover,
    ),
    *(give, end, reopen, go, go_later, stop_being_a_therapist, invite, settle, say_to_offer, take),
    *(answer, answer_late, read, read_before, time_goes_by, answer, answer, end, go, settle, take, take, time_goes_by),
)
NUMBER = st.integers(0, 7)
HISTORIES = st.lists(st.tuples(st.sampled_from(STEPS), NUMBER, NUMBER, NUMBER), min_size=4, max_size=12)


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
