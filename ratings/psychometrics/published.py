"""Published rules for a rupture in a series of ratings, each as a suspicion that rises with what speaks for one.

A rule gets the earlier ratings of an episode and the present one, and nothing later. It knows one series: the
client's total, unless it says otherwise. Papers were mostly seen as abstracts, so "after" stands where a formula was
not verified at its source.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean, stdev

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.evidence import Points, SessionEvidence
from ratings.psychometrics.finding import OVERALL, Finding, value_of

Judged = tuple[float, float]  # suspicion, and what the rating was compared with
Rule = Callable[[Sequence[float], float, Constants], Judged]

MOVING_RANGE = 1.128  # d2 for two neighbours: mean moving range to SD; textbook constant
SMALLEST_SD = 2.0  # POMP: half an answer step of our own total; below it a chart divides by nothing; convention
SRS_CUT_OFF = 90.0  # 36 of 40
EWMA_WEIGHT = 0.3  # textbook: .2-.4
CUSUM_SLACK = 0.5  # textbook: half a standard deviation


def level_cutoff(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """How far the rating lies below a fixed level, whoever gives it: the SRS rule "36 of 40 or less".

    References
    ----------
    After Miller & Duncan's SRS manual as quoted in secondary sources; published cut-off: score 0.
    """
    return SRS_CUT_OFF - now, SRS_CUT_OFF


def drop_from_previous(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """The fall since the previous rating, in pooled within-person SD.

    References
    ----------
    One statistic with three published cut-offs: one SD (after Strauss et al. 2006, J Consult Clin Psychol 74, 337), one
    point on the SRS (2.5 POMP; origin not verified), and a reliable change (after Jacobson & Truax 1991).
    """
    return (past[-1] - now) / constants.sd_within, past[-1]


def drop_from_best(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """The fall from the mean of the two best ratings so far, in pooled within-person SD.

    References
    ----------
    After Strauss et al. (2006): a drop from an earlier session; the mean of two is a convention of this app.
    """
    best = fmean(sorted(past)[-2:])
    return (best - now) / constants.sd_within, best


def gumz(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """The fall since the present decline began, against the stricter of intra- and inter-individual SD.

    Declines over several sessions count as one. Published at 1 and at 2 SD.

    References
    ----------
    After Gumz, Brähler, Geyer & Erices (2012), BMC Med Res Methodol 12:10.
    """
    start = now
    for value in reversed(past):
        if value < start:
            break
        start = value
    intra = stdev(past) if len(past) > 2 else 0.0
    return (start - now) / max(intra, constants.sd_within), start


def stiles(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """How far the rating lies below the client's own straight trend, in pooled within-person SD; published at 2 SD.

    References
    ----------
    After Stiles et al. (2004), J Couns Psychol 51, 81: there the whole course is detrended, here the earlier ratings.
    """
    n = len(past)
    mean_x, mean_y = (n - 1) / 2, fmean(past)
    slope = 0.0
    if n > 2:  # two points fix a line and leave nothing to judge it by
        spread = sum((x - mean_x) ** 2 for x in range(n))
        slope = sum((x - mean_x) * (y - mean_y) for x, y in enumerate(past)) / spread
    expected = min(mean_y + slope * (n - mean_x), 100.0)
    return (expected - now) / constants.sd_within, expected


def shewhart(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """Individuals chart: distance below the own mean, the own spread taken from the moving range; signal at 3 SD.

    References
    ----------
    Textbook (Shewhart); for alliance after Eubanks-Carter, Gorman & Muran (2012), doi 10.1080/10503307.2012.693772.
    """
    ranges = [abs(a - b) for a, b in pairwise(past)]
    centre = fmean(past)
    return (centre - now) / max(fmean(ranges) / MOVING_RANGE, SMALLEST_SD), centre


def own_mean_own_sd(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """Control chart per dyad: distance below the own mean in the own SD.

    References
    ----------
    After Lipner et al. (2022), doi 10.1002/cpp.2606; their limits were not seen.
    """
    centre = fmean(past)
    return (centre - now) / max(stdev(past), SMALLEST_SD), centre


def own_mean_pooled_sd_total(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """Distance of the total below the own mean, in pooled within-person SD: the plainest chart.

    References
    ----------
    After Lipner et al. (2022), with a pooled SD; the best simple rule in science.md §7.
    """
    centre = fmean(past)
    return (centre - now) / constants.sd_within, centre


def ewma(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """Exponentially weighted mean of the distances from the own mean, in its own limits.

    References
    ----------
    Textbook (EWMA chart); signal at 2.7 to 3.
    """
    centre = fmean(past)
    level = 0.0
    for value in (*past, now):
        level = EWMA_WEIGHT * (centre - value) / constants.sd_within + (1 - EWMA_WEIGHT) * level
    return level / (EWMA_WEIGHT / (2 - EWMA_WEIGHT)) ** 0.5, centre


def cusum(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """Sum of the distances below the own mean, each less half a SD and never below zero.

    References
    ----------
    Textbook (CUSUM chart); signal at 4 to 5.
    """
    centre = fmean(past)
    total = 0.0
    for value in (*past, now):
        total = max(0.0, total + (centre - value) / constants.sd_within - CUSUM_SLACK)
    return total, centre


def partition(past: Sequence[float], now: float, constants: Constants) -> Judged:
    """The best split of the course so far into before and after: fall of the mean in units of its error.

    References
    ----------
    Partitioning after Eubanks-Carter, Gorman & Muran (2012); the last part may hold one to four ratings.
    """
    series = (*past, now)
    best = (float("-inf"), fmean(past))
    for after in range(1, min(4, len(series) - 2) + 1):
        before = fmean(series[:-after])
        error = constants.sd_within * (1 / after + 1 / (len(series) - after)) ** 0.5
        best = max(best, ((before - fmean(series[-after:])) / error, before))
    return best


class SeriesCriterion:
    """A published rule applied to one rater's total, session by session."""

    def __init__(self, rule: Rule, constants: Constants, rater: str = "client"):
        self.rule, self.constants, self.rater, self.reads = rule, constants, rater, rater
        self.past: list[float] = []
        self.instrument: str | None = None

    def value(self, therapy_session: SessionEvidence) -> float | None:
        return value_of(getattr(therapy_session, self.rater), OVERALL)

    def step(self, therapy_session: SessionEvidence, *, in_rupture: bool) -> Finding:
        if therapy_session.instrument is not None and therapy_session.client is not None:
            if self.instrument not in (None, therapy_session.instrument):
                self.past = []
            self.instrument = therapy_session.instrument
        now = self.value(therapy_session)
        past = self.past
        enough = len(past) >= self.constants.fewest_ratings
        usual = {OVERALL: fmean(past)} if past and self.rater == "client" else {}
        finding = Finding(usual=usual, ratings=len(past), enough=enough)
        if now is None:
            return finding
        if enough and therapy_session.number is not None and therapy_session.number >= self.constants.first_number:
            suspicion, compared = self.rule(past, now, self.constants)
            points = (Points(self.rater, 10 * suspicion, seen=now, usual=compared),)
            finding = Finding(suspicion=suspicion, points=points, usual=usual, ratings=len(past), enough=True)
        self.past.append(now)
        return finding

    def settle(self) -> None:
        """These rules know no episodes; nothing to do."""


