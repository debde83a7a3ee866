"""Forms of the plan."""

from django import forms
from django.utils.translation import gettext_lazy as _

from alliance.form_fields import PlainTextField
from alliance.form_keys import KeyedForm


class GoalForm(KeyedForm):
    """A goal of the plan."""

    text = PlainTextField(
        label=_("Goal"),
        help_text=_("In the client's words: “We are working on … so that I can …”"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )

    def matches(self, goal):
        return goal.text.open(goal.episode.client.data_key) == self.cleaned_data["text"]
