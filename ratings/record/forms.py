"""Forms that correct the record."""

from django import forms
from django.utils.translation import gettext_lazy as _

from alliance.form_fields import PlainTextField
from ratings.cases.apart import names_apart
from ratings.check_in.forms import NOT_AN_ANSWER, QuestionsMixin
from ratings.models import Rating
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance
from sessions.schedule.forms import AcceptedMixin, TherapySessionForm, times_of

WHY = _("Why")
KEPT = _("Kept with the session. Your supervisor can read it.")


def reason_field(**kwargs):
    return PlainTextField(
        label=WHY,
        help_text=KEPT,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        **kwargs,
    )


class SessionCorrectForm(QuestionsMixin, AcceptedMixin, TherapySessionForm):
    """All that was logged of a session, as it is on record, to be set right."""

    nothing_done = _("Please read this first. Nothing is saved yet.")

    noticed = forms.ChoiceField(
        label=_("Did you notice something between you?"),
        choices=Rating.Noticed,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": NOT_AN_ANSWER},
    )
    # The version of the note on this page; kept with what was typed.
    note_shown = forms.UUIDField(required=False, widget=forms.HiddenInput)
    reason = reason_field(required=False)

    def __init__(self, *args, text, on_record, rating, note, **kwargs):
        key = on_record.episode.client.data_key
        initial = times_of(on_record) | {
            "mode": on_record.mode,
            "attendance": on_record.attendance,
            "noticed": rating.noticed if rating else "",
            "private_note": note.text.open(key) if note else "",
            "note_shown": note.code if note else None,
        }
        answers = rating.answers if rating else {}
        super().__init__(*args, on_record=on_record, initial=initial | answers, **kwargs)
        self.fields["accepted"].label = _("Save it all the same")
        self.text = text
        self.adds_rating = bool(text) and rating is None and on_record.attendance == Attendance.ATTENDED
        if text:  # an import without its questions has none that could be answered here
            self.add_questions(text, Rater.THERAPIST)
        self.fields["private_note"].help_text = _("Only you will see it. The earlier version is kept.")

    @property
    def times(self):
        """Start and end; those on record, to the second, where the form says the same to the minute."""
        on_record = {"starts_at": self.on_record.starts_at, "ends_at": self.on_record.ends_at}
        typed = {name: self.cleaned_data[name] for name in on_record}
        is_same = typed["starts_at"] == on_record["starts_at"].replace(second=0, microsecond=0)
        return on_record if is_same and self.cleaned_data["minutes"] == self.initial["minutes"] else typed

    def show_both_notes(self, note, key):
        """Says that the note was changed meanwhile, and shows both texts in its box; sent again, it is saved so."""
        written = note.text.open(key) if note else ""
        self.data = self.data.copy()
        self.data["private_note"] = f"{written}\n\n{self.cleaned_data['private_note']}".strip()
        self.data["note_shown"] = str(note.code) if note else ""
        self.add_error(
            "private_note",
            _("This note was changed in another window meanwhile. Both texts are below: make one of them, and save."),
        )


class SessionRemoveForm(forms.Form):
    """Why a session is removed from the record."""

    reason = reason_field()


class SessionRefileForm(forms.Form):
    """Under which other client a session is to be filed."""

    case = forms.ChoiceField(
        label=_("The right client"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the right client.")},
    )
    reason = reason_field(required=False)

    def __init__(self, *args, episodes, filed_under, **kwargs):
        """`filed_under`: the case in which the session is now; its client may have the name of another one."""
        super().__init__(*args, **kwargs)
        self.episodes = {str(episode.code): episode for episode in episodes}
        names = names_apart([*self.episodes.values(), filed_under])
        named = sorted((names[code], code) for code in self.episodes)
        self.fields["case"].choices = [(code, name) for name, code in named]

    @property
    def episode(self):
        return self.episodes[self.cleaned_data["case"]]
