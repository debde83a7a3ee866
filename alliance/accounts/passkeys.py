"""Passkeys: their names, and forms that take what no browser sends for a wrong passkey."""

from __future__ import annotations

import json
import struct
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.fernet import InvalidToken
from django import forms as django_forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alliance import crypto

LONGEST_NAME = 60
NOT_ACCEPTED = _("This passkey was not accepted. Try once more, or take another way to sign in.")
# What django-allauth and fido2 raise where the text is JSON, and not what a browser makes.
ODD = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    UnsupportedAlgorithm,
    ValueError,
    struct.error,
)
ALONE = "alone"  # beside what the browser said: the owner's choice, which the browser need not follow


def passkey_name(passkey: Authenticator) -> str:
    """The name that its owner gave it."""
    try:
        return crypto.open_for_installation(passkey.data["name"])
    except InvalidToken:
        return gettext("This text cannot be opened.")


def signs_in_alone(passkey: Authenticator) -> bool:
    """Whether its owner chose so; of one from before that was kept, what the browser told."""
    return bool(passkey.data["credential"].get(ALONE, passkey.wrap().is_passwordless))


class _Credential(django_forms.Field):
    """What the browser says about a passkey. Django's own field of JSON fails at ten thousand brackets."""

    widget = django_forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return json.loads(value or "null")
        except ODD:
            raise ValidationError(NOT_ACCEPTED) from None


class _Careful(django_forms.Form):
    credential = _Credential(error_messages={"required": NOT_ACCEPTED})

    def clean_credential(self) -> Any:
        ask = getattr(super(), "clean_credential", None)
        return _accepted(ask) if ask else self.cleaned_data["credential"]

    def clean(self) -> Any:
        return _accepted(super().clean)


def _accepted(ask: Any) -> Any:
    """What it says; too many tries are told as such, everything else is a passkey that is not accepted."""
    try:
        return ask()
    except ValidationError as error:
        if getattr(error, "code", None) != "incorrect_code":
            raise
    except ODD:
        pass
    raise ValidationError(NOT_ACCEPTED)


class _Named(django_forms.Form):
    name = django_forms.CharField(
        label=_("What do you call it?"),
        max_length=LONGEST_NAME,
        help_text=_("Such as “My phone”, to tell it from others."),
    )

    def clean_name(self) -> str:
        return crypto.seal_for_installation(self.cleaned_data["name"])


class AddPasskeyForm(_Named, _Careful, forms.AddWebAuthnForm):
    passwordless = django_forms.BooleanField(
        label=_("Sign in with it alone, without the password"),
        required=False,
        initial=True,
        help_text=_("The device then asks for a finger, a face or a PIN each time."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["name"] = gettext("My passkey")

    def clean(self) -> Any:
        fields = super().clean()
        if credential := fields.get("credential"):
            credential[ALONE] = fields["passwordless"]
        return fields


class RenamePasskeyForm(_Named, forms.EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["name"] = passkey_name(self.instance)


class SecondStepForm(_Careful, forms.AuthenticateWebAuthnForm):
    pass


class SignInForm(_Careful, forms.LoginWebAuthnForm):
    def clean_credential(self) -> Any:
        passkey = super().clean_credential()
        if not signs_in_alone(passkey):
            raise ValidationError(NOT_ACCEPTED)
        return passkey


class AskedAgainForm(_Careful, forms.ReauthenticateWebAuthnForm):
    pass
