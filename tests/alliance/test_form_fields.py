from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.forms import Textarea
from django.utils import timezone

from alliance.form_fields import PHONE, DayAhead, NumberField, PlainTextField, TimeOfDayField
from tests.factories import ZONE, local_day


@pytest.mark.parametrize(
    "written",
    [
        "(555) 123-4567", "(555)123-4567", "555-123-4567", "555.123.4567", "+1 (555) 123-4567", "+44 (0)20 7946 0958",
        "(+44) 20 7946 0958", "(0 30) 555 01 17", "030/555-0117", "+49 30 555 0117", "555\u00a0123\u00a04567",
        "555\u2011123\u20114567", "555 \u2013 1234567", "555-123-4567 ext. 12", "555-123-4567 x12", "112",
        "00 44 20 7946", "555-123-4567, ext. 12", "555-123-4567 extension 12", "555-123-4567,ext 12",
        "555-123-4567 Ext: 12", "555-123-4567;ext=12", "555-123-4567 extn. 12", "555-123-4567, x 12",
    ],
)  # fmt: skip
def test_a_phone_number_is_taken_as_people_write_it(written):
    PHONE(written)


@pytest.mark.parametrize(
    "written",
    ["call me", "5", "(", "+", "++44 20", "555-CALL", "a@b.test", "12; 34", "-555", "555 123, 12", "555-123 ext."],
)
def test_what_is_no_phone_number_is_said_to_be_none(written):
    with pytest.raises(ValidationError, match="Write a phone number, in digits"):
        PHONE(written)


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_a_name_has_one_line_and_a_text_has_its_own(line_break):
    """A mail tells names, so a line in one would be a line of the mail."""
    typed = f"Dana{line_break}https://evil.test/"
    assert PlainTextField().clean(typed) == "Dana https://evil.test/"
    assert PlainTextField(widget=Textarea).clean(typed) == "Dana\nhttps://evil.test/"


@pytest.mark.parametrize(("field", "half"), [(TimeOfDayField, "14:"), (NumberField, "1e"), (NumberField, "1_0")])
def test_a_box_that_may_stay_empty_is_not_empty_when_half_typed(field, half):
    assert field(required=False).clean("") is None
    with pytest.raises(ValidationError, match="Write a"):
        field(required=False).clean(half)


def test_a_time_that_could_be_two_is_asked_about_in_its_own_words():
    with pytest.raises(ValidationError, match="Write 02:30 or 14:30"):
        TimeOfDayField().clean("2:30")


@pytest.mark.parametrize(
    ("days", "years", "sentence"),
    [
        (-1, 1, "This day is over. Choose today or a later one."),
        (0, 1, ""),
        (366, 1, ""),
        (367, 1, "This day is more than a year ahead."),
        (1098, 3, ""),
        (1099, 3, "This day is more than 3 years ahead."),
    ],
)
def test_a_day_ahead_is_today_or_one_of_the_coming_years(days, years, sentence):
    said = []
    with timezone.override(ZONE):
        try:
            DayAhead(years)(local_day() + timedelta(days=days))
        except ValidationError as error:
            said = error.messages
    assert said == ([sentence] if sentence else [])
