"""A right ends in a second connection while a request waits for the lock of the case: nothing is written."""

from dataclasses import dataclass
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alliance.models import Supervision
from alliance.people.actions import end_assignment, end_membership
from alliance.people.cover import arrange_cover, end_cover
from ratings.detection.reassess import lock_episode
from ratings.models import Rupture, SupervisionNote, SupervisionQuestion
from sessions.models import PrivateNote, TherapySession
from tests.alliance.test_form_keys import a_log, log_page
from tests.at_once import AtOnce
from tests.factories import days_ago, editor_of, make_episode

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@dataclass(frozen=True)
class Deed:
    """What somebody sends, and which rows there are afterwards that it would have made."""

    address: str
    typed: dict[str, str]
    made: object


@pytest.fixture
def case(dana, sam, mona, live_through):
    episode = make_episode(dana, "Juniper")
    live_through(episode, [3, 3, 3, 3, 0])
    return episode


def log(case):
    return Deed(log_page(case), a_log(form_key=str(uuid4())), TherapySession.objects.filter(starts_at__gt=days_ago(5)))


def note(case):
    row = TherapySession.objects.filter(episode=case).earliest("starts_at")
    at = timezone.localtime(row.starts_at, ZoneInfo("Europe/Berlin"))
    typed = a_log(day=at.date().isoformat(), time=at.strftime("%H:%M"), private_note="Tired.", reason="Forgotten.")
    return Deed(reverse("ratings:session-correct", args=[row.code]), typed, PrivateNote.objects.all())


def close_rupture(case):
    address = reverse("ratings:rupture-set-aside", args=[Rupture.objects.get().code])
    return Deed(address, {"reason": "A bereavement."}, Rupture.objects.filter(state="set_aside"))


def question(case):
    address = reverse("ratings:supervision-ask", args=[case.code])
    return Deed(address, {"question": "Too easy?"}, SupervisionQuestion.objects.all())


def supervision_note(case):
    address = reverse("ratings:meeting-case", args=[case.therapist.code, case.code])
    typed = {"note": "Said aloud.", "reader": "both", "step": "", "due_on": ""}
    return Deed(address, typed, SupervisionNote.objects.all())


def sent_while(case, member, deed, end):
    """The answer to what the member sends, where it waits for the case while `end` is done and committed."""
    browser = Client()
    browser.force_login(member.user)
    with AtOnce() as other:
        with transaction.atomic():
            lock_episode(case)
            other.start(lambda: browser.post(deed.address, deed.typed))
            assert not other.future.done(), "it does not wait"
            end()
        return other.result()


@pytest.mark.parametrize("deed_of", [log, note, close_rupture, question])
@pytest.mark.parametrize("is_ended", [False, True])
def test_a_therapist_whose_place_ends_writes_nothing(case, dana, mona, deed_of, is_ended):
    deed = deed_of(case)
    answer = sent_while(case, dana, deed, lambda: is_ended and end_membership(membership=dana, by=mona))
    assert (answer.status_code, deed.made.exists()) == ((403, False) if is_ended else (302, True))


@pytest.mark.parametrize("ended", ["nothing", "the place", "the assignment"])
def test_a_supervisor_who_is_none_any_more_notes_nothing(case, sam, mona, ended):
    deed = supervision_note(case)

    def end():
        if ended == "the place":
            end_membership(membership=sam, by=mona)
        if ended == "the assignment":
            end_assignment(supervision=Supervision.objects.get(), by=mona)

    answer = sent_while(case, sam, deed, end)
    assert deed.made.exists() is (ended == "nothing")
    assert answer.status_code in ({302} if ended == "nothing" else {403, 404})


@pytest.mark.parametrize("is_ended", [False, True])
def test_a_colleague_whose_cover_ends_logs_nothing(case, dana, noor, is_ended):
    cover = arrange_cover(right=editor_of(case), covering=noor, starts_at=days_ago(1), ends_at=days_ago(-7))
    deed = log(case)
    answer = sent_while(case, noor, deed, lambda: is_ended and end_cover(cover=cover, by=dana))
    assert (answer.status_code, deed.made.exists()) == ((403, False) if is_ended else (302, True))
