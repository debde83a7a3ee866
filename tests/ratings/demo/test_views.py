"""The demo's guide is put away for this sign-in, and shown again."""

import pytest
from django.urls import reverse

from alliance.models import User
from tests.ratings.demo.seen import case_of, page_of, signed_in


def test_put_away_it_is_gone_on_every_page_until_help_or_the_next_sign_in_brings_it_back(demo):
    ada = signed_in("therapist")
    teasel = reverse("ratings:case", args=[case_of("Teasel", "therapist").episode.code])
    assert "Show the guide again" not in ada.get("/help/").content.decode()
    gone = ada.post(reverse("ratings:guide-put-away"), {"back": teasel})
    assert (gone.status_code, gone.url) == (303, teasel)
    assert [page_of(ada, path)[0] for path in (teasel, "/today/", "/cases/")] == ["", "", ""]
    assert "Show the guide again" in page_of(ada, "/help/")[0]
    again = ada.post(reverse("ratings:guide-show"))
    assert (again.status_code, again.url) == (303, "/")
    assert "1 of 5" in page_of(ada, teasel)[0]
    ada.post(reverse("ratings:guide-put-away"))
    ada.logout()
    ada.force_login(User.objects.get(email="supervisor@demo.test"))
    assert "in 5 stories" in page_of(ada, "/caseload/")[0]


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "today", ""]
)
def test_putting_it_away_leads_nowhere_else(demo, back):
    assert signed_in("therapist").post(reverse("ratings:guide-put-away"), {"back": back}).url == "/"
