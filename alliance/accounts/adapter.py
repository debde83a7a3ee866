from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter

from alliance import crypto
from alliance.qr import qr_code


class AccountAdapter(DefaultAccountAdapter):
    """People are invited by their practice; nobody signs up."""

    def is_open_for_signup(self, request):
        return False


class MfaAdapter(DefaultMFAAdapter):
    def encrypt(self, text):
        return crypto.seal_for_installation(text)

    def decrypt(self, encrypted_text):
        return crypto.open_for_installation(encrypted_text)

    def build_totp_svg(self, url):
        return qr_code(url)


def user_display(user):
    return user.email
