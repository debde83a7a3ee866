"""The form of an upload: the list, and whose cases its lines become."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ratings.importing.clients.reading import read_clients
from ratings.importing.forms import UploadForm


class ClientListForm(UploadForm):
    """A list of clients, and for managers the therapist whose cases they become."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _("A CSV file, at most 5 MB, with one line a client.")

    def unreadable(self, data):
        listed = read_clients(data, timezone.now())
        return () if listed.is_readable else listed.errors
