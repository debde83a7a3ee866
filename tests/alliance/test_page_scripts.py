"""Which pages let a script make markup or a script of a text: the lists that narrow as one types, and the charts."""

import re

import pytest
from django.conf import settings

from tests.browsers import browsers as browsers  # a fixture
from tests.browsers import close, taken_back
from tests.subjects import subjects as subjects  # a fixture
from tests.test_access_matrix import address, rows

LISTS = {"ratings:cases", "ratings:caseload-all"}
CHARTS = {"ratings:case", "ratings:case-sheet", "ratings:practice-figures"}
SEEN_BY = ("anonymous", "link", "dana", "noor", "sam", "mona")
SINKS = r"(inner|outer)HTML|insertAdjacentHTML|ContextualFragment|DOMParser|parseHTML|\.write\(|\beval\(|Function\("


def policy_of(answer):
    directives = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert directives["require-trusted-types-for"] == "'script'"
    return directives["trusted-types"]


@pytest.mark.sqlite  # it reads what pages load, which is the same on both
def test_every_page_says_which_and_only_those_that_load_a_script_for_it_name_one(subjects, browsers):
    found = {"'none'": set(), "default": set(), "charts": set()}
    for name, subject, on_get, _on_post in rows():
        for persona in {on_get[persona]: persona for persona in SEEN_BY}.values():  # one for each kind of answer
            with taken_back(browsers[persona]):
                answer = browsers[persona].get(address(name, subject, subjects))
                close(answer)
            policy = policy_of(answer)
            found[policy].add(name)
            if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
                continue
            scripts = set(re.findall(r'<script src="/static/([^"]+)"', answer.text))
            assert ("js/parts.js" in scripts) is ("django_htmx/htmx-2.min.js" in scripts), name
            assert "js/parts.js" not in scripts or policy == "default", name
            assert "js/charts.js" not in scripts or policy == "charts", name
    assert (found["default"], found["charts"]) == (LISTS, CHARTS)
    assert len(found["'none'"]) > 150


def test_no_script_of_ours_makes_markup_or_a_script_of_a_text():
    """Also in a browser that knows no Trusted Types."""
    scripts = list((settings.BASE_DIR / "static" / "js").glob("*.js"))
    assert len(scripts) > 5
    for script in scripts:
        text = script.read_text()
        if script.name == "parts.js":
            text = text.replace('["Document parseHTMLUnsafe", "DOMParser parseFromString"]', "")
        assert not re.search(SINKS, text), script.name