class GapCriterion(SeriesCriterion):
    """Change in the gap between client and therapist: the client's rating falls more than the therapist's.

    The mere gap raises no alert: therapists rate lower as a rule (Atzil-Slonim et al. 2015). Only its change within the
    dyad counts.

    References
    ----------
    After the idea of truth and bias (West & Kenny 2011); the rule itself is a convention of this app.
    """

    def __init__(self, constants: Constants):
        super().__init__(own_mean_pooled_sd_total, constants, "gap")
        self.reads = "both"

    def value(self, therapy_session: SessionEvidence) -> float | None:
        client, therapist = value_of(therapy_session.client, OVERALL), value_of(therapy_session.therapist, OVERALL)
        return None if client is None or therapist is None else client - therapist


SERIES_RULES: dict[str, tuple[Rule, str]] = {
    "level_cutoff": (level_cutoff, "client"),
    "drop_from_previous": (drop_from_previous, "client"),
    "drop_from_best": (drop_from_best, "client"),
    "gumz": (gumz, "client"),
    "stiles": (stiles, "client"),
    "shewhart": (shewhart, "client"),
    "own_mean_own_sd": (own_mean_own_sd, "client"),
    "own_mean_pooled_sd_total": (own_mean_pooled_sd_total, "client"),
    "ewma": (ewma, "client"),
    "cusum": (cusum, "client"),
    "partition": (partition, "client"),
    "therapist_shewhart": (shewhart, "therapist"),
    "therapist_own_mean": (own_mean_pooled_sd_total, "therapist"),
}
