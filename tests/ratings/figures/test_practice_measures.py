"""Every figure of the practice page, worked out again from the files of an export, by code that knows no program."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import comb, exp, lgamma, pi, sqrt
from zoneinfo import ZoneInfo

from django.urls import reverse

from tests.ratings.exported_files import cases_of, instant
from tests.ratings.intervals import Z, root, wilson

FEWEST = 5


# --- From rows to counts ----------------------------------------------------------------------------------------------


def overall_of(said):
    """The mean of the three pillars, each of half its items or more, in percent of the six-item scale of 0 to 4."""
    pillars = []
    for pillar in ("goal", "task", "bond"):
        given = [row for row in said.values() if row["pillar"] == pillar]
        values = [float(row["value"]) for row in given if row["answered"] == "1"]
        if 2 * len(values) < len(given) or not values:
            return None
        pillars.append(25 * sum(values) / len(values))
    return sum(pillars) / 3


@dataclass
class Found:
    """What one row of the page is made of."""

    people: list = field(default_factory=list)  # one entry for each thing
    hits: int = 0
    values: list = field(default_factory=list)

    def add(self, client, hit=False, value=None):
        self.people.append(client)
        self.hits += bool(hit)
        self.values.append(value)


def period_of(today):
    first = date(today.year - 1, today.month, 1)
    return first, date(today.year, today.month, 1)


def recomputed(files, zone, now):
    """Title of a row -> what it is made of."""
    first, after = (datetime.combine(day, time(), zone) for day in period_of(now.astimezone(zone).date()))
    found = defaultdict(Found)
    cases = cases_of(files["ratings.csv"])
    for case in cases.values():
        attended = sorted((s for s in case.sessions.values() if s.attendance == "attended"), key=lambda s: s.start)
        for number, held in enumerate(attended, start=1):
            if not first <= held.start < after:
                continue
            client, own = held.said["client"], held.said["therapist"]
            month = held.start.astimezone(zone).strftime("%b %Y")
            found["held"].add(held.client)
            found["held", month].add(held.client)
            rated = any(row["answered"] == "1" and row["pillar"] for row in own.values())
            for key in ("Therapist’s own rating done", ("Therapist’s own rating done", month)):
                found[key].add(held.client, rated)
            if held.asked or client:
                for key in ("Check-ins answered", ("Check-ins answered", month)):
                    found[key].add(held.client, bool(client))
            if number in (1, 3, 5, 10, 20) and client and (overall := overall_of(client)) is not None:
                found[f"Session {number}"].add(held.client, value=overall)
            if number == 3 and client and (overall := overall_of(client)) is not None:
                for title in ("All clients", {"in_person": "In person", "video": "Video", "phone": "Phone"}[held.mode]):
                    found[title].add(held.client, value=overall)
            if "tension" in client and client["tension"]["value"] == "1" and "noticed" in own:
                found["Noticed by the therapist"].add(held.client, own["noticed"]["value_label"] != "nothing")
    add_ruptures(found, files, cases, first, after, now, zone)
    add_endings(found, files, cases, first, after)
    return found


def add_ruptures(found, files, cases, first, after, now, zone):
    steps = defaultdict(list)
    for row in files["repairs.csv"]:
        if row["outcome"] in ("done", "partly"):
            steps[row["client_pid"], row["episode_no"], row["rupture_no"]].append(instant(row["said_utc"]))
    namer = {"client": "Named first by the client", "therapist": "Named first by the therapist"}
    namer["detector"] = "Found by a flag"
    looks = {"withdrawal": "Pulling back", "confrontation": "Pushing back", "both": "Both", "unclear": "Can’t say"}
    for row in files["flags.csv"]:
        case = cases[row["client_pid"], row["episode_no"]]
        start = case.sessions[row["opened_session_no"]].start
        if not first <= start < after or row["state"] == "set_aside":
            continue
        client, opened = row["client_pid"], instant(row["opened_utc"])
        kind, month = row["seen_as"] or row["kind"] or "unclear", start.astimezone(zone).strftime("%b %Y")
        fell = row["pillars"].split()
        part = f"{fell[0]} alone" if len(fell) == 1 else "several" if fell else "none"
        for title in ("All ruptures", ("All ruptures", month), namer[row["opened_by"]], looks[kind], FELL[part]):
            found[title].add(client)
        said = steps[row["client_pid"], row["episode_no"], row["rupture_no"]]
        week = opened + timedelta(days=7)
        if week <= now:
            for key in ("A first step within 7 days", ("A first step within 7 days", month)):
                found[key].add(client, said and min(said) <= week)
        if row["state"] not in ("open", "recovering"):
            found["Repaired"].add(client, row["state"] == "repaired")
            last = case.sessions[row["closed_session_no"]].said["client"] if row["state"] == "repaired" else {}
            by_word = last.get("repair_helped", {}).get("value_label") in ("yes", "little")
            found["Repaired by the client’s word"].add(client, by_word)
        found["Still on"].add(client, row["state"] in ("open", "recovering", "open_at_end", "unrepaired"))
        if row["state"] == "repaired":
            end = case.sessions[row["closed_session_no"]].start
            until = [s for s in case.sessions.values() if s.attendance == "attended" and start < s.start <= end]
            found["Sessions to repair"].add(client, value=len(until))


def add_endings(found, files, cases, first, after):
    strained = {
        (row["client_pid"], row["episode_no"])
        for row in files["flags.csv"]
        if row["state"] in ("open_at_end", "unrepaired")
    }
    for key, case in cases.items():
        if case.ended and first <= case.ended < after and case.reason != "transferred":
            for title, said in (("Planned", "1"), ("Not planned", "0"), ("Not said", "")):
                found[title].add(case.client, case.planned == said)
            found["With an open rupture"].add(case.client, key in strained)


# --- Intervals, each by another way than the program's ----------------------------------------------------------------


def byar(count, of):
    low = count * (1 - 1 / (9 * count) - Z / (3 * count**0.5)) ** 3 if count else 0
    high = (count + 1) * (1 - 1 / (9 * (count + 1)) + Z / (3 * (count + 1) ** 0.5)) ** 3
    return 100 * low / of, 100 * high / of


def student(degrees):
    """The two-sided 95 % point, by Simpson's rule over the density."""
    scale = exp(lgamma((degrees + 1) / 2) - lgamma(degrees / 2)) / sqrt(degrees * pi)

    def inside(point):
        steps = 2_000
        width = point / steps
        density = [scale * (1 + (width * n) ** 2 / degrees) ** (-(degrees + 1) / 2) for n in range(steps + 1)]
        return width / 3 * (density[0] + density[-1] + 4 * sum(density[1:-1:2]) + 2 * sum(density[2:-1:2]))

    return root(lambda point: 0.475 - inside(point), 0.1, 100)


