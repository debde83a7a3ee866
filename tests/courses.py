"""Courses of therapy for the tests: sessions logged and check-ins answered through the real actions."""

from datetime import timedelta
from random import Random

import pytest
from django.core.management import call_command
from django.utils import timezone

from ratings.cases.actions import log_session
from ratings.check_in.actions import answer_check_in
from ratings.check_in.answers import ClientAnswers
from ratings.detection import sample
from ratings.models import CheckIn
from tests.factories import days_ago, editor_of

ITEMS = ("goal_matters", "goal_known", "task_sense", "task_suits", "bond_listened", "bond_open")
OWN_PHONE = {"own_device": "on"}  # ticked, so that the answers can be seen and changed there
ITEMS_ON_FIT = ("bond_heard", "task_style", "bond_safe", "goal_together")


def answers(level):
    """The same answer to all six items, or a list with one for each; None skips it."""
    levels = level if isinstance(level, list) else [level] * len(ITEMS)
    return {item: given for item, given in zip(ITEMS, levels, strict=True) if given is not None}


def client_answers(level, **rest):
    """The same as a client sends them; `rest`: the other fields of `ClientAnswers`."""
    return ClientAnswers(answers(level), **rest)


class Always(Random):
    """A source of chance that always gives the same number."""

    def __init__(self, number):
        super().__init__()
        self.number = number

    def random(self):
        return self.number


@pytest.fixture(autouse=True)
def none_drawn(monkeypatch):
    """No session is drawn for the question that is asked at random."""
    monkeypatch.setattr(sample, "source", Always(1.0))


@pytest.fixture
def all_drawn(none_drawn, monkeypatch):
    """Every session that may be drawn is."""
    monkeypatch.setattr(sample, "source", Always(0.0))


@pytest.fixture
def instruments(db):
    call_command("sync_instruments")


@pytest.fixture
def live_through(instruments):
    """`live_through(episode, [3, 3, [3, 4, 3, 3, 4, 3], None, 1])`: weekly sessions, the last one a week ago, each with
    the client's answers (None: the check-in stayed unanswered). Returns the check-ins."""

    def live(episode, levels, therapist=3, **given):
        consent(episode.client)
        asked = []
        for position, level in enumerate(levels):
            start = days_ago(7 * (len(levels) - position))
            therapy_session = log_session(
                editor=editor_of(episode),
                starts_at=start,
                ends_at=start + timedelta(minutes=50),
                zone="Europe/London",
                mode="in_person",
                attendance="attended",
                answers=answers(therapist) if therapist is not None else None,
            )
            check_in = CheckIn.objects.get(therapy_session=therapy_session)
            if level is not None:
                answer_check_in(check_in=check_in, answers=client_answers(level, **given), may_change=False)
            asked.append(check_in)
        return asked

    return live


@pytest.fixture
def first_sessions(instruments):
    """`first_sessions(episode, [3, 3, 1, 3], None)`: for each of the first sessions the answers about fit: heard,
    style, safe, choosing together; None within skips one, None alone: the check-in stayed unanswered."""

    def live(episode, *sessions):
        episode.client.asks_about_fit = True
        episode.client.save()
        consent(episode.client)
        for number, given in enumerate(sessions):
            held(episode, 60 - 7 * number)
            if given is not None:
                items = {item: answer for item, answer in zip(ITEMS_ON_FIT, given, strict=True) if answer is not None}
                check_in = CheckIn.objects.filter(episode=episode).latest("therapy_session__starts_at")
                answer_check_in(check_in=check_in, answers=ClientAnswers(items), may_change=False)

    return live


def consent(client):
    client.consents.get_or_create(purpose="check_in", withdrawn_at=None, defaults={"text_version": "2026-11"})


def held(episode, days, **given):
    """An attended session that began so many days ago."""
    start = timezone.now() - timedelta(days=days)
    return log_session(
        editor=editor_of(episode),
        starts_at=start,
        ends_at=start + timedelta(minutes=50),
        zone="Europe/London",
        mode="in_person",
        attendance="attended",
        **given,
    )
