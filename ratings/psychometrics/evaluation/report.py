"""The evaluation as text: for the terminal, and docs/reference/detection.md."""

import inspect
from collections.abc import Sequence

from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.criteria.series_rule import SeriesCriterion
from ratings.psychometrics.evaluation.compare import (
    CLIENT_ONLY,
    DEFAULT_ENTRY,
    ENTRIES,
    OTHER_GENERATOR,
    OURS,
    OWN_RULE,
    REPORTING_SEED,
    TUNING_SEED,
    ScenarioResult,
    averages,
    label,
)
from ratings.psychometrics.evidence import Budget, Use
from ratings.psychometrics.thresholds import ALERTS_PER_100

CLIENT_ENTRY = label(OURS, Use.CLIENT)


def best_published(results: Sequence[ScenarioResult], budget: Budget = Budget.NORMAL) -> str:
    """The published criterion on the client's ratings that catches most."""
    return max(CLIENT_ONLY, key=lambda name: averages(results, name, budget).value)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def criteria() -> str:
    """Every criterion by name, whose ratings it reads, what it says, and its source.

    The last two are from its docstring.
    """
    rows = []
    for name, build in REGISTRY.items():
        criterion = build(DEFAULTS, Use.BOTH)
        rule = criterion.rule if type(criterion) is SeriesCriterion else type(criterion)
        says, _heading, source = (inspect.getdoc(rule) or "").partition("References\n----------\n")
        says = says.split("\n\n")[0]
        rows.append([f"`{name}`", criterion.reads, " ".join(says.split()), " ".join(source.split())])
    return table(["criterion", "reads", "what it says", "source"], rows)


def by_scenario(results: Sequence[ScenarioResult], budget: Budget) -> str:
    """The share caught of every criterion in every scenario, with its standard error."""
    rows = []
    for entry in ENTRIES:
        cells = [result.cells[entry][budget].caught for result in results]
        rows.append([entry, *(f"{cell.value:.2f}" for cell in cells), f"{averages(results, entry, budget).value:.3f}"])
    worst = max(result.cells[entry][budget].caught.error for result in results for entry in ENTRIES)
    return table(["criterion", *(result.name for result in results), "mean¹"], rows) + (
        f"\n\n¹ of the simulator's scenarios, without the other generator. Largest standard error: {worst:.3f}."
    )


def by_budget(results: Sequence[ScenarioResult]) -> str:
    """Averages over the scenarios, and what an alert is worth at the normal budget."""
    rows = []
    simulated = [result for result in results if result.name != OTHER_GENERATOR]
    for entry in ENTRIES:
        means = [averages(results, entry, budget) for budget in ALERTS_PER_100]
        cells = [result.cells[entry][Budget.NORMAL] for result in simulated]
        rows.append(
            [
                entry,
                *(f"{mean.value:.3f}" for mean in means),
                *(
                    f"{sum(getattr(cell, part) for cell in cells) / len(cells):.2f}"
                    for part in ("withdrawal", "confrontation", "sessions_to_alert", "precision")
                ),
            ]
        )
    header = [
        "criterion",
        "at 2",
        "at 5",
        "at 10",
        "withdrawals at 5",
        "confrontations",
        "sessions to alert",
        "precision",
    ]
    return table(header, rows)


def differences(results: Sequence[ScenarioResult], budget: Budget = Budget.NORMAL) -> str:
    """What ours catches more than each published criterion.

    The mean with its 95 % interval, and the least of all scenarios.
    """
    rows = []
    for entry in ENTRIES:
        if entry in (DEFAULT_ENTRY, label(OURS, Use.ALL)):
            continue
        row = [entry]
        for part in ("ahead", "ahead_client"):
            mean = averages(results, entry, budget, part)
            least = min(results, key=lambda result: getattr(result.cells[entry][budget], part).value)
            cell = getattr(least.cells[entry][budget], part)
            row += [
                f"{mean.value:+z.3f} [{mean.low:+.3f}, {mean.high:+.3f}]",
                f"{cell.value:+.3f} ± {cell.error:.3f} ({least.name})",
            ]
        rows.append(row if entry != CLIENT_ENTRY else [*row[:3], "", ""])
    return table(
        [
            "ours less",
            "client + therapist: mean",
            "least of all scenarios",
            "client only: mean",
            "least of all scenarios",
        ],
        rows,
    )


