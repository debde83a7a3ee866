"""The matrix with Python's filter taken out: PostgreSQL alone answers every cell alike, and nothing foreign is shown or
changed. A 405 is answered before anything is read, and a link by its key, so neither is asked again.
"""

import gc

import pytest
from django.db import connection

from alliance import acting, prepared, row_security, scopes
from alliance.drafts.filling import Page
from alliance.drafts.shown import FIELD
from alliance.models import Client, Episode
from alliance.prepared import Prepared
from alliance.query_sets import ScopedQuerySet, SupervisionNoteQuerySet, WriterOnlyQuerySet
from tests.browsers import PERSONAS, close, taken_back
from tests.browsers import browsers as browsers  # a fixture
from tests.subjects import subjects as subjects  # a fixture
from tests.test_access_matrix import address, rows
from tests.test_typed_text import filled_in

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("as_application")]
MEMBERS = PERSONAS[2:]


@pytest.fixture
def no_filter(foreign, monkeypatch):
    """The hole of all holes: every query set picks every row, for everybody."""
    monkeypatch.setattr(scopes, "_episodes_where", lambda condition: Episode.objects.all())
    for kind in (ScopedQuerySet, WriterOnlyQuerySet, SupervisionNoteQuerySet):
        monkeypatch.setattr(kind, "visible_to", lambda rows, user: rows.all())
    monkeypatch.setattr(prepared, "check_places", lambda parameters, names: None)  # nobody's keys are left in them
    forget_statements()
    yield
    forget_statements()


def forget_statements():
    """What was built once, with the filter or without, is built anew."""
    for one in gc.get_objects():
        if type(one) is Prepared:  # `isinstance` would open what is lazy
            one._built.clear()


def test_the_filter_is_out_of_what_was_built_before(dana, no_filter):
    keys = scopes.visible_episodes.keys(dana.user, "client")  # `foreign` has asked for them
    assert "membership" not in str(Client.objects.filter(pk__in=keys).query)


class Foreign:
    """What is not somebody's: the names, and the rows, by the keys of the episodes and clients that are theirs."""

    def __init__(self, user):
        clients = Client.objects.visible_to(user)
        self.names = [one.display_name for one in Client.objects.select_related("data_key").exclude(pk__in=clients)]
        self.own = {"client": set(clients.values_list("pk", flat=True))}
        self.own["episode"] = set(scopes.visible_episodes(user).values_list("pk", flat=True))

    def shown_in(self, text):
        return [name for name in self.names if name in text]

    def changed(self, before, after):
        keys = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        return sorted({table for table, of, pk in keys if pk not in self.own[of]})


@pytest.fixture
def foreign(request, subjects):
    return {name: Foreign(request.getfixturevalue(name).user) for name in MEMBERS}


def contents():
    """(table, "client" or "episode", its key) -> a digest of the rows, over every clinical table."""
    asked = []
    for model in row_security.clinical_models():
        scope, of = model.scope
        column = (model._meta.pk if scope == "pk" else model._meta.get_field(scope)).column
        table, of = model._meta.db_table, "client" if of == "client" else "episode"
        digest = "md5(string_agg(md5(t::text), '' ORDER BY md5(t::text)))"
        asked.append(f"SELECT '{table}', '{of}', {column}, {digest} FROM {table} t GROUP BY {column}")
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return {tuple(key): digest for *key, digest in cursor.fetchall()}


def sent_by(browser, method, path, sent=None):
    """The answer of a request, its text, and what the clinical tables hold after it; then it is taken back."""
    with taken_back(browser):
        browser.cookies["csrftoken"] = "a" * 32
        answer = getattr(browser, method)(path, sent, headers={"X-CSRFToken": "a" * 32})
        text = "" if answer.streaming else answer.text
        close(answer)
        return answer.status_code, text, contents() if method == "post" else {}


@pytest.mark.parametrize("who", MEMBERS)
def test_every_cell_is_as_in_the_table(who, no_filter, foreign, browsers, subjects):
    wrong, before, cells = [], contents(), 0
    for name, subject, on_get, on_post in rows():
        if not name.startswith(("ratings:", "alliance:")):
            continue
        for method, expected in (("get", on_get[who]), ("post", on_post[who])):
            if expected == 405:
                continue
            cells += 1
            status, text, after = sent_by(browsers[who], method, address(name, subject, subjects))
            wrong += [f"{name} {subject}: {method}: {status}, not {expected}"] if status != expected else []
            shown = foreign[who].shown_in(text)
            wrong += [f"{name} {subject}: {method} shows {shown}"] if shown else []
            changed = foreign[who].changed(before, after) if method == "post" else []
            wrong += [f"{name} {subject}: {method} changes {changed}"] if changed else []
    assert not wrong, "\n".join(wrong)
    assert cells > 200


@pytest.fixture
def filled(browsers, subjects):
    """Every form of a case that its own people are shown, filled in: whose it is, where it goes, what is sent."""
    found = {}
    for name, subject, on_get, _on_post in rows():
        for whose in ("dana", "noor", "sam"):
            if on_get[whose] != 200 or not name.startswith("ratings:"):
                continue
            path = address(name, subject, subjects)
            with taken_back(browsers[whose]):
                page = browsers[whose].get(path)
                close(page)
            for form in () if page.streaming else Page(page.text, path).forms:
                if (form.attributes.get("method") or "").lower() == "post":
                    sent = {key: value for key, value in filled_in(form).items() if key not in NOT_SENT}
                    found.setdefault((whose, form.attributes.get("action") or path), sent)
    return [(whose, path, sent) for (whose, path), sent in found.items()]


NOT_SENT = ("csrfmiddlewaretoken", FIELD)  # `FIELD` says to whom a form was shown, and is asked for before all else


def test_what_others_fill_in_changes_nothing(filled, no_filter, foreign, browsers):
    """The control is in it: the same forms, sent by those whose they are, do change something."""
    wrong, before, own = [], contents(), 0
    for whose, path, sent in filled:
        for who in MEMBERS:
            status, text, after = sent_by(browsers[who], "post", path, sent)
            if who == whose:
                own += before != after
                continue
            shown, changed = foreign[who].shown_in(text), foreign[who].changed(before, after)
            if shown or changed:
                wrong.append(f"{path} of {whose} as {who}: {status}, shows {shown}, changes {changed}")
    assert not wrong, "\n".join(wrong)
    assert own > 20


def test_without_either_filter_they_are_shown(no_filter, foreign, browsers, subjects, monkeypatch):
    """The control: it is PostgreSQL that holds, and the names do stand on these pages."""
    monkeypatch.setattr(acting, "said_before", lambda: "SELECT set_config('role', 'none', true); ")
    for who in ("noor", "vera"):
        _status, text, _after = sent_by(browsers[who], "get", address("ratings:case", "juniper", subjects))
        assert "Juniper" in foreign[who].shown_in(text)
