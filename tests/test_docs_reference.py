"""The reference pages say what the code says, row by row; and each rule is seen to catch what it forbids."""

import ast
import re
import tomllib

from django.apps import apps
from django.conf import settings
from django.core.management import load_command_class
from django.core.management.base import BaseCommand

from alliance.models import AuditEvent
from ratings.psychometrics import standing
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evaluation import report
from ratings.psychometrics.evidence import Pillar, Rater
from ratings.psychometrics.instruments import load, parse
from ratings.psychometrics.scoring import score
from tests.test_docs import sections

ROOT = settings.BASE_DIR
PACKAGES = ("alliance", "sessions", "ratings")
REFERENCE = ROOT / "docs" / "reference"
SETTINGS = REFERENCE / "settings.md"
COMMANDS = REFERENCE / "commands.md"
INSTRUMENTS = REFERENCE / "instruments.md"
DETECTION = REFERENCE / "detection.md"
AUDIT = REFERENCE / "audit.md"
HOW_TO = ROOT / "docs" / "how-to" / "write-an-instrument.md"


def table(text):
    """The rows of a page's tables whose first cell begins with code, as lists of cells."""
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| `")]


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
    return {row[0].strip("`"): row[1].strip("`") for row in table(text)}


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


def options(command):
    """The options that this command has and others have not."""
    usual = {option for action in BaseCommand().create_parser("", "")._actions for option in action.option_strings}
    own = {option for action in command.create_parser("", "")._actions for option in action.option_strings}
    return own - usual


def test_every_command_has_a_section_with_its_options_and_their_defaults():
    documented = sections(COMMANDS.read_text())
    assert set(documented) == {name for name, package in commands()}
    offenders = []
    for name, package in commands():
        command, text = load_command_class(package, name), documented[name]
        offenders += [f"{name}: {fault}" for fault in missing_options(command, text) + wrong_defaults(command, text)]
    assert not offenders, "\n".join(offenders)


def missing_options(command, text):
    return sorted(option for option in options(command) if not re.search(rf"`{option}(?![\w-])", text))


def wrong_defaults(command, text):
    """The rows whose option is not there, or whose default is another one; where the parser has none, words may stand
    for what then happens."""
    parser = command.create_parser("", "")
    known = {option: action for action in parser._actions for option in action.option_strings}
    wrong = []
    for cells in table(text):
        if not cells[0].startswith("`-"):  # a column of a file
            continue
        for option in re.findall(r"`(--?[a-z][a-z-]*)", cells[0]):
            said, due = cells[1].strip("`"), default_of(known[option]) if option in known else "no such option"
            if re.fullmatch(r"`.*`|[\d ]+", cells[1]) if due is None else said != due:
                wrong.append(f"{option}: {said}, not {due}")
    return wrong


def default_of(action):
    """As the table should have it; None where the parser neither has nor names one."""
    if action.required:
        return "needed"
    if action.default not in (None, False, []):
        return " ".join(f"{part:g}" for part in action.default) if action.nargs else str(action.default)
    named = re.search(r"default:? (.+)", action.help or "")
    return named[1] if named else None


def test_an_undocumented_option_would_be_found():
    class Planted(BaseCommand):
        def add_arguments(self, parser):
            parser.add_argument("--new")
            parser.add_argument("-k", "--known")

    assert missing_options(Planted(), "`-k N`, `--known N` and `--newer`") == ["--new"]


ROWS = {
    "| `-n N`, `--number N` | 4 | how many |": [],
    "| `-n N`, `--number N` | 5 | how many |": ["-n: 5, not 4", "--number: 5, not 4"],
    "| `--scale LO HI` | 1 7 | from, to |": [],
    "| `--scale LO HI` | 0 7 | from, to |": ["--scale: 0 7, not 1 7"],
    "| `--name X` | needed | whose |": [],
    "| `--out FILE` | standard output | where |": [],
    "| `--out FILE` | a file | where |": ["--out: a file, not standard output"],
    "| `--loop SECONDS` | once, and `no` more | |": [],
    "| `--loop SECONDS` | `never` | |": ["--loop: never, not None"],
    "| `--loop SECONDS` | 60 | |": ["--loop: 60, not None"],
    "| `--gone` | | |": ["--gone: , not no such option"],
    "| `number` | 5 | a column |": [],
}


def test_a_wrong_default_would_be_found():
    class Planted(BaseCommand):
        def add_arguments(self, parser):
            parser.add_argument("-n", "--number", type=int, default=4)
            parser.add_argument("--scale", nargs=2, type=float, default=(1.0, 7.0))
            parser.add_argument("--name", required=True)
            parser.add_argument("--out", help="default: standard output")
            parser.add_argument("--loop", type=int)

    assert {row: wrong_defaults(Planted(), row) for row in ROWS} == ROWS


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


def test_every_instrument_has_its_row_and_its_paragraph():
    text = INSTRUMENTS.read_text()
    defined = [load(path) for path in sorted((ROOT / "ratings" / "instruments").glob("*.toml"))]
    assert table(text) == [instrument_row(instrument) for instrument in defined]
    assert [found.key for found in defined if f"- `{found.key}`" not in text] == []


def test_a_wrong_row_would_be_found():
    ours = load(ROOT / "ratings" / "instruments" / "alliance-fit.toml")
    row = "| `alliance-fit` | 4 | 0 to 4 | goal 1, task 1, bond 2 | mean of the pillars | none | ours, CC0-1.0 | no |"
    assert table(row) == [instrument_row(ours)]
    assert table(row.replace("| no |", "| yes |")) != [instrument_row(ours)]


