"""The figure of one pillar by its data, by hand; `tests/ratings/cases/test_pillars.py` sees it from the case."""

import pytest
from plotly.graph_objects import Figure

from ratings.findings.charts import Dot, pillar_figure
from ratings.psychometrics.usual import UsualRange

# Three sessions: rated by both, by the client alone and under the own usual, by the therapist alone.
DOTS = [Dot(1, 75, 50, False, "one"), Dot(2, 25, None, True, "two"), Dot(3, None, 62.5, False, "three", missing=True)]


def drawn(dots=DOTS, usual=None, **given):
    figure = pillar_figure(dots, usual, **given)
    Figure(**figure)  # raises where plotly has no such property or value
    return figure


def shapes(name, **given):
    return [shape for shape in drawn(**given)["layout"]["shapes"] if shape["name"] == name]


def points(figure):
    """name and mode of each trace -> its (x, y); the client's line and the client's dots share a name."""
    return {(t["name"], t["mode"]): list(zip(t["x"], t["y"], strict=True)) for t in figure["data"]}


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
    assert (band["name"], band["x0"], band["x1"], band["y0"], band["y1"]) == ("band", 2, 3.5, 60, 90)
    for edge, y in ((low, 60), (high, 90)):
        assert (edge["name"], edge["y0"], edge["y1"], edge["line"]["dash"]) == ("edge", y, y, dash)


def test_marked_sessions_are_lines_over_the_whole_height():
    first, second = shapes("when", marked=[2, 3])
    assert [(line["name"], line["x0"], line["x1"], line["yref"]) for line in (first, second)] == [
        ("when", 2, 2, "paper"),
        ("when", 3, 3, "paper"),
    ]


def test_a_missing_check_in_is_a_dotted_ring_below_the_scale_and_no_point():
    (ring,) = shapes("few")
    low, _high = drawn()["layout"]["yaxis"]["range"]
    assert (ring["xanchor"], ring["line"]["dash"]) == (3, "1.5px,2px")
    pixels = 104 / (108 - low)  # of one unit, in the picture between the margins
    top, bottom = ring["yanchor"] * pixels + ring["y1"], ring["yanchor"] * pixels + ring["y0"]
    assert low * pixels <= bottom < top < -3, "clear of the line at 0, and whole"
    assert shapes("few", dots=[Dot(1, None, 50, False, "it may still come")]) == []


def test_no_line_joins_what_was_answered_to_other_questions():
    dots = [Dot(number, 50, None, False, "") for number in (1, 2, 3)]
    figure = drawn(dots, changed=[3])
    assert points(figure)["client", "lines"] == [(1, 50), (2, 50), (2.5, None), (3, 50)]
    assert points(figure)["client", "markers"] == [(1, 50), (2, 50), (3, 50)]
    assert [(line["x0"], line["x1"]) for line in shapes("change", dots=dots, changed=[3])] == [(2.5, 2.5)]
    ((word, x),) = [(said["text"], said["x"]) for said in figure["layout"]["annotations"]]
    assert (word, x) == ("new questions", 2.5)
    assert not drawn(dots)["layout"]["annotations"]


@pytest.mark.parametrize(
    ("last", "labels"),
    [(3, [1, 2, 3]), (12, list(range(1, 13))), (13, [1, 5, 10]), (20, [1, 5, 10, 15, 20])],
)
def test_a_long_axis_names_every_fifth_session(last, labels):
    figure = drawn([Dot(number, 50, None, False, "") for number in range(1, last + 1)], with_axis=True)
    axis = figure["layout"]["xaxis"]
    assert (axis["tickvals"], axis["showticklabels"]) == (labels, True)
    assert axis["range"] == [0.5, last + 0.5]


def test_the_scale_is_in_our_words_or_in_numbers():
    worded, plain = (drawn(worded=said)["layout"]["yaxis"] for said in (True, False))
    assert worded["ticktext"] == ["Completely", "Somewhat", "Not at all"]
    assert plain["ticktext"] == ["100", "50", "0"]
    assert worded["tickvals"] == plain["tickvals"] == [100, 50, 0]


def test_a_case_without_a_session_has_an_empty_figure():
    figure = drawn([])
    assert all(found == [] for found in points(figure).values())
    assert figure["layout"]["xaxis"]["range"] == [0.5, 1.5]
