"""Pages of cases that may be one: which, what joining two would do, and the way back."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.drafts.done import done_with
from alliance.models import CaseJoin, Episode
from alliance.models.episode import EPISODE_NEEDS, OF_EPISODE
from alliance.refusal import Refused
from alliance.requests import require_page_or_post
from ratings.joining.actions import join_cases, part_cases
from ratings.joining.queries import doubles_of, join_preview

EPISODES = Episode.objects.select_related(*EPISODE_NEEDS, "client__data_key")
JOINS = CaseJoin.objects.select_related(*OF_EPISODE, "episode__client__data_key", "joined")


@require_safe
def doubles(request):
    return _doubles(request)


def _doubles(request, refusal=""):
    members = access.check_role(request.user, "therapist")
    found = [double for member in members for double in doubles_of(member)]
    joins = JOINS.visible_to(request.user).filter(parted_at=None, episode__therapist__in=members).order_by("-pk")
    audit.record_code(audit.Verb.LISTED, "episode", by=members[0], practice=members[0].practice, count=len(found))
    context = {"doubles": found, "joins": joins, "refusal": refusal, "section": "cases"}
    return render(request, "ratings/joining/doubles.html", context, status=409 if refusal else 200)


@require_page_or_post
def case_join(request, code, joined):
    """What would become one, before it does."""
    kept = get_visible_or_404(EPISODES, request.user, code=code)
    other = get_visible_or_404(EPISODES, request.user, code=joined)
    editor, of_other = access.check_edit(request.user, kept), access.check_edit(request.user, other)
    refusal = ""
    if request.method == "POST":
        try:
            join_cases(kept=editor, joined=of_other)
        except Refused as refused:
            refusal = str(refused)
        else:
            done_with(request)
            messages.success(request, _("Joined. Under “Cases that may be one” you can part them again."))
            return redirect("ratings:case", kept.code)
    audit.record(audit.Verb.READ, kept, by=editor.membership)
    preview = join_preview(editor, of_other)
    context = {"kept": kept, "joined": other, "preview": preview, "refusal": refusal, "section": "cases"}
    return render(request, "ratings/joining/case_join.html", context, status=409 if refusal else 200)


@require_POST
def case_part(request, code):
    join = get_visible_or_404(JOINS, request.user, code=code)
    editor = access.check_edit(request.user, join.episode)
    try:
        part_cases(editor=editor, join=join)
    except Refused as refused:
        return _doubles(request, str(refused))
    messages.success(request, _("These are two cases again. Neither record is erased within a day."))
    return redirect("ratings:doubles")
