"""The rules of the house that no other tool holds; and each rule is seen to catch what it forbids."""

import ast
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from django.conf import settings
from packaging.utils import canonicalize_name

from ratings.findings.sparklines import own_line

ROOT = settings.BASE_DIR
PACKAGES = ("alliance", "sessions", "ratings")
LONGEST = 400  # lines; convention of this app
WIDEST = 120  # columns; as in [tool.ruff]
JUNK_DRAWERS = {"utils", "helpers", "common", "misc", "core", "services", "signals", "tests"}

INLINE_CODE = re.compile(
    r"""<style | <script(?![^>]*\ssrc=) | \sstyle\s*= | \son[a-z]+\s*= | hx-on | javascript:
    | \|\s*safe\b | autoescape\s+off""",
    re.VERBOSE | re.IGNORECASE,
)
PHYSICAL_CSS = re.compile(
    r"""(margin|padding|border|scroll-(margin|padding))-(left|right)\b | border-(top|bottom)-(left|right)-radius
    | (?<![\w-])(left|right)\s*: | (text-align|float|clear)\s*:\s*(left|right)\b""",
    re.VERBOSE | re.IGNORECASE,
)
DAY_OF_THE_SERVER = re.compile(r"localdate\(\)|now\(\)\.date\(\)|_at\.date\(\)")
# Of a mail, within the request; or an address that a request chose.
SENT_AT_ONCE = re.compile(r"\.send\(\)|send_mail\(|\bbuild_absolute_uri\(|\bget_host\(")
SENDS = ("alliance/accounts/mail.py", "ratings/delivery/send.py")
BARE_NOQA = re.compile(r"#\s*noqa\b(?!:\s*[A-Z0-9, ]+ -- \w)", re.IGNORECASE)


def python_files(*folders):
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def findings(pattern, files):
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def test_every_folder_with_python_in_it_is_a_package():
    folders = {file.parent for file in python_files(*PACKAGES, "tests")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_mails_wait_and_no_request_says_where_they_lead():
    files = [file for file in python_files(*PACKAGES) if str(file.relative_to(ROOT)) not in SENDS]
    assert [line for line in findings(SENT_AT_ONCE, files) if "def send_mail(" not in line] == []
    for line in ("message.send()", 'send_mail("a")', 'request.build_absolute_uri("/")'):
        assert SENT_AT_ONCE.search(line)


def test_importing_a_package_runs_nothing():
    assert [name for name in PACKAGES if (ROOT / name / "__init__.py").read_text().strip()] == []


def too_long(files):
    lengths = {str(file): len(file.read_text().splitlines()) for file in files if file.parent.name != "migrations"}
    return {name: length for name, length in lengths.items() if length > LONGEST}


def test_no_file_is_longer_than_a_room(tmp_path):
    assert too_long(python_files(*PACKAGES, "tests")) == {}
    planted = tmp_path / "planted.py"
    for length, found in ((LONGEST, {}), (LONGEST + 1, {str(planted): LONGEST + 1})):
        planted.write_text("x = 1\n" * length)
        assert too_long([planted]) == found


def test_no_junk_drawers():
    assert [
        file for file in python_files(*PACKAGES) if file.stem in JUNK_DRAWERS or file.parent.name in JUNK_DRAWERS
    ] == []


def without_a_subject(root):
    """Test modules that bear the name of no module or package at the mirrored path.

    Where one module has more tests than a file should hold, they are in a folder of its name.
    """
    files = [
        file.relative_to(root / "tests") for name in PACKAGES for file in (root / "tests" / name).rglob("test_*.py")
    ]
    return sorted(str(file) for file in files if not any(subject.exists() for subject in subjects(root, file)))


def subjects(root, file):
    mirrored = root / file.parent / file.stem.removeprefix("test_")
    return mirrored.with_suffix(".py"), mirrored / "__init__.py", mirrored.parent.with_suffix(".py")


def test_the_tests_mirror_the_code():
    assert without_a_subject(ROOT) == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("alliance/test_access.py", False),
        ("ratings/test_views.py", False),
        ("alliance/views/test_anything.py", False),
        ("ratings/views/test_case.py", False),
        ("ratings/views/test_anything.py", True),
        ("ratings/test_case.py", True),
        ("sessions/test_access.py", True),
    ],
)
def test_a_test_beside_the_mirror_would_be_found(tmp_path, path, found):
    for module in ("alliance/access.py", "alliance/views.py", "ratings/views/__init__.py", "ratings/views/case.py"):
        (tmp_path / module).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / module).touch()
    planted = tmp_path / "tests" / path
    planted.parent.mkdir(parents=True)
    planted.touch()
    assert without_a_subject(tmp_path) == ([path] if found else [])


def test_templates_hold_no_code_and_no_style():
    """A mail is plain text, where a name with an "&" in it is written as it is."""
    files = sorted((ROOT / "templates").rglob("*.*"))
    found = findings(INLINE_CODE, files)
    plain = findings(re.compile("autoescape off"), [file for file in files if file.suffix == ".txt"])
    assert [line for line in found if line not in plain] == []


