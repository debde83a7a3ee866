"""Every criterion on every scenario at equal false alarms, and the averages."""

import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from statistics import fmean

from ratings.psychometrics.constants import DEFAULTS, Constants
from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evaluation.alarms import fit, judged
from ratings.psychometrics.evaluation.outcome import (
    Band,
    Estimate,
    Judge,
    Outcome,
    bootstrap,
    judge_all,
    reliability,
)
from ratings.psychometrics.evaluation.simulate import SCENARIOS, Episode, simulate
from ratings.psychometrics.evaluation.simulate_ordinal import simulate_ordinal
from ratings.psychometrics.evidence import Budget, ByNumber, Kind, SessionEvidence, Use
from ratings.psychometrics.flag_budget import JudgedCase
from ratings.psychometrics.thresholds import ALERTS_PER_100
from ratings.psychometrics.thresholds import thresholds as shipped_thresholds

TUNING_SEED, REPORTING_SEED = (
    1209,
    7041,
)  # thresholds and calibration come from the first, every printed figure from the second
OTHER_GENERATOR = "other generator"
MOST_STEPS = 52  # of the regression, if it does not settle before; convention of this app
SCENARIO_NAMES = (*SCENARIOS, OTHER_GENERATOR)
OURS = "rupture_filter"
OWN_RULE = "own_mean_pooled_sd"  # the simple rule of this app, with pillars; its published model is ..._total
CLIENT_ONLY = tuple(
    name for name, build in REGISTRY.items() if name != OWN_RULE and build(DEFAULTS, Use.CLIENT).reads == "client"
)


def label(criterion: str, use: Use) -> str:
    """The name of an entry in the tables."""
    return f"{criterion} ({use})" if criterion == OURS else criterion


ENTRIES = {
    **{label(OURS, use): (OURS, use) for use in Use},
    **{name: (name, Use.BOTH) for name in REGISTRY if name != OURS},
}
DEFAULT_ENTRY = label(OURS, Use.BOTH)


@dataclass(frozen=True, slots=True)
class Cell:
    """One criterion in one scenario at one budget."""

    threshold: float
    caught: Estimate
    withdrawal: float
    confrontation: float
    sessions_to_alert: float
    precision: float
    ahead: Estimate  # of this criterion: what ours (client+therapist) catches more, paired
    ahead_client: Estimate  # the same for ours from the client's ratings only


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """All entries in one scenario."""

    name: str
    episodes: int
    ruptures: int
    quiet_sessions: int
    cells: dict[str, dict[Budget, Cell]]
    reliability: dict[str, list[Band]]


def episodes_of(scenario: str, seed: int, ruptures: int) -> Iterator[Episode]:
    """Episodes of a scenario until this many ruptures are among them."""
    seed_here = f"{seed}/{scenario}"
    if scenario == OTHER_GENERATOR:
        endless = simulate_ordinal(10**9, seed_here)
    else:
        endless = simulate(SCENARIOS[scenario], 10**9, seed_here)
    count_of_ruptures = 0
    for episode in endless:
        yield episode
        count_of_ruptures += len(episode.ruptures)
        if count_of_ruptures >= ruptures:
            return


def outcome(criterion: str, use: Use, episodes: Iterable[Episode]) -> Outcome:
    """What a criterion makes of episodes, without any threshold."""
    return judge_all(episodes, judge_by(criterion, use))


def judge_by(criterion: str, use: Use, constants: Constants = DEFAULTS) -> Judge:
    """A criterion as a function of a whole history."""

    def judge(history: Sequence[SessionEvidence]) -> list[Finding]:
        rule = REGISTRY[criterion](constants, use)
        return [rule.step(therapy_session, in_rupture=False) for therapy_session in history]

    return judge


