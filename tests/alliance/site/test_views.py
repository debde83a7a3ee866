import pytest
from django.conf import settings


@pytest.mark.parametrize(
    ("persona", "page"), [("dana", "/today/"), ("sam", "/caseload/"), ("mona", "/people/"), ("lee", "/no-place/")]
)
def test_home_leads_to_the_own_page(persona, page, http, dana, request):
    http.force_login(request.getfixturevalue(persona).user)
    response = http.get("/")
    assert response.url == page
    assert http.get(page).status_code == 200


def test_healthz_needs_no_sign_in(http, db):
    response = http.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_help_is_for_everybody(http, mona):
    for _ in range(2):
        html = http.get("/help/").text
        assert "simulation, not from trial data" in html
        assert "about three flags in ten are real ruptures" in html
        assert http.post("/help/").status_code == 405
        http.force_login(mona.user)


def test_help_says_who_erases_a_client_and_that_the_steps_of_a_repair_are_kept(http, db):
    html = " ".join(http.get("/help/").text.split())
    assert "a second manager agrees, and a day later it is done" in html
    assert "whoever runs this program" not in html
    assert "the steps of the repair with their days" in html and "not kept apart" not in html


def test_the_version_is_for_who_has_signed_in(http, mona):
    assert settings.VERSION not in http.get("/help/").text
    http.force_login(mona.user)
    assert f"This is version {settings.VERSION}." in http.get("/help/").text
