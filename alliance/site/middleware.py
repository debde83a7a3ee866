"""Small middlewares, in the order in which `MIDDLEWARE` lists them."""

from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseNotAllowed
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from alliance import access, acting, audit, scopes
from alliance.accounts.adapter import SIGNED_OUT
from alliance.accounts.second_factor import lacks_second_factor
from alliance.accounts.step_up import NotFresh, ask_again
from alliance.crypto import CannotOpen, token_hash
from alliance.drafts.shown import is_staff_page
from alliance.people.actions import record_first_visit
from alliance.shown import names_noted, whose

LINK_PATHS = "/c/"
# Their addresses hold no key, and their forms are checked by where they come from.
LINK_PATHS_WITHOUT_KEY = ("/c/change/", "/c/sent/", "/c/forget/")


def headers_on_every_answer(get_response):
    """Outermost, so that no refusal of another middleware goes out without them."""

    def middleware(request):
        response = get_response(request)
        for name, value in settings.HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware


class CompressPages(GZipMiddleware):
    """Compresses pages. Files are left alone: they are streamed, and packed already.

    Django adds some random bytes, so that the length of a page does not tell what stands in it (BREACH).
    """

    def process_response(self, request, response):
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response


def forms_are_utf8(get_response):
    """Ours are, whatever a browser or a proxy calls it: Django refuses another name, and its page would fail too."""

    def middleware(request):
        if request.encoding and request.encoding != "utf-8":
            request.encoding = "utf-8"
        return get_response(request)

    return middleware


def no_referrer_from_links(get_response):
    """Sends no referrer and no cached copy of an address that may hold a key.

    It stands outside the view, as a refused method or a form that is too long never reaches one.
    """

    def middleware(request):
        response = get_response(request)
        if request.path_info.startswith(LINK_PATHS) and request.path_info not in LINK_PATHS_WITHOUT_KEY:
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["Cache-Control"] = "no-store"
        return response

    return middleware


def refuse_other_methods(get_response):
    """Answers 405 to all but GET, HEAD and POST, on the sign-in pages too."""

    def middleware(request):
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        return get_response(request)

    return middleware


def clear_after_sign_out(get_response):
    """Has the browser forget pages and what waited there; not its cookies, by one of which the owner is known again."""

    def middleware(request):
        response = get_response(request)
        if hasattr(request, SIGNED_OUT):
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return middleware


def asking_is_no_deed(get_response):
    """Whoever only asks how long the sign-in lasts does not stay signed in by it; a script asks."""

    def middleware(request):
        request.session.is_watched = request.method != "POST" and request.path_info == reverse("alliance:idle")
        return get_response(request)

    return middleware


def act_for_who_asks(get_response):
    """Has PostgreSQL show what this person may see: the member who is signed in, or whoever holds the link's key.

    The pages under `/c/` without a key go by a signed cookie, which names what they may show.
    """

    def middleware(request):
        user = request.user
        with acting.acting_as(acting.member(user.pk) if user.is_authenticated else acting.NOBODY):
            return get_response(request)

    def go_by_the_key(request, view, args, kwargs):
        if request.path_info.startswith(LINK_PATHS):
            acting.act_as(acting.link(token_hash(kwargs["token"])) if "token" in kwargs else acting.PROGRAM)

    middleware.process_view = go_by_the_key
    return middleware


def add_memberships(get_response):
    """Sets `request.memberships`, and records the first visit at each of them."""

    def middleware(request):
        request.memberships = scopes.memberships_of(request.user)
        if any(membership.first_seen_at is None for membership in request.memberships):
            record_first_visit(memberships=request.memberships)
        return get_response(request)

    return middleware


def activate_practice_zone(get_response):
    """Reads and shows times in the zone of the member's practice.

    Clients' pages name the zone of the client themselves.
    """

    def middleware(request):
        zone = ZoneInfo(request.memberships[0].practice.zone) if request.memberships else None
        with timezone.override(zone):
            return get_response(request)

    return middleware


def ask_for_second_factor(get_response):
    """Leads a member who has none, and has to, from every page of theirs to the one that sets it up."""

    def middleware(request):
        return get_response(request)

    def lead(request, view, args, kwargs):
        is_free = not getattr(view, "login_required", True)  # as help, and what keeps a draft
        if is_free or not is_staff_page(request) or not lacks_second_factor(request):
            return None
        messages.info(request, _("Your practice asks for two-step sign-in. Set it up to go on."))
        return redirect("mfa_index")

    middleware.process_view = lead
    return middleware


def htmx_login_redirect(get_response):
    """Sends a signed-out htmx request to the sign-in page as a whole.

    Otherwise that page would be swapped into a part of the one on screen.
    """
    login_path = resolve_url(settings.LOGIN_URL)

    def middleware(request):
        response = get_response(request)
        if request.htmx and response.status_code == 302 and urlsplit(response.url).path == login_path:
            return HttpResponseClientRedirect(response.url)
        return response

    return middleware


def record_whose(get_response):
    """Puts on record what an answer read, and whose names stood in it, before it goes out."""

    def middleware(request):
        if not request.user.is_authenticated:
            return get_response(request)
        with names_noted() as names, audit.reads_together() as reads:
            response = get_response(request)
        is_text = not response.streaming and response.headers.get("Content-Type", "").startswith("text/")
        reads.save(whose(names, response.text) if names and is_text else [], request.user)
        return response

    return middleware


def say_what_cannot_be_opened(get_response):
    """A page in words where it needs a sealed text that does not open; nothing was saved."""

    def middleware(request):
        return get_response(request)

    def answer(request, exception):
        if isinstance(exception, CannotOpen):
            return render(request, "409.html", status=409)
        return None

    middleware.process_exception = answer
    return middleware


def ask_who_it_is(get_response):
    """The way to the password, or to a factor, where a view found that it was given too long ago."""

    def middleware(request):
        return get_response(request)

    def answer(request, exception):
        return ask_again(request) if isinstance(exception, NotFresh) else None

    middleware.process_exception = answer
    return middleware


def audit_denials(get_response):
    """Records each denial, after the view's own transaction was rolled back."""

    def middleware(request):
        return get_response(request)

    def audit_denial(request, exception):
        if isinstance(exception, access.NotVisible | access.Denied):
            user = request.user if request.user.is_authenticated else None
            audit.record_code(audit.Verb.DENIED, exception.subject_type, exception.subject_code, by=user)

    middleware.process_exception = audit_denial
    return middleware
