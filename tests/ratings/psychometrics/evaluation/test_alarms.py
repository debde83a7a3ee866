from ratings.psychometrics.evaluation.alarms import NEVER, JudgedSession, fit, new_alerts_per_100, quiet_sessions
from ratings.psychometrics.evaluation.compare import judge_by
from ratings.psychometrics.evaluation.simulate import BASE, simulate
from ratings.psychometrics.evidence import ByNumber, Use, stretch

LOW = (2, 0.0)


def test_a_session_belongs_to_a_stretch_by_its_number():
    assert [stretch(number) for number in (3, 4, 6, 7, None)] == [0, 1, 1, 2, 2]


def test_an_alert_is_new_after_two_sessions_below_their_own_thresholds():
    thresholds = ByNumber(third=0.5, early=0.3, later=0.2)
    quiet = [
        JudgedSession((2, 0.4), (LOW, LOW)),
        JudgedSession((2, 0.4), (LOW, (2, 0.3))),  # above already
        JudgedSession((1, 0.4), (LOW, (0, 0.4))),  # the one before was below its own
        JudgedSession((0, 0.4), (LOW, LOW)),
    ]
    assert new_alerts_per_100(quiet, thresholds) == {"third": 0, "early": 100, "later": 50}


def test_the_thresholds_keep_to_the_budget_in_each_stretch():
    episodes = list(simulate(BASE, 150, seed=6))
    quiet = list(quiet_sessions(episodes, judge_by("rupture_filter", Use.BOTH)))
    found = fit(quiet, 5)
    assert all(4 <= rate <= 5 for rate in new_alerts_per_100(quiet, found).values())
    assert NEVER not in (found.third, found.early, found.later)
