from ratings.psychometrics.evaluation.compare import judge_by
from ratings.psychometrics.evaluation.real import SHAPES, alert_rates, caught, with_falls
from ratings.psychometrics.evaluation.simulate import BASE, simulate
from ratings.psychometrics.evidence import Use

SERIES = [episode.history for episode in simulate(BASE, 20, seed=4)]


def test_a_fall_of_the_depth_is_set_into_a_copy_and_nothing_else_is_touched():
    for shape, (pillars, depth) in SHAPES.items():
        for episode in with_falls(SERIES[:1], shape):
            (fall,) = episode.ruptures
            for position, (before, after) in enumerate(zip(SERIES[0], episode.history, strict=True)):
                if before.client is None or not fall.first <= position <= fall.last:
                    assert after == before
                    continue
                for pillar in ("goal", "task", "bond"):
                    low = depth if not pillars or pillar in pillars else 0
                    assert getattr(after.client, pillar) == max(getattr(before.client, pillar) - low, 0)


def test_deeper_falls_are_caught_more_often():
    found = caught(SERIES, judge_by("rupture_filter", Use.CLIENT), 5)
    assert found["all by 25"].value > found["all by 12.5"].value
    assert found["one pillar by 50"].value > found["one pillar by 25"].value


def test_every_budget_has_its_rate():
    quiet, normal, watchful = alert_rates(SERIES, Use.CLIENT)
    assert quiet.alerts <= normal.alerts <= watchful.alerts
    assert quiet.judged == watchful.judged > 100
