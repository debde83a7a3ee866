"""How the numbers of the program that no search found were chosen: on the tuning seed, never on the reporting one."""

from dataclasses import replace

from ratings.psychometrics.constants import DEFAULTS, EARLIER, Constants
from ratings.psychometrics.evaluation.claims import LATEST_SLOW, SLOW, SLOW_BLIND, endings, episodes_until
from ratings.psychometrics.evaluation.compare import OURS, average, episodes_of, judge_by
from ratings.psychometrics.evaluation.outcome import LATEST, Estimate, Outcome, bootstrap, judge_all
from ratings.psychometrics.evaluation.report import table
from ratings.psychometrics.evaluation.simulate import SCENARIOS, Episode
from ratings.psychometrics.evidence import State, Use, Version
from ratings.psychometrics.thresholds import ALERTS_PER_100

REPAIRED_FROM = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85)
SLIDES = ((1.8, 0.9), (1.2, 0.6), (1.0, 0.75), (1.0, 0.6))  # from how many SD, log-odds per SD
NORMAL = 5.0


def repaired(seed: int, ruptures: int) -> str:
    """Of what is called repaired, how much was a rupture; by the probability from which it may be called so.

    The rule: the lowest at which the share is .78 or more in every scenario but the noisy one, so that three in four
    hold where the choice flatters it. It takes many ruptures, for few are called so: with 2000 in *shallow* .65 had
    .66 ± .05 of 77, .75 had .72 ± .06 of 53, and .8 had .78 ± .07 of 37. With 800 .65 had seemed enough.
    """
    rows = []
    for scenario in SCENARIOS:
        row = [scenario]
        for least in REPAIRED_FROM:
            version = Version(constants={"repaired_from": least})
            said = next(one for one in endings(scenario, seed, ruptures, version) if one.state == State.REPAIRED)
            row.append(f"{said.real.share:.2f} ± {said.real.error:.2f} ({said.real.of})")
        rows.append(row)
    return table(["scenario", *(f"{least:g}" for least in REPAIRED_FROM)], rows)


def slides(seed: int, ruptures: int) -> str:
    """What the guard against slow slides gains there and costs elsewhere, against the first row, paired.

    The rule: the most gained on slow slides where the mean of the scenarios loses less than two standard errors at any
    budget. From 1 SD on the slopes differ by less than their errors on slow slides; .6 lost less at 2 in the run that
    chose it, 700 ruptures each (-.0027 ± .0016, against -.0053 ± .0019 for .75), before the guard knew the own spread.
    """

    def judged(episodes: list[Episode], constants: Constants, latest: int = LATEST) -> Outcome:
        return judge_all(episodes, judge_by(OURS, Use.BOTH, constants), latest)

    def gain(one: Outcome, other: Outcome, per_100: float) -> Estimate:
        caught = [found.caught_by_episode(found.threshold(per_100)) for found in (one, other)]
        return bootstrap(caught[0], caught[1])

    slow = [list(episodes_until(population, f"{seed}/slow", ruptures)) for population in (SLOW, SLOW_BLIND)]
    usual = [list(episodes_of(scenario, seed, ruptures)) for scenario in SCENARIOS]
    first = replace(DEFAULTS, **EARLIER[1])
    slow_first = [judged(one, first, LATEST_SLOW) for one in slow]
    usual_first = [judged(one, first) for one in usual]
    rows = []
    for start, slope in SLIDES:
        constants = replace(DEFAULTS, slide_from=start, slide_slope=slope)
        slow_here = [judged(one, constants, LATEST_SLOW) for one in slow]
        usual_here = [judged(one, constants) for one in usual]
        gains = [gain(one, other, NORMAL) for one, other in zip(slow_here, slow_first, strict=True)]
        gains += [
            average(gain(one, other, per_100) for one, other in zip(usual_here, usual_first, strict=True))
            for per_100 in ALERTS_PER_100.values()
        ]
        rows.append([f"{start:g} SD, {slope:g}", *(f"{one.value:+.4f} ± {one.error:.4f}" for one in gains)])
    budgets = (f"all scenarios at {per_100:g}" for per_100 in ALERTS_PER_100.values())
    return table(["speaks from, slope", "slow slides", "therapist sees none", *budgets], rows)


def choices(seed: int, ruptures: int) -> str:
    """Both tables."""
    return "\n\n".join(["Repaired, from", repaired(seed, ruptures), "Slides", slides(seed, ruptures)]) + "\n"
