"""The pages for people keep up with the code; and each rule is seen to catch what it forbids."""

import ast
import re

import pytest
from django.conf import settings
from django.core.management import load_command_class
from django.core.management.base import BaseCommand

from ratings.psychometrics.evidence import Pillar
from ratings.psychometrics.instruments import load

ROOT = settings.BASE_DIR
PACKAGES = ("alliance", "sessions", "ratings")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SETTINGS = ROOT / "docs" / "reference" / "settings.md"
COMMANDS = ROOT / "docs" / "reference" / "commands.md"
INSTRUMENTS = ROOT / "docs" / "reference" / "instruments.md"
DECISIONS = sorted((ROOT / "docs" / "decisions").iterdir())
HEADINGS = ["Status", "Context", "Decision", "Consequences"]
ONE_PAGE = 450  # words; convention of this app

FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)")
MADE_WHERE_IT_RUNS = ("var/", ".venv/")

every_page = pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))


# --- Settings ---------------------------------------------------------------------------------------------------------


def variables_read(source):
    """Name to default, as written, of every variable that the source reads from the environment."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            reader, arguments = ast.unparse(node.func), node.args
            if not re.fullmatch(r"env_\w+|os\.environ\.get|os\.getenv", reader):
                continue
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            reader, arguments = "os.environ", [node.slice]
        else:
            continue
        if arguments and isinstance(arguments[0], ast.Constant):
            literal = reader != "env_required" and len(arguments) > 1 and isinstance(arguments[1], ast.Constant)
            default = arguments[1].value if literal else ""
            if isinstance(default, bool):
                default = "yes" if default else "no"
            found[arguments[0].value] = str(default) or found.get(arguments[0].value, "")
    return found


def rows(text):
    """Name to default of the variables that a page has a row for."""
    cells = (line.split("|") for line in text.splitlines() if line.startswith("| `"))
    return {row[1].strip().strip("`"): row[2].strip().strip("`") for row in cells}


def all_variables_read():
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return {name for file in files for name in variables_read(file.read_text())}


def test_every_variable_has_a_row_and_every_row_a_variable():
    assert set(rows(SETTINGS.read_text())) == all_variables_read()


def test_the_defaults_are_those_of_the_settings():
    documented = rows(SETTINGS.read_text())
    code = variables_read((ROOT / "alliance" / "settings.py").read_text())
    assert {name: documented[name] for name, default in code.items() if default} == {
        name: default for name, default in code.items() if default
    }


def test_an_undocumented_variable_would_be_found():
    source = (
        'A = env_int("ONE", 5)\nB = os.environ["TWO"]\nC = os.environ.get("THREE", here)\nD = env_bool("FOUR", False)'
    )
    source += '\nE = env_required("FIVE", "what it is")\nF = env_text(name).split("SIX")'
    assert variables_read(source) == {"ONE": "5", "TWO": "", "THREE": "", "FOUR": "no", "FIVE": ""}
    assert rows("| `ONE` | `5` | five |\n| variable | default |\nand `TWO` in a sentence") == {"ONE": "5"}


# --- Commands ---------------------------------------------------------------------------------------------------------


def commands():
    files = [file for package in PACKAGES for file in (ROOT / package).glob("management/commands/*.py")]
    return sorted((file.stem, file.parents[2].name) for file in files if not file.stem.startswith("_"))


def sections(text):
    """Heading to text of the sections of a page."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def options(command):
    """The options that this command has and others have not."""
    usual = {option for action in BaseCommand().create_parser("", "")._actions for option in action.option_strings}
    own = {option for action in command.create_parser("", "")._actions for option in action.option_strings}
    return own - usual


@pytest.mark.parametrize(("name", "package"), commands())
def test_every_command_has_a_section_with_its_options(name, package):
    assert missing_options(load_command_class(package, name), sections(COMMANDS.read_text())[name]) == []


def missing_options(command, text):
    return sorted(option for option in options(command) if not re.search(rf"`{option}(?![\w-])", text))


def test_an_undocumented_option_would_be_found():
    class Planted(BaseCommand):
        def add_arguments(self, parser):
            parser.add_argument("--new")
            parser.add_argument("-k", "--known")

    assert missing_options(Planted(), "`-k N`, `--known N` and `--newer`") == ["--new"]
    assert sections("# Page\n## one\nfirst\n## two\nsecond\n") == {"one": "\nfirst\n", "two": "\nsecond\n"}


# --- Instruments ------------------------------------------------------------------------------------------------------


def instrument_row(instrument):
    """The row of the reference page, as the definition has it."""
    pillars = [f"{pillar} {len(items)}" for pillar in Pillar if (items := instrument.items_of(pillar))]
    turned = [item.id for item in instrument.items if item.reversed]
    return [
        f"`{instrument.key}`",
        str(len(instrument.items)),
        f"{instrument.lowest} to {instrument.highest}",
        ", ".join(pillars) or "none",
        {"pillars": "mean of the pillars", "items": "sum of the items"}[instrument.overall],
        ", ".join(turned) or "none",
        f"ours, {instrument.licence}" if instrument.texts else "not included",
        "yes" if instrument.validated else "no",
    ]


