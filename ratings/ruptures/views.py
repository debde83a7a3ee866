"""The page of a rupture and its repair: the kind, the steps, setting it aside, and how it ended."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.drafts.done import done_with
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.check_in.rate_first import check_rated
from ratings.detection.forms import StrainForm
from ratings.detection.history import held_sessions
from ratings.detection.verdicts import judge_rupture, judge_use
from ratings.models import RepairStep, Rupture, UsefulVerdict
from ratings.ruptures import actions
from ratings.ruptures.actions import NotSettledLower, RuptureOver, set_rupture_aside
from ratings.ruptures.forms import (
    KindForm,
    NameRuptureForm,
    SetAsideForm,
    StepOutcomeForm,
    StepPlanForm,
    UsefulForm,
    UsualForm,
    WordsForm,
)
from ratings.ruptures.own_words import change_words, original_of, phrases_of
from ratings.ruptures.rupture import rupture_page, what_was_agreed
from sessions.models import Goal, Task
from sessions.plan.forms import TaskForm

RUPTURES = Rupture.objects.told().select_related(
    "opened_session",
    "closed_session",
    "version",
    "episode__client__data_key",
    "episode__client__practice__data_key",
    "episode__standing",
    "episode__therapist__practice",
)
NOT_LOWER = gettext_lazy("The ratings do not count as lower any more. What you typed was not saved here: “%(typed)s”.")
OVER_FOR_PLAN = gettext_lazy("This is over already: %(state)s. Add the task on the page of the plan.")
OVER = gettext_lazy("This is over already: %(state)s. What you typed was not saved here: “%(typed)s”.")


@require_safe
def rupture(request, code):
    rupture = get_visible_or_404(RUPTURES, request.user, code=code)
    check_rated(rupture.episode, request.user)
    return _answer(request, rupture)


@require_POST
def rupture_verdict(request, code):
    """Whether the flag was useful."""
    rupture, editor = _asked(request, code)
    form = UsefulForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such verdict")
    judge_use(editor=editor, rupture=rupture, answer=form.cleaned_data["answer"])
    messages.success(request, _("Thanks, noted."))
    return redirect("ratings:rupture", rupture.code)


@require_POST
def rupture_strain(request, code):
    """Whether there was strain."""
    rupture, editor = _asked(request, code)
    form = StrainForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such answer")
    judge_rupture(editor=editor, rupture=rupture, answer=form.cleaned_data["strain"])
    messages.success(request, _("Thanks, noted."))
    return redirect("ratings:rupture", rupture.code)


@require_POST
def rupture_set_aside(request, code):
    rupture, editor = _own(request, code)
    form = SetAsideForm(request.POST)
    if not form.is_valid():
        return _answer(request, rupture, aside=form, status=422)
    try:
        set_rupture_aside(editor=editor, rupture=rupture, reason=form.cleaned_data["reason"])
    except RuptureOver:
        return _over(request, rupture, form, form.cleaned_data["reason"], "aside")
    messages.success(request, _("Set aside. You can undo it here at any time."))
    return redirect("ratings:rupture", rupture.code)


@require_POST
def rupture_bring_back(request, code):
    rupture, editor = _own(request, code)
    try:
        actions.bring_rupture_back(editor=editor, rupture=rupture)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        rupture.refresh_from_db(fields=["state"])
        messages.success(
            request, _("Undone. It stands like this now: %(state)s.") % {"state": rupture.get_state_display()}
        )
    return redirect("ratings:rupture", rupture.code)


@require_POST
def rupture_usual(request, code):
    rupture, editor = _own(request, code)
    form = UsualForm(request.POST)
    if not form.is_valid():
        return _answer(request, rupture, usual=form, status=422)
    reason = form.cleaned_data["reason"]
    try:
        actions.rebase_usual(editor=editor, rupture=rupture, reason=reason)
    except NotSettledLower:
        form.add_error(None, NOT_LOWER % {"typed": reason})
        return _answer(request, rupture, usual=form, status=409)
    messages.success(request, _("Saved. From now on this level is the usual one."))
    return redirect("ratings:rupture", rupture.code)


# --- The repair -------------------------------------------------------------------------------------------------------


@require_POST
def rupture_kind(request, code):
    rupture, editor = _own(request, code)
    form = KindForm(request.POST)
    if not form.is_valid():
        return _answer(request, rupture, kind=form, status=422)
    try:
        actions.say_kind(editor=editor, rupture=rupture, **form.cleaned_data)
    except RuptureOver:
        return _over(request, rupture, form, form.typed, "kind")
    messages.success(request, _("Saved. The words below follow it."))
    return redirect("ratings:rupture", rupture.code)


@require_POST
def rupture_plan(request, code):
    rupture, editor = _own(request, code)
    page = rupture_page(rupture, request.user)
    form = StepPlanForm(request.POST, rupture=rupture, step=RepairStep.Step.NOTICE, kind=page.kind)
    if not form.is_valid():
        return _answer(request, rupture, plan=form, status=422)
    planned = {"words": form.sentence, "planned_for": form.session_planned_for}
    try:
        actions.plan_step(editor=editor, rupture=rupture, step=form.cleaned_data["step"], **planned)
    except RuptureOver:
        return _over(request, rupture, form, form.sentence, "plan")
    messages.success(request, _("Planned. The log of that session will ask you about it."))
    return redirect("ratings:rupture", rupture.code)


@require_POST
def rupture_step(request, code):
    rupture, editor = _own(request, code)
    form = StepOutcomeForm(request.POST, step=request.POST.get("step"))
    if not form.is_valid():
        return _answer(request, rupture, outcome=form, status=422)
    try:
        actions.say_step(editor=editor, rupture=rupture, **form.cleaned_data)
    except RuptureOver:
        return _over(request, rupture, form, form.cleaned_data["line"], "outcome")
    messages.success(request, _("Saved."))
    return redirect("ratings:rupture", rupture.code)


@require_page_or_post
def rupture_into_plan(request, code):
    """A task of the plan, from what was agreed; the words never stand in an address."""
    rupture, editor = _own(request, code)
    key, goals = rupture.episode.client.data_key, Goal.objects.filter(episode=rupture.episode, ended_at__isnull=True)
    form = TaskForm(posted(request), initial={"activity": what_was_agreed(rupture)}, goals=goals, key=key)

    def put():
        return form.make_once(
            Task.objects.filter(episode=rupture.episode),
            lambda: actions.put_into_plan(
                editor=editor, rupture=rupture, code=form.cleaned_data["form_key"], **form.task
            ),
            _("This form was saved already. To save this as another task, send it again."),
            lambda _row: reverse("ratings:plan", args=[rupture.episode.code]),
        )

    try:
        if form.is_valid() and put():
            messages.success(request, _("The task is part of the plan."))
            return redirect("ratings:rupture", rupture.code)
    except RuptureOver:
        rupture.refresh_from_db(fields=["state"])
        form.add_error(None, OVER_FOR_PLAN % {"state": rupture.get_state_display()})
    audit.record(audit.Verb.READ, rupture, by=request.user, practice=rupture.episode.client.practice)
    context = {"form": form, "rupture": rupture, "episode": rupture.episode, "section": "cases"}
    return render(request, "ratings/ruptures/rupture_into_plan.html", context, status=422 if form.errors else 200)


@require_page_or_post
def rupture_name(request, code):
    """A therapist names a strain, from the case."""
    episode = get_visible_or_404(Episode.objects.select_related(*EPISODE_NEEDS), request.user, code=code)
    editor = access.check_edit(request.user, episode)
    check_rated(episode, request.user)
    timezone.activate(ZoneInfo(episode.client.practice.zone))
    form = NameRuptureForm(posted(request), sessions=[held for held in held_sessions(episode) if held.number])
    if form.is_valid():
        typed = {name: form.cleaned_data[name] for name in ("kind", "pillars", "line")}
        since = form.sessions[form.cleaned_data["since"]]
        try:
            named = actions.name_rupture(editor=editor, therapy_session=since, **typed)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            done_with(request)
            return redirect("ratings:rupture", named.code)
    context = {"form": form, "episode": episode, "name": episode.client.display_name, "section": "cases"}
    return render(request, "ratings/ruptures/rupture_name.html", context, status=422 if form.errors else 200)


def _asked(request, code):
    """As `_own`, for the answers that are open to who covers."""
    rupture = get_visible_or_404(RUPTURES, request.user, code=code)
    check_rated(rupture.episode, request.user)
    timezone.activate(ZoneInfo(rupture.episode.client.practice.zone))
    return rupture, access.check_log(request.user, rupture.episode)


# --- The words of a practice ------------------------------------------------------------------------------------------


@require_safe
def repair_words(request):
    """A manager's page: the words that a repair offers in this practice."""
    practice = access.check_place(request.memberships, "manager")[0].practice
    context = {"phrases": phrases_of(practice), "practice": practice, "section": "people"}
    return render(request, "ratings/ruptures/repair_words.html", context)


