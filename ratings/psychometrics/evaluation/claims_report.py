"""Whether the program's statements hold, as tables for docs/reference/detection.md."""

from collections.abc import Sequence

from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evaluation.claims import (
    STRETCHES,
    Rate,
    after_first_form,
    asked,
    caught_of,
    endings,
    false_alarms,
    graded,
    report_gain,
    said_at,
    shown,
)
from ratings.psychometrics.evaluation.compare import CLIENT_ONLY, ENTRIES, OURS, episodes_of, judge_by, judged_cases
from ratings.psychometrics.evaluation.learning import (
    PRACTICES,
    THERAPISTS,
    cases_of,
    judge_in_turn,
    taught,
    taught_reports,
)
from ratings.psychometrics.evaluation.outcome import Estimate, bootstrap
from ratings.psychometrics.evaluation.real import SHAPES, History, alert_rates, caught
from ratings.psychometrics.evaluation.report import table
from ratings.psychometrics.evaluation.simulate import SCENARIOS
from ratings.psychometrics.evidence import Budget, State, Sureness, Use, Version
from ratings.psychometrics.flag_budget import false_flags
from ratings.psychometrics.thresholds import ALERTS_PER_100, thresholds

NORMAL = ALERTS_PER_100[Budget.NORMAL]
REPORTS = {"8/15/40": (0.08, 0.15, 0.40), "4/25/60": (0.04, 0.25, 0.60), "3/7/30": (0.03, 0.07, 0.30)}
ENDINGS_IN_FULL = ("base", "early growth")
FORM_OFFSETS = (0.0, 6.0, 12.0)  # SD, POMP


def _share(rate: Rate) -> str:
    return f"{rate.share:.2f} ± {rate.error:.2f} ({rate.of})" if rate.of else "none"


def _estimate(one: Estimate) -> str:
    return f"{one.value:.3f} ± {one.error:.3f}"


def _per_100(rate: Rate) -> str:
    return f"{100 * rate.share:.1f} ± {100 * rate.error:.1f}"


def _difference(one: Estimate) -> str:
    return f"{one.value:+.3f} ± {one.error:.3f}"


def alarms(seed: int, ruptures: int) -> str:
    """False flags per 100 quiet sessions, by scenario and number of the session, as shipped and once learned."""
    rows = []
    for scenario, population in SCENARIOS.items():
        episodes = list(episodes_of(scenario, seed, ruptures))
        learned = taught((population,) * THERAPISTS, f"{seed}/{scenario}")
        rates = [*false_alarms(episodes), *false_alarms(episodes, learned)]
        rows.append([scenario, *map(_per_100, rates)])
    return table(["scenario", *STRETCHES, *(f"learned: {name}" for name in STRETCHES)], rows)


def by_setting(seed: int, ruptures: int) -> str:
    """False flags per 100 quiet sessions by setting and rule: the mean of the scenarios, the fewest and the most."""
    episodes = [list(episodes_of(scenario, seed, ruptures)) for scenario in SCENARIOS]
    rows = []
    for entry, (criterion, use) in ENTRIES.items():
        judged = [judged_cases(criterion, use, one) for one in episodes]
        row = [entry]
        for budget in ALERTS_PER_100:
            found = [false_flags(cases, thresholds(criterion, budget, use)) for cases in judged]
            rates = [100 * one.flags / one.quiet for one in found]
            row.append(f"{sum(rates) / len(rates):.1f} ({min(rates):.1f} to {max(rates):.1f})")
        rows.append(row)
    return table(["rule", *(f"at {per_100:g}" for per_100 in ALERTS_PER_100.values())], rows)


def ends(seed: int, ruptures: int) -> str:
    """What was said of how a rupture ended, held against the truth."""
    rows = [
        [scenario, str(one.state), _share(one.real), _share(one.over), _share(one.still_on)]
        for scenario in SCENARIOS
        for one in endings(scenario, seed, ruptures)
        if scenario in ENDINGS_IN_FULL or one.state == State.REPAIRED
    ]
    return table(["scenario", "said", "a rupture", "of those, over", "still on"], rows)