def compare_scenario(scenario: str, seed: int, ruptures: int) -> ScenarioResult:
    """All criteria on the same episodes of one scenario."""
    episodes = list(episodes_of(scenario, seed, ruptures))
    outcomes = {entry: outcome(*arguments, episodes) for entry, arguments in ENTRIES.items()}
    ours = outcomes[DEFAULT_ENTRY], outcomes[label(OURS, Use.CLIENT)]
    cells: dict[str, dict[Budget, Cell]] = {entry: {} for entry in ENTRIES}
    for budget, per_100 in ALERTS_PER_100.items():
        best = [one.caught_by_episode(one.threshold(per_100)) for one in ours]
        for entry, outcome_here in outcomes.items():
            threshold = outcome_here.threshold(per_100)
            caught = outcome_here.caught_by_episode(threshold)
            cells[entry][budget] = Cell(
                threshold=threshold,
                caught=bootstrap(caught),
                withdrawal=outcome_here.share_caught(threshold, Kind.WITHDRAWAL),
                confrontation=outcome_here.share_caught(threshold, Kind.CONFRONTATION),
                sessions_to_alert=outcome_here.sessions_to_alert(threshold),
                precision=outcome_here.precision(threshold),
                ahead=bootstrap(best[0], caught),
                ahead_client=bootstrap(best[1], caught),
            )
    any_outcome = outcomes[DEFAULT_ENTRY]
    return ScenarioResult(
        name=scenario,
        episodes=any_outcome.episodes,
        ruptures=len(any_outcome.ruptures),
        quiet_sessions=any_outcome.quiet_sessions,
        cells=cells,
        reliability={label(OURS, use): reliability(outcomes[label(OURS, use)].calibration) for use in Use},
    )


def compare(scenarios: Iterable[str], seed: int, ruptures: int, processes: int = 2) -> list[ScenarioResult]:
    """All scenarios, side by side in several processes."""
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(partial(compare_scenario, seed=seed, ruptures=ruptures), scenarios))


def average(estimates: Iterable[Estimate]) -> Estimate:
    """The mean of independent estimates, with a normal 95 % interval.

    Its standard error is sqrt(sum of errors^2) / n.
    """
    estimates = list(estimates)
    value = fmean(one.value for one in estimates)
    error = math.sqrt(sum(one.error**2 for one in estimates)) / len(estimates)
    return Estimate(value, error, value - 1.96 * error, value + 1.96 * error)


def averages(results: Iterable[ScenarioResult], entry: str, budget: Budget, part: str = "caught") -> Estimate:
    """A figure of one criterion, averaged over the scenarios of the simulator."""
    return average(getattr(result.cells[entry][budget], part) for result in results if result.name != OTHER_GENERATOR)


def thresholds(seed: int, ruptures: int, only: str | None = None) -> dict[str, dict[Budget, ByNumber]]:
    """The thresholds that the program uses, by the number of the session: all scenarios in one pot.

    `only`: find those of one criterion anew, and keep the others as they are shipped. Our simple rule keeps its own
    always: what it finds depends on which flags are open, so that it would have to be replayed for each candidate.
    """
    by_entry = {}
    episodes = [episode for name in SCENARIOS for episode in episodes_of(name, seed, ruptures)]
    for entry, (criterion, use) in ENTRIES.items():
        if only not in (None, criterion) or criterion == OWN_RULE:
            by_entry[entry] = {budget: shipped_thresholds(criterion, budget, use) for budget in ALERTS_PER_100}
            continue
        cases = judged_cases(criterion, use, episodes)
        by_entry[entry] = {budget: fit(cases, per_100) for budget, per_100 in ALERTS_PER_100.items()}
    return by_entry


def judged_cases(criterion: str, use: Use, episodes: Iterable[Episode]) -> list[JudgedCase]:
    """Episodes as a criterion judges them, so that thresholds can be tried on them."""
    anew = partial(REGISTRY[criterion], DEFAULTS, use) if criterion == OWN_RULE else None
    return [judged(episode, judge_by(criterion, use), anew) for episode in episodes]


def calibrate(pairs: Iterable[tuple[float, bool]]) -> tuple[float, float]:
    """First and second of "true log-odds = first + second x stated log-odds".

    Logistic regression by Newton's method.

    Examples
    --------
    >>> calibrate([(0.5, True), (0.5, False), (0.8, True), (0.8, True), (0.8, True), (0.8, True), (0.8, False)])
    (0.0, 1.0)
    """
    rows = [(math.log(p / (1 - p)), true) for p, true in pairs if 0 < p < 1]
    a, b = 0.0, 1.0
    for _step in range(MOST_STEPS):
        g0 = g1 = h00 = h01 = h11 = 0.0
        for x, true in rows:
            p = 1 / (1 + math.exp(-(a + b * x)))
            g0 += true - p
            g1 += (true - p) * x
            weight = p * (1 - p)
            h00 += weight
            h01 += weight * x
            h11 += weight * x * x
        determinant = h00 * h11 - h01 * h01
        da, db = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        a, b = a + da, b + db
        if abs(da) + abs(db) < 1e-9:
            break
    return round(a, 6) + 0.0, round(b, 6)
