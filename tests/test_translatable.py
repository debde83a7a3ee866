"""Every sentence of the pages can be translated: in a language where each one stands in brackets, none is outside."""

import re
from html.parser import HTMLParser
from io import StringIO
from zoneinfo import available_timezones

import pytest
from django.core.management import call_command
from django.urls import Resolver404, resolve, reverse
from django.utils.html import escape

from alliance.models import Client as Patient
from alliance.models import Membership, User
from ratings.check_in.links import mint_check_in_link, mint_preferences_link
from ratings.models import CheckIn, InstrumentText
from tests.test_architecture import PACKAGES, findings, python_files

READ_ALOUD = {"alt", "aria-label", "data-label", "placeholder", "title"}
WITHOUT_END = {"br", "col", "hr", "img", "input", "link", "meta", "path"}
NOT_OURS = {"textarea", "bdi", "blockquote", "q", "script"}  # names, what people wrote, and what programs read
NOT_OURS_EITHER = {"voice", "address"}  # classes of the same
START = {
    "therapist": ["/today/", "/cases/", "/cases/?find=a"],
    "supervisor": ["/caseload/"],
    "manager": ["/people/", "/people/gaps/", "/people/records/", "/people/detection/"],
}
NAMES = {"Alliance", "demo", "test", *START}
OF_EACH_ROUTE = 2


class Bracketed(HTMLParser):
    """Collects the words of a page that stand outside all brackets."""

    def __init__(self):
        super().__init__()
        self.outside = []
        self.depth = 0  # in brackets, which may begin in one element and end in another
        self.not_ours = 0

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        for name in READ_ALOUD & attrs.keys():
            Bracketed.read(self, attrs[name] or "")
        if self.not_ours or tag in NOT_OURS or NOT_OURS_EITHER & set((attrs.get("class") or "").split()):
            self.not_ours += tag not in WITHOUT_END

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if self.not_ours:
            self.not_ours -= 1

    def handle_data(self, data):
        if not self.not_ours:
            self.read(data)

    def read(self, text):
        for part in re.split(r"([⟦⟧])", text):
            self.depth += {"⟦": 1, "⟧": -1}.get(part, 0)
            if not self.depth:
                self.outside += [word for word in re.findall(r"[^\W\d_]{2,}", part) if word not in NAMES]


def outside(page):
    bracketed = Bracketed()
    bracketed.feed(page)
    return bracketed.outside


@pytest.fixture
def in_brackets(db, monkeypatch):
    """The demo, in a language that has each sentence in brackets."""
    call_command("seed_demo", stdout=StringIO())
    place = "django.utils.translation._trans."
    monkeypatch.setattr(f"{place}gettext", lambda text: f"⟦{text}⟧" if text else "")
    monkeypatch.setattr(f"{place}ngettext", lambda one, many, n: f"⟦{one if n == 1 else many}⟧")
    monkeypatch.setattr(f"{place}pgettext", lambda _context, text: f"⟦{text}⟧")
    monkeypatch.setattr(f"{place}npgettext", lambda _context, one, many, n: f"⟦{one if n == 1 else many}⟧")


def pages_of(http, start):
    """Pages that links lead to from these, a few of each route."""
    to_read, read = list(start), {}
    while to_read:
        path = to_read.pop(0)
        try:
            route = resolve(path.partition("?")[0]).view_name
        except Resolver404:
            continue
        known = [other for other in read if read[other][0] == route]
        if path in read or len(known) >= OF_EACH_ROUTE or route == "account_logout":
            continue
        response = http.get(path)
        if response.status_code != 200 or "html" not in response["Content-Type"]:
            continue
        read[path] = (route, response.text)
        to_read += [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)"', response.text)]
    return {path: page for path, (_route, page) in read.items()}


def assert_translatable(pages):
    """Beside names, what an instrument says in the language it was made in, and time zones."""
    names = [person.display_name for model in (Membership, Patient) for person in model.objects.all()]
    wordings = [text for row in InstrumentText.objects.all() for text in strings_in(row.text)]
    data = sorted({*names, *wordings, *available_timezones()}, key=len, reverse=True)
    other = re.compile("|".join(rf"\b{re.escape(escape(text))}(?!\w)" for text in data))
    assert {path: words for path, page in pages.items() if (words := outside(other.sub("", page)))} == {}


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings_in(inner)


@pytest.mark.sqlite  # it reads the words of pages, which are the same on both
@pytest.mark.parametrize("role", START)
def test_every_sentence_can_be_translated(role, in_brackets, http):
    http.force_login(User.objects.get(email=f"{role}@demo.test"))
    pages = pages_of(http, START[role])
    assert len(pages) > 8, sorted(pages)
    assert_translatable(pages)


@pytest.mark.sqlite  # it reads the words of pages, which are the same on both
def test_every_sentence_for_clients_can_be_translated(in_brackets, http):
    waiting = CheckIn.objects.filter(ratings=None).exclude(episode__client__consents=None).latest("pk")
    check_in = reverse("links:check-in", args=[mint_check_in_link(check_in=waiting, editor=None, channel="email")])
    preferences = reverse("links:preferences", args=[mint_preferences_link(waiting.episode.client)])
    form = http.get(check_in).text
    answers = dict(re.findall(r'type="radio" name="(\w+)" value="(\w+)"', form)) | {"own_device": "on"}
    pages = {
        "form": form,
        "who reads": http.get(check_in.replace("/c/", "/c/w/")).text,
        "form in error": http.post(check_in, {}).text,
        "sent": http.post(check_in, answers, follow=True).text,
        "change": http.get(reverse("links:check-in-change")).text,
        "preferences": http.get(preferences).text,
        "paused": http.post(preferences, {"choice": "pause-2"}, follow=True).text,
        "stopped": http.post(preferences, {"choice": "stop"}, follow=True).text,
        "gone": http.get("/c/nothing/").text,
        "privacy": http.get(reverse("links:privacy")).text,
    }
    assert_translatable(pages)


def test_a_sentence_that_nobody_can_translate_would_be_found():
    page = '<p title="⟦Seen⟧">⟦One <b>check-in</b> of %s⟧ <bdi>Fern</bdi>, 3 ⟦Nov⟧</p><p class="voice">It was good.</p>'
    assert outside(page) == []
    assert outside(page + "<p>No session yet.</p>") == ["No", "session", "yet"]
    assert outside(page + '<input aria-label="Find a case">') == ["Find", "case"]


def test_every_sentence_is_under_a_name_that_the_catalogue_is_collected_by():
    """Gettext's own program knows `_` and the names of Django's functions."""
    other_name = re.compile(r"import n?p?gettext(_lazy)? as (?!_$)")
    assert findings(other_name, python_files(*PACKAGES)) == []
    assert other_name.search("from django.utils.translation import gettext_lazy as _lazy")
