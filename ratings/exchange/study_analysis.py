"""The analysis of the study protocol: precision, share caught, false alerts and calibration from an export.

It needs Python 3.11 and nothing else, and goes along in each export:

    python analysis.py study.zip              the figures, as JSON
    python analysis.py FOLDER                 the same of an unpacked export
    python analysis.py --simulate FOLDER --seed 1    writes an invented export in the same layout

What each figure means, and why it is computed so: docs/reference/study-protocol.md.
"""

import argparse
import csv
import io
import json
import math
import random
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

FEWEST = 20  # answers below which nothing is said
STEP = 5  # answers by which a figure moves
CLEAR_FROM = 0.35  # probability from which on a flag is called clear
Z = 1.959963984540054  # of the normal distribution, two-sided 95 %

Row = dict[str, str]
Tables = dict[str, list[Row]]
Interval = tuple[float, float]


def read_tables(source: Path) -> Tables:
    """The tables that the analysis needs, of an export or its folder."""
    names = ("versions", "sessions", "ruptures", "draws", "verdicts")
    if source.is_dir():
        texts = {name: (source / f"{name}.csv").read_text(encoding="utf-8") for name in names}
    else:
        with zipfile.ZipFile(source) as archive:
            texts = {name: archive.read(f"{name}.csv").decode() for name in names}
    return {name: list(csv.DictReader(io.StringIO(text, newline=""))) for name, text in texts.items()}


def figures(tables: Tables) -> dict[str, Any]:
    """All figures of the protocol; None where there are too few answers."""
    verdicts = _verdicts(tables)
    logged = {row["session"] for row in tables["sessions"] if row["imported"] == "0"}
    standing = [row for row in tables["ruptures"] if row["state"] != "withdrawn" and row["opened"] in logged]
    flags = [row for row in standing if row["opened_by"] == "detector"]
    judged = _stepped(_answered(flags, verdicts, "rupture"))
    true = sum(verdicts[row["rupture"]]["answer"] == "yes" for row in judged)
    precision = (true, len(judged)) if len(judged) >= FEWEST else None
    groups = _sample(tables, verdicts)
    drawn_answered = sum(group["yes"] + group["no"] for group in groups)
    caught = false_alerts = None
    if precision and drawn_answered >= FEWEST:
        since = sum(row["since_sample"] == "1" for row in flags)
        seen, missed = _named(standing, verdicts)
        caught = share_caught(precision, since, groups, seen, missed)
        false_alerts = false_per_100(precision, since, [group for group in groups if group["judged"]])
    return {
        "flags": len(flags),
        "answered": len(_answered(flags, verdicts, "rupture")),
        "precision": precision and _share(*precision),
        "drawn": sum(group["drawn"] for group in groups),
        "drawn_answered": drawn_answered,
        "caught": caught,
        "false_per_100": false_alerts,
        "by_grade": _groups(judged, verdicts, _grade, {"clear": [], "possible": [], "": []}),
        "by_version": _groups(judged, verdicts, _version, {}, cell_of=_grade),
    }


# --- Who said what ----------------------------------------------------------------------------------------------------


def _verdicts(tables: Tables) -> dict[str, Row]:
    """What it is about -> the newest answer to "was there strain?", with the place of the first one."""
    found: dict[str, Row] = {}
    rows = (row for row in tables["verdicts"] if row["question"] == "strain")
    for row in sorted(rows, key=lambda row: int(row["position"])):
        about = row["rupture"] or row["session"]
        first = found[about]["first"] if about in found else row["position"]
        found[about] = row | {"first": first}
    return found


def _answered(rows: Iterable[Row], verdicts: dict[str, Row], column: str) -> list[Row]:
    """The rows with a yes or a no, in the order in which they were first answered."""
    known = [row for row in rows if verdicts.get(row[column], {}).get("answer") in ("yes", "no")]
    return sorted(known, key=lambda row: int(verdicts[row[column]]["first"]))


