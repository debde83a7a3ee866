"""Our own detector: what both raters say, weighed against the dyad's own usual.

Three states: steady, withdrawal, confrontation. Within the last two it is open whether the client's ratings show the
rupture, and whether the therapist's do: withdrawals often stay hidden, and therapists miss many. Two filters run side
by side over the same evidence. The *belief* takes it at face value; it freezes the usual and tells the kind. The
*suspicion* takes it with a tempered weight and forgets faster, for a new alert should rest on what is new; its
calibrated value is the stated probability.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.criteria.rupture_filter.behaviour import Behaviour
from ratings.psychometrics.criteria.rupture_filter.own_usual import OwnUsual
from ratings.psychometrics.criteria.rupture_filter.reports import (
    WITHDRAWAL_SHARE,
    client_report,
    report_points,
    therapist_report,
)
from ratings.psychometrics.criteria.rupture_filter.slide_guard import SILENT, SlideGuard
from ratings.psychometrics.criteria.rupture_filter.tuned import TUNING
from ratings.psychometrics.criteria.rupture_filter.tuning import Fusion, Tuning
from ratings.psychometrics.evidence import ESTIMATED, Kind, Note, Points, Report, SessionEvidence, Use

KIND_FROM = 0.6  # share of the belief from which a kind is said; right in 78 % of those in simulation; else "unclear"
PROBABLE_FOR_KIND = 0.1  # below this stated probability there is nothing to name; convention of this app
AFTER_RELEARNING = 0.1  # belief in a rupture once a new level was taken; convention of this app
LEAST_TO_COMPARE = 2  # earlier ratings of a rater
POINTS = 10 / math.log(10)
LEAST_PROBABILITY = 1e-9
UPPER_SLOPE = 1.8  # above even odds the line understates; from the tuning seed's reliability curve
UNREMARKABLE = math.log(0.05 / 0.95)  # stated before anything was seen; below every threshold; convention of this app


Belief = tuple[float, Sequence[float]]  # that all is steady, and in each way a rupture can show


def _entering(withdrawal: tuple[float, float], confrontation: tuple[float, float]) -> tuple[float, ...]:
    """How a new rupture spreads over the states, in their order; sums to 1.

    The arguments: of withdrawals and of confrontations, the shares that show in the client's and the therapist's
    ratings.
    """
    enter = []
    for share, (client, therapist) in ((WITHDRAWAL_SHARE, withdrawal), (1 - WITHDRAWAL_SHARE, confrontation)):
        for shown in (client, 1 - client):
            enter += [share * shown * therapist, share * shown * (1 - therapist)]
    return tuple(enter)


# For the kind the shares are those of science.md §5: half of the withdrawals hidden from the client's ratings, a third
# or so seen by the therapist, confrontations open and mostly seen.
KIND_SHARES = _entering((0.5, 0.38), (0.95, 0.7))


class States:
    """Belief over steady (0) and the two kinds, each with what of it shows.

    Order within a kind: both raters show it, only the client, only the therapist, neither.
    """

    def __init__(self, fusion: Fusion):
        self.fusion = fusion
        self.enter = _entering(
            (fusion.withdrawal_client, fusion.withdrawal_therapist),
            (fusion.confrontation_client, fusion.confrontation_therapist),
        )
        self.steady = 1.0
        self.rupture: Sequence[float] = (0.0,) * 8

    def predicted(self) -> Belief:
        """Where things stand before this session's evidence.

        steady' = steady (1 - hazard) + ends sum(rupture), and rupture'_i = (1 - ends) rupture_i + hazard steady
        enter_i.
        """
        fusion = self.fusion
        new = self.steady * fusion.hazard
        steady = self.steady - new + sum(self.rupture) * fusion.ends
        stays = 1 - fusion.ends
        return steady, [old * stays + new * share for old, share in zip(self.rupture, self.enter, strict=True)]

    def weigh(self, ahead: Belief, client: float, therapist: float, behaviour: tuple[float, float]) -> Belief:
        """The belief with this session's evidence (log likelihood ratios; 0: none).

        Bayes' rule over nine states. A rater's evidence e counts as miss + (1 - miss) exp(temper e) in the states in
        which it shows, with (c t)^together where both show it, and as 1 elsewhere; behaviour counts in every state of
        its kind.
        """
        fusion = self.fusion
        c = fusion.miss_client + (1 - fusion.miss_client) * math.exp(fusion.temper * client) if client else 1.0
        t = (
            fusion.miss_therapist + (1 - fusion.miss_therapist) * math.exp(fusion.temper * therapist)
            if therapist
            else 1.0
        )
        both = (c * t) ** fusion.together
        steady, rupture = ahead
        w, k = behaviour
        if w or k:
            w, k = math.exp(w), math.exp(k)
        else:
            w = k = 1.0
        s = rupture
        rupture = [s[0] * both * w, s[1] * c * w, s[2] * t * w, s[3] * w]
        rupture += [s[4] * both * k, s[5] * c * k, s[6] * t * k, s[7] * k]
        whole = steady + sum(rupture)
        return steady / whole, [share / whole for share in rupture]

    def keep(self, belief: Belief) -> None:
        """Take a belief as where things stand."""
        self.steady, self.rupture = belief

    def restart(self) -> None:
        """Forget what was believed, as a new level was taken for usual."""
        self.steady = 1 - AFTER_RELEARNING
        self.rupture = tuple([AFTER_RELEARNING * share for share in self.enter])


class RuptureFilter:
    """How likely a rupture is, from what fell below the own usual on both sides.

    It is weighed together from session to session; see the head of this module.

    Parameters
    ----------
    constants
        Population constants in POMP; a practice's own once it has enough episodes.
    use
        Whose evidence counts. Behaviour that is not in use is still shown.

    References
    ----------
    Ours; science.md §5, and docs/reference/detection.md for what was changed there and why.
    """

    reads = "both"

    def __init__(self, constants: Constants, use: Use, tuning: Tuning = TUNING):
        self.constants, self.use, self.tuning = constants, use, tuning
        self.suspicion, self.belief = States(tuning.suspicion), States(tuning.belief)
        self.behaviour = Behaviour()
        self.guard = SlideGuard(constants.sd_within, constants.slide_from, constants.slide_slope)
        self.attended = 0
        self.judged = False  # there was evidence to weigh
        self.weighed: tuple[float, float] | None = None  # of client and therapist in the last session, where both speak
        self.stated = UNREMARKABLE  # log-odds after the last session
        self.calibration = {
            Use.CLIENT: tuning.calibration_client,
            Use.BOTH: tuning.calibration,
            Use.ALL: tuning.calibration_all,
        }[use]
        c = constants
        self.client = OwnUsual(tuning, tuning.client, c.mean, c.sd_between, c.sd_within, c.sd_contrast, c.form_sd)
        self.therapist = OwnUsual(
            tuning,
            tuning.therapist,
            c.therapist_mean,
            c.therapist_sd_between,
            c.therapist_sd_within,
            c.sd_contrast,
            c.form_sd,
        )

    def step(self, therapy_session: SessionEvidence, *, in_rupture: bool) -> Finding:
        """Weigh the next session, and learn from it as far as no rupture shows."""
        self.attended += therapy_session.attended
        client, therapist = self.client, self.therapist
        client.change_form(therapy_session.instrument if therapy_session.client else None)
        therapist.change_form(therapy_session.instrument_therapist if therapy_session.therapist else None)
        from_client = client.read(therapy_session.client)
        from_therapist = self.use != Use.CLIENT and therapist.read(therapy_session.therapist)
        usual, ratings = client.usual(), client.ratings
        enough = client.ratings >= self.constants.fewest_ratings
        for_client = client.evidence() if from_client else 0.0
        by_therapist = therapist.evidence() if from_therapist else 0.0
        comparable = from_client and from_therapist and min(ratings, therapist.ratings) >= LEAST_TO_COMPARE
        self.weighed = (for_client, by_therapist) if comparable else None
        for_therapist = self.constants.therapist_weight * by_therapist
        withdrawal, confrontation, shown = self.behaviour.read(therapy_session, weighed=self.use == Use.ALL)
        said, shown_reports = self._reports(therapy_session)

        ahead = self.suspicion.predicted()
        share, of_report = self.tuning.behaviour, 1 / self.calibration[1]  # so that a report keeps its full weight
        acted = (share * withdrawal + of_report * said[0], share * confrontation + of_report * said[1])
        suspicion = self.suspicion.weigh(ahead, for_client, for_therapist, acted)
        said_and_done = (withdrawal + said[0], confrontation + said[1])
        belief = self.belief.weigh(self.belief.predicted(), for_client, for_therapist, said_and_done)
        # Time alone makes a rupture likelier, but without a sign of one in this very session suspicion does not rise.
        stated = self._stated(suspicion)
        signs = (from_client and client.fell()) or (from_therapist and therapist.fell())
        if not signs and max(said_and_done) <= 0:
            stated = min(stated, self.stated)
        from_filter = stated
        self.judged = self.judged or bool(for_client or for_therapist or any(said_and_done))
        estimated = _estimated(therapy_session, from_client, from_therapist)
        remarks = (Note.THERAPIST_FELL,) if not enough and from_therapist and therapist.fell_far() else ()
        finding = Finding(usual=usual, ratings=ratings, enough=enough, notes=remarks)
        if self.judged and enough and self.attended >= self.constants.first_number:
            points = self._points(suspicion, ahead, for_client, for_therapist, acted, usual)
            points += (*shown_reports, *shown)
            guard = self.guard.stated(client.total, client.wider) if from_client else SILENT
            if guard > stated:
                points = _with_slide(points, client.total, self.guard.mean, POINTS * (guard - stated))
                stated = guard
            finding = replace(self._finding(stated, belief, usual, ratings, points), notes=estimated)
        self.stated = from_filter
        self.suspicion.keep(suspicion)
        self.belief.keep(belief)
        self._learn(therapy_session, belief[1], from_client, from_therapist)
        return finding

    def settle(self) -> None:
        """Do nothing: the filter itself takes a new level, after four low ratings."""

    def _reports(self, therapy_session: SessionEvidence) -> tuple[tuple[float, float], list[Points]]:
        """Log likelihood ratios of what both say, and what of it is shown."""
        by_client = client_report(therapy_session, self.constants)
        by_therapist = (0.0, 0.0)
        if self.use != Use.CLIENT:
            by_therapist = therapist_report(therapy_session, self.constants)
        shown = report_points(Report.CLIENT, by_client) + report_points(Report.THERAPIST, by_therapist)
        return (by_client[0] + by_therapist[0], by_client[1] + by_therapist[1]), shown

    def _learn(
        self, therapy_session: SessionEvidence, rupture: Sequence[float], from_client: bool, from_therapist: bool
    ) -> None:
        relearned = False
        if from_client:
            self.guard.learn(self.client.total)
            relearned |= self.client.learn(1 - (rupture[0] + rupture[1] + rupture[4] + rupture[5]))
        if from_therapist:
            relearned |= self.therapist.learn(1 - (rupture[0] + rupture[2] + rupture[4] + rupture[6]))
        if sum(rupture) < 0.5:
            self.behaviour.learn(therapy_session)
        if relearned:
            self.guard.restart(self.client.level)
            self.suspicion.restart()
            self.belief.restart()

    def _finding(
        self, stated: float, belief: Belief, usual: dict[str, float], ratings: int, points: tuple[Points, ...]
    ) -> Finding:
        """The finding; its kind is said where one side has 0.6 of the belief in a rupture.

        For the kind, the belief in each state is weighted by `KIND_SHARES` / enter, so that the search for the best
        suspicion does not move it.
        """
        probability = 1 / (1 + math.exp(-stated))
        rupture = belief[1]
        kind = None
        if probability >= PROBABLE_FOR_KIND:
            enter = self.belief.enter
            shares = [one * share / was for one, share, was in zip(rupture, KIND_SHARES, enter, strict=True)]
            withdrawal = sum(shares[:4]) / max(sum(shares), LEAST_PROBABILITY)
            kind = Kind.WITHDRAWAL if withdrawal >= KIND_FROM else Kind.UNCLEAR
            kind = Kind.CONFRONTATION if 1 - withdrawal >= KIND_FROM else kind
        fell = any(one.source.startswith("client") and one.points > 0 for one in points)
        return Finding(
            suspicion=probability,
            probability=probability,
            kind=kind,
            pillars=self.client.fallen_pillars() if fell else (),
            points=points,
            usual=usual,
            ratings=ratings,
            enough=True,
        )

    def _stated(self, belief: Belief) -> float:
        """The calibrated log-odds of a rupture: first + second ln(rupture / steady).

        Above even odds they are multiplied by 1.8.
        """
        first, second = self.calibration
        rupture = max(sum(belief[1]), LEAST_PROBABILITY)
        line = first + second * math.log(rupture / max(belief[0], LEAST_PROBABILITY))
        return line if line < 0 else UPPER_SLOPE * line

    def _points(
        self,
        suspicion: Belief,
        ahead: Belief,
        for_client: float,
        for_therapist: float,
        acted: tuple[float, float],
        usual: dict[str, float],
    ) -> tuple[Points, ...]:
        """What each rating added: the stated log-odds with it, less those without."""
        whole = self._stated(suspicion)
        points: list[Points] = []
        if for_client:
            without = self._stated(self.suspicion.weigh(ahead, 0.0, for_therapist, acted))
            points += _by_series("client", self.client, POINTS * (whole - without), usual)
        if for_therapist:
            without = self._stated(self.suspicion.weigh(ahead, for_client, 0.0, acted))
            shown = _by_series("therapist", self.therapist, POINTS * (whole - without), self.therapist.usual())
            fallen = {f"therapist:{pillar}" for pillar in self.therapist.fallen_pillars()}
            points += [one for one in shown if one.source == "therapist" or one.source in fallen]
        return tuple(points)


def _estimated(therapy_session: SessionEvidence, from_client: bool, from_therapist: bool) -> tuple[Note, ...]:
    """Whose total is no answer, of those whose rating is weighed."""
    read = ((therapy_session.client, from_client), (therapy_session.therapist, from_therapist))
    return tuple(
        note
        for (scores, is_weighed), note in zip(read, ESTIMATED.values(), strict=True)
        if scores and is_weighed and not scores.has_total
    )


def _with_slide(points: tuple[Points, ...], total: float, mean: float, more: float) -> tuple[Points, ...]:
    """The points with what a slow slide adds, beside the mean of all ratings."""
    return tuple(
        Points("client", max(one.points, 0.0) + more, seen=total, usual=mean) if one.source == "client" else one
        for one in points
    )


def _by_series(source: str, rater: OwnUsual, points: float, usual: dict[str, float]) -> list[Points]:
    """The points of a rating, and of each pillar its share in the explanations.

    A pillar's share: of the likelihoods of all falls, those of the falls in which it takes part.
    """
    total_fell = rater.total < usual["overall"]
    overall = points if total_fell else min(points, 0.0)  # what lies above its usual is no sign of strain
    by_series = [Points(source, overall, seen=rater.total, usual=usual["overall"])]
    if len(rater.shapes) == 1 or rater.contrasts is None:
        return by_series
    shapes = rater.shapes
    everything = math.fsum(shapes)
    for position, pillar in enumerate(("goal", "task", "bond")):
        fell = shapes[0] + shapes[1 + position] + math.fsum(shapes[4:]) - shapes[4 + position]
        seen = rater.total + rater.contrasts[position]
        explains = points * fell / everything
        explains = explains if seen < usual[pillar] else min(explains, 0.0)
        by_series.append(Points(f"{source}:{pillar}", explains, seen=seen, usual=usual[pillar]))
    return by_series
