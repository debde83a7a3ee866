"""The figure of one pillar by its data, by hand; `tests/ratings/cases/test_pillars.py` sees it from the case."""

from datetime import UTC, datetime, timedelta

import pytest
from plotly.graph_objects import Figure

from ratings.findings.charts import Dot, EarlierBand, pillar_figure
from ratings.findings.date_axis import Break, DateAxis
from ratings.psychometrics.usual import UsualRange


def week(number):
    """The start of the session of this number: one a week, from 7 September on."""
    return datetime(2026, 8, 31, 10, tzinfo=UTC) + timedelta(weeks=number)


def x(number):
    return f"{week(number):%Y-%m-%dT%H:%M}"


def dot(number, client, therapist=None, below=False, hover="", **given):
    return Dot(number, week(number), client, therapist, below, hover, **given)


# Three sessions: rated by both, by the client alone and under the own usual, by the therapist alone.
DOTS = [dot(1, 75, 50, False, "one"), dot(2, 25, None, True, "two"), dot(3, None, 62.5, False, "three", missing=True)]


def drawn(dots=DOTS, usual=None, axis=None, **given):
    axis = axis or DateAxis(week(0), week(10))
    figure = pillar_figure(dots, axis, usual, **given)
    Figure(**figure)  # raises where plotly has no such property or value
    return figure


def shapes(name, **given):
    return [shape for shape in drawn(**given)["layout"]["shapes"] if shape["name"] == name]


def points(figure):
    """name and mode of each trace -> its (session, y); the client's line and the client's dots share a name."""
    number_of = {x(number): number for number in range(40)} | {x(number + 0.5): number + 0.5 for number in range(40)}
    return {
        (t["name"], t["mode"]): [(number_of[at], y) for at, y in zip(t["x"], t["y"], strict=True)]
        for t in figure["data"]
    }


def test_every_rating_is_one_point_in_one_trace():
    assert points(drawn()) == {
        ("therapist", "markers"): [(1, 50), (3, 62.5)],
        ("client", "lines"): [(1, 75), (2, 25), (3, None)],
        ("client", "markers"): [(1, 75)],
        ("below", "markers"): [(2, 25)],
    }


def test_a_line_has_a_gap_where_a_rating_is_missing_and_each_point_says_its_own_session():
    traces = {(trace["name"], trace["mode"]): trace for trace in drawn()["data"]}
    assert traces["client", "lines"]["connectgaps"] is False
    assert traces["therapist", "markers"]["text"] == ["one", "three"]
    assert traces["below", "markers"]["text"] == ["two"]


@pytest.mark.parametrize(("early", "dash"), [(True, "dot"), (False, "solid")])
def test_the_usual_range_is_a_band_with_two_edges_to_the_end_of_the_axis(early, dash):
    given = {"usual": UsualRange(60, 90, early), "band_from": 2}
    (band,), (low, high) = shapes("band", **given), shapes("edge", **given)
    assert (band["name"], band["x0"], band["x1"], band["y0"], band["y1"]) == ("band", x(2), x(10), 60, 90)
    for edge, y in ((low, 60), (high, 90)):
        assert (edge["name"], edge["y0"], edge["y1"], edge["line"]["dash"]) == ("edge", y, y, dash)


def test_marked_sessions_are_lines_over_the_whole_height():
    first, second = shapes("when", marked=[2, 3])
    assert [(line["name"], line["x0"], line["x1"], line["yref"]) for line in (first, second)] == [
        ("when", x(2), x(2), "paper"),
        ("when", x(3), x(3), "paper"),
    ]


def test_a_missing_check_in_is_a_dotted_ring_below_the_scale_and_no_point():
    (ring,) = shapes("few")
    low, _high = drawn()["layout"]["yaxis"]["range"]
    assert (ring["xanchor"], ring["line"]["dash"]) == (x(3), "1.5px,2px")
    pixels = 104 / (108 - low)  # of one unit, in the picture between the margins
    top, bottom = ring["yanchor"] * pixels + ring["y1"], ring["yanchor"] * pixels + ring["y0"]
    assert low * pixels <= bottom < top < -3, "clear of the line at 0, and whole"
    assert shapes("few", dots=[dot(1, None, 50, False, "it may still come")]) == []


