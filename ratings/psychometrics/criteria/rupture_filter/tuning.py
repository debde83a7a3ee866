"""The numbers inside our filter that no source gives: what each of them means.

They were found by search, on simulated episodes with their own seeds: on sixteen populations drawn at random around the
simulator's base (docs/reference/detection.md), not on the scenarios that the evaluation reports and not on its second
generator. `tuned` holds what was found.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RaterTuning:
    """For one rater's series."""

    lead: float  # a first level is taken to lie this much above the population's mean, POMP
    between: float  # factor on the population's SD between dyads
    within: float  # factor on its SD within dyads
    contrast: float  # factor on its SD of the pillars around the total
    weight: float  # ratings that the population's spread counts for
    carry: float  # of the last distance from the usual, expected to remain
    depths: tuple[float, float, float, float]  # the falls that are looked for, in SD


@dataclass(frozen=True, slots=True)
class Fusion:
    """How evidence becomes a state.

    There is one set for the suspicion, and one for the belief that freezes the usual.
    """

    temper: float  # exponent on every likelihood
    hazard: float  # of a new rupture, per session
    ends: float  # of an open one, per session
    withdrawal_client: float  # shares of ruptures that show in the client's and the therapist's ratings
    withdrawal_therapist: float
    confrontation_client: float
    confrontation_therapist: float
    together: float  # exponent where both raters' evidence speaks for the same state
    miss_client: float
    miss_therapist: float


@dataclass(frozen=True, slots=True)
class Tuning:
    """All of them."""

    client: RaterTuning
    therapist: RaterTuning
    suspicion: Fusion
    belief: Fusion
    contrast_weight: float  # ratings that the population's spread of contrasts counts for
    carry_weight: float  # ratings that the carry-over expected beforehand counts for
    drift: float  # of the usual, per rating, as a share of the variance
    floor: float  # smallest SD of a series, POMP
    ceiling_low: float  # variance at the top of the scale, as a share
    ceiling_slope: float  # its growth per POMP below the top
    ceiling_high: float
    tails: float  # degrees of freedom of the total
    tails_contrast: float
    clip: float  # SD beyond which a distance teaches the usual no more
    depth_power: float  # 0: falls in population SD, 1: in the client's own
    whole: float  # weights of: all pillars fall, one of the three, all but one of the three
    single: float
    pair: float
    single_factor: float  # a pillar alone falls further than the whole
    freeze: float  # exponent on the belief that nothing shows
    most_evidence: float
    behaviour: float  # exponent on the behaviour's likelihoods in the suspicion
    calibration: tuple[float, float]  # of the suspicion: stated log-odds = first + second * log-odds
    calibration_client: tuple[float, float]  # where only the client's ratings are in use
    calibration_all: tuple[float, float]  # where behaviour is in use
