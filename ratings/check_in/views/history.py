"""A client's page of their own past answers.

Its link only reads, and lives for half an hour.
"""

from zoneinfo import ZoneInfo

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alliance import access, audit
from ratings.check_in.history import history_of
from ratings.check_in.links import live_link, shows_history
from ratings.check_in.responsible import responsible_now
from ratings.check_in.views.link import key_in_address, link_gone
from ratings.check_in.views.who_reads import way_to_who_reads
from ratings.models import ClientLink


@key_in_address
@require_safe
def history(request, token):
    link = live_link(token, ClientLink.LinkKind.HISTORY)
    if link is None or link.episode is None or not shows_history(link.client):
        return link_gone(request)
    practice = link.episode.client.practice
    audit.record(audit.Verb.READ, link, practice=practice)
    with timezone.override(ZoneInfo(link.episode.zone)):
        context = {
            "practice": practice,
            "history": history_of(link.episode),
            "who_reads": way_to_who_reads(practice, token),
            "until": link.expires_at,
            "nobody_reads": not access.is_in_hands(link.episode),
            "responsible": responsible_now(link.episode.client),
        }
        return render(request, "ratings/check_in/history.html", context)
