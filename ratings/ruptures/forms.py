"""Forms for the verdict on a flag, and for setting it aside."""

from django import forms
from django.utils.translation import gettext_lazy as _

from alliance.form_fields import PlainTextField
from ratings.models import Verdict


class VerdictForm(forms.Form):
    answer = forms.ChoiceField(choices=Verdict.Answer)


class SetAsideForm(forms.Form):
    reason = PlainTextField(
        label=_("Reason"),
        help_text=_("A few words, for you and your supervisor."),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