def _stepped(rows: list[Row]) -> list[Row]:
    """The earliest answers, down to a multiple of five."""
    return rows[: len(rows) // STEP * STEP]


def _named(standing: Iterable[Row], verdicts: dict[str, Row]) -> tuple[int, int]:
    """Ruptures that a person named first: how many the program saw as well, and how many it missed."""
    rows = [
        row
        for row in standing
        if row["opened_by"] != "detector"
        and row["since_sample"] == "1"
        and verdicts.get(row["rupture"], {}).get("answer") != "no"
    ]
    seen = sum(bool(row["version"]) for row in rows)
    return seen, len(rows) - seen


def _sample(tables: Tables, verdicts: dict[str, Row]) -> list[dict[str, Any]]:
    """The sessions without a flag, by their chance of being drawn, and by whether one could have been raised."""
    with_rupture = {row["opened"] for row in tables["ruptures"] if row["state"] != "withdrawn"}
    graded = {row["version"]: row["states_probability"] == "1" for row in tables["versions"]}
    draws = [row for row in tables["draws"] if row["session"] not in with_rupture]
    groups: dict[tuple[float, bool], dict[str, Any]] = {}

    def group_of(row: Row) -> dict[str, Any]:
        key = (float(row["chance"]), bool(row["stated"]) or not graded[row["version"]])
        empty = {"chance": key[0], "judged": key[1], "sessions": 0, "drawn": 0, "yes": 0, "no": 0}
        return groups.setdefault(key, empty)

    for row in draws:
        group_of(row)["sessions"] += 1
        group_of(row)["drawn"] += row["drawn"] == "1"
    asked = [row for row in draws if row["drawn"] == "1"]
    for row in _stepped(_answered(asked, verdicts, "session")):
        group_of(row)[verdicts[row["session"]]["answer"]] += 1
    return [groups[key] for key in sorted(groups)]


# --- Figures ----------------------------------------------------------------------------------------------------------


def limits(share: float, of: float) -> Interval:
    """The ends of Wilson's interval (1927)."""
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z / (1 + Z * Z / of) * (share * (1 - share) / of + Z * Z / (4 * of * of)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def share_caught(
    precision: tuple[int, int], flags: int, groups: Sequence[dict[str, Any]], seen: int, missed: int
) -> dict[str, float] | None:
    """The share of strained sessions that had a flag: a / (a + m)."""
    true, of = precision
    sessions, share, low, high = _strain_missed(groups)
    ends = limits(true / of, of)
    hit = (flags * true / of + seen, *(flags * end + seen for end in ends))
    lost = (sessions * share + missed, sessions * low + missed, sessions * high + missed)
    return _as_share(hit, lost)


def false_per_100(precision: tuple[int, int], flags: int, groups: Sequence[dict[str, Any]]) -> dict[str, float] | None:
    """Flags that came for nothing, per 100 quiet sessions: 100 f / (f + q)."""
    if not any(group["yes"] + group["no"] for group in groups):
        return None
    true, of = precision
    sessions, share, low, high = _strain_missed(groups)
    ends = limits(true / of, of)
    wrong = (flags * (1 - true / of), flags * (1 - ends[1]), flags * (1 - ends[0]))
    quiet = (sessions * (1 - share), sessions * (1 - high), sessions * (1 - low))
    found = _as_share(wrong, quiet)
    return found and {name: 100 * value for name, value in found.items()}


def _strain_missed(groups: Iterable[dict[str, Any]]) -> tuple[int, float, float, float]:
    """Sessions without a flag, the share of them with strain (Hajek 1971), and its interval (Kish 1965)."""
    rows = list(groups)
    weight = sum((row["yes"] + row["no"]) / row["chance"] for row in rows)
    share = sum(row["yes"] / row["chance"] for row in rows) / weight
    worth = weight**2 / sum((row["yes"] + row["no"]) / row["chance"] ** 2 for row in rows)
    return sum(row["sessions"] for row in rows), share, *limits(share, worth)


def _as_share(one: Sequence[float], other: Sequence[float]) -> dict[str, float] | None:
    """one / (one + other), each with the ends of its interval; the interval of their odds by Zou & Donner (2008)."""
    if not one[0] + other[0]:
        return None
    low, high = _interval_of_odds(one, other)
    value = one[0] / (one[0] + other[0])
    top = 1.0 if math.isinf(high) else high / (1 + high)
    return {"value": value, "low": min(value, low / (1 + low)), "high": max(value, top)}


def _interval_of_odds(one: Sequence[float], other: Sequence[float]) -> Interval:
    a, b = (one[1] + one[2]) / 2, (other[1] + other[2]) / 2
    if not a:
        return 0.0, 0.0
    if not b:
        return math.inf, math.inf
    middle = math.log(a / b)
    low = middle - math.hypot(math.log(a / one[1]), math.log(other[2] / b)) if one[1] > 0 else -math.inf
    high = middle + math.hypot(math.log(one[2] / a), math.log(b / other[1])) if other[1] > 0 else math.inf
    return math.exp(low), math.exp(high)


def _share(count: int, of: int) -> dict[str, float]:
    low, high = limits(count / of, of)
    return {"count": count, "of": of, "share": count / of, "low": low, "high": high}


# --- Stated against found ---------------------------------------------------------------------------------------------


def _grade(flag: Row, verdict: Row) -> str:
    return "" if not verdict["stated"] else "clear" if float(verdict["stated"]) >= CLEAR_FROM else "possible"


def _version(flag: Row, verdict: Row) -> str:
    return verdict["version"] or flag["version"]


def _groups(
    flags: Iterable[Row], verdicts: dict[str, Row], key_of: Any, found: dict[str, list[Row]], cell_of: Any = None
) -> dict[str, Any]:
    """What flags stated beside what was found; nothing where a smaller group could be read from the difference.

    `cell_of`: by what the same flags are told in another table.
    """
    cells: dict[str, Counter[str]] = {key: Counter() for key in found}
    for flag in flags:
        verdict = verdicts[flag["rupture"]]
        key = key_of(flag, verdict)
        found.setdefault(key, []).append(verdict)
        cells.setdefault(key, Counter())[cell_of(flag, verdict) if cell_of else ""] += 1
    told = _tellable(cells)
    return {key: _group(members, is_told=key in told) for key, members in found.items()}


def _group(members: Sequence[Row], *, is_told: bool) -> dict[str, Any]:
    stated = [float(row["stated"]) for row in members if row["stated"]]
    true = sum(row["answer"] == "yes" for row in members)
    return {
        "answered": len(members),
        "found": _share(true, len(members)) if is_told else None,
        "stated": math.fsum(stated) / len(stated) if stated else None,
    }


def _tellable(groups: dict[str, Counter[str]]) -> list[str]:
    """Each cell has no answer or at least 20, and so has each cell of all groups that are held back."""
    by_size = sorted(groups, key=lambda key: groups[key].total())
    told = [key for key in by_size if groups[key] and min(groups[key].values()) >= FEWEST]
    held_back = sum((groups[key] for key in by_size if key not in told), Counter())
    while told and any(count < FEWEST for count in held_back.values()):
        held_back += groups[told.pop(0)]
    return told


# --- An invented export -----------------------------------------------------------------------------------------------

CASES, SESSIONS, STRAIN, SEEN, FALSE, CHANCE, ANSWERS = 400, 12, 0.08, 0.45, 0.05, 0.05, 0.8


def simulate(folder: Path, seed: int) -> None:
    """Writes the tables of an invented practice: the same seed gives the same files.

    Each session is strained with a chance of .08. Of strained ones .45 are flagged, of quiet ones .05; of the others
    one in twenty is drawn; the therapist answers four in five, and rightly. `truth.csv` says what nobody knows of a
    real practice: which sessions were strained.
    """
    chance = random.Random(seed)
    names = ("versions", "sessions", "ruptures", "draws", "verdicts", "truth")
    tables: dict[str, list[Row]] = {name: [] for name in names}
    tables["versions"].append({"version": "v1", "states_probability": "1"})
    for case in range(CASES):
        for number in range(1, SESSIONS + 1):
            _simulate_session(chance, tables, f"s{case:03}-{number:02}", number)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _simulate_session(chance: random.Random, tables: dict[str, list[Row]], name: str, number: int) -> None:
    tables["sessions"].append({"session": name, "imported": "0"})
    strained = chance.random() < STRAIN
    tables["truth"].append({"session": name, "strained": str(int(strained))})
    stated = f"{chance.betavariate(5, 4) if strained else chance.betavariate(3, 6):.3f}" if number >= 3 else ""
    flagged = number >= 3 and chance.random() < (SEEN if strained else FALSE)
    drawn = not flagged and chance.random() < CHANCE
    rupture = f"r{name}" if flagged else ""
    if flagged:
        tables["ruptures"].append(
            {
                "rupture": rupture, "opened": name, "opened_by": "detector", "state": "repaired", "version": "v1",
                "stated": stated, "since_sample": "1",
            }
        )  # fmt: skip
    else:
        tables["draws"].append(
            {"session": name, "drawn": str(int(drawn)), "chance": str(CHANCE), "version": "v1", "stated": stated}
        )
    if (flagged or drawn) and chance.random() < ANSWERS:
        tables["verdicts"].append(
            {
                "position": str(len(tables["verdicts"]) + 1), "question": "strain", "rupture": rupture,
                "session": "" if rupture else name, "answer": "yes" if strained else "no", "version": "v1",
                "stated": stated,
            }
        )  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    """Runs as a program."""
    parser = argparse.ArgumentParser(description="The figures of the study protocol, from an export.")
    parser.add_argument("source", type=Path, nargs="?", help="the export, or the folder that it was unpacked to")
    parser.add_argument(
        "--simulate", type=Path, metavar="FOLDER", help="write an invented export there, and analyse it"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the invented export (default: 1)")
    given = parser.parse_args(arguments)
    if given.simulate:
        simulate(given.simulate, given.seed)
    source = given.simulate or given.source
    if source is None:
        parser.error("name the export, or --simulate FOLDER")
    json.dump(figures(read_tables(source)), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
