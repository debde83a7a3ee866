"""What is on record of sign-ins: who came in, who failed to, and what was changed of how somebody gets in.

The rows have no practice: a user may have a place in several. What is recorded as changed is what its owner is told of
by e-mail.
"""

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.core.exceptions import ValidationError
from django.db.models.functions import Lower

from alliance import audit
from alliance.accounts.codes import Codes, codes_of
from alliance.models import User


def record_sign_in(user: User) -> None:
    """Somebody is signed in by now, with every step that it took."""
    audit.record_code(audit.Verb.CREATED, "browsersession", user.code, by=user)


def record_sign_out(user: User, *, count: int = 1) -> None:
    """In this browser, or in so many others."""
    audit.record_code(audit.Verb.ENDED, "browsersession", user.code, by=user, count=count)


def record_wrong_password(email: str) -> None:
    """For an address that nobody has it is the same work, or the time would tell."""
    user = User.objects.alias(lowered=Lower("email")).filter(lowered=email.lower()).first()
    audit.record_code(audit.Verb.DENIED, "browsersession", user.code if user else "")


def record_refused_passkey(user: User | None) -> None:
    """At the sign-in, or where it is asked for once more; nobody, where it does not say whose it is."""
    audit.record_code(audit.Verb.DENIED, "authenticator", user.code if user else "")


def record_end_by_time(user: User) -> None:
    """Nobody did anything for too long, or the day was over; the program ended it."""
    audit.record_code(audit.Verb.ENDED, "browsersession", user.code)


def record_change(user: User, mail: str) -> None:
    """`mail`: the template of the e-mail that tells it. Through a mailed link it is the user's deed as well."""
    changed = {"mfa": "authenticator", "email": "emailaddress"}
    what = changed.get(mail.split("/")[0]) or changed.get(mail.rsplit("/", 1)[-1].split("_")[0], "user")
    audit.record_code(audit.Verb.CHANGED, what, user.code, by=user)


class _CodeOnRecord:
    """A wrong code is on record; what is refused uncompared, after too many, is not."""

    @property
    def codes(self) -> Codes:
        """For the page: those that this user can give."""
        return codes_of(self.user)  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        try:
            return super().clean_code()  # type: ignore[misc]
        except ValidationError as error:
            if error.code == "incorrect_code":
                audit.record_code(audit.Verb.DENIED, "authenticator", self.user.code)  # type: ignore[attr-defined]
            raise


class CodeForm(_CodeOnRecord, AuthenticateForm):
    """The second step of a sign-in."""


class CodeAgainForm(_CodeOnRecord, ReauthenticateForm):
    """The code in place of the password, once more."""
