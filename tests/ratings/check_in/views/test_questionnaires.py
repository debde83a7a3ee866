"""The manager's page of questionnaires: what is there, what is asked here, and in how many open cases."""

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent, TherapistForm
from ratings.models import Instrument, Rating
from tests.factories import make_episode, make_therapy_session
from tests.ratings.pages import statements

PAGE = "ratings:questionnaires"


@pytest.fixture
def found(http, mona, instruments):
    """`found()`: key of each questionnaire -> its row on the page."""

    def rows():
        http.force_login(mona.user)
        return {row.about.key: row for row in http.get(reverse(PAGE)).context["page"].questionnaires}

    return rows


def rate(episode, key, **given):
    """A rating of one more session of the case with this questionnaire."""
    row = make_therapy_session(episode, attendance="attended")
    instrument = Instrument.objects.get(key=key)
    return Rating.objects.create(
        episode=episode, therapy_session=row, rater="client", instrument=instrument, text=instrument.texts.first(),
        items_answered=3, mode="import", answered_at=row.ends_at, **given,
    )  # fmt: skip


def test_each_is_there_with_its_licence_and_says_whether_its_text_is(http, mona, noor, found):
    rows = found()
    assert set(rows) == set(Instrument.objects.values_list("key", flat=True))
    assert (list(rows["alliance-6"].languages), list(rows["wai-sr-client"].languages)) == (["English"], [])
    text = http.get(reverse(PAGE)).text
    assert "Text © its authors" in text and "the licence does not let us print it" in text
    assert f"{reverse('alliance:practice-settings')}?practice={mona.practice.code}" in text
    http.force_login(noor.user)
    assert http.get(reverse(PAGE)).status_code == 403


def test_what_is_asked_follows_the_settings(mona, found):
    mona.practice.therapist_form = TherapistForm.THREE
    mona.practice.save()
    rows = found()
    assert rows["alliance-6"].asked.startswith("clients after each session")
    assert rows["alliance-t3"].asked == "therapists, when they log a session"
    assert rows["srs-3"].asked == "nobody: its ratings come in by import"
    mona.practice.therapist_form = TherapistForm.MIRROR
    mona.practice.save()
    assert found()["alliance-t3"].asked.startswith("nobody: here therapists answer the mirror")


def test_open_cases_with_answers_are_told_in_steps_of_five(dana, otis, found):
    for _case in range(6):
        rate(make_episode(dana), "alliance-6")
    rate(make_episode(dana), "srs-3")
    for _case in range(5):
        ended = make_episode(dana)
        rate(ended, "wai-sr-client")
        ended.ends_at, ended.end_reason = timezone.now(), "completed"
        ended.save()
    for _case in range(5):
        rate(make_episode(otis), "srs-3")  # of another practice
    told = {key: row.open_cases for key, row in found().items()}
    assert (told["alliance-6"], told["srs-3"], told["wai-sr-client"]) == ("at least 5", "fewer than 5", "fewer than 5")


def test_who_opened_it_is_on_record(mona, found):
    shown = len(found())
    event = AuditEvent.objects.get(verb="listed", subject_type="instrument")
    assert (event.actor_code, event.practice_code) == (str(mona.user.code), str(mona.practice.code))
    assert event.count == shown


def test_it_asks_the_same_number_of_statements_at_any_size(http, mona, dana, found):
    rate(make_episode(dana), "alliance-6")
    found()
    few = statements(http, reverse(PAGE))
    for key in ("alliance-3", "srs-3", "alliance-6"):
        rate(make_episode(dana), key)
    assert statements(http, reverse(PAGE)) == few
