"""The page of a case; a new one, the end of a therapy."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.dates import DateFormat, written
from alliance.models import Episode
from alliance.page_scripts import draws_charts
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post, say_overtaken, status_of
from ratings.cases.actions import end_episode, open_case
from ratings.cases.case import case_page
from ratings.cases.forms import CaseForm, EpisodeEndForm, ShowForm
from ratings.check_in.actions import mark_read
from ratings.check_in.rate_first import check_rated
from sessions.schedule.clashes import NeedsYes

EPISODES = Episode.objects.select_related(
    "client__data_key", "client__practice", "therapist__practice__data_key", "standing__rupture"
)

ENDED_BEFORE = gettext_lazy("This therapy had already ended.")


@require_safe
@draws_charts
def case(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    timezone.activate(ZoneInfo(episode.client.practice.zone))
    audit.record(audit.Verb.READ, episode, by=request.user, practice=episode.client.practice)
    check_rated(episode, request.user)
    page = case_page(episode, request.user, ShowForm(request.GET).chosen)
    if page.can_log and request.method == "GET":  # the page has every comment that was not read before
        mark_read(editor=access.check_log(request.user, episode))
    section = "cases" if page.can_log else "caseload"
    return render(request, "ratings/cases/case.html", {"page": page, "section": section})


@require_page_or_post
def case_create(request):
    memberships = access.check_role(request.user, "therapist")
    form = CaseForm(posted(request), memberships=memberships)
    episode = _opened(form, memberships) if form.is_valid() else None
    if episode is None:
        context = {"form": form, "section": "cases"}
        return render(request, "ratings/cases/case_create.html", context, status=422 if form.errors else 200)
    messages.success(request, _opened_sentence(form))
    return redirect("ratings:case", episode.code)


def _opened(form, memberships):
    """The case; None where the first session can't be then, which the form says."""
    try:
        return _open_case(form, memberships)
    except Refused as refusal:
        form.add_error("first_day", str(refusal))
    except NeedsYes as asked:
        for warning in asked.warnings:
            form.add_error("first_day", warning)
        form.add_error("first_day", _("Choose another time; or leave it empty, and plan it in Week all the same."))
    return None


def _opened_sentence(form):
    first = form.cleaned_data["first_session"]
    if first is None:
        return _("The case is open.")
    at = written(timezone.localtime(first.starts_at, form.zone), DateFormat.WEEKDAY_TIME)
    return _("The case is open. The first session is planned for %(at)s.") % {"at": at}


def _open_case(form, memberships):
    therapist, typed = form.membership, form.cleaned_data
    return form.make_once(
        EPISODES.filter(therapist__in=memberships),
        lambda: open_case(
            practice=therapist.practice,
            therapist=therapist,
            by=therapist,
            name=typed["name"],
            email=typed["email"],
            goal=typed["goal"],
            consents=form.consents,
            first_session=typed["first_session"],
            code=typed["form_key"],
        ),
        _("This form was saved already. To save this as another client, send it again."),
        _address_of,
    )


def _address_of(episode):
    return reverse("ratings:case", args=[episode.code])


@require_page_or_post
def episode_end(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    form = EpisodeEndForm(posted(request))
    if episode.ends_at and request.method != "POST":
        messages.info(request, ENDED_BEFORE)
        return redirect("ratings:case", episode.code)
    if form.is_valid():
        if end_episode(editor=editor, **form.cleaned_data):
            messages.success(request, _("The therapy has ended. The case stays in My cases under Ended."))
            return redirect("ratings:case", episode.code)
        say_overtaken(form, ENDED_BEFORE)
    context = {"form": form, "episode": episode, "name": episode.client.display_name, "section": "cases"}
    return render(request, "ratings/cases/episode_end.html", context, status=status_of(form))
