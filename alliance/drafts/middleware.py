"""Keeps what was typed into a form that was not saved, and fills it in when the page is opened again.

It never sends a form by itself: whoever typed it sees it filled, and saves it with one press.
"""

import logging
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from alliance.drafts.actions import drop_draft, keep_draft, opened
from alliance.drafts.done import is_done
from alliance.drafts.filling import Page
from alliance.drafts.shown import (
    ASKED_AGAIN,
    CHOSEN,
    ShownForm,
    is_staff_address,
    is_staff_page,
    page_address,
    sent_form,
    typed_fields,
)
from alliance.drafts.views import STALE
from alliance.models import FormDraft

WRONG = 422  # the form itself, as it was filled in
NOT_YOURS = (403, 404)  # there is no way back to that page, so what was typed is shown at once
BUSY = 503  # its page holds the fields itself, and the database has just been waited for
DRAFTS = FormDraft.objects.select_related("sent_by__practice__data_key")
log = logging.getLogger(__name__)


def keep_typed_text(get_response):
    def middleware(request):
        form = sent_form(request) if is_staff_address(request.path_info) else None
        if form is None:
            return _with_drafts(request, get_response(request))
        if request.user.is_authenticated and request.user.code != form.user:
            _keep(request, form)
            return render(request, "alliance/drafts/of_another.html", status=403)
        response = get_response(request)
        if not request.user.is_authenticated:
            return _after_sign_in(request, form)
        if hasattr(response, STALE):
            return _after_new_token(request, form)
        if hasattr(response, ASKED_AGAIN):
            return _after_question(request, form, response)
        return _answered(request, form, response)

    return middleware


def _keep(request, form):
    """The draft, or None where none could be made: then the page must not say that there is one."""
    try:
        return keep_draft(form=form, action=request.path_info, fields=typed_fields(request.POST))
    except DatabaseError:
        log.exception("A draft could not be kept.")
        return None


def _after_sign_in(request, form):
    """The sign-in had ended: the way to the page of the form is by way of signing in."""
    if _keep(request, form):
        messages.info(request, _("Your sign-in had ended. Sign in again: what you typed is kept. It is not saved yet."))
    return redirect_to_login(form.page)


def _after_new_token(request, form):
    """Signed in anew meanwhile, in another tab: the page of the form, with the token of today."""
    if not _keep(request, form):
        messages.info(request, _("You signed in anew since this page was opened. Nothing was done yet: press again."))
    return redirect(form.page)


def _after_question(request, form, response):
    """The password comes first: then the page of the form, filled in."""
    if not _keep(request, form):
        messages.info(request, _("Nothing was done yet: press again."))
    return response


def _answered(request, form, response):
    status = response.status_code
    if is_done(request) and status < 400:
        drop_draft(form=form, action=request.path_info, fields=typed_fields(request.POST))
    elif status < 400:  # led on, or shown what would be: nothing was saved
        _keep(request, form)
    elif status in NOT_YOURS:
        typed = _readable(typed_fields(request.POST))
        _add(response, "alliance/drafts/_typed.html", {"typed": typed} if typed else None)
    elif status != BUSY:
        draft = _keep(request, form)
        _add(response, "alliance/drafts/_way_back.html", {"page": form.page} if draft and status != WRONG else None)
    return response


def _add(response, template, context):
    """Adds what stands at the end of an error's page, if there is something to say."""
    if context:
        html = response.content.decode()
        response.content = html.replace("</main>", render_to_string(template, context) + "</main>", 1).encode()


# --- The page is opened again -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """A draft as a page shows it."""

    draft: FormDraft
    others: list[FormDraft]  # typed into the same form at other times
    left: list[str]  # what the form has no place for


def _with_drafts(request, response):
    if not _may_have_drafts(request, response):
        return response
    address = page_address(request)
    by_action = {}
    for draft in DRAFTS.visible_to(request.user).filter(page=address).order_by("-created_at", "-pk"):
        by_action.setdefault(draft.action, []).append(draft)
    if not by_action:
        return response
    chosen = [_chosen(request, drafts) for drafts in by_action.values()]
    if response.status_code != 200:  # the form is not there any more, and what was typed into it is
        return _page_of_lost_form(request, response, chosen)
    page = Page(response.content.decode(), request.path)
    for draft, others in chosen:
        _fill(request, page, draft, others)
    response.content = page.html().encode()
    return response


def _may_have_drafts(request, response):
    return (
        request.method == "GET"
        and response.status_code in (200, 302)
        and not response.streaming
        and not request.htmx
        and is_staff_page(request)
        and any(membership.has_drafts for membership in request.memberships)
        and response.headers.get("Content-Type", "").startswith("text/html")
    )


def _chosen(request, drafts):
    """The draft to show, and the others of its form."""
    draft = next((draft for draft in drafts if str(draft.code) == request.GET.get(CHOSEN)), drafts[0])
    return draft, [other for other in drafts if other != draft]


def _fill(request, page, draft, others):
    fields = opened(draft)
    form = page.form_for(draft.action, fields)
    if form and not form.can_be_filled:
        return
    token = ShownForm(request.user.code, draft.shown, draft.page).token
    left = page.fill(form, fields, token) if form else fields
    kept = Kept(draft, others, _readable(left))
    page.put_before(form, render_to_string("alliance/drafts/_kept.html", {"kept": kept, "is_there": form}, request))


def _page_of_lost_form(request, response, chosen):
    found = [Kept(draft, others, _readable(opened(draft))) for draft, others in chosen]
    return render(request, "alliance/drafts/lost_form.html", {"found": found, "next": response.url})


def _readable(fields):
    """What somebody typed, without the keys that a form carries."""
    return [value for name, values in fields.items() if not name.endswith("_key") for value in values if value.strip()]
