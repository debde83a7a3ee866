"""The copy of everything: a therapist makes the link to it, its client reads and keeps it."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.accounts.step_up import check_fresh
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS
from alliance.qr import qr_code
from alliance.requests import require_page_or_post
from ratings.check_in.links import COPY_LINK_LIVES, live_link, mint_copy_link
from ratings.check_in.rate_first import check_rated, waiting_for_therapist
from ratings.check_in.views.link import key_in_address, link_gone
from ratings.models import ClientLink
from ratings.rights.copy import copy_of
from ratings.rights.looked import by_person_and_day, who_looked

EPISODES = Episode.objects.select_related(*EPISODE_NEEDS)


@require_page_or_post
def copy_make(request, code):
    """What the copy holds, and a fresh link to it, on this page once and nowhere else."""
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    check_fresh(request)
    check_rated(episode, request.user)
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
        context = {"episode": episode, "looks": by_person_and_day(who_looked(episode)), "section": "cases"}
        return render(request, "ratings/rights/who_looked.html", context)


@key_in_address
@require_safe
def copy_page(request, token):
    return _opened(request, token, _as_page)


@key_in_address
@require_safe
def copy_json(request, token):
    return _opened(request, token, lambda _request, _link, copy: _file(copy.as_json(), "application/json", "copy.json"))


@key_in_address
@require_safe
def copy_csv(request, token):
    return _opened(request, token, lambda _request, _link, copy: _file(copy.as_csv(), "text/csv", "copy.csv"))


def _opened(request, token, answer):
    """What `answer` makes of the copy that the link opens; that it was opened is recorded.

    While answers wait for the therapist's own rating it opens nothing: the therapist had the link in hand.
    """
    link = live_link(token, ClientLink.LinkKind.COPY)
    if link is None:
        return link_gone(request)
    with timezone.override(ZoneInfo(link.episode.zone)):
        if waiting := waiting_for_therapist(link.episode):
            context = {"waiting": waiting, "until": link.expires_at, "practice": link.episode.client.practice}
            return render(request, "ratings/rights/copy_waits.html", context, status=409)
        audit.record(audit.Verb.EXPORTED, link, practice=link.episode.client.practice)
        return answer(request, link, copy_of(link.episode))


def _as_page(request, link, copy):
    token = request.resolver_match.kwargs["token"]
    context = {"copy": copy, "token": token, "until": link.expires_at, "practice": link.episode.client.practice}
    return render(request, "ratings/rights/copy.html", context)


def _file(text, content_type, name):
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(
        text, content_type=f"{content_type}; charset=utf-8", headers={"Content-Disposition": disposition}
    )
