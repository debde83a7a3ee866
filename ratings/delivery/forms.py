"""Parsing for delivery: how a client is reached, and answers that came by another way."""

from datetime import datetime, time

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.forms import LONGEST_DELAY, PHONE, PlainTextField, ZoneField
from ratings.forms import LONGEST_COMMENT, ClientAnswersForm
from ratings.psychometrics.evidence import Rater


class ContactForm(forms.Form):
    """Where a client is reached, and whether by e-mail."""

    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=40, validators=[PHONE])
    zone = ZoneField(label=_("Time zone"), required=False, empty=_("As the practice"))
    check_in_delay_minutes = forms.IntegerField(
        label=_("Minutes from the end of a session to its check-in"),
        help_text=_("Empty: as the practice."),
        required=False,
        min_value=0,
        max_value=LONGEST_DELAY,
    )
    agrees_to_email = forms.BooleanField(label=_("The client agreed to be written to by e-mail."), required=False)
    was_shown_agreed = forms.BooleanField(required=False, widget=forms.HiddenInput)
    therapist_may_be_named = forms.BooleanField(
        label=_("The client agreed that e-mails name the therapist."), required=False
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("agrees_to_email") and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("Without an address nobody can be written to."))
        return cleaned

    def stopped_meanwhile(self, sentence):
        """Shows the consent as it is now; whoever ticks the box after this sentence means it."""
        self.data = self.data.dict() | {"agrees_to_email": "", "was_shown_agreed": ""}
        self.add_error("agrees_to_email", sentence)


class EnteredAnswersForm(ClientAnswersForm):
    """What a client answered on paper or by telephone, typed by the therapist."""

    day = forms.DateField(
        label=_("Day on which the client answered"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    comment = PlainTextField(
        label=_("What the client added"),
        help_text=_("In their own words. Only you will read it."),
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    def __init__(self, *args, check_in, **kwargs):
        super().__init__(*args, **kwargs)
        self.therapy_session = check_in.therapy_session
        self.add_questions(check_in.text, Rater.CLIENT)

    def clean_day(self):
        day = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This lies in the future."))
        if day < timezone.localdate(self.therapy_session.starts_at):
            raise forms.ValidationError(_("The session had not been held by then."))
        return day

    @property
    def given(self):
        """Paper has a day and no hour: noon, unless the session ended later or that is still to come."""
        noon = datetime.combine(self.cleaned_data["day"], time(12), timezone.get_current_timezone())
        answered_at = min(max(noon, self.therapy_session.ends_at), timezone.now())
        return super().given | {"answered_at": answered_at}
