"""Markup in every sealed text and in the names of a practice, on every page that shows them."""

import json

import pytest
from django.apps import apps

from alliance.crypto import Sealed, SealedTextField
from alliance.models import DataKey
from tests.attacks.markup import read, strings
from tests.browsers import browsers as browsers  # a fixture
from tests.browsers import taken_back
from tests.subjects import subjects as subjects  # a fixture
from tests.test_access_matrix import address, rows

ALL = strings(520, seed=7)
SLICES = [" ".join(ALL[first::10]) for first in range(10)]
SHOWN = ("dana", "noor", "sam", "mona", "link")
# Pages that show a text which somebody wrote, at the least: so that a page that shows none is noticed.
FEWEST = 60


def test_the_reader_sees_what_would_run():
    """Without this, a blind one would find every page clean."""
    for text in ('<img src=x onerror="alert(zqx)">', "<script>zqx</script>", "<!--zqx-->", '<a href="javascript:zqx">'):
        assert read(f"<p>{text}</p>")[0], text
    assert read("<p>&lt;script&gt;zqx</p><input value='zqx'>") == ([], 2)
    assert len(set(ALL)) == 520 and sum(bool(read(f"<p>{text}</p>")[0]) for text in ALL) > 150


def _filled(text, held):
    """Some of them, in the place of a text; a draft is a list of texts for each field."""
    return json.dumps({name: [held] for name in json.loads(text)}) if text.startswith('{"') else held


@pytest.fixture
def planted(subjects, millrace):
    """Every sealed text that stands anywhere holds some of them, in turn, and so does the practice."""
    count = 0
    for model in apps.get_models():
        fields = [field for field in model._meta.fields if isinstance(field, SealedTextField)]
        for row in model._base_manager.all() if fields else ():
            for field in fields:
                now = getattr(row, field.name)
                if not now:
                    continue
                key = DataKey.objects.get(pk=now.token.split(".")[1])
                held = Sealed(_filled(now.open(key), SLICES[count % 10]), key).at(field.place_in(row))
                model._base_manager.filter(pk=row.pk).update(**{field.name: held})
                count += 1
    assert count > 20
    millrace.name, millrace.crisis_phone = '"><img src=x onerror=zqx>', "'><svg/onload=zqx>"
    millrace.save()
    return subjects


def pages(planted, browsers):
    for name, subject, on_get, _on_post in rows():
        for persona in SHOWN:
            if on_get[persona] == 200:
                yield name, subject, address(name, subject, planted), browsers[persona]


@pytest.mark.sqlite  # it reads the words of pages, which are the same on both
def test_no_page_and_no_file_runs_what_somebody_wrote(planted, browsers):
    wrong, shown, seen = [], 0, set()
    for name, subject, path, browser in pages(planted, browsers):
        with taken_back(browser):
            answer = browser.get(path)
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            answer.getvalue()  # read to its end, a file is closed
            continue
        if (name, subject, answer.text) in seen:
            continue
        seen.add((name, subject, answer.text))
        found, times = read(answer.text)
        wrong += [f"{name} {subject}: {place}" for place in found]
        shown += times > 0
    assert not wrong, "\n".join(wrong[:30])
    assert shown >= FEWEST, shown
