"""Compares a list of clients with who is here already, and makes its preview.

A client of the list is known by the reference, and to a therapist among their own clients alone. Where there is none, a
client is known by the folded name, among the clients of the same therapist: nobody learns from a name or a reference
who is a colleague's client.
Reads only, in a number of statements that does not grow with the list but by one for some hundred of its lines.
"""

from collections import defaultdict

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliance.crypto import CannotOpen
from alliance.models import Client, Episode
from alliance.names import folded
from ratings.importing.clients.preview import ClientPreview, NewClient
from ratings.importing.matching import rows_where_in
from ratings.importing.meant import ClientNames
from ratings.importing.receiver import therapists_of
from ratings.importing.references import Layout
from ratings.importing.table import LineError

NAMES_NOBODY = gettext_lazy(
    "Therapist_Email is empty. Fill it in, or say whose cases these are when you choose the file."
)
OF_ANOTHER = gettext_lazy(
    "This line names another therapist, and a list of yours makes cases of yours. Ask a manager to import it."
)
ANOTHER = gettext_lazy(
    "A client of this name is here, with another e-mail address or an ended therapy. Give a Client_ID, or open the case"
    " by hand."
)


class ClientMatcher:
    """Makes previews of one list. Kept from one to the next: what takes long, so that the next one is quick."""

    def __init__(self, practice, listed):
        self.practice, self.listed = practice, listed
        self.references = ClientNames(Layout.CLIENTS)
        self.folded = {row.line: _key_of(row.name) for row in listed.clients}
        self.names = {}  # sealed name -> folded one

    def preview(self, receiver):
        """What an import would write as things stand now."""
        self.errors = list(self.listed.errors)
        self.new, self.known, self.repeated = [], [], []
        self.lines, self.by_hand = defaultdict(list), defaultdict(list)
        assigned = self._assigned(receiver)
        self._look_up(assigned)
        # Those with a reference first: a line without one may name the same client.
        for listed, therapist in sorted(assigned, key=lambda row: (not row[0].reference, row[0].line)):
            self._match(listed, therapist, receiver)
        self._settle_by_hand()
        return ClientPreview(
            self.listed,
            receiver,
            new=tuple(sorted(self.new, key=lambda new: new.listed.line)),
            known=_in_order(self.known),
            repeated=_in_order(self.repeated),
            errors=tuple(sorted(self.errors)),
        )

    def _add_error(self, listed, sentence):
        self.errors.append(LineError(listed.line, sentence))

    def _assigned(self, receiver):
        """(client of the list, therapist); a line that names no therapist is an error."""
        therapists = therapists_of(self.practice)
        assigned = []
        for listed in self.listed.clients:
            therapist = receiver.therapist(filter(None, [listed.therapist]), therapists)
            if (
                therapist
                and receiver.only_own
                and listed.therapist.casefold() not in ("", therapist.user.email.casefold())
            ):
                self._add_error(listed, str(OF_ANOTHER))
            elif therapist:
                assigned.append((listed, therapist))
            elif listed.therapist:
                self._add_error(listed, _("Nobody with this Therapist_Email is a therapist of this practice."))
            else:
                self._add_error(listed, str(NAMES_NOBODY))
        return assigned

    def _look_up(self, assigned):
        named = [(listed.reference, therapist) for listed, therapist in assigned if listed.reference]
        refs = {ref for name, therapist in named for ref in self.references.references(name, therapist)}
        clients = Client.objects.filter(practice=self.practice)
        self.clients = {row.external_ref: row.pk for row in rows_where_in(clients, "external_ref", refs)}
        pairs = Episode.objects.values_list("client", "therapist")
        self.pairs = set(rows_where_in(pairs, "client", set(self.clients.values())))
        self.named = defaultdict(dict)  # (therapist, folded name) -> client -> whether a reference is stored
        self.here = defaultdict(list)  # (therapist, folded name) -> episodes
        episodes = Episode.objects.filter(client__practice=self.practice).select_related("client__data_key")
        for episode in rows_where_in(episodes, "therapist", {therapist.pk for _listed, therapist in assigned}):
            client = episode.client
            self.here[episode.therapist_id, self._folded(client)].append(episode)
            self.named[episode.therapist_id, self._folded(client)][client.pk] = client.external_ref is not None

    def _folded(self, client):
        token = client.name.token
        if token not in self.names:
            try:
                self.names[token] = _key_of(client.name.open(client.data_key))
            except CannotOpen:
                self.names[token] = None  # nobody can say who it is
        return self.names[token]

    def _match(self, listed, therapist, receiver):
        name = therapist.pk, self.folded[listed.line]
        if not listed.reference:
            if self.here[name] and any(self._is(listed, episode) for episode in self.here[name]):
                self.known.append(listed)
            elif self.here[name]:
                self._add_error(listed, str(ANOTHER))
            else:
                self._add_new(listed, therapist, name)
            return
        meant = self.references.meant(
            listed.reference, therapist, clients=self.clients, pairs=self.pairs, only_own=receiver.only_own
        )
        by_hand = [pk for pk, has_reference in self.named[name].items() if not has_reference]
        if (meant.pk, therapist.pk) in self.pairs:
            self.known.append(listed)
        elif meant.pk:
            self._add_error(listed, _("This client is here already, with another therapist."))
        elif by_hand:
            self.by_hand[by_hand[0]].append(listed)
        else:
            self._add_new(listed, therapist, listed.reference, meant.ref)
        self.lines[name].append((listed, self._details(listed, therapist)))

    def _is(self, listed, episode):
        """Whether a line without a reference can only mean this case: it is open, and no address speaks against it."""
        client = episode.client
        stored = client.email.open(client.data_key).casefold() if client.email else ""
        return episode.ends_at is None and listed.email.casefold() in ("", stored)

    def _add_new(self, listed, therapist, key, ref=None):
        """A new client, unless an earlier line has them."""
        earlier, details = self.lines[key], self._details(listed, therapist)
        if not earlier:
            self.new.append(NewClient(listed, therapist, ref))
        elif any(details == others for _listed, others in earlier):
            self.repeated.append(listed)
        elif listed.reference:
            sentence = _("Line %(line)s has this client with other details. Correct one of the two.")
            self._add_error(listed, sentence % {"line": earlier[0][0].line})
        else:
            sentence = _("Line %(line)s has a client of this name, with other details. Give each a Client_ID.")
            self._add_error(listed, sentence % {"line": earlier[0][0].line})
        earlier.append((listed, details))

    def _details(self, listed, therapist):
        """What two lines of one client have in common."""
        digits = "".join(filter(str.isdigit, listed.phone))
        return therapist.pk, self.folded[listed.line], listed.starts_on, listed.email.casefold(), digits

    def _settle_by_hand(self):
        """Lines with a reference that fit a client who is here without one: by the name alone, so one of them only."""
        for lines in self.by_hand.values():
            if len({listed.reference for listed in lines}) == 1:
                self.known += lines
                continue
            for listed in lines:
                self._add_error(
                    listed, _("Several lines fit a client who is here without a Client_ID. Enter these by hand.")
                )


def _key_of(name):
    """The folded name; one of signs alone is itself."""
    return folded(name) or name


def _in_order(lines):
    return tuple(sorted(lines, key=lambda listed: listed.line))
