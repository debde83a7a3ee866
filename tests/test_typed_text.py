"""Nothing typed is lost: every form of staff, found by opening every page, times each way of losing what was typed.

A form that somebody adds is met here by itself: something is typed into each box, lost, and has to come back. A form
that cannot is exempt by name, with the reason.
"""

from collections import Counter
from itertools import product

import pytest
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve, reverse
from django.utils.http import urlencode

from alliance.drafts.filling import Page
from alliance.models import FormDraft
from tests.browsers import close
from tests.subjects import subjects as subjects  # a fixture
from tests.test_access_matrix import address, rows

CANARY = "Kanarienvogel"
READERS = ("dana", "sam", "mona")
# The page and the form, by the names of their routes, and why what is typed there need not come back.
EXEMPT = {
    ("ratings:cases", "ratings:cases"): "a search: it saves nothing",
    ("ratings:caseload", "ratings:caseload"): "a filter: it saves nothing",
    ("ratings:caseload-all", "ratings:caseload-all"): "a search: it saves nothing",
    ("ratings:retention", "ratings:retention"): "shows what a rule would erase: it saves nothing",
    ("ratings:import-upload", "ratings:import-upload"): "a file, which the browser gives once only",
    ("ratings:client-list-upload", "ratings:client-list-upload"): "a file, which the browser gives once only",
}
# What the walk has to find at least, or it looks in the wrong place.
SOME = {
    ("ratings:session-log", "ratings:session-log"),
    ("ratings:episode-end", "ratings:episode-end"),
    ("ratings:case-create", "ratings:case-create"),
    ("ratings:goal-agree", "ratings:goal-agree"),
    ("ratings:task-edit", "ratings:task-edit"),
    ("ratings:rupture", "ratings:rupture-set-aside"),
    ("ratings:rupture", "ratings:rupture-usual"),
    ("ratings:repair-words-edit", "ratings:repair-words-edit"),
    ("ratings:rupture-into-plan", "ratings:rupture-into-plan"),
    ("ratings:client-contact", "ratings:client-contact"),
    ("ratings:check-in-enter", "ratings:check-in-enter"),
    ("alliance:practice-settings", "alliance:practice-settings"),
    ("alliance:member-invite", "alliance:member-invite"),
}
TYPED = {"email": f"{CANARY}@example.org"}


class StaffForm:
    """A form on a page that is open in a browser, and what is typed into it."""

    def __init__(self, user, browser, page, form):
        self.user, self.browser, self.page = user, browser, page
        self.action = form.attributes.get("action") or page
        self.sent = filled_in(form)
        self.typed = {name: values for name, values in self.sent.items() if name != "csrfmiddlewaretoken"}

    def anew(self):
        """The same form in another browser, with other hidden fields."""
        browser = browser_of(self.user)
        form = Page(browser.get(self.page).text, self.page).form_for(self.action, self.typed)
        return StaffForm(self.user, browser, self.page, form)

    @property
    def name(self):
        return name_of(self.page), name_of(self.action)

    def send(self, **changes):
        return self.browser.post(self.action, self.sent | changes)

    def now(self, html=None):
        """What stands in it when the page is opened again."""
        html = html or self.browser.get(self.page).text
        found = Page(html, self.page).form_for(self.action, self.typed)
        assert found, f"{self.name}: the form is not there"
        return stands_in(found, html)


def name_of(path):
    return resolve(path).view_name


def filled_in(form):
    """Every box with something in it, the last of every choice, each tick set: as a browser would send it."""
    sent = {}
    for control in form.controls:
        kind = control.kind if control.tag == "input" else control.tag
        if kind in ("submit", "button", "file") or not control.name:
            continue
        if kind == "hidden":
            value = control.value
        elif kind == "select":
            value = control.options[-1].value
        elif kind in ("radio", "checkbox"):
            value = control.value or "on"
        else:
            value = TYPED.get(
                kind, f'{CANARY} "{control.name}" & <more>' + ("\n\nto say" if kind == "textarea" else "")
            )
        several = kind == "checkbox" and control.name in sent
        sent[control.name] = [*sent[control.name], value] if several else [value]
    return sent


