"""All addresses of the program, and an empty page that goes through all of its middleware: the floor."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from alliance.urls import urlpatterns as of_the_program

EMPTY = "/benchmark/empty/"


@login_not_required
def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path(EMPTY.removeprefix("/"), empty), *of_the_program]
