"""How often clients report strain, learned from verdicts: against known truths, and drawn to what is shipped."""

import doctest
from dataclasses import asdict, replace
from math import isfinite
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ratings.psychometrics import report_rates
from ratings.psychometrics.constants import DEFAULTS, REPORT_RATES, resolve
from ratings.psychometrics.criteria.rupture_filter.reports import client_report, of_any_kind, therapist_report
from ratings.psychometrics.evidence import SessionEvidence
from ratings.psychometrics.report_rates import FEWEST, HeardSession, learn_reports

STRAINED = 0.12  # of the sessions


def test_the_worked_example_is_right():
    assert doctest.testmod(report_rates).failed == 0


def practice(sessions, quiet, strain, seed=3, asked=0.05):
    """A practice in which every yes is asked about, and of the other sessions one in twenty."""
    chance, found = Random(seed), []
    for _session in range(sessions):
        is_strained = chance.random() < STRAINED
        says = chance.random() < (strain if is_strained else quiet)
        if says or chance.random() < asked:
            found.append(HeardSession(says, is_strained, 1.0 if says else 1 / asked))
    return found


def of_both_kinds(rates):
    return 0.6 * rates["report_withdrawal"] + 0.4 * rates["report_confrontation"]


@pytest.mark.parametrize(("quiet", "strain"), [(0.04, 0.39), (0.08, 0.25), (0.06, 0.16)])
def test_with_many_answers_the_true_rates_are_found(quiet, strain):
    rates = learn_reports(practice(100_000, quiet, strain))
    assert rates["report_quiet"] == pytest.approx(quiet, abs=0.01)
    assert of_both_kinds(rates) == pytest.approx(strain, abs=0.05)
    assert rates["report_confrontation"] > rates["report_withdrawal"]


def test_few_answers_hardly_move_what_is_shipped():
    told = [HeardSession(True, n < 45) for n in range(50)]
    rates = learn_reports(told + [HeardSession(False, False, 20.0) for n in range(50)])
    assert DEFAULTS.report_quiet / 2 < rates["report_quiet"] < DEFAULTS.report_quiet
    assert DEFAULTS.report_withdrawal < rates["report_withdrawal"] < 0.7


def test_below_a_hundred_answers_nothing_is_learned():
    assert learn_reports([HeardSession(True, True)] * (FEWEST - 1)) == {}
    assert learn_reports([HeardSession(True, True)] * FEWEST) != {}


def test_a_drawn_session_stands_for_those_that_were_not():
    """Else a client who seldom says yes would seem to say it in most sessions: most yeses are asked about."""
    found = practice(40_000, 0.05, 0.3)
    once = [HeardSession(one.report, one.strain) for one in found]
    assert learn_reports(once)["report_quiet"] > 5 * learn_reports(found)["report_quiet"]


def test_a_yes_never_counts_against_strain_and_never_for_more_than_ten():
    backwards = [HeardSession(n < 150, n < 5) for n in range(300)] + [HeardSession(False, True)] * 200
    rates = learn_reports(backwards)
    assert of_both_kinds(rates) == pytest.approx(rates["report_quiet"], abs=0.002)
    perfect = [HeardSession(True, True)] * 2000 + [HeardSession(False, False)] * 2000
    rates = learn_reports(perfect)
    assert of_both_kinds(rates) == pytest.approx(10 * rates["report_quiet"], rel=0.02)


def weights(constants):
    """Of a yes and of a no, by client and therapist."""
    said = [SessionEvidence(5, tension=answer, tension_therapist=answer) for answer in (True, False)]
    return [report(one, constants) for one in said for report in (client_report, therapist_report)]


def assert_finite(constants):
    for ratios in weights(constants):
        assert all(isfinite(ratio) for ratio in (*ratios, of_any_kind(ratios)))


@pytest.mark.parametrize(
    "sessions",
    [
        [HeardSession(False, n < 2000) for n in range(8500)],
        [HeardSession(True, True)] * 25_000,
        [HeardSession(True, n < 25_000) for n in range(50_000)],
    ],
    ids=["nobody ever said yes", "all strained and all yes", "all say yes always"],
)
def test_the_first_answer_that_goes_against_all_the_others_still_has_a_weight(sessions):
    assert_finite(replace(DEFAULTS, **learn_reports(sessions)))


counts = st.integers(0, 30_000)


@example(yes=0, missed=20_000, false=0, quiet=65_000, stands_for=1.0)
@given(yes=counts, missed=counts, false=counts, quiet=counts, stands_for=st.floats(1, 1000))
def test_whatever_was_heard_every_answer_has_a_weight_and_the_rates_keep_their_order(
    yes, missed, false, quiet, stands_for
):
    kinds = [
        (yes, HeardSession(True, True)),
        (missed, HeardSession(False, True, stands_for)),
        (false, HeardSession(True, False)),
        (quiet, HeardSession(False, False, stands_for)),
    ]
    learned = learn_reports([one for number, kind in kinds for one in [kind] * (number // 10)])
    constants = replace(DEFAULTS, **learned)
    assert_finite(constants)
    assert constants.report_withdrawal <= constants.report_confrontation
    assert of_both_kinds(learned or asdict(DEFAULTS)) >= constants.report_quiet - 0.002


@given(st.dictionaries(st.sampled_from(REPORT_RATES), st.floats(0, 1)))
def test_whatever_rates_are_stored_every_answer_has_a_weight(stored):
    """A program before this one stored 0 and 1, and the first client who then said yes could not send it."""
    assert_finite(resolve(stored))
