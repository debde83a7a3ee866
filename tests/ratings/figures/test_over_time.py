"""The practice's figures month by month: what is told, what stands out, and what is kept back."""

from datetime import date, datetime
from math import sqrt
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from plotly.graph_objects import Figure

from ratings.figures.over_time import practice_over_time
from ratings.figures.practice import Counted, MonthCounts
from tests.ratings.figures.test_practice_measures import FEWEST, middle_of_five, recomputed

NO_CHART = (
    "No chart yet: fewer than 6 months can be told. One with fewer than 5 clients is kept back, and so are others that "
    "would give it away."
)


def months(**by_name):
    """Twelve months; of each name twelve `(count, of, clients)`, a number of clients or a set of them."""
    found = []
    for position in range(12):
        month = 11 + position
        parts = {}
        for name, rows in by_name.items():
            count, of, clients = rows[position]
            parts[name] = Counted(count, of, set(range(clients)) if isinstance(clients, int) else clients)
        found.append(MonthCounts(date(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 1), **parts))
    return found


def chart_of(key, **by_name):
    return next(row for row in practice_over_time(months(**by_name)) if row.key == key)


def test_a_month_in_which_few_answered_stands_out_in_words_in_the_table_and_in_the_picture():
    chart = chart_of("answered", answered=[(87, 100, 30), (91, 100, 30)] * 4 + [(25, 50, 20)] + [(91, 100, 30)] * 3)
    assert chart.sentence == "Jul 2026 stands out: outside the limits. On average 86.8 in 100."
    assert [row.months for row in chart.rows if row.stands_out] == ["Jul 2026"]
    assert chart.rows[8].in_100 == 100 * 27 / 52
    assert chart.rows[8].counted == "about 27 of 52 sessions with a check-in"
    Figure(**chart.figure)  # raises where plotly has no such property or value
    marked = {trace["name"]: trace for trace in chart.figure["data"] if trace["mode"] == "markers"}
    assert (marked["below"]["x"], marked["below"]["y"]) == ([8], [100 * 27 / 52])
    assert len(marked["client"]["x"]) == 11
    average = chart.figure["layout"]["shapes"][-1]
    assert (average["xref"], average["x0"], average["x1"]) == ("x", -0.5, 11.5), "over the limits, not under them"


def test_where_no_month_stands_out_it_says_so():
    chart = chart_of("rated", rated=[(90, 100, 30), (93, 100, 30)] * 6)
    assert chart.sentence.startswith("No month stands out.")
    assert not chart.is_trial


def test_what_lasts_is_told_by_its_number_of_months():
    chart = chart_of("rated", rated=[(80, 100, 30)] * 5 + [(90, 100, 30)] * 7)
    assert chart.sentence.startswith("7 months stand out; the table says why.")
    assert chart.rows[-1].stands_out == "one of 7 in a row on one side of the average"


def test_a_small_month_is_kept_back_with_the_next_larger_one_and_leaves_a_gap():
    rows = [(50, 60, 20)] * 12
    rows[3], rows[6] = (4, 4, 3), (20, 24, {*range(100, 109)})
    chart = chart_of("answered", answered=rows)
    assert [position for position, row in enumerate(chart.rows) if row.in_100 is None] == [3, 6]
    assert {chart.rows[position].counted for position in (3, 6)} == {"kept back"}
    line = chart.figure["data"][0]
    assert (line["y"][3], line["y"][6], line["connectgaps"]) == (None, None, False)
    assert chart.is_trial


def test_small_months_of_the_same_few_clients_take_a_third_one_along():
    rows = [(50, 60, 20)] * 12
    rows[3], rows[6], rows[9] = (4, 4, {1, 2, 3}), (4, 4, {1, 2, 3}), (20, 24, 9)
    chart = chart_of("answered", answered=rows)
    assert [position for position, row in enumerate(chart.rows) if row.in_100 is None] == [3, 6, 9]


def test_a_month_without_a_session_is_a_gap_that_is_no_secret():
    chart = chart_of("answered", answered=[(50, 60, 20)] * 9 + [(0, 0, 0)] + [(50, 60, 20)] * 2)
    assert (chart.rows[9].in_100, chart.rows[9].counted) == (None, "none")


def test_two_months_are_one_point_where_single_ones_are_too_small():
    few = [(6, 8, {4 * position, 4 * position + 1, 4 * position + 2}) for position in range(12)]
    chart = chart_of("steps", first_steps=few)
    assert [row.months for row in chart.rows][:2] == ["Nov and Dec 2025", "Jan and Feb 2026"]
    assert [row.in_100 for row in chart.rows] == [100 * 12 / 17] * 6


