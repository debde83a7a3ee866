"""By hand. A line in a table is 112 wide and 32 high, 5 around it: 20 POMP and less lie at 27, 60 at 16, 100 at 5."""

import re

import pytest

from ratings.findings.sparklines import own_line, sparkline
from ratings.psychometrics.standing import Spark


def parts(svg):
    """(lines, dots, marks) of a picture."""
    lines = re.findall(r'<polyline class="s-line" points="([^"]*)"', svg)
    dots = re.findall(r'<circle class="s-client" cx="([^"]*)" cy="([^"]*)"', svg)
    marks = re.findall(r'<use href="#m-(\w+)" x="([^"]*)" y="([^"]*)"', svg)
    return lines, dots, marks


def test_values_become_points_and_the_last_one_is_marked():
    lines, _dots, marks = parts(sparkline(Spark((20, 60, 100)), "above"))
    assert lines == ["5.0,27.0 56.0,16.0 107.0,5.0"]
    assert marks == [("above", "107.0", "5.0")]


def test_a_missing_rating_is_a_gap_and_the_mark_is_on_the_last_one_that_is_there():
    lines, _dots, marks = parts(sparkline(Spark((100, 100, None, 60, None)), "below"))
    assert lines == ["5.0,5.0 30.5,5.0", "81.5,16.0"]
    assert marks == [("below", "81.5", "16.0")]


@pytest.mark.parametrize("value", [0, 19, 20])
def test_low_values_lie_on_the_floor(value):
    assert parts(sparkline(Spark((value, 100)), "usual"))[0] == ["5.0,27.0 107.0,5.0"]


def test_the_usual_range_is_behind_the_line():
    svg = sparkline(Spark((60,), (60, 80)), "usual")
    assert '<rect class="s-band" y="10.5" width="112" height="5.5"/>' in svg
    assert svg.index("s-band") < svg.index("s-line")
    assert 'height="1"' in sparkline(Spark((5,), (0, 10)), "usual"), "never too thin to be seen"
    assert "s-band" not in sparkline(Spark((60,)), "usual")


@pytest.mark.parametrize(("spark", "word"), [(Spark(), "below"), (Spark((None, None)), "below")])
def test_nothing_is_drawn_where_nothing_was_rated(spark, word):
    assert parts(sparkline(spark, word)) == ([], [], [])


def test_a_word_that_is_no_comparison_has_no_mark():
    assert parts(sparkline(Spark((60,)), "few")) == (["5.0,16.0"], [], [])


def test_the_own_line_spans_the_whole_scale_and_judges_nothing():
    """320 wide and 90 high: 0 lies at 85, 50 at 45, 100 at 5."""
    lines, dots, marks = parts(own_line([0, 50, None, 100]))
    assert lines == ["5.0,85.0 108.3,45.0", "315.0,5.0"]
    assert dots == [("5.0", "85.0"), ("108.3", "45.0"), ("315.0", "5.0")]
    assert marks == []
