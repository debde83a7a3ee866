"""Small function middlewares; what each is for stands in its docstring."""

from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponseNotAllowed
from django.shortcuts import resolve_url
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from alliance import access, audit
from alliance.people import actions


def keys_stay_here(get_response):
    """An address under /c/ may hold a key, and goes nowhere else, whatever answers: a refused method or a form that is
    too long never reach a view. The two pages without a key have a form that is checked by where it comes from."""
    without_key = ("/c/change/", "/c/sent/")

    def middleware(request):
        response = get_response(request)
        if request.path_info.startswith("/c/") and request.path_info not in without_key:
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["Cache-Control"] = "no-store"
        return response

    return middleware


def known_methods(get_response):
    """Pages are read and forms are sent; no route answers to any other method, the sign-in pages included."""

    def middleware(request):
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        return get_response(request)

    return middleware


def no_store(get_response):
    """No page is kept by a browser or a proxy; only static files may be."""

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def member_zone(get_response):
    """Times are read and shown in the zone of the member's practice; clients' pages name their own. The first time
    that somebody comes is noted at their place, once."""

    def middleware(request):
        request.memberships = access.memberships_of(request.user)
        if any(membership.first_seen_at is None for membership in request.memberships):
            actions.note_first_visit(memberships=request.memberships)
        zone = request.memberships[0].practice.zone if request.memberships else None
        with timezone.override(ZoneInfo(zone) if zone else None):
            return get_response(request)

    return middleware


def htmx_login_redirect(get_response):
    """A signed-out htmx request leaves for the sign-in page, instead of swapping that page into a table."""
    login_path = resolve_url(settings.LOGIN_URL)

    def middleware(request):
        response = get_response(request)
        if request.htmx and response.status_code == 302 and urlsplit(response.url).path == login_path:
            return HttpResponseClientRedirect(response.url)
        return response

    return middleware


def audit_denials(get_response):
    """Writes a denial after the view's own transaction rolled back; missing and hidden look alike."""

    def middleware(request):
        return get_response(request)

    def audit_denial(request, exception):
        if isinstance(exception, access.NotVisible | access.Denied):
            user = request.user if request.user.is_authenticated else None
            audit.record_code(audit.Verb.DENIED, exception.subject_type, exception.subject_code, by=user)

    middleware.process_exception = audit_denial
    return middleware