def test_fewer_than_six_points_are_a_sentence():
    chart = chart_of("answered", answered=[(0, 0, 0)] * 7 + [(50, 60, 20)] * 5)
    assert (chart.figure, chart.rows) == (None, [])
    assert chart.sentence == NO_CHART


def test_six_months_of_five_clients_are_too_few_where_one_of_them_is_kept_back_beside_a_small_one():
    chart = chart_of("answered", answered=[(0, 0, 0)] * 4 + [(4, 4, 3), (0, 0, 0)] + [(50, 60, 20)] * 6)
    assert chart.sentence == NO_CHART


@pytest.mark.parametrize(
    ("sessions", "strained"), [((0, 0, 0), (0, 0, 0)), ((8, 8, 4), (0, 0, 0)), ((60, 60, 20), (4, 4, 4))]
)
def test_why_ruptures_have_no_chart_is_true_of_months_without_sessions_and_of_small_ones(sessions, strained):
    held = [(60, 60, 20)] * 10 + [sessions] * 2
    chart = chart_of("ruptures", held=held, ruptures=[(9, 9, 8)] * 10 + [strained] * 2)
    assert chart.sentence == (
        "No chart: it takes 5 clients or more with a session in each month, or in each two, and nobody or 5 or more of "
        "them with a rupture."
    )


def test_the_page_does_not_say_that_all_between_the_limits_means_nothing(http, manager):
    http.force_login(manager.user)
    page = http.get(reverse("ratings:practice-figures")).text
    assert "most ups and downs mean nothing" in page and "Between the limits, up and down mean nothing" not in page


def test_ruptures_are_told_of_all_months_or_of_none():
    held = [(200, 200, 60)] * 12
    chart = chart_of("ruptures", held=held, ruptures=[(9, 9, 8)] * 11 + [(0, 0, 0)])
    assert [row.in_100 for row in chart.rows] == [100 * 7 / 202] * 11 + [0]
    assert chart.rows[0].counted == "about 7 in 202 sessions"
    assert chart.rows[-1].counted == "none in about 202 sessions"
    # Of single months one is too small; two together are not.
    wide = chart_of("ruptures", held=held, ruptures=[(9, 9, 8)] * 11 + [(4, 4, 4)])
    assert len(wide.rows) == 6
    none = chart_of("ruptures", held=held, ruptures=[(9, 9, 8)] * 10 + [(2, 2, 2)] * 2)
    assert none.sentence.startswith("No chart: it takes 5 clients or more with a session in each month")
    assert none.rows == []


PART = st.tuples(st.sets(st.integers(1, 14), max_size=9), st.integers(0, 3), st.integers(0, 100))


