"""No script makes markup or a script of a text, but htmx of our answers and the charts of Plotly."""

from urllib.parse import urldefrag, urlsplit

import pytest
from django.urls import reverse

from ratings.check_in import links
from ratings.models import CheckIn
from tests.e2e.conftest import CHARTS_FIT
from tests.factories import make_episode

ADDRESSES = "() => [...document.querySelectorAll('a[href]')].map(link => link.href)"
MARKUP = "() => { document.querySelector('main').innerHTML = '<img src=x>' }"
PARSED = "() => { document.body.append(new DOMParser().parseFromString('<img src=x>', 'text/html').body) }"
SCRIPT = """() => {
  const script = document.createElement('script');
  script.src = '/static/js/copy.js';
}"""
POLICY = "name => { trustedTypes.createPolicy(name, {createHTML: text => text, createScriptURL: text => text}) }"


@pytest.fixture
def house(live_server, settings, dana, noor, sam, mona, live_through):
    settings.BASE_URL = live_server.url
    juniper = make_episode(dana, "Juniper")
    live_through(juniper, [3, 3, 3, 3, 3, 0, 0, None])
    live_through(make_episode(dana, "Sorrel"), [3, 3, 3])
    return juniper


@pytest.fixture
def link(house, live_server):
    check_in = CheckIn.objects.filter(ratings__rater=None).latest("therapy_session__starts_at")
    token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    return live_server.url + reverse("links:check-in", args=[token])


def refused(page, deed, *given):
    """Whether the browser refuses it, by the policy of the page."""
    try:
        page.evaluate(deed, *given)
    except Exception as refusal:
        return "Trusted" in str(refusal) or "policy" in str(refusal).lower()
    return False


@pytest.mark.parametrize("path", ["a link", "/accounts/login/", "/help/", "/nowhere/"])
def test_a_page_of_a_client_and_one_before_the_sign_in_make_markup_of_nothing(page, live_server, link, path):
    page.goto(link if path == "a link" else live_server.url + path)
    before = page.inner_text("main")
    for deed in (MARKUP, PARSED, SCRIPT):
        assert refused(page, deed)
    for name in ("default", "charts", "another"):
        assert refused(page, POLICY, name)
    assert page.inner_text("main") == before


def test_a_list_makes_markup_of_an_answer_alone(page, live_server, house, sam, sign_in):
    sign_in(sam)
    page.goto(live_server.url + reverse("ratings:caseload-all"))
    assert refused(page, MARKUP) and refused(page, SCRIPT)
    assert not refused(page, PARSED), "it is parsed apart from the page"
    assert refused(page, POLICY, "another") and refused(page, POLICY, "default")


def test_a_chart_loads_plotly_and_nothing_else(page, live_server, house, dana, sign_in):
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case", args=[house.code]))
    page.wait_for_function(CHARTS_FIT)
    page.locator("[data-figure] .main-svg").first.wait_for()
    assert refused(page, MARKUP) and refused(page, PARSED) and refused(page, SCRIPT)
    assert refused(page, POLICY, "default") and refused(page, POLICY, "charts")


def test_no_page_that_a_link_leads_to_breaks_the_policy(
    page, live_server, house, link, dana, sam, mona, sign_in, complaints
):
    heard = complaints(page)
    sign_in(dana)
    page.goto(live_server.url + "/help/")
    assert refused(page, MARKUP)
    assert "TrustedHTML" in " ".join(heard), "it hears nothing"
    heard.clear()
    page.context.clear_cookies()
    assert len(visit_all(page, live_server.url, link, heard)) >= 2
    assert len(visit_all(page, live_server.url, live_server.url + "/accounts/login/", heard)) >= 2
    for start, member in (("/today/", dana), ("/caseload/", sam), ("/people/", mona)):
        sign_in(member)
        assert len(visit_all(page, live_server.url, live_server.url + start, heard)) >= 12, start


def visit_all(page, host, start, heard):
    """Opens a page, and each that it or the next leads to: one of each kind."""
    seen, waiting = {}, [start]
    while waiting:
        address = waiting.pop(0)
        kind = kind_of(address)
        if kind in seen or not address.startswith(host) or "/logout" in address:
            continue
        seen[kind] = address
        answer = page.request.get(address, max_redirects=0)
        if answer.status != 200 or not answer.headers["content-type"].startswith("text/html"):
            continue
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert heard == [], address
        waiting += [urldefrag(link).url for link in page.evaluate(ADDRESSES)]
    return seen


def kind_of(address):
    """Its path, without the code or key of what it is about: two cases are one kind."""
    return tuple(part for part in urlsplit(address).path.split("/") if part and len(part) < 20)
