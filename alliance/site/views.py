"""Pages about the site: home, the health check, help, and for who has no place."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from alliance.site.navigation import home_of


@require_safe
def home(request):
    return redirect(home_of(request.user))


@login_not_required
@require_safe
def healthz(request):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def help_page(request):
    # Of which version it is concerns those who work with it, and nobody who looks for a way in.
    version = settings.VERSION if request.user.is_authenticated else ""
    return render(request, "alliance/site/help.html", {"section": "help", "version": version})


@require_safe
def no_place(request):
    """Signed in, but without a live membership in any practice."""
    return render(request, "alliance/site/no_place.html")