@settings(max_examples=200)
@given(st.lists(PART, min_size=12, max_size=12))
def test_no_month_and_no_difference_from_the_year_shows_fewer_than_five_clients(parts):
    answered = [(extra * len(who) * share // 100, (extra + 1) * len(who), who) for who, extra, share in parts]
    held = [(of, of, who) for _count, of, who in answered]
    strained = [(len(who) // 2, len(who) // 2, set(sorted(who)[: len(who) // 2])) for who, _extra, _share in parts]
    told = months(answered=answered, rated=answered, held=held, ruptures=strained, first_steps=strained)
    for chart in practice_over_time(told):
        name = {"answered": "answered", "rated": "rated", "ruptures": "ruptures", "steps": "first_steps"}[chart.key]
        width = 12 // len(chart.rows) if chart.rows else 12
        people = [
            set().union(*(getattr(month, name).clients for month in told[start : start + width]))
            for start in range(0, 12, width)
        ]
        shown = [position for position, row in enumerate(chart.rows) if row.in_100 is not None]
        assert all(not people[position] or len(people[position]) >= FEWEST for position in shown)
        hidden = [people[position] for position in range(len(people)) if position not in shown]
        left = set().union(*hidden)  # behind the total, less what the months tell
        assert not shown or not left or (len(left) >= FEWEST and sum(bool(who) for who in hidden) > 1)


@pytest.mark.parametrize("key", ["answered", "rated", "ruptures", "steps"])
def test_a_practice_of_nobody_has_four_sentences(key):
    assert chart_of(key).figure is None


# --- Worked out again from the files of an export, by code that knows no program --------------------------------------


def months_of(today):
    return [(today.year - 1) * 12 + today.month - 1 + position for position in range(12)]


def merged(found, title, names):
    parts = [found[title, name] for name in names]
    return [client for part in parts for client in part.people], sum(part.hits for part in parts)


def parts_kept_back(people):
    """Those of one to four people, and the next larger ones until two are hidden, and five people in them."""
    hidden = [n for n, who in enumerate(people) if 0 < len(set(who)) < FEWEST]
    for n in sorted(
        (n for n in range(len(people)) if len(set(people[n])) >= FEWEST), key=lambda n: len(set(people[n]))
    ):
        if not hidden or (len(hidden) > 1 and len({who for k in hidden for who in people[k]}) >= FEWEST):
            break
        hidden.append(n)
    return hidden


def points_of(found, title, today):
    """Name of a month or of two -> figure in 100 and the number it is told to be counted from; None: not told."""
    days = [date(month // 12, month % 12 + 1, 1) for month in months_of(today)]
    for width in (1, 2):
        points, people = {}, []
        for start in range(0, 12, width):
            names = [day.strftime("%b %Y") for day in days[start : start + width]]
            same_year = names[0][-4:] == names[-1][-4:]
            name = names[0] if width == 1 else f"{names[0][:3] if same_year else names[0]} and {names[1]}"
            clients, hits = merged(found, title, names)
            people.append(clients)
            of = len(clients)
            if title == "All ruptures":
                of, hits = len(merged(found, "held", names)[0]), len(clients)
            told = 0 if title == "All ruptures" and not hits else middle_of_five(hits)
            points[name] = (100 * told / middle_of_five(of), middle_of_five(of), told) if of else None
        if title == "All ruptures":
            if not all(points.values()) or any(0 < len(set(who)) < FEWEST for who in people):
                continue
        else:
            hidden = parts_kept_back(people)
            points = {name: None if n in hidden else point for n, (name, point) in enumerate(points.items())}
        if len([point for point in points.values() if point]) >= 6:
            return points
    return {}


def plain(value):
    return f"{value:.1f}".removesuffix(".0")


def limits_of(points, is_rate):
    """Name -> the limits, in sigmas from the moving range of how many sigmas each point lies from the mean of all."""
    told = [point for point in points.values() if point]
    mean = sum(value * of for value, of, _hits in told) / sum(of for _value, of, _hits in told)
    sigma = [sqrt(mean * (100 if is_rate else 100 - mean) / of) for _value, of, _hits in told]
    lie = [(value - mean) / one if one else 0 for (value, _of, _hits), one in zip(told, sigma, strict=True)]
    moving = [abs(lie[n + 1] - lie[n]) for n in range(len(lie) - 1)]
    reach = 3 * max(sum(moving) / len(moving) / 1.128, 1)
    names = [name for name, point in points.items() if point]
    return mean, {
        name: (max(mean - reach * one, 0), mean + reach * one if is_rate else min(mean + reach * one, 100))
        for name, one in zip(names, sigma, strict=True)
    }


def test_every_month_follows_from_the_files(http, manager, files):
    http.force_login(manager.user)
    zone, now = ZoneInfo(manager.practice.zone), datetime.now(ZoneInfo("UTC"))
    found, drawn = recomputed(files, zone, now), []
    for chart in http.get(reverse("ratings:practice-figures")).context["over_time"]:
        points = points_of(found, chart.title, now.astimezone(zone).date())
        assert [row.months for row in chart.rows] == list(points), chart.title
        if not points:
            continue
        mean, limits = limits_of(points, chart.title == "All ruptures")
        assert f"On average {plain(mean)} in 100." in chart.sentence
        for row in chart.rows:
            if point := points[row.months]:
                low, high = (plain(end) for end in limits[row.months])
                assert (row.in_100, row.limits) == (point[0], f"{low} to {high}"), (chart.title, row)
                of, about = f"{point[1]:,}", point[2]
                counted = f"about {about} {'in' if chart.title == 'All ruptures' else 'of'} {of} "
                assert row.counted.startswith(counted if about else f"none in about {of} "), row
                is_outside = not limits[row.months][0] - 1e-9 <= point[0] <= limits[row.months][1] + 1e-9
                assert ("outside the limits" in row.stands_out) == is_outside, row
            else:
                assert row.in_100 is None and row.counted in ("kept back", "none"), row
        drawn.append(chart.title)
    assert {"Check-ins answered", "Therapist’s own rating done"} <= set(drawn), drawn
