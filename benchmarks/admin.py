"""Django's own list of the rows that *All cases* shows, beside the addresses of the program: to compare with."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import path

from alliance.models import Episode
from benchmarks.urls import urlpatterns as of_the_program

CASES = "/benchmark/admin/alliance/episode/"


class OpenSite(admin.AdminSite):
    def has_permission(self, request: Any) -> bool:
        return True


class EpisodeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while it runs
    list_display = ("name", "therapist_name", "rupture", "check_ins", "last_seen", "starts_at", "how_it_ended")
    list_select_related = ("client__data_key", "therapist__practice__data_key", "standing__rupture")
    list_per_page = 50
    ordering = ("-standing__attention", "pk")

    def name(self, episode: Episode) -> str:
        return episode.client.display_name

    def therapist_name(self, episode: Episode) -> str:
        return episode.therapist.display_name

    def rupture(self, episode: Any) -> str:
        rupture = episode.standing.rupture
        return rupture.get_state_display() if rupture else ""

    def check_ins(self, episode: Any) -> str:
        return f"{episode.standing.check_ins_answered} of {episode.standing.sessions_held}"

    def last_seen(self, episode: Any) -> Any:
        return episode.standing.last_session_at

    def how_it_ended(self, episode: Episode) -> str:
        return episode.get_end_reason_display()

    def has_module_permission(self, request: Any) -> bool:
        return True

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return True

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission


site = OpenSite()
site.register(Episode, EpisodeAdmin)
urlpatterns = [path("benchmark/admin/", site.urls), *of_the_program]
