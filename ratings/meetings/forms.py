"""Forms of a meeting: what is said of a case, its day, and its end."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from alliance.advising import SupervisionOver
from alliance.form_fields import DayAhead, DayField, PlainTextField
from alliance.form_keys import FormKeyField
from alliance.requests import say_overtaken
from ratings.meetings.actions import Closing
from ratings.meetings.together import FIELD, MOST_AT_ONCE
from ratings.models import SupervisionNote

REFLECTION = "reflection_"  # before the code of a therapist
WRITTEN = ("reflection", "note", "step")  # how the fields begin whose text nobody has twice
AHEAD = DayAhead(years=1)  # convention of this app
TWO_OR_MORE = _("Choose two or more.")


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
    shown = forms.CharField(required=False, widget=forms.HiddenInput)  # the mark of what stood there

    def __init__(self, *args, case_code, mark, initial=None, **kwargs):
        given = {"reader": SupervisionNote.Reader.BOTH.value, "shown": mark} | (initial or {})
        super().__init__(*args, initial=given, auto_id=f"{case_code}_%s", **kwargs)
        self.stood, self.case_code = initial or {}, case_code

    def say_changed(self, refusal, mark):
        """Something else stands there by now: the next answer names that."""
        link = format_html('<a href="#case-{}">{}</a>', self.case_code, _("Go to the case"))
        say_overtaken(self, format_html("{} {}", str(refusal), link))
        self.data = self.data.copy()
        self.data["shown"] = mark

    def clean(self):
        given = super().clean()
        step, due_on = given.get("step"), given.get("due_on")
        if step and not due_on and "due_on" not in self.errors:
            self.add_error("due_on", _("Say by which day."))
        if due_on and not step and "step" not in self.errors:
            self.add_error("step", _("Write what you agreed."))
        if due_on and due_on != self.stood.get("due_on"):
            try:
                AHEAD(due_on)
            except forms.ValidationError as error:
                self.add_error("due_on", error)
        if not self.errors and not given["note"] and not step and not self.stood:
            self.add_error("note", _("Write a note or a next step."))
        return given


class MeetingDayForm(forms.Form):
    day = DayField(label=_("Day"), validators=[AHEAD])


class MeetingKeyField(FormKeyField):
    """The code of the meeting that the page shows, or of the one that closing it makes.

    What is no code is that of no meeting, so nothing is closed by it while one is open.
    """

    def clean(self, value):
        return super().clean(value) or uuid.uuid4()


class ClosesWhatWasShown(forms.Form):
    """Closes the meetings that its page showed, so that sent twice it closes no other."""

    is_stale = False

    def say_stale(self, refusal):
        """Another meeting is open than the one that was shown: the next answer names that one."""
        self.is_stale = True
        say_overtaken(self, str(refusal))

    def show(self, name, code):
        """Names the meeting in the field `name`: the open one, or the one that closing it makes."""
        if not self.is_bound:
            self.initial[name] = code
        elif self.is_stale:
            self.data = self.data.copy()
            self.data[name] = str(code)


class MeetingCloseForm(ClosesWhatWasShown):
    form_key = MeetingKeyField()
    reflection = PlainTextField(
        label=_("Reflection"),
        help_text=_("Both of you can read it. Leave out names of clients."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    next_day = DayField(label=_("Next meeting"), required=False, validators=[AHEAD])


class TogetherForm(forms.Form):
    """Whom a supervisor meets at once. It stands in the address, so its field has a name that Python has not."""

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields[FIELD] = forms.MultipleChoiceField(
            label=_("Meet several at once"),
            choices=[(one.code, one.name) for one in people],
            widget=forms.CheckboxSelectMultiple,
            error_messages={
                "required": TWO_OR_MORE,
                "invalid_choice": _("You do not supervise one of those whom you chose. Choose again."),
            },
        )

    @property
    def people(self):
        return self[FIELD]

    def clean(self):
        cleaned = super().clean()
        chosen = set(cleaned.get(FIELD, ()))
        if len(chosen) == 1:
            self.add_error(FIELD, TWO_OR_MORE)
        elif len(chosen) > MOST_AT_ONCE:
            sentence = ngettext("Choose one at most.", "Choose %(n)s at most.", MOST_AT_ONCE)
            self.add_error(FIELD, sentence % {"n": MOST_AT_ONCE})
        return cleaned


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What was typed about somebody whom the supervisor no longer supervises."""

    field: str
    name: str
    text: str


class TogetherCloseForm(ClosesWhatWasShown):
    """A reflection with each of those who were met at once, and one next day for all.

    `gone`: those about whom something was typed, and who are not met any more. It is shown, to be copied.
    """

    def __init__(self, *args, together, gone: Iterable[SupervisionOver] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.advisers = {str(adviser.therapist.code): adviser for adviser in together.advisers}
        for code, adviser in self.advisers.items():
            self.fields[f"meeting_{code}"] = MeetingKeyField()
            self.fields[REFLECTION + code] = PlainTextField(
                label=_("Reflection with %(name)s") % {"name": adviser.therapist.display_name},
                help_text=_("The two of you can read it. Leave out names of clients."),
                required=False,
                max_length=4000,
                widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
            )
        self.fields["next_day"] = DayField(label=_("Next meeting"), required=False, validators=[AHEAD])
        typed = [(REFLECTION + str(over.therapist.code), over.therapist.display_name) for over in gone]
        self.unsaved = [
            Unsaved(field, name, self.data[field]) for field, name in typed if self.data.get(field, "").strip()
        ]

    @property
    def reflections(self):
        return [self[REFLECTION + code] for code in self.advisers]

    @property
    def closings(self):
        given = self.cleaned_data
        return [
            Closing(adviser, given[REFLECTION + code], given[f"meeting_{code}"])
            for code, adviser in self.advisers.items()
        ]


def reflected_on(data):
    """The codes of those about whom something was sent, also of those who are gone."""
    return [name.removeprefix(REFLECTION) for name in data if name.startswith(REFLECTION)]


def texts_in(data):
    """What somebody wrote into a form of a meeting that cannot be saved any more."""
    return [text for name, text in data.items() if name.startswith(WRITTEN) and text.strip()]


class AddCaseForm(forms.Form):
    """Puts a case on the agenda for as long as the page is open; it stands in the address."""

    case = forms.CharField(label=_("Add a case"), required=False)

    def __init__(self, *args, cases, **kwargs):
        kwargs.setdefault("auto_id", "add_%s")
        super().__init__(*args, **kwargs)
        choices = [("", _("Choose a case")), *((row.code, row.name) for row in cases)]
        self.fields["case"].widget = forms.Select(choices=choices)

    @property
    def chosen(self):
        """What the address has for the code of a case; one that is made up is that of no case."""
        return self.cleaned_data["case"] if self.is_valid() else ""


class StepDoneForm(forms.Form):
    """Whether a next step is done."""

    done = forms.ChoiceField(choices=[("yes", _("Done")), ("no", _("Not yet"))])
