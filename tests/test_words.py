"""Each word of the house means one thing: `docs/reference/words.md` says which, and here it is seen to be kept."""

import ast
import io
import re
import tokenize
from dataclasses import dataclass

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
PAGE = ROOT / "docs" / "reference" / "words.md"
PACKAGES = ("alliance", "sessions", "ratings")
PYTHON = sorted(file for name in PACKAGES for file in (ROOT / name).rglob("*.py") if file.parent.name != "migrations")
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
TEXTS = [
    *TEMPLATES,
    *sorted((ROOT / "static").glob("css/*.css")),
    *sorted((ROOT / "static").glob("js/*.js")),
    *sorted((ROOT / "ratings").rglob("*.toml")),
    *sorted(ROOT.glob("*.md")),
    *sorted(file for file in (ROOT / "docs").rglob("*.md") if file != PAGE),
]

# The table of the design, and the words that were once used for two things.
DESIGN = {
    "practice", "user", "membership", "client", "episode", "therapy session", "plan", "check-in", "rating",
    "instrument", "POMP", "assessment", "rupture", "repair", "standing",
}  # fmt: skip
MORE = {
    "person", "case", "goal", "task", "link", "rater", "score", "flag", "alert", "criterion", "budget", "kind", "state",
    "usual", "verdict", "supervision", "evidence", "points", "suspicion", "member", "false alarm",
}  # fmt: skip

EXCEPTIONS = {
    ("alliance/site/middleware.py", "HttpResponseClientRedirect"): "django-htmx's: there a client is a browser",
    ("alliance/site/views.py", "no_place"): "the page for a user without a place, as pages call a membership",
    ("alliance/urls.py", "no-place"): "the same page",
    ("templates/alliance/site/no_place.html", "no_place"): "the same page",
    ("ratings/delivery/mail.py", "appointment"): "in somebody else's mailbox it gives less away than session",
    ("templates/ratings/check_in/preferences.html", "appointment"): "opened from that mail, and says what it said",
    ("ratings/demo/stories.py", "meeting"): "what an invented client says of work",
    ("static/css/base.css", "baseline"): "a value of CSS",
    ("ratings/episode_files.py", "checkin"): "the column checkin_answered, which scripts rely on",
    ("ratings/detection/history.py", "checkin"): "the same column",
    ("ratings/psychometrics/evidence.py", "checkin"): "the same column",
    ("ratings/psychometrics/simulate.py", "checkin"): "the same column",
    ("ratings/psychometrics/simulate_ordinal.py", "checkin"): "the same column",
}
CALLED_AFTER = re.compile(r"(Form|QuerySet|Config|Manager|Error)$")  # what such a class is about has its own row


# --- The page ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    words: tuple[str, ...]
    sense: str
    names: frozenset[str]  # in code
    nowhere: tuple[str, ...]  # neither in a name nor in a sentence
    in_no_name: tuple[str, ...]
    bare: tuple[str, ...]  # no whole name


def entries(text):
    """The rows of the page's tables."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) != 5 or cells[0] == "word" or set(cells[0]) <= set("-"):
            continue
        word, sense, _on_pages, names, refused = cells
        refused = [each.strip() for each in refused.split(",") if each.strip()]
        found.append(
            Entry(
                words=tuple(word.split(", ")),
                sense=sense,
                names=frozenset(re.findall(r"`([^`]+)`", names)),
                nowhere=tuple(each for each in refused if "`" not in each),
                in_no_name=tuple(each.strip("`") for each in refused if each.startswith("`")),
                bare=tuple(each[6:-1] for each in refused if each.startswith("bare `")),
            )
        )
    return found


ENTRIES = entries(PAGE.read_text())


def test_every_word_of_the_design_has_its_entry_and_no_word_has_two():
    words = [word for entry in ENTRIES for word in entry.words]
    assert set(words) == DESIGN | MORE
    assert len(words) == len(set(words))
    assert [entry.words for entry in ENTRIES if entry.sense[-1:] not in (".", "?")] == []


# --- Names ------------------------------------------------------------------------------------------------------------


def parts(name):
    """`NewRating` and `new_rating`: new, rating."""
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]


def has(name, word):
    """The word, or several of it, as a part of the name."""
    return re.search(rf"(^|_){'_'.join(parts(word))}s?(_|$)", "_".join(parts(name))) is not None


def is_just(name, word):
    return re.fullmatch(rf"{'_'.join(parts(word))}s?", "_".join(parts(name))) is not None


def names_in(source):
    """Every name that the source gives or uses: of modules, classes, functions, arguments, variables, attributes, and
    routes. An attribute that is only read was named elsewhere: by us, and is found there, or by others."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            continue
        for field in ("name", "id", "attr", "arg", "asname"):
            if isinstance(name := getattr(node, field, None), str):
                yield from name.split(".")
        if isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "path":
            yield from (each.value.value for each in node.keywords if isinstance(each.value, ast.Constant))