@pytest.mark.parametrize(
    "line",
    [
        '<p style="color: red">',
        "<style>p {}</style>",
        "<script>go()</script>",
        "<script type='module'>",
        '<a onclick="go()">',
        "<a\tonfocus = 'go()'>",
        '<a hx-on:click="go()">',
        '<a href="javascript:go()">',
        "{{ comment|safe }}",
        "{% autoescape off %}",
    ],
)
def test_code_and_style_in_a_template_would_be_found(line):
    assert INLINE_CODE.search(line)
    assert not INLINE_CODE.search(
        '<script src="/static/js/charts.js" defer></script><link rel="stylesheet" href="/a.css">'
    )


def too_wide(files):
    return findings(re.compile(f".{{{WIDEST + 1}}}"), files)


def test_no_line_of_a_template_is_wider_than_one_of_python():
    assert too_wide(sorted((ROOT / "templates").rglob("*.html"))) == []


def test_a_wide_line_would_be_found(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.test_architecture.ROOT", tmp_path)
    planted = tmp_path / "planted.html"
    planted.write_text(f"{'w' * WIDEST}\n{'v' * (WIDEST + 1)}\n")
    assert too_wide([planted]) == [f"planted.html:2: {'v' * (WIDEST + 1)}"]


def test_style_sheets_know_no_left_and_right():
    assert findings(PHYSICAL_CSS, sorted((ROOT / "static" / "css").glob("*.css"))) == []


@pytest.mark.parametrize(
    "line",
    ["p { margin-left: 0 }", "p{left:0}", "td { text-align: right }", "p { border-top-left-radius: 1px }"],
)
def test_left_and_right_would_be_found(line):
    assert PHYSICAL_CSS.search(line)
    assert not PHYSICAL_CSS.search(
        "p { margin-inline-start: 0; inset-inline-start: 0; text-align: end; color: copyright }"
    )


def unused_classes(style):
    """Classes that no template, script or Python file names; "probe-x" is put together from "x" in charts.js."""
    named = {file for folder in ("templates", "static/js", "ratings") for file in (ROOT / folder).rglob("*.*")}
    sources = [file for file in named if file.suffix in (".html", ".js", ".py")]
    words = set(re.findall(r"[\w-]+", " ".join(file.read_text() for file in sources)))
    of_plotly = set(re.findall(r"[\w-]+", (ROOT / "static/vendor/plotly-basic.min.js").read_text()))
    return sorted(name for name in styled(style) if name.removeprefix("probe-") not in words and name not in of_plotly)


def test_every_class_of_the_style_sheets_is_used_somewhere():
    style = "".join(file.read_text() for file in sorted((ROOT / "static" / "css").glob("*.css")))
    assert unused_classes(style) == []
    assert unused_classes(style + ".zebra-row td { color: red }") == ["zebra-row"]


def styled(sheet):
    """The classes that a style sheet has rules for."""
    rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", sheet, flags=re.DOTALL)
    return set(re.findall(r"\.([a-z][\w-]*)", rules))


def classes_in(text):
    return {name for value in re.findall(r'class="([^"]*)"', text) for name in re.findall(r"[\w-]+", value)}


def classes_of_client_pages():
    """The classes of all that a client's page may be put together from, without the frame of a member's.

    Of the templates, and of the one picture that is drawn by the program.
    """
    folder = ROOT / "templates"
    ahead = [file for file in folder.rglob("*.html") if 'extends "client.html"' in file.read_text()]
    assert len(ahead) > 10
    found, read = classes_in(own_line([25, 100])), set()
    while ahead:
        file = ahead.pop()
        if file in read:
            continue
        read.add(file)
        text = file.read_text()
        ahead += [folder / name for name in re.findall(r'include "([^"]+)"', text)]
        found |= classes_in(text)
    return found


def without_style(base, work):
    """Classes of clients' pages that only the style sheet of members' pages has rules for."""
    return classes_of_client_pages() & (styled(work) - styled(base))


def test_a_page_of_a_client_needs_no_style_that_it_does_not_load():
    base, work = [(ROOT / "static" / "css" / name).read_text() for name in ("base.css", "work.css")]
    assert without_style(base, work) == set()
    assert without_style(base.replace(".answers", ".other"), work + ".answers { color: red }") == {"answers"}


def test_psychometrics_imports_the_standard_library_and_itself():
    assert impure_imports(python_files("ratings/psychometrics")) == []


def impure_imports(files):
    found = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module if not node.level else "." * node.level]
            for name in names:
                if not (
                    name.split(".")[0] in sys.stdlib_module_names or f"{name}.".startswith("ratings.psychometrics.")
                ):
                    found.append(f"{file.name}: {name}")
    return found