def rows_of_instruments(text):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| `")]


def test_every_instrument_has_its_row_and_its_paragraph():
    text = INSTRUMENTS.read_text()
    defined = [load(path) for path in sorted((ROOT / "ratings" / "instruments").glob("*.toml"))]
    assert rows_of_instruments(text) == [instrument_row(instrument) for instrument in defined]
    assert [found.key for found in defined if f"- `{found.key}`" not in text] == []


def test_a_wrong_row_would_be_found():
    ours = load(ROOT / "ratings" / "instruments" / "alliance-fit.toml")
    row = "| `alliance-fit` | 4 | 0 to 4 | goal 1, task 1, bond 2 | mean of the pillars | none | ours, CC0-1.0 | no |"
    assert rows_of_instruments(row) == [instrument_row(ours)]
    assert rows_of_instruments(row.replace("| no |", "| yes |")) != [instrument_row(ours)]


# --- Decisions --------------------------------------------------------------------------------------------------------


def test_decisions_are_numbered_without_a_gap():
    assert [file.name[:5] for file in DECISIONS] == [f"{number:04}-" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("file", DECISIONS, ids=lambda file: file.stem)
def test_a_decision_has_its_parts_on_one_page(file):
    assert faults(file.name, file.read_text()) == []


def faults(name, text):
    found = sections(text)
    return [
        *([] if re.fullmatch(r"\d{4}(-[a-z0-9]+)+\.md", name) else ["name"]),
        *([] if text.startswith(f"# {int(name[:4])}. ") else ["title"]),
        *([] if list(found) == HEADINGS else ["headings"]),
        *(heading for heading in HEADINGS if not found.get(heading, "").strip()),
        *([] if len(text.split()) <= ONE_PAGE else ["longer than a page"]),
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("0007-a-door.md", "", "", []),
        ("0007-A door.md", "", "", ["name"]),
        ("0008-a-door.md", "", "", ["title"]),
        ("0007-a-door.md", "## Context\nWhy.\n", "", ["headings", "Context"]),
        ("0007-a-door.md", "Why.", "", ["Context"]),
        ("0007-a-door.md", "Why.", "Why. " * ONE_PAGE, ["longer than a page"]),
    ],
)
def test_a_faulty_decision_would_be_found(name, old, new, fault):
    text = "# 7. A door\n## Status\nAccepted.\n## Context\nWhy.\n## Decision\nSo.\n## Consequences\nThen.\n"
    assert faults(name, text.replace(old, new) if old else text) == fault


# --- What the pages name ----------------------------------------------------------------------------------------------


def code_in(text):
    """Every piece of code in a page: the lines of its blocks, and what stands in backticks."""
    blocks = [line for block in FENCED.findall(text) for line in block.splitlines()[1:-1]]
    return blocks + INLINE.findall(FENCED.sub("", text))


def unknown_targets(text, makefile):
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    calls = [code.split()[1:] for code in code_in(text) if code.split()[:1] == ["make"]]
    return [word for call in calls for word in call if "=" not in word and word not in targets]


def missing_files(text, folder):
    """Paths in backticks (from the root of the repository) and links (from the page's folder) that lead nowhere."""
    named = [
        code for code in INLINE.findall(FENCED.sub("", text)) if re.fullmatch(r"\.?[\w-][\w.-]*(/[\w.-]+)*/?", code)
    ]
    paths = [
        name for name in named if ("/" in name or name.endswith(".md")) and not name.startswith(MADE_WHERE_IT_RUNS)
    ]
    links = [link for link in LINK.findall(FENCED.sub("", text)) if not (folder / link).exists()]
    return [name for name in paths if not (ROOT / name).exists()] + links


@every_page
def test_every_make_target_exists(file):
    assert unknown_targets(file.read_text(), (ROOT / "Makefile").read_text()) == []


@every_page
def test_every_file_exists(file):
    assert missing_files(file.read_text(), file.parent) == []


def test_a_target_or_file_that_is_not_there_would_be_found():
    makefile = "demo: .venv\n\nPY := python\n"
    text = "```\nmake demo PORT=8001\nmake dance\n```\n`make` it, `make sing`, and make nothing of `PY make`."
    assert unknown_targets(text, makefile) == ["dance", "sing"]
    text = "`alliance/access.py`, `alliance/acess.py`, `docs/gone/`, `GONE.md`, `var/x`, `/healthz`, `a b/c`, `NAME`"
    text += "\n```\n.venv/bin/python gone/too.py\n```\n[us](README.md), [them](GONE.md), [far](https://example.org/x)"
    assert missing_files(text, ROOT) == ["alliance/acess.py", "docs/gone/", "GONE.md", "GONE.md"]
