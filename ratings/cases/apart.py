"""The names of clients in a list to choose from, so that two of one name can be told apart."""

from collections import Counter
from collections.abc import Iterable

from django.utils.translation import gettext as _

from alliance.dates import DateFormat, day
from alliance.models import Episode


def names_apart(episodes: Iterable[Episode]) -> dict[str, str]:
    """Code of a case -> its client's name; of two with one name also since when, and the code of the case."""
    named = {str(episode.code): (episode, episode.client.display_name) for episode in episodes}  # each is opened once
    count = Counter(name for _episode, name in named.values())
    return {
        code: name
        if count[name] == 1
        else _("%(name)s, since %(day)s, case %(code)s")
        % {"name": name, "day": day(episode.starts_at, DateFormat.DAY), "code": episode.short_code}
        for code, (episode, name) in named.items()
    }
