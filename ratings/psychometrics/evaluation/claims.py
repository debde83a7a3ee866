"""Whether the statements of the program hold: its promised alarms, its words for how ruptures end, and reports.

Each figure comes with its standard error and the number it rests on.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ratings.psychometrics.assess import DEFAULT, assess
from ratings.psychometrics.constants import DEFAULTS, Constants
from ratings.psychometrics.evaluation.compare import OURS, episodes_of, judge_by
from ratings.psychometrics.evaluation.outcome import LATEST, Caught, Estimate, Judge, bootstrap, judge_all
from ratings.psychometrics.evaluation.simulate import BASE, Episode, Population, simulate
from ratings.psychometrics.evidence import (
    CLOSING,
    LAST_THIRD,
    SessionEvidence,
    State,
    Sureness,
    Use,
    Version,
    report_of,
    stretch,
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


def false_alarms(episodes: Iterable[Episode], version: Version = DEFAULT) -> list[Rate]:
    """Flags that open in quiet sessions, of the quiet sessions of each stretch."""
    alerts, quiet = [0, 0, 0], [0, 0, 0]
    for episode in episodes:
        for position, found in enumerate(assess(episode.history, version)):
            if found.number is None or found.number < LAST_THIRD or episode.in_rupture(position):
                continue
            place = stretch(found.number)
            quiet[place] += 1
            alerts[place] += found.alert
    return [Rate(count, of) for count, of in zip(alerts, quiet, strict=True)]


# --- How sure a flag is -----------------------------------------------------------------------------------------------


def graded(scenario: str, seed: int, ruptures: int, version: Version = DEFAULT) -> dict[Sureness, Rate]:
    """Flags that open in a rupture, of the clear and of the possible ones, as the program is shipped."""
    opened: Counter[Sureness | None] = Counter()
    right: Counter[Sureness | None] = Counter()
    for episode in episodes_of(scenario, seed, ruptures):
        for position, found in enumerate(assess(episode.history, version)):
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


def endings(scenario: str, seed: int, ruptures: int, version: Version = DEFAULT) -> list[Ending]:
    """The statements on ruptures, held against the truth; each rupture is counted once for each statement."""
    count: Counter[tuple[State, str]] = Counter()
    for episode in episodes_of(scenario, seed, ruptures):
        opened, said_on = None, False
        for position, found in enumerate(assess(episode.history, version)):
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


def asked(seed: int, ruptures: int, rates: Rates, *, both: bool) -> list[Episode]:
    """Episodes in which the client, or the client and the therapist, are asked after each session."""
    population = replace(BASE, client_says=rates, therapist_says=rates if both else None)
    return list(episodes_until(population, f"{seed}/base", ruptures))


def report_gain(episodes: Sequence[Episode], constants: Constants, per_100: float) -> Estimate:
    """What reports add to what is caught at equally many false alarms, on the same episodes.

    `constants`: with the rates at which they are weighed.
    """
    silent = [
        replace(one, history=tuple(replace(held, tension=None, tension_therapist=None) for held in one.history))
        for one in episodes
    ]
    one = judge_all(episodes, judge_by(OURS, Use.BOTH, constants))
    two = judge_all(silent, judge_by(OURS, Use.BOTH))
    return bootstrap(one.caught_by_episode(one.threshold(per_100)), two.caught_by_episode(two.threshold(per_100)))


def said_at(rates: Rates) -> Constants:
    """The constants with the rates at which client and therapist truly say yes."""
    quiet, withdrawal, confrontation = rates
    return replace(
        DEFAULTS,
        report_quiet=quiet,
        report_withdrawal=withdrawal,
        report_confrontation=confrontation,
        therapist_report_quiet=quiet,
        therapist_report_withdrawal=withdrawal,
        therapist_report_confrontation=confrontation,
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the pages, as shipped: a flag, or a rupture that a person named."""

    reported: Rate  # ruptures in which somebody said so in time
    caught: Rate  # ruptures with a flag or a report in time
    false: Rate  # flags and reports in quiet sessions


def shown(episodes: Iterable[Episode]) -> Shown:
    """As a page shows it: a report opens a rupture at once, whatever the filter thinks of it."""
    reported = caught = ruptures = false = quiet = 0
    for episode in episodes:
        alerts = [found.alert for found in assess(episode.history)]
        reports = [report_of(held) is not None for held in episode.history]
        for rupture in episode.ruptures:
            in_time = range(rupture.first, min(rupture.last, rupture.first + LATEST) + 1)
            ruptures += 1
            reported += any(reports[p] for p in in_time)
            caught += any(reports[p] or alerts[p] for p in in_time)
        for position, held in enumerate(episode.history):
            if _is_judged(held) and episode.in_rupture(position) is None:
                quiet += 1
                false += alerts[position] or reports[position]
    return Shown(Rate(reported, ruptures), Rate(caught, ruptures), Rate(false, quiet))


def _is_judged(held: SessionEvidence) -> bool:
    return held.number is not None and held.number >= LAST_THIRD


BLIND = replace(BASE, seen_withdrawal=0.0, seen_confrontation=0.0)
# A slide of a tenth of a point a session on a scale of seven, for ten sessions, with no growth beside it.
SLOW = replace(
    BASE, slow=10, depth=16.7, depth_spread=0.0, hidden=0.0, one_pillar=0.0, withdrawal=1.0, steady_growth=0.0,
    level=78.0, sessions_mean=30.0,
)  # fmt: skip
SLOW_BLIND = replace(SLOW, seen_withdrawal=0.0)
LATEST_SLOW = SLOW.slow - 1  # while it lasts


def caught_of(episodes: Sequence[Episode], judge: Judge, per_100: float, latest: int = LATEST) -> Caught:
    """What a rule catches at this many new alerts per 100 quiet sessions, by episode.

    `latest`: sessions after the onset in which an alert still counts; for a slow slide, `LATEST_SLOW`.
    """
    found = judge_all(episodes, judge, latest)
    return found.caught_by_episode(found.threshold(per_100))


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
