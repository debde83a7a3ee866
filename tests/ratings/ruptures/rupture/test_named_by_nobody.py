"""A strain that the program found and people work on, in shadow mode and after it: nobody is said to have named it."""

from django.urls import reverse

from ratings.detection.reassess import reassess
from ratings.models import Rupture
from ratings.ruptures.actions import say_step
from tests.factories import editor_of
from tests.ratings.cases.views.test_lists import text_of
from tests.test_shadow import hide


def test_what_nobody_named_is_not_said_to_be_noticed_in_shadow_mode_nor_after_it(
    http, dana, mona, juniper, live_through
):
    live_through(juniper, [3, 3, 3, 3, 0])
    rupture = Rupture.objects.get()
    say_step(editor=editor_of(juniper), rupture=rupture, step="notice", outcome="done", line="")
    page = reverse("ratings:rupture", args=[rupture.code])
    http.force_login(dana.user)
    hide(juniper.client.practice, mona)
    reassess(juniper)
    assert "You began a repair here." in text_of(http, page)
    hide(juniper.client.practice, mona, shadow=False)
    reassess(juniper)
    shown = text_of(http, page)
    assert "You noticed something" not in shown and "You began a repair" not in shown
    rupture.refresh_from_db()
    assert (rupture.opened_by, rupture.state, rupture.kept_back) == ("detector", "open", False)
