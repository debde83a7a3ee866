"""What a practice gains that learns from its own cases: its budget, and the weight of each therapist's ratings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from random import Random

from ratings.psychometrics.assess import DEFAULT, assess, of_therapist
from ratings.psychometrics.constants import Constants, resolve
from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.evaluation.claims import BLIND, LATEST_SLOW, SLOW, SLOW_BLIND, Rates
from ratings.psychometrics.evaluation.compare import OURS, judge_by
from ratings.psychometrics.evaluation.outcome import LATEST, Judge
from ratings.psychometrics.evaluation.simulate import BASE, Episode, Population, simulate
from ratings.psychometrics.evidence import IN_RUPTURE, SessionEvidence, Use, Version
from ratings.psychometrics.population import Case, learn
from ratings.psychometrics.refit import refit
from ratings.psychometrics.report_rates import HeardSession, learn_reports

THERAPISTS, CASES_EACH = 12, 25  # of a practice that learns; assumption
ASKED = 0.05  # of the sessions without a flag or a report, as in the program


@dataclass(frozen=True, slots=True)
class Practice:
    """Therapists, by the population that their cases come from."""

    name: str
    therapists: tuple[Population, ...]
    latest: int = LATEST  # sessions after an onset in which an alert still counts


SEEING, UNSEEING = (BASE,) * THERAPISTS, (BLIND,) * THERAPISTS
PRACTICES = (
    Practice("all see about half of the ruptures", SEEING),
    Practice("half see none", SEEING[::2] + UNSEEING[::2]),
    Practice("none sees any", UNSEEING),
    Practice("slow slides, half of them seen", (SLOW,) * THERAPISTS, LATEST_SLOW),
    Practice("slow slides, none seen", (SLOW_BLIND,) * THERAPISTS, LATEST_SLOW),
)


def taught(therapists: Sequence[Population], seed: str) -> Version:
    """The version that a practice has after it learned from its own cases."""
    cases = [
        Case(episode.history, str(therapist))
        for therapist, population in enumerate(therapists)
        for episode in simulate(population, CASES_EACH, f"{seed}/taught/{therapist}")
    ]
    learned = learn(cases)
    version = replace(DEFAULT, constants=learned.constants, by_therapist=learned.by_therapist)
    return replace(version, thresholds=refit(cases, version))


def taught_reports(rates: Rates, seed: str) -> Constants:
    """The constants of a practice that learned from as many cases how often its clients report strain."""
    cases = simulate(replace(BASE, client_says=rates), THERAPISTS * CASES_EACH, f"{seed}/reports")
    chance = Random(f"{seed}/drawn")
    return resolve(learn_reports([one for episode in cases for one in heard(episode, chance)]))


def heard(episode: Episode, chance: Random) -> Iterator[HeardSession]:
    """The sessions in which the therapist of an episode is asked, and answers as it truly was.

    One that opens a rupture on record, by a flag or by the client's report, and some of the others by chance; none
    while a rupture is on record: under a flag, or one of the two sessions after a report.
    """
    since_report = 2
    for position, (held, found) in enumerate(zip(episode.history, assess(episode.history), strict=True)):
        is_on = since_report < 2 or (found.state in IN_RUPTURE and not found.alert)
        since_report = 0 if held.tension else since_report + 1
        if held.tension is None or is_on:
            continue
        strain = episode.in_rupture(position) is not None
        if held.tension or found.alert:
            yield HeardSession(held.tension, strain)
        elif chance.random() < ASKED:
            yield HeardSession(report=False, strain=strain, stands_for=1 / ASKED)


def cases_of(therapists: Sequence[Population], seed: str, ruptures: int) -> list[Episode]:
    """Other cases of the same therapists, one of each in turn, until this many ruptures are among them."""
    endless = [
        simulate(population, 10**9, f"{seed}/cases/{therapist}") for therapist, population in enumerate(therapists)
    ]
    episodes: list[Episode] = []
    count = 0
    for source in cycle(endless):
        episodes += islice(source, 1)
        count += len(episodes[-1].ruptures)
        if count >= ruptures:
            return episodes
    raise ValueError("There are no therapists.")


def judge_in_turn(version: Version, therapists: int) -> Judge:
    """The filter with the weight of each therapist in turn, for `cases_of`; for one pass over them."""
    weights = [of_therapist(version, str(therapist)).constants for therapist in range(therapists)]
    turn = cycle(
        judge_by(OURS, Use.BOTH, resolve({"therapist_weight": one.get("therapist_weight", 1.0)})) for one in weights
    )

    def judge(history: Sequence[SessionEvidence]) -> list[Finding]:
        return next(turn)(history)

    return judge
