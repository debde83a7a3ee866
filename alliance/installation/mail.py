"""Whether mail leaves this machine."""

from django.conf import settings


def mail_is_printed():
    """In the demo and the try-out no mail leaves: it is printed in the terminal where the program runs."""
    return settings.LOCAL and settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend"
