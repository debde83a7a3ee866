from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.evidence import ByNumber, Points, SessionEvidence
from ratings.psychometrics.flag_budget import Counted, JudgedCase, JudgedSession, false_flags, lowest

UP = (Points("client", 10.0),)
NO_FLAG = 1.0  # a threshold that no suspicion here is at


def case(first, *suspicions, quiet=1.0):
    """Sessions from this number on. Nobody rates, so that a flag that is open stays so."""
    return JudgedCase(
        DEFAULTS,
        [
            JudgedSession(SessionEvidence(number), Finding(suspicion=one, points=UP), quiet)
            for number, one in enumerate(suspicions, start=first)
        ],
    )


def test_while_a_flag_is_open_there_is_no_other():
    """Two sessions below do not end it."""
    cases = [case(7, 0.5, 0.1, 0.1, 0.5)]
    assert lowest(cases, [0.3], [NO_FLAG, NO_FLAG], per_100=25) == 0.3
    assert lowest(cases, [0.3], [NO_FLAG, NO_FLAG], per_100=24) is None


def test_what_opened_in_an_earlier_stretch_is_open_in_the_later_one():
    cases = [case(6, 0.4, 0.4, 0.1)]
    assert lowest(cases, [0.3], [NO_FLAG, 0.4], per_100=0) == 0.3
    assert lowest(cases, [0.3], [NO_FLAG, 0.5], per_100=0) is None


def test_the_lowest_that_keeps_to_the_budget_is_found():
    cases = [case(7, 0.2), case(7, 0.3), case(7, 0.4), case(7, 0.5)]
    assert [lowest(cases, [0.2, 0.3, 0.4, 0.5], [NO_FLAG, NO_FLAG], rate) for rate in (25, 50, 100)] == [0.5, 0.4, 0.2]


def test_a_session_counts_as_far_as_it_is_quiet():
    cases = [case(3, 0.5, quiet=0.2), case(3, 0.1, quiet=0.8)]
    assert lowest(cases, [0.3], [], per_100=20) == 0.3
    assert lowest(cases, [0.3], [], per_100=19) is None


def test_sessions_before_the_third_are_not_counted():
    assert lowest([case(2, 0.1, 0.5)], [0.3], [], per_100=99) is None


def test_what_counts_beside_the_cases_is_added():
    cases = [case(7, 0.5)]
    assert lowest(cases, [0.3], [NO_FLAG, NO_FLAG], 10, lambda _suspicion: Counted(0, 9)) == 0.3
    assert lowest(cases, [0.3], [NO_FLAG, NO_FLAG], 10, lambda _suspicion: Counted(1, 9)) is None


def test_all_false_flags_are_counted_each_at_the_threshold_of_its_stretch():
    cases = [case(3, 0.5, 0.1), case(4, 0.5, 0.1), case(7, 0.5, quiet=0.5), case(2, 0.5, 0.1)]
    assert false_flags(cases, ByNumber(third=0.6, early=0.4, later=0.5)) == Counted(1.5, 5.5)


def test_a_rule_that_goes_by_the_flag_that_is_open_judges_anew():
    told = []

    class Listening:
        reads = "client"

        def step(self, therapy_session, *, in_rupture):
            told.append(in_rupture)
            return Finding(suspicion=0.5, points=UP)

        def settle(self):
            """It knows no usual."""

    one = case(7, 0.5, 0.5, 0.1)
    found = false_flags([JudgedCase(one.constants, one.sessions, anew=Listening)], ByNumber(NO_FLAG, NO_FLAG, 0.3))
    assert (found, told) == (Counted(1, 3), [False, True, True])
