"""One case: where things stand, the three charts, the latest words, the plan, and what was done about ruptures."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.models import Episode
from ratings.cases import sent_twice
from ratings.cases.actions import end_episode, open_case
from ratings.cases.case import case_page
from ratings.cases.forms import CaseForm, EpisodeEndForm
from ratings.check_in.actions import mark_read
from sessions import actions as session_actions
from sessions.forms import GoalForm

EPISODES = Episode.objects.select_related(
    "client__data_key", "client__practice", "therapist__practice__data_key", "standing__rupture"
)


@require_safe
def case(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    return _case_page(request, episode, GoalForm(auto_id="goal_%s"))


def _case_page(request, episode, goal_form, status=200):
    timezone.activate(ZoneInfo(episode.client.practice.zone))
    audit.record(audit.Verb.READ, episode, by=request.user, practice=episode.client.practice)
    page = case_page(episode, request.user)
    if page.reader_is_therapist and request.method == "GET":  # the page has every comment that was not read before
        mark_read(editor=access.check_edit(request.user, episode))
    section = "cases" if page.reader_is_therapist else "caseload"
    context = {"page": page, "goal_form": goal_form, "section": section}
    return render(request, "ratings/cases/case.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def case_create(request):
    memberships = access.check_role(request.user, "therapist")
    form = CaseForm(request.POST if request.method == "POST" else None, memberships=memberships)
    if not (request.method == "POST" and form.is_valid()):
        context = {"form": form, "section": "cases"}
        return render(request, "ratings/cases/case_create.html", context, status=422 if form.errors else 200)
    membership = form.membership
    episode = sent_twice.just_opened(membership, form.cleaned_data["name"]) or open_case(
        practice=membership.practice,
        therapist=membership,
        by=membership,
        name=form.cleaned_data["name"],
        email=form.cleaned_data["email"],
        goal=form.cleaned_data["goal"],
        consents=form.consents,
    )
    messages.success(request, _("The case is open."))
    return redirect("ratings:case", episode.code)


@require_POST
def goal_agree(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    form = GoalForm(request.POST, auto_id="goal_%s")
    if form.is_valid() and episode.ends_at:
        form.add_error("text", _("This therapy has ended; its plan stays as it is."))
    if not form.is_valid():
        return _case_page(request, episode, form, status=422)
    if not sent_twice.just_agreed(episode, form.cleaned_data["text"]):
        session_actions.agree_goal(editor=editor, text=form.cleaned_data["text"])
    messages.success(request, _("The goal is part of the plan."))
    return redirect("ratings:case", episode.code)


@require_http_methods(["GET", "HEAD", "POST"])
def episode_end(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    form = EpisodeEndForm(request.POST if request.method == "POST" else None)
    if episode.ends_at:
        messages.info(request, _("This therapy had already ended."))
        return redirect("ratings:case", episode.code)
    if not (request.method == "POST" and form.is_valid()):
        context = {"form": form, "episode": episode, "name": episode.client.display_name, "section": "cases"}
        return render(request, "ratings/cases/episode_end.html", context, status=422 if form.errors else 200)
    end_episode(editor=editor, reason=form.cleaned_data["reason"])
    messages.success(request, _("The therapy has ended. The case stays in My cases under Ended."))
    return redirect("ratings:case", episode.code)
