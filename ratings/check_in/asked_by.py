"""Who asks a client, as the page of a check-in says it."""

from django.utils.translation import gettext as _

from alliance.models import Episode


def asked_by(episode: Episode) -> str:
    """The therapist by name where the client agreed to that; else nobody is named: others may see the screen."""
    if episode.client.therapist_may_be_named:
        return _("From your therapist, %(name)s.") % {"name": episode.therapist.display_name}
    return _("From the practice that asked you.")
