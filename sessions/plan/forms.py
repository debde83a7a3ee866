"""Forms of the plan."""

from datetime import datetime, time

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.form_fields import DayField, PlainTextField
from alliance.form_keys import KeyedForm
from sessions.models import AgreedBy, GoalOutcome, Modality, Willing
from sessions.plan.queries import opened

LONGEST = 1000


class PlanTextField(PlainTextField):
    """A few lines of the plan."""

    def __init__(self, *, rows=2, **kwargs):
        attrs = {"rows": rows, "autocomplete": "off", "class": "voice"}
        super().__init__(max_length=LONGEST, widget=forms.Textarea(attrs=attrs), **kwargs)


class PlanDayField(DayField):
    """A day up to today; read as noon of it, or as now where it is not noon yet."""

    def __init__(self, **kwargs):
        super().__init__(initial=timezone.localdate, **kwargs)

    def clean(self, value):
        day = super().clean(value)
        if day is None:
            return None
        if day > timezone.localdate():
            raise forms.ValidationError(_("This date is in the future."))
        return min(datetime.combine(day, time(12), timezone.get_current_timezone()), timezone.now())


def agreed_by_field(label):
    return forms.ChoiceField(label=label, choices=AgreedBy, required=False, widget=forms.RadioSelect)


class GoalForm(KeyedForm):
    """A new goal of the plan."""

    text = PlanTextField(
        label=_("Goal"),
        help_text=_("In the client's words: “We are working on … so that I can …”"),
        error_messages={"required": _("Write the goal.")},
    )
    agreed_by = agreed_by_field(_("Who agreed on it?"))
    agreed_at = PlanDayField(label=_("When was it agreed?"), required=False)
    is_for_later = forms.BooleanField(label=_("For the next phase, not for now."), required=False)

    def clean_agreed_at(self):
        return self.cleaned_data["agreed_at"] or timezone.now()

    def matches(self, goal):
        return goal.text.open(goal.episode.client.data_key) == self.cleaned_data["text"]


class RevisedForm(forms.Form):
    """A form that changes a row, and knows which revision of it was shown."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def show_present(self, row):
        """Lets the form, sent again, replace the revision that is there now."""
        self.data = self.data.copy()
        self.data["revision"] = row.revision


class GoalEditForm(RevisedForm):
    text = PlanTextField(
        label=_("Goal"),
        help_text=_("The earlier wording is kept."),
        error_messages={"required": _("Write the goal.")},
    )
    revised_by = agreed_by_field(_("Who changed the wording?"))


class GoalEndForm(forms.Form):
    outcome = forms.ChoiceField(label=_("What became of it?"), choices=GoalOutcome, widget=forms.RadioSelect)
    ended_by = agreed_by_field(_("Who agreed on that?"))
    ended_at = PlanDayField(label=_("When?"))


class TaskEndForm(forms.Form):
    ended_by = agreed_by_field(_("Who agreed on that?"))
    ended_at = PlanDayField(label=_("When?"))


class GoalChoiceField(forms.ModelChoiceField):
    """One of the goals; what is no code at all is refused in the same sentence as a code of no goal here."""

    def to_python(self, value):
        try:
            return super().to_python(value)
        except forms.ValidationError:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from None


class TaskFields(forms.Form):
    """What a task says, new or changed."""

    activity = PlanTextField(
        label=_("What do you two do?"),
        help_text=_("In words that the client would use."),
        error_messages={"required": _("Write what you two do.")},
    )
    why_it_helps = PlanTextField(label=_("Why should it help?"), required=False)
    modality = forms.ChoiceField(label=_("How is it done?"), choices=Modality, widget=forms.RadioSelect)
    willing = forms.ChoiceField(
        label=_("Does the client do it willingly?"),
        choices=[*Willing.choices, ("", _("Not asked yet"))],
        required=False,
        widget=forms.RadioSelect,
    )
    goal: GoalChoiceField = GoalChoiceField(
        None,
        label=_("For which goal?"),
        to_field_name="code",
        required=False,
        widget=forms.Select(attrs={"class": "voice"}),
    )

    def __init__(self, *args, goals, key, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["goal"]
        field.queryset = goals
        field.choices = [("", _("For none in particular")), *((goal.code, goal.text.open(key)) for goal in goals)]

    @property
    def task(self):
        """What was typed, as the actions take it."""
        return {name: self.cleaned_data[name] for name in ("activity", "why_it_helps", "modality", "willing", "goal")}


class TaskForm(TaskFields, KeyedForm):
    """A new task of the plan."""

    def matches(self, task):
        return task.activity.open(task.episode.client.data_key) == self.cleaned_data["activity"]


class TaskEditForm(TaskFields, RevisedForm):
    """Another shape of a task."""

    adapted_why = PlanTextField(
        label=_("Why is it changed?"),
        help_text=_("If you adapt it to the client. What it was before is kept."),
        required=False,
    )

    @classmethod
    def initial_of(cls, task, key):
        return {
            "activity": task.activity.open(key),
            "why_it_helps": opened(task.why_it_helps, key),
            "modality": task.modality,
            "willing": task.willing,
            "goal": task.goal.code if task.goal else "",
            "revision": task.revision,
        }


class PhaseForm(forms.Form):
    name = PlainTextField(
        label=_("What is the next phase about?"),
        help_text=_("One or two words, such as: at work. It can be left out."),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    number = forms.IntegerField(widget=forms.HiddenInput, min_value=2)
