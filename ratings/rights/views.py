"""The copy of everything: a therapist makes the link to it, its client reads and keeps it."""

from zoneinfo import ZoneInfo

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS
from alliance.qr import qr_code
from alliance.requests import require_page_or_post
from ratings.check_in.links import COPY_LINK_LIVES, live_link, mint_copy_link
from ratings.check_in.views.link import key_in_address, link_gone
from ratings.check_in.views.rate_first import page_until_rated
from ratings.models import ClientLink
from ratings.rights.copy import copy_of
from ratings.rights.looked import who_looked

EPISODES = Episode.objects.select_related(*EPISODE_NEEDS)


@require_page_or_post
@reauthentication_required
def copy_make(request, code):
    """What the copy holds, and a fresh link to it, on this page once and nowhere else."""
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    if waiting := page_until_rated(request, episode):
        return waiting
    context = {"episode": episode, "days": COPY_LINK_LIVES.days, "section": "cases"}
    if request.method == "POST":
        address = settings.BASE_URL + reverse("links:copy", args=[mint_copy_link(editor=editor)])
        context |= {"address": address, "qr": qr_code(address)}
    else:
        audit.record(audit.Verb.READ, episode, by=editor.membership)
        context["copy"] = copy_of(episode)
    return render(request, "ratings/rights/copy_make.html", context)


@require_safe
def who_looked_page(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    audit.record(audit.Verb.READ, episode, by=editor.membership)
    with timezone.override(ZoneInfo(episode.client.practice.zone)):
        context = {"episode": episode, "events": who_looked(episode), "section": "cases"}
        return render(request, "ratings/rights/who_looked.html", context)


@key_in_address
@require_safe
def copy_page(request, token):
    link, copy = _opened(token)
    if copy is None:
        return link_gone(request)
    with timezone.override(ZoneInfo(link.episode.zone)):
        context = {"copy": copy, "token": token, "until": link.expires_at, "practice": link.episode.client.practice}
        return render(request, "ratings/rights/copy.html", context)


@key_in_address
@require_safe
def copy_json(request, token):
    _link, copy = _opened(token)
    return link_gone(request) if copy is None else _file(copy.as_json(), "application/json", "copy.json")


@key_in_address
@require_safe
def copy_csv(request, token):
    _link, copy = _opened(token)
    return link_gone(request) if copy is None else _file(copy.as_csv(), "text/csv", "copy.csv")


def _opened(token):
    """The link and its copy, or nothing; that it was opened is recorded."""
    link = live_link(token, ClientLink.LinkKind.COPY)
    if link is None:
        return None, None
    audit.record(audit.Verb.EXPORTED, link, practice=link.episode.client.practice)
    return link, copy_of(link.episode)


def _file(text, content_type, name):
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(
        text, content_type=f"{content_type}; charset=utf-8", headers={"Content-Disposition": disposition}
    )