def stands_in(form, html):
    """What a browser would send of a form as the page shows it; written apart from what fills it."""
    sent = {}
    for control in form.controls:
        kind = control.kind if control.tag == "input" else control.tag
        if kind in ("submit", "button", "file") or not control.name:
            continue
        if kind == "select":
            values = [option.value for option in control.options if "selected" in option.attributes]
        elif kind in ("radio", "checkbox"):
            values = [control.value or "on"] if "checked" in control.attributes else []
        elif kind == "textarea":
            text = html[control.end : control.text_end].removeprefix("\n")
            values = [text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")]
        else:
            values = [control.value]
        if values:
            sent[control.name] = [*sent.get(control.name, []), *values]
    return sent


@pytest.fixture
def staff_forms(request, subjects):
    """Every form of staff with something to type, each once."""
    found = {}
    for route, subject, on_get, _on_post in rows():
        if not route.startswith(("alliance:", "ratings:")):
            continue
        for reader in READERS:
            if on_get[reader] != 200:
                continue
            user = request.getfixturevalue(reader).user
            browser = browser_of(user)
            page = address(route, subject, subjects)
            response = browser.get(page)
            if response.streaming:
                close(response)
                continue
            parsed = Page(response.text, page)
            for form in parsed.forms:
                typed = StaffForm(user, browser, page, form)
                if name_of(typed.action).startswith("alliance:draft") or not has_boxes(form):
                    continue
                found.setdefault(typed.name, typed)
    assert set(found) >= SOME
    FormDraft.objects.all().delete()
    return [form for name, form in found.items() if name not in EXEMPT]


def browser_of(user):
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(user)
    return browser


def has_boxes(form):
    return any(
        control.tag in ("textarea", "select") or (control.tag == "input" and control.kind not in ("hidden", "submit"))
        for control in form.controls
    )


# --- The ways ---------------------------------------------------------------------------------------------------------


def sign_in_over(form, monkeypatch):
    cookie = form.browser.cookies.pop(settings.SESSION_COOKIE_NAME)
    sent = form.send()
    assert (sent.status_code, sent.url) == (302, f"/accounts/login/?next={form.page}")
    form.browser.cookies[settings.SESSION_COOKIE_NAME] = cookie.value


def stale_token(form, monkeypatch):
    assert form.send(csrfmiddlewaretoken="a" * 32).url == form.page


def second_tab(form, monkeypatch):
    before = form.browser.cookies[settings.CSRF_COOKIE_NAME].value
    form.browser.logout()
    form.browser.force_login(form.user)
    form.browser.cookies[settings.CSRF_COOKIE_NAME] = "b" * 32  # a new token comes with a new sign-in
    assert before != "b" * 32
    assert form.send().url == form.page


def answers_with(status):
    def way(form, monkeypatch):
        def view(request, *args, **kwargs):
            if status == 500:
                raise RuntimeError("planted")
            return HttpResponse("<main></main>", status=status)

        with monkeypatch.context() as patch:
            patch.setattr(BaseHandler, "make_view_atomic", lambda handler, callback: view)
            sent = form.send()
        assert sent.status_code == status
        assert ("Back to the form" in sent.text) is (status == 500)

    return way


def never_sent(form, monkeypatch):
    """The script has kept it: the network went, the browser crashed, or somebody went back without saving."""
    body = urlencode(form.typed, doseq=True)
    kept = Client(enforce_csrf_checks=True).post(
        reverse("alliance:draft-keep"),
        body,
        content_type="application/x-www-form-urlencoded",
        headers={"X-Form-Action": form.action},
    )
    assert kept.status_code == 204


WAYS = {
    "sign-in over": sign_in_over,
    "stale token": stale_token,
    "second tab": second_tab,
    "back from an error": answers_with(422),
    "led on, and nothing saved": answers_with(302),
    "shown what would be": answers_with(200),
    "crash of the server": answers_with(500),
    "network gone, back, crash of the browser": never_sent,
}


def test_what_was_typed_stands_in_the_form_again(staff_forms, monkeypatch):
    lost = []
    for found, (name, way) in product(staff_forms, WAYS.items()):
        form = found.anew()
        way(form, monkeypatch)
        html = form.browser.get(form.page).text
        again = form.now(html)
        differs = {key for key, values in form.typed.items() if again.get(key) != values}
        if differs or "is kept. It is not saved yet." not in html or FormDraft.objects.count() != 1:
            lost.append(f"{' '.join(form.name)}, {name}: {sorted(differs)}")
        FormDraft.objects.all().delete()
    assert not lost, "\n".join(lost)


def test_nobody_else_sees_it_and_no_table_holds_it(staff_forms, noor, dana):
    """Neither the next person at that browser, nor who reads the database."""
    for form in staff_forms:
        never_sent(form, None)
    assert FormDraft.objects.count() == sum(min(20, n) for n in Counter(form.user.pk for form in staff_forms).values())
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                assert CANARY.lower() not in str(row).lower(), table
    for form in staff_forms:
        form.browser.force_login(noor.user)
        assert CANARY not in form.browser.get(form.page).text
        assert CANARY not in form.send().text  # and sent with the old page still on screen
