"""Whether the program's statements hold, as tables for docs/reference/detection.md."""

from collections.abc import Sequence

from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evaluation.claims import (
    STRETCHES,
    Rate,
    after_first_form,
    blind_therapists,
    endings,
    false_alarms,
    graded,
    report_gain,
)
from ratings.psychometrics.evaluation.compare import CLIENT_ONLY, OURS, judge_by
from ratings.psychometrics.evaluation.outcome import ALERTS_PER_100, Estimate, bootstrap, judge_all
from ratings.psychometrics.evaluation.real import SHAPES, History, alert_rates, caught
from ratings.psychometrics.evaluation.report import table
from ratings.psychometrics.evaluation.simulate import SCENARIOS
from ratings.psychometrics.evidence import Budget, Sureness, Use

NORMAL = ALERTS_PER_100[Budget.NORMAL]
REPORTS = {"8/15/40": (0.08, 0.15, 0.40), "4/25/60": (0.04, 0.25, 0.60), "3/7/30": (0.03, 0.07, 0.30)}
FORM_OFFSETS = (0.0, 6.0, 12.0)  # SD, POMP


def _share(rate: Rate) -> str:
    return f"{rate.share:.2f} ± {rate.error:.2f} ({rate.of})" if rate.of else "none"


def _estimate(one: Estimate) -> str:
    return f"{one.value:.3f} ± {one.error:.3f}"


def alarms(seed: int, ruptures: int) -> str:
    """False flags per 100 quiet sessions, by scenario and number of the session, as shipped."""
    rows = []
    for scenario in SCENARIOS:
        rates = false_alarms(scenario, seed, ruptures)
        rows.append([scenario, *(f"{100 * rate.share:.1f} ± {100 * rate.error:.1f}" for rate in rates)])
    return table(["scenario", *STRETCHES], rows)


def ends(seed: int, ruptures: int) -> str:
    """What was said of how a rupture ended, held against the truth."""
    rows = [
        [scenario, str(one.state), _share(one.real), _share(one.over), _share(one.still_on)]
        for scenario in ("base", "early growth")
        for one in endings(scenario, seed, ruptures)
    ]
    return table(["scenario", "said", "a rupture", "of those, over", "still on"], rows)


def reports(seed: int, ruptures: int) -> str:
    """What the client's report adds at 5, by how people are assumed to answer."""
    rows = []
    for name, rates in REPORTS.items():
        gains = [
            report_gain("base", seed, ruptures, rates, learned=learned, per_100=NORMAL) for learned in (False, True)
        ]
        rows.append([name, *(f"{gain.value:+.3f} ± {gain.error:.3f}" for gain in gains)])
    return table(["yes in % of quiet/withdrawal/confrontation", "shipped rates", "rates learned"], rows)


def blind(seed: int, ruptures: int) -> str:
    """Ours and the best published rule where the therapist sees no rupture."""
    episodes = blind_therapists(seed, ruptures)

    def share(criterion: str, use: Use) -> Estimate:
        found = judge_all(episodes, judge_by(criterion, use))
        return bootstrap(found.caught_by_episode(found.threshold(NORMAL)))

    published = {name: share(name, Use.CLIENT) for name in CLIENT_ONLY if name in REGISTRY and name != OURS}
    best = max(published, key=lambda name: published[name].value)
    return table(
        ["rule", "caught at 5"],
        [
            [f"{OURS} (client+therapist)", _estimate(share(OURS, Use.BOTH))],
            [f"{OURS} (client)", _estimate(share(OURS, Use.CLIENT))],
            [f"{best}, the best published", _estimate(published[best])],
        ],
    )


def grades(seed: int, ruptures: int) -> str:
    """How many flags of each grade open in a rupture, by scenario and together."""
    found = {scenario: graded(scenario, seed, ruptures) for scenario in SCENARIOS}
    rows = [[scenario, *(_share(by_grade[grade]) for grade in Sureness)] for scenario, by_grade in found.items()]
    together = [
        Rate(sum(one[grade].count for one in found.values()), sum(one[grade].of for one in found.values()))
        for grade in Sureness
    ]
    return table(["scenario", *Sureness], [*rows, ["all", *map(_share, together)]])


def forms(seed: int, ruptures: int) -> str:
    """Onsets in sessions 4 and 5 after another questionnaire in the first three."""
    rows = [[f"{offset:g}", _share(after_first_form(seed, ruptures, offset, NORMAL))] for offset in FORM_OFFSETS]
    return table(["SD of what lies between the two, POMP", "caught at 5"], rows)


def claims(seed: int, ruptures: int) -> str:
    """All of these as a part of the page."""
    return CLAIMS.format(
        ruptures=ruptures,
        alarms=alarms(seed, ruptures),
        grades=grades(seed, ruptures),
        ends=ends(seed, ruptures),
        reports=reports(seed, ruptures),
        blind=blind(seed, ruptures),
        forms=forms(seed, ruptures),
    )


def real(series: Sequence[History], use: Use) -> str:
    """What rules make of real series: alert rates, and what is caught of falls that are set into them."""
    rates = [
        [str(rate.budget), f"{ALERTS_PER_100[rate.budget]:g}", str(rate.judged), f"{rate.per_100:.1f}"]
        for rate in alert_rates(series, use)
    ]
    rows = []
    for name in REGISTRY:
        if name not in (OURS, "own_mean_pooled_sd", *CLIENT_ONLY):
            continue
        found = caught(series, judge_by(name, use), NORMAL)
        mean = sum(one.value for one in found.values()) / len(found)
        rows.append([name, *(_estimate(found[shape]) for shape in SHAPES), f"{mean:.3f}"])
    return "\n\n".join(
        [
            "Flags per 100 judged sessions on the untouched series, as shipped",
            table(["budget", "promised for quiet sessions", "judged sessions", "flags per 100"], rates),
            "Falls set into them, caught at 5 new alerts per 100 sessions of the untouched series",
            table(["rule", *SHAPES, "mean"], rows),
        ]
    )


CLAIMS = """Reporting seed, {ruptures} ruptures per scenario; ± is one standard error.

### False flags per 100 quiet sessions, as shipped at the normal setting (promised: 5)
{alarms}

### Flags that open in a rupture, by how sure they are
{grades}

### How ruptures are said to end
{ends}

### What the client's report adds at 5
{reports}

### Therapists who see no rupture
{blind}

### Ruptures that begin in sessions 4 and 5, after another questionnaire in 1 to 3
{forms}
"""
