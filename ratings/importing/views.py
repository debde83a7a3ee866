"""Pages of an import: the file, its preview, and the import itself.

The preview shows counts and bad lines, but no score.
"""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from alliance import access
from alliance.access import get_visible_or_404
from alliance.drafts.done import done_with
from alliance.requests import posted, require_page_or_post
from ratings.cells.days import DateOrder
from ratings.importing import actions
from ratings.importing.forms import DateOrderForm, EndOldForm, UploadForm
from ratings.importing.preview import Counts
from ratings.importing.receiver import therapist_labels
from ratings.importing.turns import takes_a_turn

MOST_FAULTS_SHOWN = 100


@require_page_or_post
@takes_a_turn
def import_upload(request):
    memberships = access.check_import(request.user)
    form = UploadForm(posted(request), request.FILES or None, memberships=memberships)
    if form.is_valid():
        draft = actions.keep_draft(text=form.cleaned_data["file"], by=form.by, therapist=form.receiver)
        done_with(request)
        return redirect("ratings:import-preview", draft.code)
    context = {"form": form, "section": "people" if "therapist" in form.fields else "cases"}
    return render(request, "ratings/importing/import_upload.html", context, status=422 if form.errors else 200)


@require_page_or_post
@takes_a_turn
def import_preview(request, code):
    access.check_import(request.user)
    draft = get_visible_or_404(actions.DRAFTS, request.user, code=code)
    order = DateOrderForm(request.GET).order
    form = EndOldForm(posted(request))
    if request.method != "POST" or not form.is_valid():
        return _preview(request, draft, actions.preview_of(draft, order), form, 422 if form.errors else 200)
    try:
        batch = actions.import_draft(
            draft=draft, order=order, end_before=form.end_before, only_good="only_good" in request.POST
        )
    except actions.NotAllGood as refusal:
        return _preview(request, draft, refusal.preview, form, 422)
    messages.success(request, _imported_sentence(batch))
    return redirect("alliance:people" if draft.sent_by.is_manager else "ratings:cases")


def _preview(request, draft, preview, form, status):
    counts = preview.counts
    labels, all_to = therapist_labels(draft.practice), preview.receiver.all_to
    form.initial = {"end_old": True, "last_seen_before": preview.quiet_before}
    context = {
        "preview": preview,
        "form": form,
        "ended_days": draft.practice.ended_visible_days,
        "orders": DateOrder if preview.parsed.dates.is_asked else None,
        "counts": [
            (_("Clients"), counts.clients),
            (_("Cases"), counts.episodes),
            (_("Sessions"), counts.sessions),
            (_("Ratings"), counts.ratings),
        ],
        "receiver": labels.get(all_to.pk) if all_to and draft.sent_by.is_manager else None,
        "bad_lines": counts.left_out,
        "faults": preview.faults[:MOST_FAULTS_SHOWN],
        "more_faults": len(preview.faults) - MOST_FAULTS_SHOWN,
        "section": "people" if draft.sent_by.is_manager else "cases",
    }
    return render(request, "ratings/importing/import_preview.html", context, status=status)


def _imported_sentence(batch):
    if batch is None:
        return _("Everything in this file is here already. Nothing was changed.")
    counts = Counts.from_json(batch.counts)
    sentence = _("Imported. New sessions: %(sessions)s; new ratings: %(ratings)s; lines left out: %(left_out)s.")
    return sentence % {
        "sessions": counts.sessions.new,
        "ratings": counts.ratings.new,
        "left_out": counts.left_out,
    }
