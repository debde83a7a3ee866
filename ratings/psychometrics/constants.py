"""Population constants: what is assumed before a dyad has said enough of itself.

All in POMP (0-100). They are frozen in a `Version`; a practice's own values can override them there.
"""

from dataclasses import dataclass, fields, replace

from ratings.psychometrics.evidence import EDITION


@dataclass(frozen=True, slots=True)
class Constants:
    """Published or assumed values; each line has its source, or is a convention."""

    sd_within: float = 8.5  # one client's total, session to session; .4-.6 on a 7-point scale (science.md §6)
    pillar_sd_ratio: float = 1.45  # a pillar varies more than the total (science.md §5)
    mean: float = 79.0  # of clients' totals; 5.7 on a 7-point scale; assumption
    sd_between: float = 13.3  # between clients; .7-.9 on a 7-point scale (science.md §6)
    sd_contrast: float = 6.3  # of the pillars around the total, in a session; assumption
    therapist_mean: float = 73.0  # lower by .4 SD (Lev Ari et al. 2025, 40 studies, g = .41 [.28, .53])
    therapist_sd_between: float = 12.0  # assumption
    therapist_sd_within: float = 7.0  # assumption
    first_number: float = 3  # no alert in sessions 1 and 2 (science.md §5, minimum data)
    fewest_ratings: float = 2  # earlier ratings to compare with; convention of this app, no source gives one
    back_within_sd: float = 0.75  # "back" = no further below the earlier level than this (science.md §5)
    unrepaired_after: float = 4  # sessions (science.md §5)
    repaired_from: float = 0.8  # once passed, or a person named the rupture; chosen on the tuning seed
    slide_from: float = 1.0  # SD below the mean of all ratings at which a slow slide speaks; chosen on the tuning seed
    slide_slope: float = 0.6  # of the log-odds per SD beyond it; chosen on the tuning seed
    still_on_from: float = 0.5  # below this probability "still on" is not said; convention of this app
    early_low: float = 60.0  # 10th percentile of a mean of three ratings; assumption until a practice has its own
    recovering_below: float = 0.5  # probability above which no rating counts as back; convention of this app
    repaired_below: float = 0.25  # probability under which a rupture may close (science.md §5)
    form_sd: float = 6.0  # how far another questionnaire may lie from the one before, POMP; assumption
    # how often people say that there was strain: cautious conventions of this app, until verdicts teach more
    report_quiet: float = 0.08
    report_withdrawal: float = 0.15
    report_confrontation: float = 0.40
    therapist_report_quiet: float = 0.08
    therapist_report_withdrawal: float = 0.15
    therapist_report_confrontation: float = 0.40
    therapist_weight: float = 1.0  # of a therapist's ratings: 1 where they see as much as most do, 0: nothing


RATE_LEAST = 0.001  # of a yes, and of a no, as reports are weighed by: none is ruled out; convention of this app
REPORT_RATES = tuple(part.name for part in fields(Constants) if "report" in part.name)


def inside(rate: float) -> float:
    """The rate, no nearer to 0 and to 1 than 0.001: else the first answer against it could not be weighed."""
    return min(max(rate, RATE_LEAST), 1 - RATE_LEAST)


# What versions of an earlier edition assume: they judge alike for ever. The third had the constants of the fourth, and
# other thresholds: each stored version brings its own.
EARLIER: dict[int, dict[str, float]] = {
    1: {"slide_from": 1.8, "slide_slope": 0.9, "repaired_from": 0.65},
    2: {"repaired_from": 0.65},
}


def resolve(overrides: dict[str, float], edition: int = EDITION) -> Constants:
    """The constants of an edition with a version's own values put in; rates of reports are kept `inside`.

    Raises
    ------
    ValueError
        A name that is not a constant.
    """
    names = {part.name for part in fields(Constants)}
    if unknown := sorted(set(overrides) - names):
        raise ValueError(f"{unknown[0]!r} is not a constant of the detector.")
    values = EARLIER.get(edition, {}) | overrides
    values |= {name: inside(values[name]) for name in REPORT_RATES if name in values}  # older programs stored 0 and 1
    return replace(DEFAULTS, **values) if values else DEFAULTS


DEFAULTS = Constants()
