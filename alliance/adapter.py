import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.utils.safestring import mark_safe

from alliance import crypto


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
        """Part of the page, as the content security policy refuses images in `data:` addresses."""
        return mark_safe(segno.make(url).svg_inline(scale=5, border=2, dark="#000", light="#fff", omitsize=True))


def user_display(user):
    return user.email
