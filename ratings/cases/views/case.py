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
from ratings.cases.case import _notes, case_history, comments_of, latest_answers, sessions_in_words
from ratings.cases.forms import CaseForm, EpisodeEndForm
from ratings.cases.pillars import marks_drawn, pillar_views, totals_in_words
from ratings.cases.today import wishes
from ratings.check_in import links
from ratings.check_in.actions import mark_read
from ratings.delivery.queries import session_rows
from ratings.detection.stored import evidence_of
from ratings.findings import phrases
from ratings.models import Rupture
from ratings.psychometrics.evidence import State
from sessions import actions as session_actions
from sessions.forms import GoalForm
from sessions.models import Goal

REPAIRED = {Rupture.RuptureState.REPAIRED, Rupture.RuptureState.STRONGER}
STRAINED = {State.OPEN, State.RECOVERING, State.UNREPAIRED}

EPISODES = Episode.objects.select_related(
    "client__data_key", "client__practice", "therapist__practice__data_key", "standing__rupture"
)


@require_safe
def case(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    return _case_page(request, episode, GoalForm(auto_id="goal_%s"))


def _case_page(request, episode, goal_form, status=200):
    timezone.activate(ZoneInfo(episode.client.practice.zone))
    own = access.can_edit(request.user, episode)
    audit.record(audit.Verb.READ, episode, by=request.user, practice=episode.client.practice)
    history = case_history(episode)
    name = episode.client.display_name
    key = episode.client.data_key
    rupture = episode.standing.rupture
    flag = evidence_of(rupture) if rupture else None
    for_sessions = rupture.evidence.get("for_sessions", 1) if rupture else 0
    newest = next(iter(history.ruptures), None)
    strained = history.assessments and history.assessments[-1].state in STRAINED
    attended = [held for held in history.held if held.number]
    rated = [held for held in attended if held.client]
    last = attended[-1] if attended else None
    latest = rated[-1] if rated else None
    pillars = pillar_views(history, episode.standing, name)
    sessions = session_rows(episode, {held.row.pk: held.number for held in history.held})
    context = {
        "episode": episode,
        "own": own,
        "open": own and episode.ends_at is None,
        "name": name,
        "therapist": episode.therapist.display_name,
        "standing": episode.standing,
        "lead": phrases.case_lead(
            name,
            episode.standing,
            flag,
            for_sessions,
            last=newest if newest and (strained or newest.state in REPAIRED) else None,
        ),
        "remarks": phrases.notes_in_words(episode.standing.notes),
        "seen": phrases.what_was_seen(flag, episode.standing),
        "last": last,
        "next_number": len(attended) + 1,
        "pillars": pillars,
        "drawn": marks_drawn(pillars),
        "totals": totals_in_words(history),
        "latest": latest,
        "answers": latest_answers(latest),
        "comments": comments_of(rated, access.comments_readable_by(request.user, episode), key),
        "wishes": wishes([episode.pk]) if access.can_read_wish(request.user, episode) else [],
        "tension": phrases.tension(latest.client) if latest else "",
        "may_be_asked": links.may_be_asked(episode.client),
        "shows_history": own and links.shows_history(episode.client),
        # On the head only that of the last session: what is answered there would be taken for the latest.
        "waiting": last.row.check_in if last and last.asked and not last.client else None,
        "sessions": sessions,
        "all_sessions": sessions_in_words(sessions),
        "goals": [goal.text.open(key) for goal in Goal.objects.filter(episode=episode, ended_at__isnull=True)],
        "notes": _notes(request.user, episode, key),
        "ruptures": [(row, phrases.headline(evidence_of(row))) for row in history.ruptures],
        "goal_form": goal_form,
        "section": "cases" if own else "caseload",
    }
    if own and request.method == "GET":  # the comments are on this page, all that were not read before included
        mark_read(editor=access.check_edit(request.user, episode))
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