def test_the_example_of_the_how_to_is_an_instrument_and_is_scored_as_it_says():
    blocks = re.findall(r"^```toml\n(.*?)^```", HOW_TO.read_text(), re.DOTALL | re.MULTILINE)
    key, worded = parse(tomllib.loads(blocks[0])), parse(tomllib.loads("\n".join(blocks)))
    assert key.texts == {} and set(worded.texts["en"]) == set(Rater)
    assert [item.id for item in key.items if item.reversed] == ["item_2"]
    assert score({"item_1": 5, "item_2": 1, "item_3": 5, "item_4": 5}, key).scores.overall == 100


# --- Criteria ---------------------------------------------------------------------------------------------------------


def test_every_criterion_is_explained_as_its_code_explains_it():
    assert sections(DETECTION.read_text())["The criteria"].strip() == report.criteria()


def test_every_criterion_says_what_it_compares_and_whose_it_is():
    rows = {row[0].strip("`"): row for row in table(report.criteria())}
    assert set(rows) == set(REGISTRY)
    assert [name for name, (_name, rater, says, source) in rows.items() if not (rater and says and source)] == []


# --- Sources ----------------------------------------------------------------------------------------------------------


def cited(text):
    """The sections of science.md that a text refers to."""
    lists = re.findall(r"science\.md ((?:§\d+(?:, )?)+)", text)
    return {number for found in lists for number in re.findall(r"\d+", found)}


def test_every_section_that_the_code_cites_is_there():
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    found = {heading.split(".")[0] for heading in sections((REFERENCE / "science.md").read_text())}
    assert {number for file in files for number in cited(file.read_text())} <= found


def test_a_citation_is_seen():
    assert cited("after science.md §3, §5: about half; science.md §6; §9 of the law") == {"3", "5", "6"}


# --- The audit --------------------------------------------------------------------------------------------------------


def writers(source, module):
    """Pairs of verb and function, of all that a module puts on record."""
    inside, found = {}, set()
    tree = ast.parse(source)
    for function in ast.walk(tree):  # the outer ones first: the innermost has the last word
        if isinstance(function, ast.FunctionDef):
            inside |= dict.fromkeys((id(node) for node in ast.walk(function)), function.name)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and re.fullmatch(r"audit\.record(_code|_each)?", ast.unparse(call.func)):
            for name in ast.walk(call.args[0]):
                if isinstance(name, ast.Attribute) and name.attr in AuditEvent.Verb.names:
                    found.add((AuditEvent.Verb[name.attr].value, f"{module}.{inside[id(call)]}"))
    return found


def all_writers():
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    modules = {file: ".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files}
    return {pair for file, module in modules.items() for pair in writers(file.read_text(), module)}


def audited(text):
    """Pairs of verb and function, of the rows of the page."""
    rows = [row for row in table(text) if len(row) == 4]
    return {(row[0].strip("`"), function) for row in rows for function in re.findall(r"`([\w.]+)`", row[3])}


def test_every_entry_of_the_audit_has_its_row_and_every_row_its_entry():
    assert audited(AUDIT.read_text()) == all_writers()


def test_every_verb_is_written_by_something():
    assert {verb for verb, function in all_writers()} == set(AuditEvent.Verb.values)


def test_the_subjects_of_the_audit_are_models_or_pages():
    rows = [row for row in table(AUDIT.read_text()) if len(row) == 4]
    subjects = {name for row in rows for name in re.findall(r"`(\w+)`", row[1])}
    models = {model._meta.model_name for model in apps.get_models()}
    pages = {name for name in subjects if name.endswith("_page")}
    assert subjects - pages - models == set()
    roles = ("therapist", "supervisor", "manager", "import", "export", "figures", "emergency", "supervision")
    assert pages == {f"{role}_page" for role in roles}


def test_every_column_of_the_audit_has_its_row():
    columns = {row[0].strip("`") for row in table(sections(AUDIT.read_text())["A row"])}
    assert columns == {field.name for field in AuditEvent._meta.fields} - {"id"}


def test_an_entry_that_nobody_documented_would_be_found():
    source = """
def end(x):
    audit.record(Verb.ENDED, x)

def outer():
    def inner(x):
        audit.record_code(audit.Verb.CHANGED if x else audit.Verb.CREATED, "x")

def quiet(x):
    audit.recorded(Verb.READ, x)
"""
    found = {("ended", "a.b.end"), ("changed", "a.b.inner"), ("created", "a.b.inner")}
    assert writers(source, "a.b") == found
    assert audited("| `ended` | `x` | It ended. | `a.b.end`, `a.b.stop` |\n| `actor_code` | who |") == {
        ("ended", "a.b.end"),
        ("ended", "a.b.stop"),
    }


# --- The order of the caseload ----------------------------------------------------------------------------------------


def test_the_order_of_the_caseload_is_that_of_the_code():
    """The page of the caseload names it in the same words; its own test holds those."""
    order = DETECTION.read_text().split("## The order of the caseload")[1].split("\n## ")[0]
    said = [int(number.replace(",", "")) for number in re.findall(r"\(([\d,]+)\)", order)]
    assert said == [
        standing.ATTENTION_CLIENT,
        standing.ATTENTION_THERAPIST,
        standing.ATTENTION_OPEN,
        standing.ATTENTION_RECOVERING,
        standing.ATTENTION_SETTLED,
        standing.ATTENTION_GAP,
    ]
    assert said == sorted(said, reverse=True)
