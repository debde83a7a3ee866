"""Whether mail leaves this machine."""

from django.conf import settings


def mail_is_printed() -> bool:
    """Whether mails are printed in the terminal where the program runs.

    So it is in the demo and in a try-out, where no mail leaves the machine.
    """
    return settings.LOCAL and settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend"