def refused_names(names):
    """(name, word) for each name with a word in it that the page refuses."""
    return {
        (name, word)
        for name in names
        for entry in ENTRIES
        for words, test in (
            (entry.nowhere + entry.in_no_name, has),
            (entry.bare, lambda name, word: parts(name) == [word]),
        )
        for word in words
        if " " not in word and test(name, word)
    }


def names_in_tags(source):
    """What a template calls by name: variables, blocks, routes, classes and ids of elements."""
    for tag in re.findall(r"{[{%](.*?)[%}]}", source, re.DOTALL):
        quoted = re.findall(r"""["']([^"' ]*)["']""", tag) if tag.split()[0] in ("url", "include") else []
        yield from re.findall(r"[A-Za-z_][\w-]*", " ".join([*quoted, re.sub(r"""("[^"]*"|'[^']*')""", "", tag)]))
    for value in re.findall(r"""\s(?:class|id)=["']([^"']*)""", re.sub(r"{[{%].*?[%}]}", " ", source)):
        yield from value.split()


def names_of(file):
    if file.suffix == ".py":
        return {file.stem, *names_in(file.read_text())}
    if file.suffix == ".css":
        return set(re.findall(r"\.([a-z][\w-]*)", file.read_text()))
    return {file.stem, *(names_in_tags(file.read_text()) if file in TEMPLATES else ())}


def excepted(file, *said):
    return any((str(file.relative_to(ROOT)), word) in EXCEPTIONS for word in said)


@pytest.mark.parametrize("file", [*PYTHON, *TEXTS], ids=lambda file: str(file.relative_to(ROOT)))
def test_no_name_has_a_word_that_we_do_not_use(file):
    found = refused_names(names_of(file))
    assert [name for name, word in sorted(found) if not excepted(file, name, word)] == []


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("class Plan: pass", "plan"),
        ("import ratings.importing.plan", "plan"),
        ("from ratings.delivery.plan import awake", "plan"),
        ("def make_plan(): pass", "plan"),
        ("self.replan = x", "replan"),
        ("for session in history: pass", "session"),
        ("f(session=1)", "session"),
        ("patient_list = []", "patient"),
        ("class Meeting: pass", "meeting"),
        ("x.starting_baseline = 1", "baseline"),
        ("import x as alarms", "alarm"),
        ('path("x/", go, name="x-place")', "place"),
        ("lambda places: 0", "place"),
    ],
)
def test_a_refused_name_would_be_found(source, word):
    assert {found for _name, found in refused_names(names_in(source))} == {word}


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("{{ plan.errors }}", "plan"),
        ("{% if session.voided %}x{% endif %}", "session"),
        ("{% url 'ratings:plan-again' row.code %}", "plan"),
        ('<dl class="{% if a %}b{% endif %} plan">', "plan"),
        ('<p id="the-place">', "place"),
    ],
)
def test_a_refused_name_in_a_template_would_be_found(source, word):
    assert {found for _name, found in refused_names(names_in_tags(source))} == {word}


def test_a_good_name_is_let_through():
    assert refused_names(names_in("request.session.get(KEY); executor.migration_plan(leaves)")) == set()
    good = "for therapy_session in held_sessions: planned, explain, displaced, sessions_held = replace(usual_range)"
    assert refused_names(names_in(good)) == set()
    good = "{% translate 'The plan of a session' %}{% url 'ratings:session-log' code %}<q class='voice'>The plan</q>"
    assert refused_names(names_in_tags(good)) == set()
    assert has("TherapySession", "therapy session") and not has("caseload", "case")


# --- Classes, modules and functions stand where their word does -------------------------------------------------------


