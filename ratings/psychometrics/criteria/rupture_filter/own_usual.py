"""One rater's own usual level and spread, and what a rating says against them."""

import math

from ratings.psychometrics.criteria.rupture_filter.tuning import RaterTuning, Tuning
from ratings.psychometrics.evidence import Pillar, Scores

DEPTH_WEIGHTS = (0.3, 0.3, 0.25, 0.15)  # science.md §5
LEAST_EVIDENCE = -3.0  # natural log; a good rating is no proof that all is well; convention of this app
CARRY_MOST = 0.8  # of the last distance; with 1 it would never fade; convention of this app
OFFSET_MEMORY = 12.0  # ratings over which the differences between the pillars are averaged; convention of this app
RELEARN_AFTER = 4  # ratings in a row that look like a rupture: this is the level now (science.md §5: unrepaired)
WORTH_A_REMARK_SD = 1.5  # convention of this app
HIGHEST_EXPECTED = 99.0  # a rating of 100 is never below what was expected
THIRD = 1 / 3
PILLARS = tuple(pillar.value for pillar in Pillar)

Three = tuple[float, float, float]  # one for each pillar


class OwnUsual:
    """A local level, and a spread that is shrunk towards the population's.

    The level of the total, and how each pillar lies around it, are learned apart: a fall of the whole alliance moves
    the one, a fall of a single pillar the other. A rating teaches only as far as no rupture shows in it.

    For each rating in this order: `change_form` says on which questionnaire, `read` takes it in hand, `evidence` weighs
    it against what was usual before it, and only then `learn` takes it up. `evidence` also works out the spread that
    `learn` uses, so neither is left out.
    `usual` and, after `evidence`, `fell` and `fallen_pillars` may be asked in between. A rating that `read` gives False
    for is neither weighed nor learned.

    Parameters
    ----------
    tuning, rater
        Found by search: of the filter, and of this rater in it.
    mean, between, within, contrast
        Of the population, POMP: its mean, its SD between pairs, within a pair, and of the pillars around the total.
    form_sd
        How far one questionnaire may lie from another, POMP.

    Examples
    --------
    Four usual ratings, then one in which tasks fell by half. Nothing is judged by fewer than two earlier ratings; the
    evidence is a natural log, so 0 says nothing.

    >>> from ratings.psychometrics.constants import DEFAULTS as c
    >>> from ratings.psychometrics.criteria.rupture_filter.tuned import TUNING
    >>> client = OwnUsual(TUNING, TUNING.client, c.mean, c.sd_between, c.sd_within, c.sd_contrast)
    >>> def rated(goal, task, bond, calm=1):
    ...     client.read(Scores(goal, task, bond, overall=(goal + task + bond) / 3))
    ...     evidence = client.evidence()
    ...     client.learn(calm)
    ...     return round(evidence, 1)
    >>> [rated(80, 75, 85), rated(75, 75, 85), rated(80, 75, 80), rated(80, 70, 85)]
    [0.0, 0.0, -0.7, -0.9]
    >>> rated(80, 35, 85, calm=0)  # a rupture: nothing is learned from it
    2.1
    >>> client.fallen_pillars()
    (<Pillar.TASK: 'task'>,)
    >>> {series: round(level) for series, level in client.usual().items()}  # as before the fall
    {'overall': 79, 'goal': 79, 'task': 74, 'bond': 84}
    """

    def __init__(
        self,
        tuning: Tuning,
        rater: RaterTuning,
        mean: float,
        between: float,
        within: float,
        contrast: float,
        form_sd: float = 0.0,
    ):
        self.tuning, self.rater = tuning, rater
        self.sd = within * rater.within
        self.contrast_variance = (contrast * rater.contrast) ** 2
        self.level = mean + rater.lead
        self.level_variance = (between * rater.between) ** 2
        self.highest: float | None = None  # own earlier rating; what is not below it is no fall
        self.ratings = 0
        self.squares = self.weight = 0.0  # for the spread
        self.offsets: Three | None = None  # of the pillars around the total
        self.contrast_squares = self.contrast_weight = 0.0
        self.last = 0.0  # distance of the last rating from the level
        self.products = self.product_squares = 0.0  # for the carry-over
        self.low_run: list[float] = []
        self.form: str | None = None  # the questionnaire of the last rating
        self.form_sd = form_sd
        # of the rating at hand
        self.total = self.expected = self.variance = 0.0
        self.wider = 1.0  # the own spread, as a multiple of the one before anything was seen
        self.contrasts: Three | None = None
        self.moved: Three | None = None
        self.moved_variance = 0.0
        self.shapes: tuple[float, ...] = ()  # likelihoods: whole, each pillar alone, all but each pillar

    def read(self, scores: Scores | None) -> bool:
        """Take a rating in hand; False where there is nothing in it."""
        if scores is None:
            return False
        goal, task, bond = scores.goal, scores.task, scores.bond
        if goal is not None and task is not None and bond is not None:
            self.total = math.fsum((goal, task, bond)) * THIRD
            self.contrasts = (goal - self.total, task - self.total, bond - self.total)
            return True
        self.contrasts = None
        if scores.overall is not None:
            self.total = scores.overall
            return True
        if self.offsets is None:  # how the pillars lie to each other is not known yet
            return False
        totals = [
            score - offset for score, offset in zip((goal, task, bond), self.offsets, strict=True) if score is not None
        ]
        if totals:
            self.total = math.fsum(totals) / len(totals)
        return bool(totals)

    def change_form(self, form: str | None) -> None:
        """Keep the level over a change of questionnaire, with an offset that is learned.

        The offset is not known beforehand, so the level is known less well by `form_sd`: the first ratings of the other
        questionnaire say less of a rupture, and move the level more. None: no rating, or nobody knows on which.
        """
        if form is None:
            return
        if self.form not in (None, form) and self.ratings:
            self.level_variance += self.form_sd**2
            self.highest = None
            self.last = 0.0
            self.low_run.clear()
        self.form = form

    def usual(self) -> dict[str, float]:
        """The level of every series, as it was before the rating at hand."""
        if not self.ratings:
            return {}
        level = self.level
        usual = {"overall": min(max(level, 0.0), 100.0)}
        if self.offsets is not None:
            for series, offset in zip(PILLARS, self.offsets, strict=True):
                usual[series] = min(max(level + offset, 0.0), 100.0)
        return usual

    def evidence(self) -> float:
        """Log likelihood ratio of the rating at hand: a fall against no fall.

        0 before there are two earlier ratings; never below -3 or above `most_evidence`.

        Notes
        -----
        With the total y, its level m, known up to a variance v, and Student's t with nu degrees of freedom::

            s2       = max((n0 prior + squares) / (n0 + weight), floor^2)
            expected = min(m + carry last, 99, highest rating so far)
            d        = y - expected
            t(x)     = (1 + x^2 / (nu (v + s2)))^(-(nu + 1) / 2)
            u        = sd^(1 - p) s2^(p / 2)
            whole    = sum over k of w_k t(d + depth_k u) / t(d)
            evidence = ln(whole)

        s2 is the own variance, shrunk towards the prior: the population's, lower near the ceiling. `squares` and
        `weight` sum over the ratings so far, each as far as nothing showed in it. `carry` is what remains of the last
        distance from the level, shrunk in the same way. `depth_k` are the falls that are looked for, and `w_k` are
        `DEPTH_WEIGHTS`.

        Where every pillar is rated, one or two of them may have fallen alone (see `_with_pillars`), and then::

            evidence = ln(a whole + b sum over i of single_i + c sum over i of pair_i)

        with the weights `whole`, `single` and `pair` of the tuning for a, b and c.
        """
        tuning = self.tuning
        prior = self.sd**2 * min(
            max(tuning.ceiling_low + tuning.ceiling_slope * (100 - min(self.level, 100)), tuning.ceiling_low),
            tuning.ceiling_high,
        )
        weight = self.rater.weight
        self.variance = max((weight * prior + self.squares) / (weight + self.weight), tuning.floor**2)
        self.wider = math.sqrt(self.variance / prior)
        base = tuning.carry_weight * prior
        carry = (base * self.rater.carry + self.products) / (base + self.product_squares)
        carry = min(max(carry, 0.0), CARRY_MOST)
        self.expected = min(self.level + carry * self.last, HIGHEST_EXPECTED)
        if self.highest is not None:
            self.expected = min(self.expected, self.highest)
        distance = self.total - self.expected
        unit = self.sd ** (1 - tuning.depth_power) * self.variance ** (tuning.depth_power / 2)

        tails = tuning.tails
        scale = tails * (self.level_variance + self.variance)
        power = -(tails + 1) / 2
        whole = 0.0
        calm = 1 + distance * distance / scale
        for share, depth in zip(DEPTH_WEIGHTS, self.rater.depths, strict=True):
            whole += share * ((1 + (distance + depth * unit) ** 2 / scale) / calm) ** power
        self.moved = None
        if self.contrasts is None or self.offsets is None:
            self.shapes = (whole,)
        else:
            (a, b, c), (x, y, z) = self.contrasts, self.offsets
            self.moved = (a - x, b - y, c - z)
            self.shapes = self._with_pillars(self.moved, whole, distance, unit, prior, scale, calm, power)
        if self.ratings < 2:
            return 0.0
        return min(max(math.log(math.fsum(self.shapes)), LEAST_EVIDENCE), tuning.most_evidence)

    def _with_pillars(
        self,
        x: Three,
        whole: float,
        distance: float,
        unit: float,
        prior: float,
        scale: float,
        calm: float,
        power: float,
    ) -> tuple[float, ...]:
        """The weighted likelihoods of a fall: whole, each pillar, all but each pillar.

        Notes
        -----
        x holds how far each pillar lies from where it usually lies around the total; the three sum to zero. With nu,
        the degrees of freedom of these distances, e_i for pillar i alone, f_k = single_factor depth_k u, and V the own
        variance of x, shrunk like the total's::

            q(x)     = (1 + |x|^2 / (nu V (1 + 1/n)))^(-(nu + 2) / 2)
            single_i = sum over k of w_k t(d +   f_k / 3) / t(d) q(x + f_k (e_i - 1/3)) / q(x)
            pair_i   = sum over k of w_k t(d + 2 f_k / 3) / t(d) q(x - f_k (e_i - 1/3)) / q(x)
        """
        tuning = self.tuning
        weight = tuning.contrast_weight
        variance = weight * self.contrast_variance * min(1.0, prior / self.sd**2) + self.contrast_squares
        self.moved_variance = max(variance / (weight + self.contrast_weight), tuning.floor**2)
        tails = tuning.tails_contrast
        spread = tails * self.moved_variance * (1 + 1 / max(self.contrast_weight, 1.0))
        squares = math.fsum((x[0] * x[0], x[1] * x[1], x[2] * x[2]))
        still = 1 + squares / spread
        contrast_power = -(tails + 2) / 2
        single, pair = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        for share, depth in zip(DEPTH_WEIGHTS, self.rater.depths, strict=True):
            fall = depth * unit * tuning.single_factor
            one = share * ((1 + (distance + fall * THIRD) ** 2 / scale) / calm) ** power
            two = share * ((1 + (distance + 2 * fall * THIRD) ** 2 / scale) / calm) ** power
            away = squares + 2 * fall * fall * THIRD
            for position in (0, 1, 2):
                cross = 2 * fall * x[position]
                single[position] += one * ((1 + (away + cross) / spread) / still) ** contrast_power
                pair[position] += two * ((1 + (away - cross) / spread) / still) ** contrast_power
        below = [distance + away < 0 for away in x]  # what lies above its own usual did not fall
        for position in (0, 1, 2):
            if not below[position]:
                single[position] = min(single[position], 1.0)
            if not (below[position - 1] and below[position - 2]):
                pair[position] = min(pair[position], 1.0)
        return (
            tuning.whole * whole,
            *(tuning.single * value for value in single),
            *(tuning.pair * value for value in pair),
        )

    def fell(self) -> bool:
        """Something in the rating at hand lies below what was expected, if only a little."""
        distance = self.total - self.expected
        return self.ratings >= 2 and (distance < 0 or (self.moved is not None and distance + min(self.moved) < 0))

    def fell_far(self) -> bool:
        """The total at hand lies far below what was expected, worth a remark where nothing may be flagged yet."""
        limit = WORTH_A_REMARK_SD * math.sqrt(self.level_variance + self.variance)
        return self.ratings >= 2 and self.total < self.expected - limit

    def fallen_pillars(self) -> tuple[Pillar, ...]:
        """The pillars in which the rating at hand fell, if not the whole alliance did."""
        if len(self.shapes) == 1:
            return ()
        best = max(range(7), key=self.shapes.__getitem__)
        if best == 0:
            return ()
        alone = best <= 3
        return tuple(pillar for position, pillar in enumerate(Pillar) if (position == (best - 1) % 3) == alone)

    def learn(self, calm: float) -> bool:
        """Learn from the rating at hand; True where a new level was taken.

        Parameters
        ----------
        calm
            How likely it is that no rupture shows in the rating, 0-1.

        Notes
        -----
        A local level filter, slowed down by c, which is calm to the power `freeze`::

            gain = v / (v + s2)
            m    = m + c gain step,  the step no longer than clip sqrt(v + s2)
            v    = v (1 - c gain) + drift s2

        The first rating counts fully. After four ratings in a row that look like a rupture their mean is the level.
        """
        tuning = self.tuning
        calm **= tuning.freeze
        first = self.ratings == 0
        step = self.total - self.level
        limit = tuning.clip * math.sqrt(self.level_variance + self.variance)
        limited = step if first else min(max(step, -limit), limit)
        gain = self.level_variance / (self.level_variance + self.variance)
        if not first:
            off = min(max(self.total - self.expected, -limit), limit)
            self.squares += calm * off * off * (1 - gain)
            self.weight += calm
        if self.ratings >= 3:
            self.products += calm * self.last * limited
            self.product_squares += calm * self.last**2
        share = 1.0 if first else calm
        self.level += share * gain * limited
        self.level_variance = self.level_variance * (1 - share * gain) + tuning.drift * self.variance
        self.last = calm * limited if self.ratings >= 2 else 0.0
        self._learn_contrasts(calm)
        self.ratings += 1
        if share > 0.5:
            self.highest = self.total if self.highest is None else max(self.highest, self.total)
            self.low_run.clear()
            return False
        self.low_run.append(self.total)
        if len(self.low_run) < RELEARN_AFTER:
            return False
        self.level = math.fsum(self.low_run) / len(self.low_run)
        self.level_variance = self.variance / len(self.low_run)
        self.highest = max(self.low_run)
        self.last = 0.0
        self.low_run.clear()
        return True

    def _learn_contrasts(self, calm: float) -> None:
        if self.contrasts is None:
            return
        if self.offsets is None or self.moved is None:  # the first rating of every pillar
            self.offsets, self.contrast_weight = self.contrasts, 1.0
            return
        tuning, seen = self.tuning, self.contrast_weight
        a, b, c = self.moved
        mean_square = math.fsum((a * a, b * b, c * c)) / 2  # three that sum to zero: two are free
        self.contrast_squares += calm * min(mean_square, tuning.clip**2 * self.moved_variance) * seen / (seen + 1)
        gain = calm / (min(seen, OFFSET_MEMORY) + max(calm, 1e-9))
        first, second, third = self.offsets
        self.offsets = (first + gain * a, second + gain * b, third + gain * c)
        self.contrast_weight += calm
