"""What the form of an export asks whom."""

import pytest

from ratings.exchange.forms import ExportForm
from tests.factories import make_member


@pytest.fixture
def both(millrace):
    """A manager who sees clients."""
    return make_member(millrace, "Ida Berg", "manager therapist")


def test_whoever_has_two_choices_has_the_own_cases_first(both):
    assert ExportForm(memberships=[both]).fields["cases"].choices == [
        (f"own-{both.code}", "My own cases at Millrace Practice"),
        (f"practice-{both.code}", "All cases of Millrace Practice, under pseudonyms"),
    ]


def test_a_therapist_with_one_choice_is_not_asked_which(dana):
    assert list(ExportForm(memberships=[dana]).fields) == ["reason", "keeps_names", "is_shifted"]


def test_a_manager_without_own_cases_is_asked_for_no_names(mona):
    assert list(ExportForm(memberships=[mona]).fields) == ["reason"]


def test_dates_are_shifted_unless_somebody_takes_the_tick_away(dana):
    assert ExportForm(memberships=[dana])["is_shifted"].value() is True


@pytest.mark.parametrize("extent", ["own", "practice"])
def test_the_cases_that_were_chosen_are_taken(both, extent):
    form = ExportForm({"cases": f"{extent}-{both.code}", "reason": "move"}, memberships=[both])
    assert form.is_valid()
    assert (form.offer.by, form.offer.extent) == (both, extent)


def test_names_of_a_practice_and_a_reason_that_is_missing_are_said_at_once(both):
    form = ExportForm({"cases": f"practice-{both.code}", "keeps_names": "on"}, memberships=[both])
    assert form.errors.keys() == {"reason", "keeps_names"}


def test_own_cases_go_out_with_names_and_as_they_were_asked_for(both):
    form = ExportForm({"cases": f"own-{both.code}", "reason": "move", "keeps_names": "on"}, memberships=[both])
    assert form.is_valid(), form.errors
    assert form.form == {"keeps_names": True, "is_shifted": False}


def test_whoever_has_one_choice_takes_it_and_a_manager_gives_no_form(mona):
    form = ExportForm({"reason": "move"}, memberships=[mona])
    assert form.is_valid() and form.form == {}
    assert (form.offer.by, form.offer.extent) == (mona, "practice")