def calibration(results: Sequence[ScenarioResult]) -> str:
    """Stated against true share, by bands, in the base scenario."""
    rows = [
        [f"{band.low:.2f} to {band.high:.2f}", str(band.sessions), f"{band.stated:.2f}", f"{band.true:.2f}"]
        for result in results
        if result.name == "base"
        for band in result.reliability[DEFAULT_ENTRY]
    ]
    return table(["stated probability", "sessions", "mean stated", "truly in a rupture"], rows)


def summary(results: Sequence[ScenarioResult]) -> str:
    """The figures that matter, in sentences."""
    best = best_published(results)
    ours = averages(results, DEFAULT_ENTRY, Budget.NORMAL)
    client = averages(results, CLIENT_ENTRY, Budget.NORMAL)
    published = averages(results, best, Budget.NORMAL)
    more = averages(results, best, Budget.NORMAL, "ahead")
    more_client = averages(results, best, Budget.NORMAL, "ahead_client")
    simple = averages(results, OWN_RULE, Budget.NORMAL)
    more_simple = averages(results, OWN_RULE, Budget.NORMAL, "ahead")
    more_simple_client = averages(results, OWN_RULE, Budget.NORMAL, "ahead_client")
    return (
        f"At 5 new alerts per 100 quiet sessions, averaged over the simulator's scenarios, our filter catches "
        f"{ours.value:.3f} of all ruptures from the client's and the therapist's ratings and {client.value:.3f} from "
        f"the client's alone. The best published criterion on the client's ratings is `{best}` with "
        f"{published.value:.3f}: "
        f"ours is ahead by {more.value:+.3f} [{more.low:+.3f}, {more.high:+.3f}], and on the client's ratings alone by "
        f"{more_client.value:+.3f} [{more_client.low:+.3f}, {more_client.high:+.3f}] (paired 95 % intervals). "
        f"The simple rule of this app, `{OWN_RULE}`, which also looks at the pillars, catches {simple.value:.3f}: ours "
        f"is ahead of it by {more_simple.value:+.3f} with both raters, and by {more_simple_client.value:+z.3f} "
        f"[{more_simple_client.low:+.3f}, {more_simple_client.high:+.3f}] on the client's ratings alone."
    )


def plain(results: Sequence[ScenarioResult]) -> str:
    """The whole evaluation for a terminal."""
    counts = [[r.name, str(r.episodes), str(r.ruptures), str(r.quiet_sessions)] for r in results]
    parts = [summary(results), table(["scenario", "episodes", "ruptures", "quiet sessions"], counts)]
    for budget, per_100 in ALERTS_PER_100.items():
        parts += [f"Share caught at {per_100:g} new alerts per 100 quiet sessions", by_scenario(results, budget)]
    parts += ["Averages over the scenarios", by_budget(results), "Differences, paired", differences(results)]
    parts += ["Calibration, base scenario", calibration(results)]
    parts.append(f"Seeds: {TUNING_SEED} for thresholds and calibration, {REPORTING_SEED} for what is reported here.")
    return "\n\n".join(parts) + "\n"


