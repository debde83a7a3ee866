"""Who asks a client, as the page of a check-in says it."""

from django.utils.translation import gettext as _

from alliance.models import Episode, Membership
from alliance.prepared import Prepared

THERAPIST = Prepared(
    lambda therapist: Membership.objects.filter(pk=therapist).select_related("practice__data_key"), therapist=int
)


def asked_by(episode: Episode) -> str:
    """The therapist by name where the client agreed to that; else nobody is named: others may see the screen."""
    if episode.client.therapist_may_be_named:
        [therapist] = THERAPIST.models(therapist=episode.therapist_id)
        return _("From your therapist, %(name)s.") % {"name": therapist.display_name}
    return _("From the practice that asked you.")
