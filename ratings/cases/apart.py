"""The names of clients in a list to choose from, so that two of one name can be told apart."""

from collections import Counter
from collections.abc import Iterable

from django.utils.translation import gettext as _

from alliance.dates import DateFormat, day
from alliance.models import Episode


def names_apart(episodes: Iterable[Episode]) -> dict[str, str]:
    """Code of a case -> its client's name; of two with one name also since when, and the code of the case."""
    named = {str(episode.code): episode for episode in episodes}
    count = Counter(episode.client.display_name for episode in named.values())
    return {
        code: episode.client.display_name
        if count[episode.client.display_name] == 1
        else _("%(name)s, since %(day)s, case %(code)s")
        % {
            "name": episode.client.display_name,
            "day": day(episode.starts_at, DateFormat.DAY),
            "code": episode.short_code,
        }
        for code, episode in named.items()
    }