@require_page_or_post
def repair_words_edit(request, key):
    """One sentence, put in the practice's own words."""
    manager = access.check_role(request.user, "manager")[0]
    phrase = _phrase(manager.practice, key)
    form = WordsForm(posted(request), phrase=phrase)
    if form.is_valid():
        if change_words(practice=manager.practice, by=manager, key=key, text=form.cleaned_data["text"]):
            messages.success(request, _("Saved. Therapists see it from now on."), extra_tags=key)
        done_with(request)
        return redirect(_in_list(key))
    context = {"form": form, "phrase": phrase, "original": original_of(key), "practice": manager.practice}
    context["section"] = "people"
    return render(request, "ratings/ruptures/repair_words_edit.html", context, status=422 if form.errors else 200)


@require_POST
def repair_words_restore(request, key):
    manager = access.check_role(request.user, "manager")[0]
    _phrase(manager.practice, key)
    if change_words(practice=manager.practice, by=manager, key=key, text=""):
        messages.success(request, _("The original is back."), extra_tags=key)
    return redirect(_in_list(key))


def _phrase(practice, key):
    for phrase in phrases_of(practice):
        if phrase.key == key:
            return phrase
    raise access.NotVisible("words", key)


def _in_list(key):
    return f"{reverse('ratings:repair-words')}#{key}"


