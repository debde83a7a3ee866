"""The form that logs a session."""

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from alliance.form_keys import KeyedForm
from ratings.check_in.forms import NOT_AN_ANSWER, QuestionsMixin
from ratings.models import Rating, RepairStep, WishOutcome
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance
from sessions.record.actions import own_note
from sessions.schedule.forms import AcceptedMixin, TherapySessionForm

LOGGED = (Attendance.ATTENDED, Attendance.NO_SHOW, Attendance.CANCELLED_LATE)  # what comes ahead is entered ahead


class WishOutcomeForm(forms.Form):
    """What became of what a client wanted brought up."""

    class CameFrom(TextChoices):
        TODAY = "today"
        CASE = "case"

    outcome = forms.ChoiceField(choices=[(value, value.label) for value in WishOutcome.SAID])
    came_from = forms.ChoiceField(choices=CameFrom, required=False)


class LogAgainForm(forms.Form):
    """Which undone log the form is opened for; it stands in the address."""

    again = forms.UUIDField(required=False, widget=forms.HiddenInput)


class SessionLogForm(QuestionsMixin, AcceptedMixin, KeyedForm, TherapySessionForm):
    """One screen for the therapist: the session and the own view of it."""

    nothing_done = _("Please read this first. Nothing is saved yet.")

    instrument_key = forms.CharField(required=False, widget=forms.HiddenInput)  # whose sentences are on this page
    noticed = forms.ChoiceField(
        label=_("Did you notice something between you?"),
        choices=Rating.Noticed,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": NOT_AN_ANSWER},
    )

    step_about = forms.CharField(required=False, widget=forms.HiddenInput)  # which planned step, as above
    wish_about = forms.CharField(required=False, widget=forms.HiddenInput)  # which wish is asked about on this page

    def __init__(self, *args, text, writer, wish=None, step=None, **kwargs):
        """`writer`: the membership of whoever logs."""
        super().__init__(*args, **kwargs)
        self.writer = writer
        self.fields["accepted"].label = _("Save it all the same")
        self.fields["attendance"].choices = [(value, Attendance(value).label) for value in LOGGED]
        self.initial["instrument_key"] = text.instrument.key
        self.add_questions(text, Rater.THERAPIST)
        # Asked only where there is a reason; each stands below "Did you notice something?".
        self.occasional_names = []
        if wish:
            self._ask_about(wish)
        if step:
            self._ask_about_step(step)

    def _ask_about(self, wish):
        self.initial["wish_about"] = wish.code
        sentence = (
            _("%(name)s wanted you to raise something, gently.")
            if wish.is_for_the_therapist_to_say
            else _("%(name)s had something to say, and wanted to raise it themselves.")
        )
        self.fields["wish"] = forms.ChoiceField(
            label=sentence % {"name": wish.name},
            choices=[(value, value.label) for value in WishOutcome.SAID],
            required=False,
            widget=forms.RadioSelect,
            error_messages={"invalid_choice": NOT_AN_ANSWER},
        )
        self.occasional_names.append("wish")

    def _ask_about_step(self, step):
        self.initial["step_about"] = step.code
        self.fields["repair_step"] = forms.ChoiceField(
            label=_("You planned: “%(words)s” Did you?") % {"words": step.words},
            choices=[(RepairStep.Outcome.DONE, _("Yes")), *((one, one.label) for one in RepairStep.SAID[1:])],
            required=False,
            widget=forms.RadioSelect,
            error_messages={"invalid_choice": NOT_AN_ANSWER},
        )
        self.occasional_names.append("repair_step")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("step_about") != self.initial.get("step_about"):
            cleaned["repair_step"] = ""  # another step was planned since the page was opened
        if cleaned.get("wish_about") != self.initial.get("wish_about"):
            cleaned["wish"] = ""  # another wish came in since the page was opened
        if not self.took_place:  # the page folds the questions away with the choice, and what was chosen in them
            cleaned |= dict.fromkeys([*(item.id for item in self.instrument.items), *self.occasional_names])
            cleaned["noticed"] = ""
        return cleaned

    @property
    def took_place(self):
        return self.cleaned_data.get("attendance") in (None, Attendance.ATTENDED)

    @property
    def occasional(self):
        """The bound fields that are asked only now and then."""
        return [self[name] for name in self.occasional_names]

    @property
    def time_is_wrong(self):
        """Whether the fields of the time have an error, and so must not stay folded."""
        return any(name in self.errors for name in ("day", "time", "minutes"))

    def matches(self, therapy_session):
        names = ("starts_at", "ends_at", "mode", "attendance")
        rating = therapy_session.ratings.current().filter(rater=Rater.THERAPIST).first()
        note = own_note(therapy_session, self.writer)  # a colleague's is no matter
        key = therapy_session.episode.client.data_key
        return (
            therapy_session.voided_at is None
            and all(getattr(therapy_session, name) == self.cleaned_data.get(name) for name in names)
            and (rating.answers if rating else {}) == self.answers
            and (rating.noticed if rating else "") == self.cleaned_data.get("noticed")
            and (note.text.open(key) if note else "") == self.cleaned_data.get("private_note")
        )
