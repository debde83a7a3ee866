"""Forms of the own account; those of allauth where ours do less."""

from allauth.account import forms
from django import forms as django_forms
from django.utils.translation import gettext_lazy as _

from alliance.accounts.mail import ask_for_reset
from alliance.models import Digest


class ResetPasswordForm(forms.ResetPasswordForm):
    """Writes the address down and looks nobody up: that takes as long for any."""

    def clean_email(self):
        return self.cleaned_data["email"].lower()

    def save(self, request, **kwargs):
        ask_for_reset(email=self.cleaned_data["email"])
        return self.cleaned_data["email"]


class DigestForm(django_forms.Form):
    """How often counts come by e-mail."""

    rhythm = django_forms.ChoiceField(label=_("How often"), choices=Digest.Rhythm, widget=django_forms.RadioSelect)
