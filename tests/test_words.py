"""The few words that are never used, and the names in code that `docs/reference/words.md` gives for the others."""

import ast
import re

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
PAGE = ROOT / "docs" / "reference" / "words.md"
PACKAGES = ("alliance", "sessions", "ratings")
PYTHON = [file for name in PACKAGES for file in (ROOT / name).rglob("*.py") if file.parent.name != "migrations"]
TEMPLATES = [file for file in (ROOT / "templates").rglob("*.*") if file.is_file()]
PAGES = [file for file in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")) if file != PAGE]

NEVER = re.compile(r"(?<![a-z])(patient|customer|clinic|tenant)s?(?![a-z])", re.IGNORECASE)
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")  # PatientList: Patient List
TAG = re.compile(r"{[{%].*?[%}]}", re.DOTALL)
QUOTED = re.compile(r"""("[^"]*"|'[^']*')""")
BARE_SESSION = re.compile(r"(?<![\w.:-])session(?![\w-])")


def names_given(source):
    """Names of variables, arguments, attributes, functions and classes, where they are given or passed, not read."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(getattr(node, "ctx", None), ast.Load):
            continue
        for field in ("name", "id", "attr", "arg", "asname"):
            if isinstance(name := getattr(node, field, None), str):
                yield name


def never_used(source, suffix):
    """The words in a file that the page says are never used; `session` where nothing tells it from Django's."""
    words = {found[1].lower() for found in NEVER.finditer(HUMP.sub(" ", source))}
    if suffix == ".py":
        words |= {"session"} & set(names_given(source))
    elif suffix != ".md" and any(BARE_SESSION.search(QUOTED.sub("", tag)) for tag in TAG.findall(source)):
        words.add("session")
    return words


# Said of who sees what, and not so: an emergency opens a case for an hour, and ratings go out under pseudonyms.
NOT_SO = re.compile(
    r"no clinical content|Nobody else sees anything|No one else\b|never an answer|No names of clients|"
    r"reads everything|Everything but|for your therapist alone|Only your therapist|as long as the law asks"
)


def test_nothing_is_said_of_who_sees_what_that_is_not_so():
    files = (*PYTHON, *TEMPLATES, *PAGES)
    assert {file: said for file in files if (said := NOT_SO.findall(" ".join(file.read_text().split())))} == {}


def test_words_that_are_never_used():
    offenders = [
        f"{file.relative_to(ROOT)}: {word}"
        for file in (*PYTHON, *TEMPLATES, *PAGES)
        for word in sorted(never_used(file.read_text(), file.suffix))
    ]
    assert not offenders, "\n".join(offenders)


@pytest.mark.parametrize(
    ("suffix", "good", "bad"),
    [
        (
            ".py",
            "for therapy_session in held: request.session['x'] = clinical",
            "for session in held: patient_list = 1",
        ),
        (".html", "{% translate 'a session' %}{{ row.session }}", "{% for session in rows %}{% endfor %}Your patients"),
    ],
)
def test_such_a_word_would_be_found(suffix, good, bad):
    assert never_used(good, suffix) == set()
    assert never_used(bad, suffix) == {"session", "patient"}


def test_every_name_on_the_page_is_in_the_code():
    cells = [line.split("|")[4] for line in PAGE.read_text().splitlines() if line.count("|") == 5]
    listed = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert len(listed) > 20
    assert listed - {name for file in PYTHON for name in names_given(file.read_text())} == set()
