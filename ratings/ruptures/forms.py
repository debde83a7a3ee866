"""Forms of a rupture and its repair: what was seen, the steps, and how it ended."""

from django import forms
from django.utils.translation import gettext_lazy as _

from alliance.dates import DateFormat, day
from alliance.form_fields import PlainTextField
from ratings.findings.names import SERIES_NAMES
from ratings.models import RepairStep, RuptureView, UsefulVerdict
from ratings.psychometrics.evidence import Pillar
from ratings.ruptures.own_words import phrases_of
from ratings.ruptures.words import Phrase, words_for
from sessions.models import TherapySession

OWN = "own"
NEXT = ""
NOT_AN_ANSWER = _("Choose one of the answers.")


class UsefulForm(forms.Form):
    answer = forms.ChoiceField(choices=UsefulVerdict.Answer)


class SetAsideForm(forms.Form):
    reason = PlainTextField(
        label=_("Reason"),
        help_text=_("A few words, for you and your supervisor."),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write why.")},
    )


class UsualForm(forms.Form):
    """Why the level at which the ratings settled is the usual one now."""

    reason = PlainTextField(
        label=_("Why is this the usual now?"),
        help_text=_("A few words, for you and your supervisor. They stay on record."),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write why.")},
    )


class KindForm(forms.Form):
    """What it looks like to the therapist."""

    kind = forms.ChoiceField(
        label=_("What does it look like to you?"),
        choices=RuptureView.KindSeen,
        widget=forms.RadioSelect,
        error_messages={"required": NOT_AN_ANSWER, "invalid_choice": NOT_AN_ANSWER},
    )
    signs = forms.MultipleChoiceField(
        label=_("What did you see?"),
        choices=RuptureView.SignSeen,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    @property
    def typed(self):
        """The answers in words."""
        kind, signs = self.cleaned_data["kind"], self.cleaned_data["signs"]
        return ", ".join([str(RuptureView.KindSeen(kind).label), *(str(RuptureView.SignSeen(s).label) for s in signs)])


class StepPlanForm(forms.Form):
    """A step that is planned: in which words, and for which session."""

    step = forms.ChoiceField(choices=RepairStep.Step, widget=forms.HiddenInput)
    words = forms.ChoiceField(
        label=_("Words you could use"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose words, or “My own words”."), "invalid_choice": NOT_AN_ANSWER},
    )
    own_words = PlainTextField(
        label=_("My own words"),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    planned_for = forms.ChoiceField(label=_("Plan for"), required=False)

    def __init__(self, data=None, *, rupture, step, kind, **kwargs):
        super().__init__(data, initial={"step": step}, auto_id="plan_%s", **kwargs)
        step = data.get("step", step) if data else step
        self.offered = words_for(phrases_of(rupture.episode.client.practice), step, rupture.pillars, kind)
        phrases = [*self.offered.suited, *self.offered.others]
        self.fields["words"].choices = [*((phrase.key, phrase.text) for phrase in phrases), (OWN, _("My own words"))]
        self.planned = {
            str(row.code): row
            for row in TherapySession.objects.planned().filter(episode=rupture.episode).order_by("starts_at")[:6]
        }
        self.fields["planned_for"].choices = [
            (NEXT, _("the next session")),
            *((code, day(row.starts_at, DateFormat.WEEKDAY)) for code, row in self.planned.items()),
        ]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("own_words") and "words" in self.errors and not self.data.get("words"):
            del self.errors["words"]  # whoever types needs no second click
            cleaned["words"] = OWN
        if cleaned.get("words") == OWN and not cleaned.get("own_words") and "own_words" not in self.errors:
            self.add_error("own_words", _("Write what you want to say."))
        return cleaned

    @property
    def sentence(self):
        """The words as they are said."""
        key = self.cleaned_data["words"]
        return self.cleaned_data["own_words"] if key == OWN else str(dict(self.fields["words"].choices)[key])

    @property
    def session_planned_for(self):
        return self.planned.get(self.cleaned_data["planned_for"])

    @property
    def suited(self):
        """The radios of the sentences for this case, and of the own one."""
        keys = {phrase.key for phrase in self.offered.suited} | {OWN}
        return [radio for radio in self["words"].subwidgets if radio.data["value"] in keys]

    @property
    def others(self):
        keys = {phrase.key for phrase in self.offered.others}
        return [radio for radio in self["words"].subwidgets if radio.data["value"] in keys]


class WordsForm(forms.Form):
    """The practice's own words in place of one sentence."""

    text = PlainTextField(
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "class": "voice"}),
        error_messages={"required": _("Write the words, or restore the original.")},
    )

    def __init__(self, data=None, *, phrase: Phrase):
        super().__init__(data, initial={"text": str(phrase.text)})
        self.fields["text"].label = phrase.for_whom


class StepOutcomeForm(forms.Form):
    """What became of a step."""

    step = forms.ChoiceField(choices=RepairStep.Step, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label=_("Did you?"),
        choices=[(value, value.label) for value in RepairStep.SAID],
        widget=forms.RadioSelect,
        error_messages={"required": NOT_AN_ANSWER, "invalid_choice": NOT_AN_ANSWER},
    )
    line = PlainTextField(
        label=_("How it went, in a line"),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data=None, *, step, **kwargs):
        super().__init__(data, initial={"step": step}, auto_id=f"{step}_%s", **kwargs)
        if step == RepairStep.Step.AGREE:
            self.fields["line"].label = _("What you two agreed on, in a line")


class NameRuptureForm(forms.Form):
    """A strain that the therapist names."""

    since = forms.ChoiceField(label=_("Since which session?"))
    kind = KindForm.base_fields["kind"]
    pillars = forms.MultipleChoiceField(
        label=_("What is it about?"),
        choices=[(pillar, SERIES_NAMES[pillar].title) for pillar in Pillar],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    line = PlainTextField(
        label=_("What you saw, in a line"),
        help_text=_("You and your supervisor see it."),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args, sessions, **kwargs):
        super().__init__(*args, **kwargs)
        self.sessions = {str(held.row.code): held.row for held in reversed(sessions)}
        self.fields["since"].choices = [(str(held.row.code), _session_in_words(held)) for held in reversed(sessions)]


def _session_in_words(held):
    if held.number is None:
        return day(held.row.starts_at, DateFormat.WEEKDAY)
    return _("%(n)s, %(day)s") % {"n": held.number, "day": day(held.row.starts_at, DateFormat.WEEKDAY)}
