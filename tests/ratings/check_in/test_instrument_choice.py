"""Which questions a client is asked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alliance.models import CheckInFormChoice
from ratings.check_in import instrument_choice
from ratings.models import CheckIn, Instrument
from tests.courses import consent, held
from tests.factories import make_client, make_episode, make_therapy_session

SHORT = {
    "key": "planted",
    "version": "1",
    "title": "Three items",
    "licence": "none",
    "source": "none",
    "lowest": 1,
    "highest": 5,
    "items": [{"id": pillar, "pillar": pillar} for pillar in ("goal", "task", "bond")],
}


@pytest.mark.parametrize(
    ("form", "fit", "expected"),
    [
        ("standard", False, ["alliance-6"] * 4),
        ("standard", True, ["alliance-fit", "alliance-fit", "alliance-fit", "alliance-6"]),
        ("short", False, ["alliance-3"] * 4),
        ("short", True, ["alliance-3"] * 4),
    ],
)
def test_the_questions_follow_the_client_and_the_number_of_the_session(dana, instruments, form, fit, expected):
    episode = make_episode(dana, client=make_client(dana.practice, check_in_form=form, asks_about_fit=fit))
    consent(episode.client)
    for days in (40, 30, 20, 10):
        held(episode, days)
    asked = CheckIn.objects.order_by("therapy_session__starts_at").values_list("text__instrument__key", flat=True)
    assert list(asked) == expected


def test_a_missed_or_voided_session_is_none_of_the_first_three(dana, juniper, instruments):
    juniper.client.asks_about_fit = True
    juniper.client.save()
    consent(juniper.client)
    for days, fields in (
        (50, {"attendance": "no_show"}),
        (40, {"attendance": "attended", "voided_at": timezone.now(), "voided_by": dana}),
    ):
        start = timezone.now() - timedelta(days=days)
        make_therapy_session(juniper, starts_at=start, ends_at=start + timedelta(minutes=50), **fields)
    for days in (30, 20, 10):
        held(juniper, days)
    assert set(CheckIn.objects.values_list("text__instrument__key", flat=True)) == {"alliance-fit"}


@pytest.mark.parametrize("choice", CheckInFormChoice)
def test_every_choice_has_words_for_both_sides(choice, instruments):
    assert {"client", "therapist"} <= instrument_choice.own_text(instrument_choice.FORMS[choice], "en").text.keys()


def test_a_definition_is_put_together_once_and_again_where_it_was_loaded_anew():
    stored = Instrument(key="planted", version="1", definition=SHORT)
    parsed = instrument_choice.definition_of(stored)
    assert instrument_choice.definition_of(Instrument(key="planted", version="1", definition=SHORT)) is parsed
    stored.definition = SHORT | {"title": "Another title"}
    assert instrument_choice.definition_of(stored).title == "Another title"