def reports(seed: int, ruptures: int) -> str:
    """What reports add at 5, by how people are assumed to answer, and what stands on the pages."""
    rows = []
    for name, rates in REPORTS.items():
        weighed_by = (DEFAULTS, taught_reports(rates, f"{seed}/{name}"), said_at(rates))
        for who, both in (("client", False), ("client and therapist", True)):
            episodes = asked(seed, ruptures, rates, both=both)
            gains = [report_gain(episodes, constants, NORMAL) for constants in weighed_by]
            page = shown(episodes)
            rows.append(
                [
                    name, who, *map(_difference, gains), f"{page.reported.share:.2f}", f"{page.caught.share:.2f}",
                    _per_100(page.false),
                ]
            )  # fmt: skip
    header = [
        "yes in %¹",
        "asked",
        "shipped rates",
        "learned³",
        "true rates",
        "in time",
        "flag or report",
        "false²",
    ]
    return table(header, rows)


def therapists(seed: int, ruptures: int) -> str:
    """What it changes that the weight of each therapist is learned; and the best published rule."""
    rows = []
    for practice in PRACTICES:
        here = f"{seed}/{practice.name}"
        episodes, learned = cases_of(practice.therapists, here, ruptures), taught(practice.therapists, here)
        weights = learned.by_therapist.values()
        shipped = caught_of(episodes, judge_by(OURS, Use.BOTH), NORMAL, practice.latest)
        ours = caught_of(episodes, judge_in_turn(learned, THERAPISTS), NORMAL, practice.latest)
        client = caught_of(episodes, judge_by(OURS, Use.CLIENT), NORMAL, practice.latest)
        published = {
            name: caught_of(episodes, judge_by(name, Use.CLIENT), NORMAL, practice.latest) for name in CLIENT_ONLY
        }
        best = max(published, key=lambda name: sum(caught for _, caught in published[name].values()))
        rows.append(
            [
                practice.name,
                f"{min(weights):.2f} to {max(weights):.2f}",
                _estimate(bootstrap(shipped)),
                _estimate(bootstrap(ours)),
                _difference(bootstrap(ours, shipped)),
                f"{bootstrap(client).value:.3f}",
                f"{best} {bootstrap(published[best]).value:.3f}",
                _difference(bootstrap(ours, published[best])),
            ]
        )
    header = ["therapists", "weights", "all weigh 1", "learned", "gain", "client only", "best published", "ahead of it"]
    return table(header, rows)


def grades(seed: int, ruptures: int) -> str:
    """How many flags of each grade open in a rupture: by scenario at the normal setting, and together at each."""
    rows, together = [], []
    for budget, per_100 in ALERTS_PER_100.items():
        found = {scenario: graded(scenario, seed, ruptures, Version(budget=budget)) for scenario in SCENARIOS}
        if budget == Budget.NORMAL:
            rows = [[scenario, *(_share(one[grade]) for grade in Sureness)] for scenario, one in found.items()]
        shares = [
            Rate(sum(one[grade].count for one in found.values()), sum(one[grade].of for one in found.values()))
            for grade in Sureness
        ]
        together.append([f"all at {per_100:g}", *map(_share, shares)])
    return table(["scenario", *Sureness], [*rows, *together])


def forms(seed: int, ruptures: int) -> str:
    """Onsets in sessions 4 and 5 after another questionnaire in the first three."""
    rows = [[f"{offset:g}", _share(after_first_form(seed, ruptures, offset, NORMAL))] for offset in FORM_OFFSETS]
    return table(["SD of what lies between the two, POMP", "caught at 5"], rows)


def claims(seed: int, ruptures: int) -> str:
    """All of these as a part of the page."""
    return CLAIMS.format(
        ruptures=ruptures,
        alarms=alarms(seed, ruptures),
        by_setting=by_setting(seed, ruptures),
        grades=grades(seed, ruptures),
        ends=ends(seed, ruptures),
        reports=reports(seed, ruptures),
        therapists=therapists(seed, ruptures),
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


CLAIMS = """Reporting seed, {ruptures} ruptures a scenario; ± is one standard error. Differences are paired.

### False flags per 100 quiet sessions at the normal setting (promised: 5), as shipped and once learned
{alarms}

### False flags per 100 quiet sessions at each setting, as shipped, from session 3 on
The mean of the scenarios, the fewest and the most. `How flags are made` tells managers those of the filter on both
raters (`ratings/psychometrics/measured.py`).

{by_setting}

### Flags that open in a rupture, by how sure they are
{grades}

### How ruptures are said to end
{ends}

### What reports add at 5
{reports}

¹ of quiet sessions, withdrawals and confrontations. ² flags and reports per 100 quiet sessions, as the pages show them.
³ of the client, from what the therapists of 300 other cases said.

### What therapists see
{therapists}

### Ruptures that begin in sessions 4 and 5, after another questionnaire in 1 to 3
{forms}
"""
