import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.utils.safestring import mark_safe


class AccountAdapter(DefaultAccountAdapter):
    """People are invited by their practice; nobody signs up."""

    def is_open_for_signup(self, request):
        return False


class MfaAdapter(DefaultMFAAdapter):
    def build_totp_svg(self, url):
        """Part of the page, as the content security policy refuses images in `data:` addresses."""
        return mark_safe(segno.make(url).svg_inline(scale=5, border=2, dark="#000", light="#fff", omitsize=True))


def user_display(user):
    return user.email
