"""Forms of a meeting: what is said of a case, its day, and its end."""

from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.form_fields import DayField, PlainTextField
from ratings.models import SupervisionNote

FURTHEST = timedelta(days=366)  # ahead; convention of this app
PAST = _("This day is in the past.")
TOO_FAR = _("This day is more than a year ahead.")


def check_ahead(day):
    """Raises unless the day is today, or within a year."""
    today = timezone.localdate()
    if day < today:
        raise forms.ValidationError(PAST)
    if day > today + FURTHEST:
        raise forms.ValidationError(TOO_FAR)


class MeetingCaseForm(forms.Form):
    """A note on a case, and what was agreed to do next."""

    note = PlainTextField(
        label=_("Note"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    reader = forms.ChoiceField(
        label=_("Who can read this note"), choices=SupervisionNote.Reader, widget=forms.RadioSelect
    )
    step = PlainTextField(
        label=_("Agreed next step"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    due_on = DayField(label=_("By"), required=False)

    def __init__(self, *args, case_code, initial=None, **kwargs):
        given = {"reader": SupervisionNote.Reader.BOTH.value} | (initial or {})
        super().__init__(*args, initial=given, auto_id=f"{case_code}_%s", **kwargs)
        self.stood = initial or {}

    def clean(self):
        given = super().clean()
        step, due_on = given.get("step"), given.get("due_on")
        if step and not due_on and "due_on" not in self.errors:
            self.add_error("due_on", _("Say by which day."))
        if due_on and not step and "step" not in self.errors:
            self.add_error("step", _("Write what you agreed."))
        if due_on and due_on != self.stood.get("due_on"):
            try:
                check_ahead(due_on)
            except forms.ValidationError as error:
                self.add_error("due_on", error)
        if not self.errors and not given["note"] and not step and not self.stood:
            self.add_error("note", _("Write a note or a next step."))
        return given


class MeetingDayForm(forms.Form):
    day = DayField(label=_("Day"), validators=[check_ahead])


class MeetingCloseForm(forms.Form):
    reflection = PlainTextField(
        label=_("Reflection"),
        help_text=_("Both of you can read it. Leave out names of clients."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    next_day = DayField(label=_("Next meeting"), required=False, validators=[check_ahead])


class AddCaseForm(forms.Form):
    """Puts a case on the agenda for as long as the page is open; it stands in the address."""

    case = forms.CharField(label=_("Add a case"), required=False)

    def __init__(self, *args, cases, **kwargs):
        super().__init__(*args, auto_id="add_%s", **kwargs)
        choices = [("", _("Choose a case")), *((row.code, row.name) for row in cases)]
        self.fields["case"].widget = forms.Select(choices=choices)

    @property
    def chosen(self):
        """What the address has for the code of a case; one that is made up is that of no case."""
        return self.cleaned_data["case"] if self.is_valid() else ""


class StepDoneForm(forms.Form):
    """Whether a next step is done."""

    done = forms.ChoiceField(choices=[("yes", _("Done")), ("no", _("Not yet"))])