def page(results: Sequence[ScenarioResult], milliseconds: float, claims: str, ruptures: int) -> str:
    """docs/reference/detection.md."""
    normal = {
        result.name: result.cells[DEFAULT_ENTRY][Budget.NORMAL] for result in results if result.name != OTHER_GENERATOR
    }
    precision = sum(cell.precision for cell in normal.values()) / len(normal)
    counts = [[r.name, str(r.episodes), str(r.ruptures), str(r.quiet_sessions)] for r in results]
    return PAGE.format(
        summary=summary(results),
        criteria=criteria(),
        one_in=f"{1 / precision:.1f}",
        precision=f"{precision:.2f}",
        missed=f"{1 - averages(results, DEFAULT_ENTRY, Budget.NORMAL).value:.2f}",
        by_scenario=by_scenario(results, Budget.NORMAL),
        by_budget=by_budget(results),
        differences=differences(results),
        calibration=calibration(results),
        published=len(CLIENT_ONLY),
        counts=table(["scenario", "episodes", "ruptures", "quiet sessions"], counts),
        ruptures=ruptures,
        tuning=TUNING_SEED,
        reporting=REPORTING_SEED,
        milliseconds=f"{milliseconds:.1f}",
        tried=TRIED,
        claims=claims,
    )


PAGE = """# How ruptures are detected, and how well

*Written by `manage.py evaluate_detection --write-docs`; do not edit by hand.*

**Everything with a rupture in it on this page is simulation.** No public data set holds session-by-session ratings
with known ruptures, and no criterion from outside was met here. One public series of real ratings (57 clients, no
labels, see *Real series* below) set the noise of the simulated ones. The figures compare rules with each other under
stated assumptions (`ratings/psychometrics/evaluation/simulate.py` names each); they are no promise about your clients.

## What it means for a clinician
* About one alert in {one_in} starts in a rupture (precision {precision}). An alert is a reason to ask, not a finding.
* {missed} of the ruptures raise no alert in time: many withdrawals show in nobody's ratings. A quiet page is no proof.
* The client is compared with their own usual, never with other clients, and a client who always answers the same can
  raise no alert.
* A slow slide, a point or two a session, takes the usual down with it. A guard that never forgets stands beside the
  filter; a simple rule that does nothing else is still as quick or quicker there. Look at the chart.
* What the therapist's ratings add depends on how much the therapist sees. Where they see about as much as the simulator
  assumes, it is the largest gain of all. Where they see next to nothing, their ratings add nothing, and on slow slides
  they take away. From 50 cases on a practice can learn from its own how far each therapist's ratings follow the
  clients', and they weigh by that. No page shows a weight, and it is no judgement of a therapist.
* The program has three thresholds per budget, for session 3, 4 to 6 and later; the tables of what is caught have one
  per scenario. With clients who vary more than the simulator's average it raises more alerts than the budget says, and
  fewer of them are true. Learning from the practice's own cases fits the thresholds to them, see below.
* A flag is *clear* from a probability of .35 on, right in about half, and else *possible*, about one in four, or one in
  seven at the watchful setting. A practice can be told of clear ones alone. How often flags are right in your
  practice: `docs/reference/verdicts.md`.
* A kind (pulling back, pushing back) is a suggestion, and said only when one side is clear.
* What people say directly counts by itself, at cautious rates: yes in 8 % of quiet sessions, 15 % of withdrawals and
  40 % of confrontations (convention of this app). From 100 verdicts on a practice can learn those of its clients.
* Behaviour (no-shows, unanswered check-ins, shorter comments) is shown, capped, and does not raise
  alerts unless the practice switches it on: how strongly it speaks is judgement, not measurement.

In figures, with the rules named as in the tables below. {summary}

## How it was measured
A *new alert* is a session at the threshold after two below it. *Quiet* sessions are attended ones outside ruptures. A
rupture is *caught* if a new alert starts while it lasts, at most three sessions after its onset. Every rule gets its
own threshold per scenario, so that all have the same number of new alerts per 100 quiet sessions, and at most twice as
many sessions above it. Intervals: bootstrap over episodes at fixed thresholds, paired for differences. Thresholds of
the program (`thresholds.toml`) and the calibration come from seed {tuning}, the figures here from seed {reporting}. The
first also gave two numbers by a rule, with the tables of `manage.py evaluate_detection --choose`: from which
probability an end is called a repair, and when the guard against slow slides speaks. The numbers inside our filter
were tuned on other populations and seeds again. The *other generator* works on other ideas (ordinal item responses,
tension that builds up) and nothing was tuned on it. This page is written by
`manage.py evaluate_detection --write-docs --ruptures {ruptures}`.

{counts}

## Share of ruptures caught at 5 new alerts per 100 quiet sessions
{by_scenario}

## All budgets, kinds, delay, precision (averages over the scenarios)
{by_budget}

## Ours less the published, paired, at 5
{differences}

## Calibration (base scenario, client + therapist)
{calibration}

## Whether the statements hold
{claims}
The bound that was aimed at, 5 ± 0.7 in every scenario and stretch, is not met. As shipped, one set of thresholds serves
all: where ratings carry over from session to session (*early growth*) or have heavy tails (*noisy*) more false flags
come, and with finer answers fewer. In later sessions six scenarios of ten keep within it. *Learned* is a practice that
learned from 300 other cases of its own, as *How flags are made* offers: its thresholds are fitted to them, without
knowing the ruptures. Both are fitted by the flags that the pages show, no new one while one is open
(`ratings/psychometrics/flag_budget.py`). So in later sessions nine learned ones of ten keep within the bound, and
*base* is under it by less than its standard error. Session 3 comes once in a case, and sessions 4 to 6 three times: a
threshold is found there from some 15 and 45 false flags of 300 cases, so that chance alone moves what is kept by about
1.3 and 0.7. Two other practices of *noisy* had 5.2 ± 0.5 and 5.3 ± 0.6 in sessions 4 to 6, and 5.2 ± 0.3 and 5.1 ± 0.3
later.

Repaired: the word is said of few, for three in four of them are to have been ruptures. On 1500 ruptures of this seed
that is so of .83 ± .08 (24) in *shallow* and of .86 ± .07 (28) in *short courses*. As it was before, from a probability
of .65 on, it was .66 ± .06 (70) and .79 ± .06 (52). All others are called back to usual.

Reports: the filter weighs them as the program does. At equal false alarms the client's report alone adds less than the
.15 that was aimed at under 4/25/60 %, also where the true rates are known: in fewer than half of the ruptures does the
client say so in time, and each false yes uses up an alarm. Asked of both, as the program asks, they reach it. A
practice that learns the rates of its clients from verdicts (`docs/reference/verdicts.md`) comes near to the true ones.
On the pages a report stands at once, whatever the filter thinks; that catches more and costs more, as the last columns
show.

What therapists see: each practice has 12 therapists and learned from 25 other cases of each. Learned weights gain on
slow slides that no therapist sees, and change little elsewhere. A slow slide is a tenth of a point a session on a scale
of seven, for ten sessions, with no growth beside it, and counts as caught while it lasts. The best published rule is
the best of {published} on these very episodes, so that it is flattered a little.

## Real series
A public series (57 clients, 731 ratings after sessions, nine items; Flückiger and others 2016, EBioMedicine 3,
163-171; MIT licence, repository PsychometricsMZ/dsem_tutorial) has on the scale of 0 to 100 a mean of 73.9, an SD of
13.1 between clients and of 9.3 within, 7.9 about the own straight trend; a steady growth from 66 to 83 over fifteen
sessions; hardly any carry-over once that is taken out; an SD of 8.6 of a pillar's contrast to the total. The simulator
had assumed an early growth of 6, a carry-over of .4 and a contrast of 6.3 (scenario *early growth*); its base now
follows the real figures. `manage.py evaluate_detection --real FILE` measures the alerts on such series, and what is
caught of falls of known depth that are set into them. No rupture is labelled there.

## The criteria
{criteria}

## The filter
1. *Usual.* Each rater's total has a local level with a start shrunk towards the population, and its own spread shrunk
   the same way; what the pillars do around the total is learned apart. Ratings far off teach little, and ratings that
   probably belong to a rupture teach the less the likelier that is. After four such ratings in a row the new level is
   taken as usual. A rating that is not below the client's own best so far is never a fall, and a pillar that lies
   above its usual is never a sign. Another questionnaire keeps the usual, known less well by an SD of 6.
2. *Evidence.* How much likelier is this rating if the whole alliance, or one pillar, or two, fell by a little or a lot,
   than if nothing did? Student's t, so that one odd week is not everything.
3. *State.* Steady, withdrawal, confrontation, each with who shows it: the client, the therapist, both, neither.
4. *Reports.* What client and therapist say directly counts in the states of its kind, with its full weight, and lasts
   as long as those do.
5. *Slides.* A rating below the mean of all ratings since the level was last taken anew speaks by itself, the sooner the
   less this client's ratings vary.
6. *Suspicion.* The state's log-odds from tempered evidence, calibrated to a probability. Points are what a rating
   added to those log-odds, 10 per factor of ten.
One replay of 50 sessions takes {milliseconds} ms.

## The order of the caseload
Worst first. A case has the number of the first line that is so of it; a convention of this app.
1. A rupture is open, and the client says so (200,000).
2. A rupture is open, and the therapist says so (150,000).
3. Another flag is open (100,000).
4. The ratings are coming back (50,000).
5. They settled lower than before (25,000).
6. Three check-ins or more in a row were not answered (10,000).

In each of the first three the surest come first: the probability in percent times 100 is added, and how far the
client's total fell, in points of 100. In the last two the number of check-ins that are missing is added. All others
follow by name.

## More than the error of measurement
Two ratings of a steady client differ by error alone. A page says that a fall is more than that where the rating lies
further below the usual than 1.96 √2 · SD · √(1 − r) (the reliable change of Jacobson & Truax 1991): 21 points of 100
for the total, 30 for a pillar. SD is that of one rating of any client, and r = .77 the dependability of one session's
score (PMC3111943).

## What was tried
{tried}
"""