def definitions_in(source):
    """Of a module: its classes, and its functions and methods that are no view and not private."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{node.name}()"


def definitions_of(file):
    if file.parent.name in ("commands", "views"):  # called after the command or the page
        return [name for name in definitions_in(file.read_text()) if not name.endswith("()")]
    return [f"{file.stem}.py", *definitions_in(file.read_text())]


def unlisted(definitions):
    """Classes and modules that carry a word of the page, and functions that are called by one, without its row saying
    so. Of several words in one name the last is what the thing is."""
    found = []
    for name in definitions:
        if CALLED_AFTER.search(name):
            continue
        test = is_just if name.endswith("()") else has
        bare = re.sub(r"\(\)$|\.py$", "", name)
        carried = [(entry, word) for entry in ENTRIES for word in entry.words + entry.bare if test(bare, word)]
        if carried:
            entry, _word = max(carried, key=lambda pair: "_".join(parts(bare)).rfind("_".join(parts(pair[1]))))
            if name not in entry.names:
                found.append(name)
    return found


@pytest.mark.parametrize("file", PYTHON, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_carries_a_word_stands_in_its_row(file):
    assert unlisted(definitions_of(file)) == []


def test_every_name_on_the_page_is_in_the_code():
    known = {name for file in PYTHON for name in (*definitions_in(file.read_text()), *names_of(file))}
    known |= {file.name for file in PYTHON}
    assert sorted(name for entry in ENTRIES for name in entry.names if name not in known) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("class Kinds: pass", "Kinds"),
        ("class DemoPlan: pass", "DemoPlan"),
        ("class ClientRating: pass", "ClientRating"),
        ("class RatingClient: pass", "RatingClient"),
        ("class Rows:\n    def standing(self): pass", "standing()"),
        ("def flag(cells): pass", "flag()"),
        ("class VideoSession: pass", "VideoSession"),
    ],
)
def test_a_word_in_another_sense_would_be_found(source, name):
    assert unlisted(definitions_in(source)) == [name]


def test_a_word_in_its_row_is_let_through():
    assert unlisted(["Kind", "KindForm", "Rating", "SessionEvidence", "usual.py", "score()", "as_assessment()"]) == []


# --- A client is a person ---------------------------------------------------------------------------------------------


def foreign_clients(source):
    """Names of others that say client, and a `client` that was made by somebody else's class."""
    foreign, found = set(), []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            of = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            if not {*PACKAGES, "django"} & {name.split(".")[0] for name in of}:
                foreign |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            if not set(PACKAGES) & {name.split(".")[0] for name in of}:
                found += [alias.name for alias in node.names if has(alias.name, "client")]
    for node in ast.walk(ast.parse(source)):
        made = getattr(node, "value", None)
        if isinstance(node, ast.Assign) and isinstance(made, ast.Call):
            maker = ast.unparse(made.func).split("(")[0].split(".")[0]
            found += [ast.unparse(to) for to in node.targets if maker in foreign and has(ast.unparse(to), "client")]
    return found


@pytest.mark.parametrize("file", PYTHON, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_client_is_a_person(file):
    assert [name for name in foreign_clients(file.read_text()) if not excepted(file, name)] == []


def test_another_client_would_be_found():
    assert foreign_clients("from django.test import Client") == ["Client"]
    assert foreign_clients("import smtplib\nclient = smtplib.SMTP(host)") == ["client"]
    assert foreign_clients("import http.client\nself.http_client = http.client.HTTPConnection(host)") == [
        "http.client",
        "self.http_client",
    ]
    good = "from alliance.models import Client\nclient = Client.objects.get()\nclients = {row.client for row in rows}"
    assert foreign_clients(good) == []


# --- Sentences --------------------------------------------------------------------------------------------------------


def sentences_in(source):
    """What a module says in words: its comments, its docstrings, and its strings of more than one word."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "gettext", "gettext_lazy", "ngettext"):
            yield from (each.value for each in node.args if isinstance(each, ast.Constant) and each.value)


def refused_words(text):
    """The words in the text that the page refuses. A longer word of the page ("false alarm") is none of them."""
    text = " ".join(text.split()).lower()
    for entry in ENTRIES:
        for word in entry.words:
            if " " in word:
                text = re.sub(rf"\b{word}s?\b", "", text)
    return {
        word
        for entry in ENTRIES
        for word in entry.nowhere
        if re.search(rf"\b{word.lower()}{'' if ' ' in word else 's?'}\b", text)
    }


def text_of(file):
    text = file.read_text()
    return "\n".join(sentences_in(text)) if file.suffix == ".py" else text


@pytest.mark.parametrize("file", [*PYTHON, *TEXTS], ids=lambda file: str(file.relative_to(ROOT)))
def test_no_sentence_has_a_word_that_we_do_not_use(file):
    assert sorted(word for word in refused_words(text_of(file)) if not excepted(file, word)) == []


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("x = 1  # a new baseline", "baseline"),
        ('"""Calls the patient."""', "patient"),
        ('raise E(_("Appointments"))', "appointment"),
        ('help = "so it was in\\n practice"', "in practice"),
        ('label = ngettext("one survey", "%(n)s surveys", n)', "survey"),
        ('"""No false alarm, but an alarm."""', "alarm"),
    ],
)
def test_a_refused_word_would_be_found(source, word):
    assert refused_words("\n".join(sentences_in(source))) == {word}


def test_a_refused_word_on_a_page_would_be_found():
    assert refused_words("<p>{% translate 'Your next Meeting' %}</p>") == {"meeting"}
    assert refused_words("One false alarm, two false alarms; in practices of any size. They met and polled.") == set()


# --- Exceptions -------------------------------------------------------------------------------------------------------


def occurs(file, word):
    if not file.exists():
        return False
    source = file.read_text() if file.suffix == ".py" else ""
    found = {each for pair in refused_names(names_of(file)) for each in pair} | refused_words(text_of(file))
    return word in found | set(foreign_clients(source))


def test_every_exception_still_occurs_and_has_a_reason():
    assert [key for key in EXCEPTIONS if not occurs(ROOT / key[0], key[1])] == []
    assert all(EXCEPTIONS.values())


def test_an_exception_that_no_longer_occurs_would_be_found():
    assert occurs(ROOT / "static/css/base.css", "baseline")
    assert not occurs(ROOT / "static/css/base.css", "alarm")
    assert not occurs(ROOT / "static/css/gone.css", "baseline")
