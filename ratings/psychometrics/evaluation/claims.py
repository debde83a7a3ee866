"""Whether the statements of the program hold: its promised alarms, its words for how ruptures end, and reports.

Each figure comes with its standard error and the number it rests on.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ratings.psychometrics.assess import assess
from ratings.psychometrics.constants import DEFAULTS, Constants
from ratings.psychometrics.evaluation.compare import OURS, episodes_of, judge_by
from ratings.psychometrics.evaluation.outcome import Estimate, bootstrap, judge_all
from ratings.psychometrics.evaluation.simulate import BASE, SCENARIOS, Episode, Population, simulate
from ratings.psychometrics.evidence import (
    CLOSING,
    LAST_EARLY,
    LAST_THIRD,
    Budget,
    State,
    Sureness,
    Use,
    Version,
    sureness,
)

STRETCHES = ("session 3", "sessions 4 to 6", "later")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many."""

    count: int
    of: int

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else math.nan

    @property
    def error(self) -> float:
        """The standard error of the share, by the normal approximation."""
        return math.sqrt(self.share * (1 - self.share) / self.of) if self.of else math.nan


def episodes_until(population: Population, seed: str, ruptures: int) -> Iterator[Episode]:
    """Episodes of a population until this many ruptures are among them."""
    count = 0
    for episode in simulate(population, 10**9, seed):
        yield episode
        count += len(episode.ruptures)
        if count >= ruptures:
            return


# --- False alarms by the number of the session ------------------------------------------------------------------------


def false_alarms(scenario: str, seed: int, ruptures: int, budget: Budget = Budget.NORMAL) -> list[Rate]:
    """Flags that open in quiet sessions, of the quiet sessions of each stretch, as the program is shipped."""
    alerts, quiet = [0, 0, 0], [0, 0, 0]
    version = Version(budget=budget)
    for episode in episodes_of(scenario, seed, ruptures):
        for position, found in enumerate(assess(episode.history, version)):
            if found.number is None or found.number < LAST_THIRD or episode.in_rupture(position):
                continue
            place = 0 if found.number == LAST_THIRD else 1 if found.number <= LAST_EARLY else 2
            quiet[place] += 1
            alerts[place] += found.alert
    return [Rate(count, of) for count, of in zip(alerts, quiet, strict=True)]


# --- How sure a flag is -----------------------------------------------------------------------------------------------


def graded(scenario: str, seed: int, ruptures: int) -> dict[Sureness, Rate]:
    """Flags that open in a rupture, of the clear and of the possible ones, as the program is shipped."""
    opened: Counter[Sureness | None] = Counter()
    right: Counter[Sureness | None] = Counter()
    for episode in episodes_of(scenario, seed, ruptures):
        for position, found in enumerate(assess(episode.history)):
            if found.alert:
                opened[sureness(found.probability)] += 1
                right[sureness(found.probability)] += episode.in_rupture(position) is not None
    return {grade: Rate(right[grade], opened[grade]) for grade in Sureness}


# --- How ruptures are said to end -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ending:
    """Of what was said of how a rupture stands or ended: how much of it was so."""

    state: State
    real: Rate  # there was a rupture while it was open
    over: Rate  # of the real ones, over when it was said
    still_on: Rate  # of all, a rupture in the session in which it was said


def endings(scenario: str, seed: int, ruptures: int) -> list[Ending]:
    """The statements on ruptures, held against the truth; each rupture is counted once for each statement."""
    count: Counter[tuple[State, str]] = Counter()
    for episode in episodes_of(scenario, seed, ruptures):
        opened, said_on = None, False
        for position, found in enumerate(assess(episode.history)):
            if found.alert:
                opened, said_on = position, False
            if opened is None:
                continue
            closes = found.state in CLOSING
            if not closes and (found.state != State.UNREPAIRED or said_on):
                continue
            said_on = True
            real = any(one.first <= position and one.last >= opened for one in episode.ruptures)
            now = episode.in_rupture(position) is not None
            count[found.state, "said"] += 1
            count[found.state, "real"] += real
            count[found.state, "over"] += real and not now
            count[found.state, "on"] += now
            opened = None if closes else opened
    return [
        Ending(
            state,
            Rate(count[state, "real"], count[state, "said"]),
            Rate(count[state, "over"], count[state, "real"]),
            Rate(count[state, "on"], count[state, "said"]),
        )
        for state in (State.REPAIRED, State.BACK_TO_USUAL, State.SETTLED_LOWER, State.UNREPAIRED)
    ]


# --- What reports, therapists and forms change ------------------------------------------------------------------------

Rates = tuple[float, float, float]  # yes in quiet, withdrawal and confrontation sessions


def report_gain(scenario: str, seed: int, ruptures: int, rates: Rates, *, learned: bool, per_100: float) -> Estimate:
    """What the client's reports add to what is caught at equally many false alarms, on the same episodes.

    `learned`: the practice has the true rates in its constants; else the cautious ones that are shipped.
    """
    population = replace(SCENARIOS[scenario], client_says=rates)
    asked = list(episodes_until(population, f"{seed}/{scenario}", ruptures))
    silent = [replace(one, history=tuple(replace(held, tension=None) for held in one.history)) for one in asked]
    constants = DEFAULTS
    if learned:
        quiet, withdrawal, confrontation = rates
        constants = replace(
            DEFAULTS, report_quiet=quiet, report_withdrawal=withdrawal, report_confrontation=confrontation
        )
    return _gain(asked, constants, silent, DEFAULTS, per_100)


def _gain(
    first: Sequence[Episode], constants: Constants, second: Sequence[Episode], other: Constants, per_100: float
) -> Estimate:
    one = judge_all(first, judge_by(OURS, Use.BOTH, constants))
    two = judge_all(second, judge_by(OURS, Use.BOTH, other))
    return bootstrap(one.caught_by_episode(one.threshold(per_100)), two.caught_by_episode(two.threshold(per_100)))


def blind_therapists(seed: int, ruptures: int) -> list[Episode]:
    """Episodes whose therapists see no rupture at all."""
    population = replace(BASE, seen_withdrawal=0.0, seen_confrontation=0.0)
    return list(episodes_until(population, f"{seed}/base", ruptures))


def after_first_form(seed: int, ruptures: int, offset_sd: float, per_100: float) -> Rate:
    """What is caught of the ruptures that begin in sessions 4 and 5, after another questionnaire in the first three."""
    episodes = list(episodes_until(replace(BASE, first_form_sd=offset_sd), f"{seed}/base", ruptures))
    found = judge_all(episodes, judge_by(OURS, Use.BOTH))
    threshold = found.threshold(per_100)
    onsets: Iterable[int | None] = (
        episode.history[rupture.first].number for episode in episodes for rupture in episode.ruptures
    )
    early = [
        rupture.caught(threshold) is not None
        for rupture, number in zip(found.ruptures, onsets, strict=True)
        if number in (4, 5)
    ]
    return Rate(sum(early), len(early))
