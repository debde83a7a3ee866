"""The form of a question for supervision."""

from django import forms
from django.utils.translation import gettext_lazy as _

from alliance.form_fields import PlainTextField


class QuestionForm(forms.Form):
    question = PlainTextField(
        label=_("Your question for supervision"),
        help_text=_("Your supervisor sees it on their list. You can take it back."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        error_messages={"required": _("Write a question.")},
    )
