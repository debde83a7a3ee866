"""Forms about a client's record, by its code."""

import re

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from alliance.form_fields import NumberField, PlainTextField
from alliance.models import Erasure

SHORTEST = 8  # as pages and e-mails give the code of a case


class CodeField(forms.CharField):
    """The beginning of a code, with or without hyphens."""

    def __init__(self, **kwargs):
        super().__init__(max_length=40, **kwargs)
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def to_python(self, value):
        return re.sub(r"[\s-]", "", super().to_python(value)).lower()

    def validate(self, value):
        super().validate(value)
        if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST},32}}", value):
            raise forms.ValidationError(_("Write the first eight letters and digits of the code, or more."))


class FindForm(forms.Form):
    """Whose record it is about."""

    code = CodeField(
        label=_("Code of the case or of the client"),
        help_text=_(
            "Its first eight letters and digits. The therapist finds it on the page of the case, near the end."
        ),
        error_messages={"required": _("Write the code.")},
    )


class EraseForm(forms.Form):
    """Why a record is to be erased; the code once more, so that it is not another one."""

    reason = forms.TypedChoiceField(
        label=_("Why"),
        choices=[("", _("Choose")), *Erasure.Reason.choices],
        coerce=Erasure.Reason,
        error_messages={"required": _("Choose why.")},
    )
    code = CodeField(label=_("Type the code"), error_messages={"required": _("Type the code that stands above.")})

    def __init__(self, *args, short_code, **kwargs):
        super().__init__(*args, **kwargs)
        self.short_code = short_code

    def clean_code(self):
        if self.cleaned_data["code"][:SHORTEST] != self.short_code:
            raise forms.ValidationError(_("This is not the code that stands above."))
        return self.cleaned_data["code"]


class HoldForm(forms.Form):
    """Why a record is kept."""

    reason = PlainTextField(
        label=_("Why"),
        max_length=2000,
        help_text=_("One or two sentences. The therapist and the managers read this, and it stands in the copy."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why.")},
    )


class RetentionForm(forms.Form):
    """How many years a record is kept after the end of the therapy."""

    years = NumberField(
        label=_("Years after the end of the therapy"),
        help_text=_("Ask what the law of your profession says."),
        min_value=1,
        max_value=99,
    )


class RequestAnswer(TextChoices):
    """What a manager says to a request that waits."""

    AGREE = "agree", _("I agree")
    TAKE_BACK = "take-back", _("Take it back")


class RequestAnswerForm(forms.Form):
    """One of two buttons under a request."""

    answer = forms.TypedChoiceField(choices=RequestAnswer, coerce=RequestAnswer)


class RuleAnswerForm(RequestAnswerForm):
    """The same under a rule, which may have been replaced meanwhile."""

    shown_rule = forms.UUIDField(widget=forms.HiddenInput)