# --- What all share ---------------------------------------------------------------------------------------------------


def _own(request, code):
    rupture = get_visible_or_404(RUPTURES, request.user, code=code)
    check_rated(rupture.episode, request.user)
    timezone.activate(ZoneInfo(rupture.episode.client.practice.zone))
    return rupture, access.check_edit(request.user, rupture.episode)


def _over(request, rupture, form, typed, name):
    rupture.refresh_from_db(fields=["state", "closed_at"])
    form.add_error(None, OVER % {"state": rupture.get_state_display(), "typed": typed})
    return _answer(request, rupture, status=409, **{name: form})


def _answer(request, rupture, status=200, **forms):
    """The page; `forms`: those that were sent, by their place."""
    timezone.activate(ZoneInfo(rupture.episode.client.practice.zone))
    audit.record(audit.Verb.READ, rupture, by=request.user, practice=rupture.episode.client.practice)
    page = rupture_page(rupture, request.user)
    current = page.current.step if page.current else RepairStep.Step.NOTICE
    seen = {"kind": page.view.kind, "signs": page.view.signs} if page.view else {}  # not what the program takes it for
    context = {
        "page": page,
        "uses": UsefulVerdict.Answer,
        "form": next(iter(forms.values()), None),
        "usual": forms.get("usual") or UsualForm(),
        "aside": forms.get("aside") or SetAsideForm(),
        "kind": forms.get("kind") or KindForm(initial=seen),
        "plan": forms.get("plan") or StepPlanForm(rupture=rupture, step=current, kind=page.kind),
        "outcome": forms.get("outcome") or StepOutcomeForm(step=current),
        "section": "cases" if page.reader_is_therapist else "caseload",
    }
    return render(request, "ratings/ruptures/rupture.html", context, status=status)
