"""A client's page of who can read what they send, where the practice wants it. It opens beside the page they are on."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from alliance.models import Practice
from ratings.check_in.links import case_of_link
from ratings.check_in.responsible import responsible_now
from ratings.check_in.views.link import key_in_address, link_gone
from ratings.check_in.who_reads import who_reads as who_reads_case


@key_in_address
@require_safe
def who_reads(request: HttpRequest, token: str) -> HttpResponse:
    episode = case_of_link(token)
    if episode is None or not episode.client.practice.names_readers:
        return link_gone(request)
    with timezone.override(ZoneInfo(episode.zone)):
        context = {
            "practice": episode.client.practice,
            "who": who_reads_case(episode),
            "responsible": responsible_now(episode.client),
        }
        return render(request, "ratings/check_in/who_reads.html", context)


def way_to_who_reads(practice: Practice, token: str) -> str:
    """The address of that page under the key of a link; empty where the practice does not want it, or without a key."""
    return reverse("links:who-reads", args=[token]) if token and practice.names_readers else ""