TRIED = """\
* **Helped:** the therapist's evidence, with states for who shows a rupture (by far the most); learning the pillars
  apart from the total; an own carry-over from session to session; shrinking the spread; tempering the evidence for the
  suspicion, so that an old alert does not hide a new rupture.
* **Did not help:** a spread that shrinks near the ceiling beforehand (the client's own spread is learned within a few
  ratings; the search over populations switched it off); hazards that rise for clients with earlier ruptures; on the
  client's ratings alone, all of this together against the simple rule with pillars (see the table: a tie).
* **A trade:** the guard against slow slides speaks sooner than before. It gains on slow slides, and over all scenarios
  nothing at 5. At 2 and 10 it costs .003 and .007 on the tuning seed, each less than two standard errors, and *early
  growth* has more false flags as shipped.
* **Weights of therapists:** a credibility formula on how far their evidence follows the clients'
  (`ratings/psychometrics/agreement.py`). A mixture model of the share of ruptures that they see told therapists apart
  less well. A weight of one half for all costs where they see and gains where they do not.
* **Reports:** adding a report's likelihood ratio to the log-odds of its session alone, or letting it fade, catches as
  much as the way it is done. A yes of the client that always raises an alert catches at 5 as much as the true rates do
  at 4/25/60 % (+.083 ± .013 against +.086 ± .012), and less than no report at 8/15/40 % (-.109 ± .015 against +.027 ±
  .009; tuning seed).
* **Slow slides:** where no therapist sees them and all weigh 1, the filter is behind the plain mean (-.098 ± .016,
  -.095 ± .016 and -.068 ± .016 on three draws of tuning seeds; with learned weights -.008 ± .011 and -.018 ± .013 on
  two).
  All therapists at .8 gain .036 there, and cost .006 ± .002 over seven scenarios; at .6 .070 and .012 ± .003. The
  higher of two log-odds, from the client alone and from both, leaves -.095 ± .014 of -.105 ± .014, and -.069 ± .013
  with .3 added to the first. A guard that speaks from .8 SD on gains .019 ± .008 and costs nothing at 5, but has more
  false flags in *early growth* (8.0 against 7.6). No gain at all: to ignore a therapist's reassurance while the client
  lies 1 SD below the own mean (-.006 ± .008); a rule for ramps in place of the plain mean (-.065 ± .017 against it);
  weights drawn by a spread between therapists that is itself learned; a weight of 0 up to a higher agreement (where all
  see: -.011).
* **The same false flags everywhere** (as shipped before edition 4, tuning seeds, 500 to 1000 ruptures a scenario; what
  is caught is paired, at 5). What makes them more can be told: *base* has 4.2 ± .2 in later sessions, 5.7 with the
  spread of *noisy*, 4.8 with its bad weeks, 4.5 with its heavy tails, and *noisy* has all of these; and 8.8 ± .3
  without its steady growth, which *early growth* has not. The carry-over does nothing: *early growth* has 7.6 ± .3 with
  that of the base, and 7.4 ± .3 with its own.
  * To know each client's spread better changes little in sessions 4 to 6 of *noisy*: learned from ratings in ruptures
    too (7.5 as before), with less weight of the population on top (7.3; caught -.006 ± .003), as a variance that is not
    known beforehand, so that the tails lighten as ratings come (7.4 as before; +.001 ± .001), with heavier tails up to
    the fourth rating (7.5 to 7.4; .000 ± .002).
  * To lower the log-odds where a client's spread is wide brings later sessions of *noisy* from 7.0 to 5.7 (half the log
    of the variance) or 4.7 (all of it), and costs -.009 ± .002 or -.029 ± .003: it also takes flags, true ones among
    them, from all those in a scenario who vary more.
  * To expect a client's own growth brings *early growth* from 8.2 to 6.6 ± .2, and costs -.004 ± .003 with both raters,
    -.005 ± .002 with the client alone, and about .02 on slow slides. A growth that must first be plain, the lighter
    tails above and the guard from .8 SD on together: 8.3 to 7.2, -.006 ± .002 at 5, -.009 ± .002 at 2.
* **Thresholds by the flags of the pages:** a page makes no new flag until the one before has ended. The shipped
  thresholds had been fitted to new alerts all the same, and those of edition 4 are fitted to the flags. In later
  sessions the mean of the ten scenarios at 5 was 4.5 and is 5.0, and within .7 of the promise are six and not three:
  the price is that *early growth* has 8.1 for 7.3, and *noisy* 6.2 for 5.7. No threshold lies below .115: the guard
  against slow slides states .114 of any rating below the mean of all, if only by rounding. So at 10 the filter on the
  client's ratings and the one with behaviour stay a little under their budget. `own_mean_pooled_sd` keeps its former
  ones: what it finds depends on which flags are open. At 2, 5 and 10 it has 1.9, 4.6 and 8.7 of 100 in later sessions
  with them, on the mean of the ten scenarios, and in session 3 1.9, 3.1 and 12.9 (tuning seed, 500 ruptures each): the
  six digits of the last lie just below a suspicion that 4 of 100 quiet sessions share. Fitted as if it did not depend
  on them, it had 5.4 in later sessions at 5 where it has 5.0 (150 ruptures in each of six scenarios).
* **Taken out:** an earlier version let suspicion rise in sessions without a rating and caught about .01 more, because
  ratings are missing more often in ruptures, here by assumption. Absence is behaviour, and behaviour is off by default.
* **Not done:** smoothing backwards for the marks on the chart; the single items behind a pillar.
* **The kind** is right about 78 times in 100 where one is said in the base scenario, but hardly better than the base
  rate on the other generator: read it as a question. Behaviour helps only as far as its assumed links are real: without
  them it costs (column "no behaviour signal")."""