def test_no_line_joins_what_was_answered_to_other_questions():
    dots = [dot(number, 50) for number in (1, 2, 3)]
    figure = drawn(dots, changed=[3])
    assert points(figure)["client", "lines"] == [(1, 50), (2, 50), (2.5, None), (3, 50)]
    assert points(figure)["client", "markers"] == [(1, 50), (2, 50), (3, 50)]
    assert [(line["x0"], line["x1"]) for line in shapes("change", dots=dots, changed=[3])] == [(x(2.5), x(2.5))]
    ((word, at),) = [(said["text"], said["x"]) for said in figure["layout"]["annotations"]]
    assert (word, at) == ("new questions", x(2.5))
    assert not drawn(dots)["layout"]["annotations"]


def test_equal_days_are_equally_far_apart():
    figure = drawn([dot(1, 50), dot(2, 50), dot(6, 50)])
    axis = figure["layout"]["xaxis"]
    assert (axis["type"], axis["range"]) == ("date", [x(0), x(10)])
    assert [at for at, _y in points(figure)["client", "markers"]] == [1, 2, 6]


def test_the_months_are_named_under_the_last_chart_alone():
    shown, hidden = (drawn(with_axis=last)["layout"] for last in (True, False))
    assert shown["xaxis"]["ticktext"] == ["Sep<br>2026", "Oct", "Nov"]
    assert shown["xaxis"]["tickvals"][1] == "2026-10-01T00:00"
    assert (shown["xaxis"]["showticklabels"], hidden["xaxis"]["showticklabels"]) == (True, False)
    assert shown["height"] - hidden["height"] == shown["margin"]["b"] - hidden["margin"]["b"] > 0


def test_a_break_is_a_thick_line_along_the_bottom_and_no_line_leads_over_it():
    away = Break(week(2) + timedelta(days=1), week(3) - timedelta(days=1), is_leave=True)
    given = {"dots": [dot(1, 50), dot(2, 75), dot(3, 50)], "axis": DateAxis(week(0), week(10), (away,))}
    (line,) = shapes("away", **given)
    assert (line["x0"], line["x1"]) == ("2026-09-15T10:00", "2026-09-20T10:00")
    assert (line["y0"], line["y1"], line["line"]["width"]) == (0, 0, 4)
    assert points(drawn(**given))["client", "lines"] == [(1, 50), (2, 75), (2.5, None), (3, 50)]
    assert shapes("away") == []


def test_more_than_three_weeks_are_not_joined():
    assert points(drawn([dot(1, 50), dot(4, 50), dot(8, 50)]))["client", "lines"] == [
        (1, 50), (4, 50), (6, None), (8, 50)
    ]  # fmt: skip


def test_what_is_before_the_axis_is_not_drawn_and_a_band_begins_with_the_axis():
    usual, settled = UsualRange(60, 90, early=False), UsualRange(30, 50, early=False)
    given = {
        "dots": [dot(number, 25, 75, True, missing=True) for number in range(1, 13)],
        "axis": DateAxis(week(6.5), week(13)),
        "usual": settled,
        "band_from": 5,
        "earlier": EarlierBand(usual, 1, 4),
        "marked": [3, 8],
        "changed": [7, 9],
    }
    figure = drawn(**given)
    assert [at for at, _y in points(figure)["therapist", "markers"]] == [7, 8, 9, 10, 11, 12]
    assert [band["x0"] for band in shapes("band", **given)] == [x(6.5)], "and the earlier one has gone"
    assert [line["x0"] for line in shapes("when", **given)] == [x(8)]
    assert [line["x0"] for line in shapes("change", **given)] == [x(8.5)]
    assert len(shapes("few", **given)) == 6
    given["axis"] = DateAxis(week(2), week(13))
    assert [(band["x0"], band["x1"]) for band in shapes("band", **given)] == [(x(5), x(13)), (x(2), x(4))]


def test_the_scale_is_in_our_words_or_in_numbers():
    worded, plain = (drawn(worded=said)["layout"]["yaxis"] for said in (True, False))
    assert worded["ticktext"] == ["Completely", "Somewhat", "Not at all"]
    assert plain["ticktext"] == ["100", "50", "0"]
    assert worded["tickvals"] == plain["tickvals"] == [100, 50, 0]


def test_a_case_without_a_session_has_an_empty_figure():
    figure = drawn([])
    assert all(found == [] for found in points(figure).values())
