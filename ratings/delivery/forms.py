"""Parsing for delivery: how a client is reached, and called."""

from django import forms
from django.utils.translation import gettext_lazy as _

from alliance.clients.wordings import wording_in_force
from alliance.form_fields import LONGEST_DELAY, PHONE, NumberField, PlainTextField, ZoneField
from alliance.models import Consent


class ContactForm(forms.Form):
    """Where a client is reached, and whether by e-mail."""

    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=40, validators=[PHONE])
    zone = ZoneField(label=_("Time zone"), required=False, empty=_("As the practice"))
    check_in_delay_minutes = NumberField(
        label=_("Send the check-in how many minutes after the session?"),
        help_text=_("Leave blank for the practice's setting."),
        required=False,
        min_value=0,
        max_value=LONGEST_DELAY,
        error_messages={"min_value": _("Enter 0 minutes or more.")},
    )
    agrees_to_email = forms.BooleanField(
        label=_("The client agreed to receive e-mail."),
        help_text=wording_in_force(Consent.Purpose.EMAIL).text,
        required=False,
    )
    was_shown_agreed = forms.BooleanField(required=False, widget=forms.HiddenInput)
    therapist_may_be_named = forms.BooleanField(
        label=_("The client agreed that e-mails name the therapist."), required=False
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("agrees_to_email") and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("Without an address nobody can be written to."))
        return cleaned

    def show_stopped(self, sentence):
        """Adds the error that the client stopped e-mails, and shows the box unticked.

        Whoever ticks it after this sentence means it.
        """
        self.data = self.data.dict() | {"agrees_to_email": "", "was_shown_agreed": ""}
        self.add_error("agrees_to_email", sentence)


class RenameForm(forms.Form):
    """Another name for a client."""

    name = PlainTextField(
        label=_("Name or pseudonym"),
        help_text=_("As you want to see it in your lists. A pseudonym is enough."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter a name.")},
    )


class PageForm(forms.Form):
    """After which check-in a page of the list begins; what is made up by hand is the first page."""

    after = forms.UUIDField(required=False, widget=forms.HiddenInput)

    @property
    def chosen(self):
        self.is_valid()
        return self.cleaned_data.get("after")