def test_an_impure_import_would_be_found(tmp_path):
    file = tmp_path / "planted.py"
    file.write_text(
        "import math\nimport numpy as np\nfrom ratings.models import Rating\nfrom ratings.psychometrics import spells"
    )
    assert impure_imports([file]) == ["planted.py: numpy", "planted.py: ratings.models"]


def test_an_exception_from_a_rule_states_its_reason():
    assert findings(BARE_NOQA, [file for file in python_files(*PACKAGES, "tests") if file != Path(__file__)]) == []
    assert BARE_NOQA.search("import x  # noqa") and BARE_NOQA.search("import x  # noqa: PLC0415")
    assert not BARE_NOQA.search("import x  # noqa: PLC0415 -- after the settings are named")


# --- The tools are set up so that they see it -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize(
    ("path", "line", "contract"),
    [
        ("alliance/people/planted.py", "import sessions.models", "The house has one direction"),
        ("alliance/people/planted.py", "from alliance.practice import actions", "The ground floor has an inner order"),
        ("alliance/planted.py", "import math", "The ground floor has an inner order"),
        ("sessions/plan/planted.py", "from ratings import models", "The house has one direction"),
        ("sessions/planted.py", "import math", "The first floor has an inner order"),
        ("ratings/psychometrics/criteria/planted.py", "import django.db", "psychometrics is pure"),
        ("ratings/psychometrics/criteria/planted.py", "from sessions.models import Goal", "psychometrics is pure"),
        ("ratings/psychometrics/planted.py", "import math", "psychometrics has an inner order"),
        (
            "ratings/psychometrics/criteria/planted.py",
            "from ratings.psychometrics import usual",
            "psychometrics has an",
        ),
        ("ratings/cases/planted.py", "from ratings.psychometrics.evaluation import compare", "Only commands evaluate"),
        ("ratings/findings/planted.py", "import plotly.graph_objects", "Only tests import plotly"),
        ("ratings/check_in/planted.py", "from ratings.cases import lists", "The top floor has an inner order"),
        ("ratings/findings/planted.py", "from ratings.models import Rating", "The top floor has an inner order"),
        ("ratings/planted.py", "import math", "The top floor has an inner order"),  # it stands in no room
        ("ratings/cases/planted.py", "import math", None),
    ],
)
def test_a_planted_import_breaks_the_contract(copy, path, line, contract):
    planted = copy / path
    planted.write_text(f"{line}\n")
    try:
        lint = [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"]
        done = subprocess.run(lint, cwd=copy, capture_output=True, text=True, timeout=60)
    finally:
        planted.unlink()
    broken = [row for row in done.stdout.splitlines() if " BROKEN" in row]
    assert [row.startswith(contract) for row in broken] == ([True] if contract else []), done.stdout + done.stderr
    assert done.returncode == len(broken)


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ("from alliance.settings import DEBUG\n\nprint(DEBUG)\n", "TID251"),
        ("from alliance import settings\n\nprint(settings)\n", "TID251"),
        ("def view():\n    import math\n\n    return math.pi\n", "PLC0415"),
        ("from django.conf import settings\n\nprint(settings.DEBUG)\n", None),
    ],
)
def test_a_planted_line_breaks_the_style(lines, rule):
    ruff = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--output-format=concise",
        "--stdin-filename=alliance/planted.py",
        "-",
    ]
    done = subprocess.run(ruff, cwd=ROOT, input=lines, capture_output=True, text=True, timeout=60)
    assert re.findall(r": ([A-Z]+\d+) ", done.stdout) == ([rule] if rule else []), done.stdout + done.stderr


def test_tests_know_the_practices_day():
    """Between its midnight and that of the server a test that takes the server's day is red."""
    assert findings(DAY_OF_THE_SERVER, [file for file in python_files("tests") if file != Path(__file__)]) == []
    assert DAY_OF_THE_SERVER.search("day = timezone.localdate()")
    assert not DAY_OF_THE_SERVER.search("day = local_day(row.starts_at)")


# --- What runs, without what tests and checks bring -------------------------------------------------------------------


def imported_at_runtime(source):
    """The first names of the modules that a file imports, apart from those for the type checker alone."""
    tree = ast.parse(source)
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def brought_by(lock):
    """The modules that the packages of a lock bring."""
    names = {canonicalize_name(name) for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)==", (ROOT / lock).read_text())}
    brought = metadata.packages_distributions()
    return {module for module, packages in brought.items() if names & {canonicalize_name(one) for one in packages}}


def test_the_program_imports_nothing_that_only_developers_have():
    known = sys.stdlib_module_names | set(PACKAGES) | brought_by("requirements.lock")
    for file in python_files(*PACKAGES):
        assert set(imported_at_runtime(file.read_text())) <= known, file


def test_such_an_import_would_be_found():
    found = set(
        imported_at_runtime("import pytest.mark\nfrom django_stubs_ext import StrOrPromise\nfrom .a import b\n")
    )
    assert found == {"pytest", "django_stubs_ext"}
    assert not found & brought_by("requirements.lock")
