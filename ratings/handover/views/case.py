"""A therapist puts a case into other hands: covered, handed over, opened again; and what came before."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.accounts.step_up import check_fresh
from alliance.models import Cover, Episode
from alliance.models.episode import EPISODE_NEEDS
from alliance.people.colleagues import colleagues_of
from alliance.people.cover import end_cover
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post, say_overtaken, status_of
from ratings.check_in.carried import carried_answers, read_carried, unfinished
from ratings.handover.actions import cover_cases, hand_over, reopen_episode, share_history
from ratings.handover.earlier import earlier_course
from ratings.handover.forms import CoverForm, HandOverForm, ShareForm
from sessions.schedule.clashes import NeedsYes

NOTHING_TO_COVER = gettext_lazy("This therapy has ended; there is nothing to cover.")
NOTHING_TO_HAND_OVER = gettext_lazy("This therapy has ended; there is nothing to hand over.")
EPISODES = Episode.objects.select_related(*EPISODE_NEEDS, "therapist__practice__data_key")


def _own_case(request, code):
    """The episode and the right of its therapist, on the practice's clock."""
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    timezone.activate(ZoneInfo(episode.client.practice.zone))
    return episode, editor


@require_page_or_post
def case_cover(request, code):
    episode, editor = _own_case(request, code)
    if episode.ends_at and request.method != "POST":
        messages.info(request, NOTHING_TO_COVER)
        return redirect("ratings:case", episode.code)
    if request.method == "POST":
        check_fresh(request)
    colleagues = colleagues_of(episode.client.practice, besides=episode.therapist)
    form = CoverForm(posted(request), colleagues=colleagues, initial={"first_day": timezone.localdate()})
    if form.is_valid() and episode.ends_at:
        say_overtaken(form, NOTHING_TO_COVER)
    elif form.is_valid():
        try:
            cover_cases(
                right=editor,
                covering=form.member,
                covers_all=form.cleaned_data["extent"] == CoverForm.ALL,
                accepted=form.cleaned_data["accepted"],
                **form.period,
            )
        except Refused as refusal:
            form.add_error("colleague", str(refusal))
        except NeedsYes as asked:
            form.warn(asked.warnings)
        else:
            messages.success(request, _("The cover is arranged. It ends by itself after the last day."))
            return redirect("ratings:case-cover", episode.code)
    context = {"form": form, "episode": episode, "covers": _covers(episode), "section": "cases"}
    return render(request, "ratings/handover/case_cover.html", context, status=status_of(form))


def _covers(episode):
    """The covers of an episode that hold or are to come."""
    of = Q(episode=episode) | Q(therapist=episode.therapist)
    covers = Cover.objects.filter(of, taken_back_at__isnull=True, ends_at__gt=timezone.now())
    return covers.select_related("covering__practice__data_key").order_by("starts_at")


@require_page_or_post
def case_hand_over(request, code):
    episode, editor = _own_case(request, code)
    if episode.ends_at and request.method != "POST":
        messages.info(request, NOTHING_TO_HAND_OVER)
        return redirect("ratings:case", episode.code)
    if request.method == "POST":
        check_fresh(request)
    colleagues = colleagues_of(episode.client.practice, besides=episode.therapist)
    form = HandOverForm(posted(request), colleagues=colleagues)
    if form.is_valid() and episode.ends_at:
        say_overtaken(form, NOTHING_TO_HAND_OVER)
    elif form.is_valid():
        try:
            typed = {name: form.cleaned_data[name] for name in ("extent", "accepted")}
            hand_over(right=editor, to=form.member, **typed)
        except Refused as refusal:
            form.add_error("colleague", str(refusal))
        except NeedsYes as asked:
            form.warn(asked.warnings)
        else:
            messages.success(request, _("Handed over. You can read the case under Ended."))
            return redirect("ratings:case", episode.code)
    context = {"form": form, "episode": episode, "left": unfinished([episode])[episode.pk], "section": "cases"}
    return render(request, "ratings/handover/case_hand_over.html", context, status=status_of(form))


@require_POST
def case_reopen(request, code):
    episode, editor = _own_case(request, code)
    try:
        cancelled = reopen_episode(editor=editor)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The therapy is open again."))
        if cancelled:
            sentence = ngettext(
                "One session that was planned stays cancelled. Plan it again on the page of your week.",
                "%(n)s sessions that were planned stay cancelled. Plan them again on the page of your week.",
                cancelled,
            )
            messages.info(request, sentence % {"n": cancelled})
    return redirect("ratings:case", episode.code)


@require_page_or_post
def case_earlier(request, code):
    """The therapy before, as far as the client lets the therapist of this one see it."""
    episode, editor = _own_case(request, code)
    if episode.previous_id is None:
        raise access.NotVisible("episode", code)
    course = earlier_course(episode)
    if request.method == "POST" and not course.asks_the_client:
        raise BadRequest("There is nothing to ask the client")
    form = ShareForm(posted(request), initial={"extent": course.extent})
    if form.is_valid():
        share_history(editor=editor, extent=form.cleaned_data["extent"])
        messages.success(request, _("Saved."))
        return redirect("ratings:case-earlier", episode.code)
    audit.record(audit.Verb.READ, episode.previous, by=editor.membership)
    carried = carried_answers(episode, request.user)
    if request.method == "GET":
        read_carried(editor=editor)
    context = {"form": form, "episode": episode, "course": course, "carried": carried, "section": "cases"}
    return render(request, "ratings/handover/case_earlier.html", context, status=422 if form.errors else 200)


@require_POST
def cover_end(request, code):
    covers = Cover.objects.select_related("covering", "therapist", "episode")
    cover = get_visible_or_404(covers, request.user, code=code)
    end_cover(cover=cover, by=access.check_cover(request.user, cover))
    messages.success(request, _("The cover has ended."))
    if cover.episode and access.can_edit(request.user, cover.episode):
        return redirect("ratings:case-cover", cover.episode.code)
    return redirect("ratings:cases")
