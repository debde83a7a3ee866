"""Form fields and limits that several rooms share."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from alliance.dates import AmbiguousTime, DateFormat, UnreadableDay, read_day, read_time, written

LONGEST_DELAY = 7 * 24 * 60  # minutes; convention of this app: later, nobody remembers the session
# As people write them: (555) 123-4567, +44 (0)20 7946 0958, 030/555-0117, 555.123.4567 ext. 12, 555 0117, extension 12.
PHONE = RegexValidator(
    r"^(?:\+? ?\(?|\(\+)[0-9](?:[ ()./\-\u00a0\u2010-\u2013\u202f]*[0-9])+\)?"
    r"(?:[,;]? ?(?:ext(?:n|ension)?\.?[:=]?|x|#) ?[0-9]{1,6})?$",
    _("Write a phone number, in digits."),
    flags=re.IGNORECASE,
)

# C0 and C1 controls except line break and tab, and marks that turn, join or hide text without being seen.
INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class PlainTextField(forms.CharField):
    """Text with one kind of line break, none in a box of one line, and without characters that nobody sees."""

    def to_python(self, value):
        value = super().to_python(value)
        if not value:
            return value
        text = INVISIBLE.sub("", value.replace("\r\n", "\n")).strip()
        return text if isinstance(self.widget, forms.Textarea) else " ".join(text.splitlines())


class ZoneField(forms.ChoiceField):
    """A choice among the zones of the IANA database that are places, and UTC."""

    def __init__(self, *, empty="", **kwargs):
        zones = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
        choices = [("", empty)] if empty else []
        super().__init__(choices=[*choices, ("UTC", "UTC"), *((name, name) for name in zones)], **kwargs)


class DayInput(forms.TextInput):
    """A day is shown as "30 Nov 2026": no order of day and month that somebody could take for another."""

    def __init__(self, attrs=None):
        super().__init__({"autocomplete": "off"} | (attrs or {}))

    def format_value(self, value):
        return written(value, DateFormat.SHORT_YEAR) if isinstance(value, date) else value


class DayField(forms.Field):
    """A day, typed in one of the ways that `alliance.dates.read_day` takes. Every form that asks for one uses it."""

    widget = DayInput
    default_error_messages = {"required": _("Write a day.")}

    def to_python(self, value):
        if isinstance(value, datetime):
            return value.date()
        if value in self.empty_values or isinstance(value, date):
            return value or None
        try:
            return read_day(value)
        except UnreadableDay as error:
            raise forms.ValidationError(str(error)) from None


class DayAhead:
    """A validator: today in the active zone, or a day of the coming years; a later one is a slip of the year."""

    def __init__(self, years: int) -> None:
        self.years = years

    def __call__(self, day: date) -> None:
        today = timezone.localdate()
        if day < today:
            raise forms.ValidationError(_("This day is over. Choose today or a later one."))
        if day > today + timedelta(days=366 * self.years):
            far = ngettext(
                "This day is more than a year ahead.", "This day is more than %(n)s years ahead.", self.years
            )
            raise forms.ValidationError(far % {"n": self.years})


class TimeOfDayField(forms.TimeField):
    """A time on the wall, typed in one of the ways that `alliance.dates.read_time` takes.

    It is a box of text. A browser's own box for times sends nothing while it is half filled in: the form would be saved
    as if nobody had typed anything, and what was typed could not be shown again.
    """

    widget = forms.TimeInput(attrs={"inputmode": "numeric", "autocomplete": "off"}, format="%H:%M")

    def to_python(self, value):
        if value in self.empty_values or isinstance(value, time):
            return value or None
        try:
            return read_time(value)
        except AmbiguousTime as error:
            raise forms.ValidationError(str(error)) from None
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class NumberField(forms.IntegerField):
    """A whole number that a person types: a box of text, for the same reason as `TimeOfDayField`."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def to_python(self, value):
        if "_" in str(value):  # Python takes 1_0 for ten, and nobody means that
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


# What a form says by itself, by the kind of the field. A form that knows better says so in its own `error_messages`.
CHOOSE = _("Choose one of these.")
CHOOSE_SOME = _("Choose at least one of these.")
CLOCK = _("Write a time, such as 14:30 or 1430.")
ADDRESS = _("Write an e-mail address, such as ada@example.org.")
SENTENCES: dict[type[forms.Field], dict[str, Any]] = {
    forms.Field: {"required": _("This is needed.")},
    forms.CharField: {
        "required": _("Write something here."),
        "max_length": _("Shorten this to %(limit_value)s characters."),
        "min_length": _("Write at least %(limit_value)s characters."),
    },
    forms.EmailField: {"required": ADDRESS, "invalid": ADDRESS},
    forms.IntegerField: {
        "required": _("Write a number."),
        "invalid": _("Write a whole number."),
        "min_value": _("Write %(limit_value)s or more."),
        "max_value": _("Write %(limit_value)s or less."),
    },
    forms.TimeField: {"required": CLOCK, "invalid": CLOCK},
    forms.ChoiceField: {"required": CHOOSE, "invalid_choice": CHOOSE},
    forms.ModelChoiceField: {"required": CHOOSE, "invalid_choice": CHOOSE},
    forms.MultipleChoiceField: {"required": CHOOSE_SOME, "invalid_choice": CHOOSE_SOME, "invalid_list": CHOOSE_SOME},
    forms.TypedChoiceField: {"required": CHOOSE, "invalid_choice": CHOOSE},
}


def speak_plainly() -> None:
    """Puts `SENTENCES` in the place of Django's own, for every form that is made afterwards, also those of packages."""
    for kind, sentences in SENTENCES.items():
        kind.default_error_messages = {**kind.__dict__.get("default_error_messages", {}), **sentences}
