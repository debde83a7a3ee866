"""The pages for people keep up with the code; and each rule is seen to catch what it forbids."""

import re
import tomllib
from html import unescape

from django.conf import settings

ROOT = settings.BASE_DIR
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
IMAGE_TAG = re.compile(r"<img\s[^>]*>")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)")
MADE_WHERE_IT_RUNS = ("var/", ".venv/")


def sections(text):
    """Heading to text of the sections of a page."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


# --- Decisions --------------------------------------------------------------------------------------------------------


def test_decisions_are_numbered_without_a_gap():
    """Two branches that both take the next number would leave one number for two decisions."""
    decisions = sorted((ROOT / "docs" / "decisions").iterdir())
    assert [file.name[:5] for file in decisions] == [f"{number:04}-" for number in range(1, len(decisions) + 1)]


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


def test_every_make_target_and_every_file_exists():
    makefile = (ROOT / "Makefile").read_text()
    offenders = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in PAGES
        for name in unknown_targets(page.read_text(), makefile) + missing_files(page.read_text(), page.parent)
    ]
    assert not offenders, "\n".join(offenders)


def test_a_target_or_file_that_is_not_there_would_be_found():
    makefile = "demo: .venv\n\nPY := python\n"
    text = "```\nmake demo PORT=8001\nmake dance\n```\n`make` it, `make sing`, and make nothing of `PY make`."
    assert unknown_targets(text, makefile) == ["dance", "sing"]
    text = "`alliance/access.py`, `alliance/acess.py`, `docs/gone/`, `GONE.md`, `var/x`, `/healthz`, `a b/c`, `NAME`"
    text += "\n```\n.venv/bin/python gone/too.py\n```\n[us](README.md), [them](GONE.md), [far](https://example.org/x)"
    assert missing_files(text, ROOT) == ["alliance/acess.py", "docs/gone/", "GONE.md", "GONE.md"]


# --- Pictures ---------------------------------------------------------------------------------------------------------


def images(text):
    """Pairs of address and alternative text, of the pictures on a page, however they are written."""
    text = FENCED.sub("", text)
    found = [(address, alt) for alt, address in IMAGE.findall(text)]
    for tag in IMAGE_TAG.findall(text):
        attributes = {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        found.append((attributes.get("src", ""), attributes.get("alt", "")))
    return found


def test_a_picture_is_seen_in_either_way_of_writing():
    text = '![one thing](docs/a.png), <img src="docs/b.png" width="9" alt="a &quot;b&quot;">, ![](c.png)'
    text += "\n```\n![not](shown.png)\n```\n[a link](d.png)"
    assert images(text) == [("docs/a.png", "one thing"), ("c.png", ""), ("docs/b.png", 'a "b"')]


# --- The index and the rounded figures --------------------------------------------------------------------------------


def test_the_index_leads_to_every_page():
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link).resolve() for link in LINK.findall(index.read_text())}
    pages = {
        file for folder in ("explanation", "how-to", "reference") for file in (ROOT / "docs" / folder).glob("*.md")
    }
    assert pages - linked == set()


def test_the_map_has_every_room():
    rooms = {
        f"{room.parent.name}/{room.name}/"
        for floor in ("alliance", "sessions", "ratings")
        for room in (ROOT / floor).iterdir()
        if (room / "__init__.py").exists() and room.name not in ("migrations", "templatetags")
    }
    told = (ROOT / "README.md").read_text()
    told_of_a_floor = {"sessions/models/"}  # the row of the floor has its tables
    assert {room for room in rooms - told_of_a_floor if f"`{room}`" not in told} == set()


def test_the_rounded_figures_are_those_of_the_evaluation():
    measured = (ROOT / "docs" / "reference" / "detection.md").read_text()
    precision = float(re.search(r"\(precision ([\d.]+)\)", measured)[1])
    missed = float(re.search(r"^\* ([\d.]+) of the ruptures raise no alert", measured, re.MULTILINE)[1])
    words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    true, silent = words[round(10 * precision)], words[round(10 * missed)]
    caught, false = words[round(10 * (1 - missed))], words[round(10 * (1 - precision))]
    for name, sentences in {
        "README.md": [f"about {true} flags in ten were true ones, and about {silent} in ten ruptures raised no flag"],
        "docs/explanation/how-detection-thinks.md": [
            f"About {true} flags in ten were true ones.",
            f"About {silent} in ten ruptures raised no flag in time.",
        ],
        "docs/explanation/ruptures-and-repair.md": [
            f"about {caught} in ten of the ruptures",
            f"about {false} in ten of its flags",
        ],
        "templates/alliance/site/help.html": [f"about {true} flags in ten are real ruptures"],
    }.items():
        text = " ".join((ROOT / name).read_text().split())
        assert [sentence for sentence in sentences if sentence not in text] == [], name


def test_help_counts_the_questions_as_the_instruments_do():
    text = " ".join((ROOT / "templates" / "alliance" / "site" / "help.html").read_text().split())
    words = {3: "three", 6: "six"}
    found = {}
    for key in ("alliance-6", "alliance-3", "alliance-t3"):
        items = tomllib.loads((ROOT / "ratings" / "instruments" / f"{key}.toml").read_text())["items"]
        found[key] = words[len(items)]
    assert f"{found['alliance-6']} questions, two each about goals, tasks and the bond" in text
    assert f"Children have {found['alliance-3']}, " in text
    assert f"therapists have {found['alliance-t3']} or {found['alliance-6']}" in text
