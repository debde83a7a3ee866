"""What allauth asks the project: who may sign up, where links lead, how secrets are kept."""

from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from alliance import crypto
from alliance.accounts.browser_sessions import end_other_browsers
from alliance.accounts.codes import codes_of
from alliance.accounts.devices import known_device, remember_device
from alliance.accounts.mail import send_message
from alliance.accounts.second_factor import let_first_sign_in_be
from alliance.accounts.sign_ins import record_change, record_sign_in, record_sign_out, record_wrong_password
from alliance.drafts.actions import drop_drafts_of
from alliance.qr import qr_code


class AccountAdapter(DefaultAccountAdapter):
    """People are invited by their practice; nobody signs up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": _(
            "Too many tries with a wrong password. Wait a few minutes, use a browser in which you have signed in "
            "before, or set a new password."
        )
    }

    def is_open_for_signup(self, request):
        return False

    def logout(self, request):
        drop_drafts_of(user=request.user)
        record_sign_out(request.user)
        super().logout(request)
        setattr(request, SIGNED_OUT, True)

    def set_password(self, user, password):
        """Other browsers would be signed out by the new password alone; so they are on no list either."""
        super().set_password(user, password)
        end_other_browsers(user=user, but=self.request.session)

    # Wrong passwords are counted for the account, then for the address they come from; those from a browser of the
    # owner's for that browser alone. What the account refuses is not counted against the address: a whole office may
    # share it.

    def pre_authenticate(self, request, **credentials):
        device = known_device(request, credentials.get("email", ""))
        self._login_failed_rl_usage = ratelimit.consume(
            request,
            app="allauth.account",
            action="login_failed_known_device" if device else "login_failed",
            key=device or self._get_login_attempts_cache_key(request, **credentials),
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request, **credentials):
        record_wrong_password(credentials.get("email", ""))

    def _get_login_attempts_cache_key(self, request, **credentials):
        """Not allauth's, which holds the host and port of the request: with each other port it would begin anew."""
        return credentials.get("email", "").lower()

    def post_login(self, request, user, **kwargs):
        let_first_sign_in_be(request, user)
        request.session.browser = request.headers.get("User-Agent", "")
        response = super().post_login(request, user, **kwargs)
        record_sign_in(user)
        remember_device(request, response, user.email)
        return response

    def get_reauthentication_methods(self, user):
        found = super().get_reauthentication_methods(user)
        if not found:
            return []
        ways = {"mfa_reauthenticate": codes_of(user).way, "mfa_reauthenticate:webauthn": _("Use your passkey")}
        return [method | {"description": ways.get(method["id"], method["description"])} for method in found]

    # Links in mails begin with the address that the installation was given, never with what a request calls it.

    def get_reset_password_from_key_url(self, key):
        return _at_our_address(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request, emailconfirmation):
        return _at_our_address(super().get_email_confirmation_url(request, emailconfirmation))

    def send_mail(self, template_prefix, email, context):
        """Not within the request, which would take longer for an address that is somebody's."""
        context = {"request": self.request, "reset_url": _at_our_address(reverse(RESET))} | context
        send_message(message=self.render_mail(template_prefix, email, context))

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        record_change(user, template_prefix)
        super().send_notification_mail(template_prefix, user, context, email=email)

    def send_confirmation_mail(self, request, emailconfirmation, signup):
        """Tells the address that is still the user's, too: until the new one is confirmed they can object."""
        address = emailconfirmation.email_address
        super().send_confirmation_mail(request, emailconfirmation, signup)
        if address.user.email.lower() != address.email.lower():
            asked = {"to_email": address.email}
            self.send_notification_mail("account/email/email_asked", address.user, asked, email=address.user.email)


RESET = "account_reset_password"
SIGNED_OUT = "has_signed_out"  # a mark on a request, for the middleware


def _at_our_address(url):
    return settings.BASE_URL + urlsplit(url).path


class MfaAdapter(DefaultMFAAdapter):
    """Secrets of two-step sign-in are encrypted, and QR codes are part of the page."""

    def encrypt(self, text):
        return crypto.seal_for_installation(text)

    def decrypt(self, encrypted_text):
        return crypto.open_for_installation(encrypted_text)

    def build_totp_svg(self, url):
        return qr_code(url)

    def _get_site_name(self):
        """What a phone writes beside the passkey; not the address, which the browser adds."""
        return "Alliance"


def user_display(user):
    """The e-mail, by which allauth's pages and mails name a user."""
    return user.email
