"""A flag on its page: what the therapist says of it, and how it ends."""

import pytest
from django.urls import reverse

from ratings import queries
from ratings.models import Rupture, Standing, Verdict

ONLY_TASKS = [3, 3, 1, 0, 3, 4]


def page_of(rupture):
    return reverse("ratings:rupture", args=[rupture.code])


def test_a_verdict_is_counted_once_per_flag_and_shown_with_its_interval(http, dana, sam, mona, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, ONLY_TASKS])
    rupture = Rupture.objects.get()
    address = reverse("ratings:rupture-verdict", args=[rupture.code])
    http.force_login(sam.user)
    assert http.post(address, {"answer": "useful"}).status_code == 403
    http.force_login(dana.user)
    for answer in ("false", "useful"):
        assert http.post(address, {"answer": answer}).url == page_of(rupture)
    assert http.post(address, {"answer": "nonsense"}).status_code == 400
    assert Verdict.objects.get().answer == "useful"
    assert "You said: Useful." in http.get(page_of(rupture)).text
    (share,) = queries.verdict_shares(juniper.client.practice)
    assert (share.useful, share.known, share.false, share.worth_it.of) == (1, 0, 0, 1)
    http.force_login(mona.user)
    assert "between 21 % and 100 %" in http.get(reverse("ratings:detection-settings")).text


def test_set_aside_with_a_reason_that_only_those_who_read_the_case_see(http, dana, sam, noor, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    rupture = Rupture.objects.get()
    address = reverse("ratings:rupture-set-aside", args=[rupture.code])
    http.force_login(noor.user)
    assert http.post(address, {"reason": "x"}).status_code == 404
    http.force_login(dana.user)
    empty = http.post(address, {"reason": ""})
    assert (empty.status_code, Rupture.objects.get().state) == (422, "open")
    assert http.post(address, {"reason": "A bereavement, we spoke."}).status_code == 302
    assert Rupture.objects.get().state == "set_aside"
    assert Standing.objects.get().rupture is None
    http.force_login(sam.user)
    assert "A bereavement, we spoke." in http.get(page_of(rupture)).text
    assert "Was this flag useful?" not in http.get(page_of(rupture)).text


@pytest.mark.parametrize(
    ("levels", "lead", "going_on"),
    [
        ([3, 3, 3, 3, 1, 1], "They have been lower than Juniper&#x27;s own usual for 2 sessions.", True),
        ([3, 3, 3, 3, 1, 1, 3, 3], "They were lower than Juniper&#x27;s own usual for 2 sessions.", False),
    ],
)
def test_a_flag_that_is_over_is_told_as_past(http, dana, juniper, live_through, levels, lead, going_on):
    live_through(juniper, levels)
    http.force_login(dana.user)
    page = http.get(page_of(Rupture.objects.get())).text
    assert lead in page
    for sentence in ("One next step", "may be strained"):
        assert (sentence in page) is going_on
    assert ("may have been strained" in page) is not going_on


@pytest.mark.parametrize(
    ("levels", "state", "words"),
    [([3, 3, 3, 3, 1, 1, 3, 3], "repaired", "repaired"), ([3, 3, 3, 3, 0], "set_aside", "set aside")],
)
def test_what_is_over_keeps_how_it_ended(http, dana, juniper, live_through, levels, state, words):
    """A page that was left open, or a second tab."""
    live_through(juniper, levels)
    rupture = Rupture.objects.get()
    address = reverse("ratings:rupture-set-aside", args=[rupture.code])
    http.force_login(dana.user)
    if state == "set_aside":
        http.post(address, {"reason": "A bereavement."})
    before = Rupture.objects.values().get()
    late = http.post(address, {"reason": "A late click."})
    assert late.status_code == 409
    assert f"This is over already: {words}. It was not set aside" in late.text and "A late click." in late.text
    assert Rupture.objects.values().get() == before
    assert before["state"] == state
