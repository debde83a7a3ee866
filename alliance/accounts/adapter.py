"""What allauth asks the project: who may sign up, and how secrets are kept."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter

from alliance import crypto
from alliance.drafts.actions import drop_drafts_of
from alliance.qr import qr_code


class AccountAdapter(DefaultAccountAdapter):
    """People are invited by their practice; nobody signs up."""

    def is_open_for_signup(self, request):
        return False

    def logout(self, request):
        drop_drafts_of(user=request.user)
        super().logout(request)


class MfaAdapter(DefaultMFAAdapter):
    """Secrets of two-step sign-in are encrypted, and QR codes are part of the page."""

    def encrypt(self, text):
        return crypto.seal_for_installation(text)

    def decrypt(self, encrypted_text):
        return crypto.open_for_installation(encrypted_text)

    def build_totp_svg(self, url):
        return qr_code(url)


def user_display(user):
    """The e-mail, by which allauth's pages and mails name a user."""
    return user.email
