"""Forms of allauth where ours do less."""

from allauth.account import forms

from alliance.accounts.mail import ask_for_reset


class ResetPasswordForm(forms.ResetPasswordForm):
    """Writes the address down and looks nobody up: that takes as long for any."""

    def clean_email(self):
        return self.cleaned_data["email"].lower()

    def save(self, request, **kwargs):
        ask_for_reset(email=self.cleaned_data["email"])
        return self.cleaned_data["email"]
