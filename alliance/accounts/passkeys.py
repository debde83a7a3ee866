"""Passkeys: their names, and forms that take what no browser sends for a wrong passkey."""

from __future__ import annotations

import json
import struct
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.fernet import InvalidToken
from django import forms as django_forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alliance import crypto
from alliance.accounts.sign_ins import record_refused_passkey
from alliance.models import User

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
NOT_ACCEPTED_CODE = "not_accepted"
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
    raise ValidationError(NOT_ACCEPTED, NOT_ACCEPTED_CODE)


class _OnRecord(_Careful):
    """A passkey that is not accepted is on record; what is refused uncompared, after too many, is not."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()
        except ValidationError as error:
            if error.code == NOT_ACCEPTED_CODE:
                record_refused_passkey(self.user or _named_in(self.cleaned_data["credential"]))  # type: ignore[attr-defined]
            raise


def _named_in(credential: Any) -> User | None:
    """Whose it says that it is, where it signs in alone. Anybody may say so, as with an address and a password."""
    try:
        return auth.extract_user_from_response(credential)
    except (*ODD, ValidationError):
        return None


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


class SecondStepForm(_OnRecord, forms.AuthenticateWebAuthnForm):
    pass


class _Alone(forms.LoginWebAuthnForm):
    def clean_credential(self) -> Any:
        passkey = super().clean_credential()
        if not signs_in_alone(passkey):
            raise ValidationError(NOT_ACCEPTED, NOT_ACCEPTED_CODE)
        return passkey


class SignInForm(_OnRecord, _Alone):
    pass


class AskedAgainForm(_OnRecord, forms.ReauthenticateWebAuthnForm):
    pass
