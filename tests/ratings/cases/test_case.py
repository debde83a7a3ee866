"""What the page of a case says of a repair, and of its sessions."""

from django.urls import reverse

from ratings.models import Rupture
from ratings.ruptures.actions import say_step
from tests.factories import days_ago, editor_of, make_therapy_session


def test_what_was_done_of_a_repair_stands_on_the_case(http, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 0])
    rupture = Rupture.objects.get()
    http.force_login(dana.user)
    page = reverse("ratings:case", args=[juniper.code])
    assert "Repair:" not in http.get(page).text
    say_step(editor=editor_of(juniper), rupture=rupture, step="ask", outcome="done")
    assert "Repair: Ask, done on" in " ".join(http.get(page).text.split())


def test_a_session_that_is_over_and_was_not_logged_is_not_called_planned(http, dana, juniper, live_through):
    live_through(juniper, [3])
    make_therapy_session(juniper, starts_at=days_ago(0.5), attendance="planned")
    make_therapy_session(juniper, starts_at=days_ago(-5), attendance="planned")
    http.force_login(dana.user)
    for route in ("case", "session-list"):
        page = " ".join(http.get(reverse(f"ratings:{route}", args=[juniper.code])).text.split())
        assert page.count(">Not logged<") == page.count(">Planned<") == 1, route
        assert "1 session, 1 not logged, 1 planned" in page, route


def test_a_session_that_is_over_is_logged_and_one_that_is_to_come_is_moved(http, dana, sam, juniper, live_through):
    live_through(juniper, [3])
    over = make_therapy_session(juniper, starts_at=days_ago(0.5), attendance="planned")
    coming = make_therapy_session(juniper, starts_at=days_ago(-5), attendance="planned")
    log, move = (
        [reverse(f"ratings:{route}", args=[row.code]) for row in (over, coming)]
        for route in ("planned-session-log", "session-move")
    )
    for reader, offered in ((dana, [True, False, False, True]), (sam, [False] * 4)):
        http.force_login(reader.user)
        page = http.get(reverse("ratings:case", args=[juniper.code])).text
        sessions = page[page.index('id="sessions"') :]
        assert [f'href="{address}"' in sessions for address in (*log, *move)] == offered
