"""How many ruptures a criterion catches, and at how many false alarms.

A *new alert* is a session at the threshold or above it after two sessions below it. *Quiet* sessions are attended ones
outside any rupture. A rupture is *caught* if a new alert starts while it lasts and at most three sessions after its
first. For a budget of B new alerts per 100 quiet sessions every criterion gets its own threshold: the lowest one that
keeps to the budget and leaves no more than 2 B of 100 quiet sessions above it.
"""

import math
import random
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.evaluation.simulate import Episode
from ratings.psychometrics.evidence import Kind, SessionEvidence

LATEST = 3  # sessions after the onset in which an alert still counts
BELOW_BEFORE = 2  # sessions below the threshold that make an alert new
RESAMPLES = 400
BANDS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)  # of stated probability, for the reliability curve

Caught = dict[int, tuple[int, int]]  # by episode: ruptures, and those that were caught
Judge = Callable[[Sequence[SessionEvidence]], list[Finding]]


@dataclass(frozen=True, slots=True)
class Rise:
    """An alert starts here for every threshold above `low` and up to `high`."""

    low: float
    high: float
    delay: int  # sessions since the onset


@dataclass(frozen=True, slots=True)
class JudgedRupture:
    """A rupture, whose episode it belongs to, and where alerts could start in it."""

    episode: int
    kind: Kind
    rises: tuple[Rise, ...]

    def caught(self, threshold: float) -> int | None:
        """Sessions from the onset to the alert; None: missed."""
        return next((rise.delay for rise in self.rises if rise.low < threshold <= rise.high), None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one criterion made of one set of episodes."""

    ruptures: tuple[JudgedRupture, ...]
    quiet_suspicions: tuple[float, ...]  # sorted
    quiet_lower: tuple[float, ...]  # sorted: the lower of a quiet one and the highest of the two before
    quiet_sessions: int
    episodes: int
    calibration: tuple[tuple[float, bool], ...] = ()  # stated probability, in a rupture

    def new_alerts_per_100(self, threshold: float) -> float:
        """New alerts per 100 quiet sessions: those above, less those above already."""
        above = len(self.quiet_suspicions) - bisect_left(self.quiet_suspicions, threshold)
        continued = len(self.quiet_lower) - bisect_left(self.quiet_lower, threshold)
        return 100 * (above - continued) / self.quiet_sessions

    def time_above(self, threshold: float) -> float:
        """Sessions at the threshold or above it, per 100 quiet sessions."""
        return 100 * (len(self.quiet_suspicions) - bisect_left(self.quiet_suspicions, threshold)) / self.quiet_sessions

    def threshold(self, per_100: float) -> float:
        """The lowest threshold that keeps to this many new alerts per 100 quiet sessions.

        It is searched from the top.
        """
        best = math.inf
        for tau in _candidates(self.quiet_suspicions, int(2 * per_100 / 100 * self.quiet_sessions)):
            if self.new_alerts_per_100(tau) > per_100 or self.time_above(tau) > 2 * per_100:
                break
            best = tau
        return best

    def share_caught(self, threshold: float, kind: Kind | None = None) -> float:
        """The share of the ruptures, or of those of a kind, that were caught."""
        ruptures = [rupture for rupture in self.ruptures if kind in (None, rupture.kind)]
        return fmean(rupture.caught(threshold) is not None for rupture in ruptures) if ruptures else math.nan

    def sessions_to_alert(self, threshold: float) -> float:
        """The mean number of sessions from the onset to the alert."""
        delays = [delay for rupture in self.ruptures if (delay := rupture.caught(threshold)) is not None]
        return fmean(delays) if delays else math.nan

    def precision(self, threshold: float) -> float:
        """The share of new alerts that start in a rupture."""
        true = sum(sum(rise.low < threshold <= rise.high for rise in rupture.rises) for rupture in self.ruptures)
        false = self.new_alerts_per_100(threshold) * self.quiet_sessions / 100
        return true / (true + false) if true + false else math.nan

    def caught_by_episode(self, threshold: float) -> Caught:
        """Per episode with ruptures: how many there were and how many were caught."""
        counts: Caught = {}
        for rupture in self.ruptures:
            many, caught = counts.get(rupture.episode, (0, 0))
            counts[rupture.episode] = (many + 1, caught + (rupture.caught(threshold) is not None))
        return counts


def _candidates(ordered: Sequence[float], most: int) -> Iterator[float]:
    """Distinct suspicions from the highest down, as far as the budget can reach.

    About 200 of them.
    """
    start = max(0, len(ordered) - max(most, 1))
    step = max(1, most // 200)
    seen = None
    for position in range(len(ordered) - 1, start - 1, -step):
        if ordered[position] != seen:
            seen = ordered[position]
            yield seen


def judge_all(episodes: Iterable[Episode], judge: Judge, latest: int = LATEST) -> Outcome:
    """Let a criterion read every episode and keep what the figures need.

    `latest`: sessions after the onset in which an alert still counts.
    """
    ruptures, suspicions, lower, calibration = [], [], [], []
    quiet = number = 0
    for number, episode in enumerate(episodes, start=1):
        findings = judge(episode.history)
        within = {
            position: rupture for rupture in episode.ruptures for position in range(rupture.first, rupture.last + 1)
        }
        rises: dict[int, list[Rise]] = {rupture.first: [] for rupture in episode.ruptures}
        before = [-math.inf] * BELOW_BEFORE
        for position, (therapy_session, finding) in enumerate(zip(episode.history, findings, strict=True)):
            suspicion = -math.inf if finding.suspicion is None else finding.suspicion
            highest = max(before)
            rupture = within.get(position)
            if rupture is None:
                quiet += therapy_session.attended
                if suspicion > -math.inf:
                    suspicions.append(suspicion)
                    lower.append(min(suspicion, highest))
            elif suspicion > highest and position <= rupture.first + latest:
                rises[rupture.first].append(Rise(highest, suspicion, position - rupture.first))
            if finding.probability is not None:
                calibration.append((finding.probability, rupture is not None))
            before = [*before[1:], suspicion]
        ruptures += [JudgedRupture(number, rupture.kind, tuple(rises[rupture.first])) for rupture in episode.ruptures]
    return Outcome(
        tuple(ruptures), tuple(sorted(suspicions)), tuple(sorted(lower)), max(quiet, 1), number, tuple(calibration)
    )


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share or a difference of shares, with its standard error and 95 % interval."""

    value: float
    error: float
    low: float
    high: float


def bootstrap(first: Caught, second: Caught | None = None, seed: int = 1) -> Estimate:
    """The share caught, or the paired difference of two, resampling whole episodes.

    Parameters
    ----------
    first, second
        From `Outcome.caught_by_episode` on the same episodes, at each criterion's own fixed threshold.
    """
    rows = [(many, caught, second[key][1] if second else 0) for key, (many, caught) in first.items()]
    chance = random.Random(seed)

    def share(sample: list[tuple[int, int, int]]) -> float:
        many = sum(row[0] for row in sample)
        return (sum(row[1] for row in sample) - sum(row[2] for row in sample)) / many

    values = sorted(share(chance.choices(rows, k=len(rows))) for _ in range(RESAMPLES))
    mean = fmean(values)
    error = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return Estimate(share(rows), error, values[round(0.025 * RESAMPLES)], values[round(0.975 * RESAMPLES) - 1])


@dataclass(frozen=True, slots=True)
class Band:
    """One band of stated probability and what was true in it."""

    low: float
    high: float
    sessions: int
    stated: float
    true: float


def reliability(calibration: Iterable[tuple[float, bool]]) -> list[Band]:
    """Stated against true share of sessions in a rupture, by stated probability."""
    bands = []
    calibration = list(calibration)
    for low, high in zip(BANDS, BANDS[1:], strict=False):
        inside = [(p, true) for p, true in calibration if low <= p < high or (high == 1.0 and p == 1.0)]
        if inside:
            stated, true = fmean(p for p, _ in inside), fmean(true for _, true in inside)
            bands.append(Band(low, high, len(inside), stated, true))
    return bands