def mean_with_limits(values):
    mean = sum(values) / len(values)
    spread = sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    half = student(len(values) - 1) * spread / sqrt(len(values))
    return mean, max(mean - half, 0), min(mean + half, 100)


def median_with_limits(values):
    """The innermost pair of order statistics that holds the median in 95 of 100 samples; None where none does."""
    ordered, n = sorted(values), len(values)
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    for k in range(n // 2, 0, -1):
        outside = 2 * sum(Fraction(comb(n, below), 2**n) for below in range(k))
        if outside <= Fraction(5, 100):
            return middle, ordered[k - 1], ordered[n - k]
    return None


# --- The page ---------------------------------------------------------------------------------------------------------

RATES = ("All ruptures", "Named first by the client", "Named first by the therapist", "Found by a flag")
RATES += ("Pulling back", "Pushing back", "Both", "Can’t say")
FELL = {
    "goal alone": "Goals fell, and no other pillar",
    "task alone": "Tasks fell, and no other pillar",
    "bond alone": "The bond fell, and no other pillar",
    "several": "Several pillars fell",
    "none": "No pillar fell by itself",
}
RATES += tuple(FELL.values())
MEANS = ("All clients", "In person", "Video", "Phone", *(f"Session {number}" for number in (1, 3, 5, 10, 20)))


def middle_of_five(count):
    """Of its five: 12 for 10 to 14."""
    return 5 * int(count / 5) + 2


def expected(title, found, held):
    """Value, likely range and count of a row, as the page words them."""
    n, hits = len(found.people), found.hits
    of = middle_of_five(n)
    if title in RATES:
        sessions = middle_of_five(held)
        if not n:
            high = byar(0, sessions - 2)[1]
            return "0.0", f"0.0 to {high:.1f}", f"none in about {sessions:,} sessions"
        low, high = byar(of - 2, sessions + 2)[0], byar(of + 2, sessions - 2)[1]
        return f"{100 * of / sessions:.1f}", f"{low:.1f} to {high:.1f}", f"about {of:,} in {sessions:,} sessions"
    if title in MEANS:
        mean, low, high = mean_with_limits(found.values)
        if n < 50:
            low, mean, high = low - low % 5, 5 * int(mean / 5 + 0.5), high + -high % 5
        return f"{mean:.0f}", f"{low:.0f} to {high:.0f}", f"about {of:,} sessions"
    if title == "Sessions to repair":
        middle, low, high = median_with_limits(found.values)
        return f"{middle:g}", f"{low:g} to {high:g}", f"the middle one of about {of} repairs"
    about = middle_of_five(hits)
    fit = [wilson(count, size) for count in range(about - 2, about + 3) for size in range(max(of - 2, count), of + 3)]
    low, high = min(ends[0] for ends in fit), max(ends[1] for ends in fit)
    return f"{100 * about / of:.0f}", f"{100 * low:.0f} to {100 * high:.0f}", f"about {about:,} of {of:,} "


def test_every_figure_follows_from_the_files(http, manager, files):
    http.force_login(manager.user)
    page = http.get(reverse("ratings:practice-figures")).context
    found = recomputed(files, ZoneInfo(manager.practice.zone), datetime.now(ZoneInfo("UTC")))
    shown = {row.title: row for table in page["tables"] for row in table.rows}
    held, told = len(found["held"].people), []
    for title, row in shown.items():
        people = set(found[title].people)
        if row.value:
            value, likely, counted = expected(title, found[title], held)
            assert (row.value, row.likely) == (value, likely), title
            assert row.counted.startswith(counted), title
            assert len(people) >= FEWEST or (title in RATES and not people), title
            told.append(title)
        elif row.counted.startswith("fewer than"):
            assert len(people) < FEWEST or (title == "Sessions to repair" and len(found[title].values) < 9), title
    expected_rows = {"Check-ins answered", "All ruptures", "Repaired", "All clients", "Still on", "Session 5"}
    assert expected_rows <= set(told), told
    assert set(FELL.values()) & set(told), told
    assert len(told) > 10, told


def test_the_intervals_are_those_of_the_books():
    """Of the recomputation itself: published values."""
    assert round(Z, 6) == 1.959964
    assert [round(end, 3) for end in wilson(15, 20)] == [0.531, 0.888]
    assert [round(student(n), 3) for n in (4, 10, 30)] == [2.776, 2.228, 2.042]
    assert [round(end, 1) for end in byar(10, 100)] == [4.8, 18.4]
    assert median_with_limits([1, 2, 2, 3, 4, 9]) == (2.5, 1, 9)
    assert median_with_limits([1, 2, 3, 4, 5]) is None
