"""How well flags hold: against values worked out by hand, and against a practice whose truth is known."""

from math import exp, log
from random import Random

import pytest

from ratings.psychometrics.flag_quality import JudgedFlag, NamedStrain, Unflagged, flag_quality, share_caught, tellable
from ratings.psychometrics.proportion import limits, wilson

NONE_NAMED = NamedStrain(0, 0)


def flags(right, wrong, open_ones=0, **given):
    answers = [True] * right + [False] * wrong + [None] * open_ones
    return [JudgedFlag(strain, useful=strain, **given) for strain in answers]


def sample(yes, no, sessions=1000, chance=0.05, **given):
    return [Unflagged(chance=chance, sessions=sessions, drawn=yes + no, yes=yes, no=no, **given)]


def test_precision_has_the_interval_of_wilson_and_both_bounds():
    found = flag_quality(flags(40, 60, open_ones=50), [], NONE_NAMED)
    assert (found.precision.share, round(found.precision.low, 3), round(found.precision.high, 3)) == (0.4, 0.309, 0.498)
    assert (found.if_all_false, found.if_all_true) == (40 / 150, 90 / 150)
    assert (found.flags, found.answered, found.caught, found.false_alerts) == (150, 100, None, None)


@pytest.mark.parametrize(("answers", "told"), [(19, False), (20, True)])
def test_nothing_is_told_of_fewer_than_twenty_answers(answers, told):
    found = flag_quality(flags(10, answers - 10), sample(1, 60), NONE_NAMED)
    assert (found.precision is not None, found.useful is not None, found.caught is not None) == (told,) * 3
    found = flag_quality(flags(30, 30), sample(1, answers - 1), NONE_NAMED)
    assert (found.caught is not None, found.false_alerts is not None) == (told, told)


def test_no_single_answer_can_be_read_from_the_figure_of_the_day_before():
    before = flag_quality(flags(20, 20), [], NONE_NAMED)
    for one_more in (True, False):
        after = flag_quality([*flags(20, 20), JudgedFlag(one_more)], [], NONE_NAMED)
        assert after.precision == before.precision and after.answered == 41


def test_the_share_caught_weighs_each_answer_by_the_chance_of_being_asked():
    """Ten true flags of twenty. In 1000 sessions 70 strained ones: 3 / 0.05 + 1 / 0.1."""
    at_two_chances = [*sample(3, 22, sessions=500), *sample(1, 49, sessions=500, chance=0.1)]
    found = flag_quality(flags(10, 10), at_two_chances, NONE_NAMED)
    assert found.caught.value == pytest.approx(10 / (10 + 70))
    assert found.false_alerts.value == pytest.approx(100 * 10 / (10 + 930))


def test_the_interval_of_the_share_caught_is_put_together_from_both_counts():
    """Worked out apart from the code: middles of Wilson's intervals, distances on logarithms."""
    found = share_caught(wilson(10, 20), 20, sample(2, 38), NONE_NAMED)
    (a_low, a_high), (b_low, b_high) = [
        (n * low, n * high) for n, (low, high) in ((20, limits(0.5, 20)), (1000, limits(0.05, 40)))
    ]
    a, b = (a_low + a_high) / 2, (b_low + b_high) / 2
    low = a / b * exp(-((log(a / a_low) ** 2 + log(b_high / b) ** 2) ** 0.5))
    high = a / b * exp((log(a_high / a) ** 2 + log(b / b_low) ** 2) ** 0.5)
    assert (found.low, found.high) == (pytest.approx(low / (1 + low)), pytest.approx(high / (1 + high)))


def test_strain_that_a_person_named_counts_as_seen_or_missed():
    found = flag_quality(flags(10, 10), sample(0, 40), NamedStrain(flagged=5, missed=15))
    assert found.caught.value == pytest.approx(15 / 30)


def test_none_missed_in_the_sample_is_no_proof_that_none_was():
    found = flag_quality(flags(20, 0), sample(0, 40), NONE_NAMED)
    assert (found.caught.value, found.caught.high) == (1.0, 1.0)
    assert found.caught.low < 0.35
    assert found.false_alerts.value == 0 and found.false_alerts.high > 0.3


def test_sessions_that_cannot_be_flagged_are_no_quiet_ones():
    found = flag_quality(flags(10, 10), [*sample(0, 40), *sample(0, 40, judged=False)], NONE_NAMED)
    assert found.false_alerts.value == pytest.approx(100 * 10 / 1010)


def test_grades_are_told_apart_by_what_was_stated():
    found = flag_quality([*flags(20, 20, stated=0.5), *flags(10, 30, stated=0.2)], [], NONE_NAMED)
    told = [(group.key, group.found.share, group.stated) for group in found.by_grade if group.found]
    assert told == [("clear", 0.5, 0.5), ("possible", 0.25, 0.2)]


@pytest.mark.parametrize(
    ("counts", "told"),
    [({"a": 40, "b": 19}, []), ({"a": 40, "b": 12, "c": 12}, ["a"]), ({"a": 40, "b": 30, "c": 5}, ["a"])],
)
def test_what_is_held_back_cannot_be_found_by_taking_away(counts, told):
    assert sorted(tellable({key: {"": count} for key, count in counts.items()})) == told


def test_two_tables_together_tell_of_no_single_answer():
    """Settings that raise clear flags alone, beside earlier ones with a single clear flag."""
    earlier = [*flags(1, 0, stated=0.5, version="1"), *flags(10, 29, stated=0.2, version="1")]
    found = flag_quality([*earlier, *flags(20, 20, stated=0.5, version="2")], [], NONE_NAMED)
    assert [group.found for group in found.by_version] == [None, None]


def test_flags_that_stated_nothing_are_not_found_as_the_rest():
    found = flag_quality([*flags(20, 20, stated=0.5), *flags(20, 15, stated=0.2), *flags(2, 3)], [], NONE_NAMED)
    assert [group.key for group in found.by_grade if group.found] == ["clear"]


@pytest.mark.parametrize("true_share", [0.3, 0.7])
def test_the_interval_of_the_share_caught_holds_the_truth(true_share):
    """400 practices with 100 flags and 4000 other sessions; at 95 % the truth lies outside in 20 of them."""
    chance, outside, random = 0.05, 0, Random(11)
    strained = 60  # of the 100 flags
    missed = round(strained / true_share) - strained
    for _practice in range(400):
        answered = sum(random.random() < strained / 100 for _flag in range(100))
        yes = sum(random.random() < chance for _one in range(missed))
        no = sum(random.random() < chance for _one in range(4000 - missed))
        rows = [Unflagged(chance=chance, sessions=4000, drawn=yes + no, yes=yes, no=no)]
        found = share_caught(wilson(answered, 100), 100, rows, NONE_NAMED)
        outside += not found.low <= true_share <= found.high
    assert 4 <= outside <= 32
