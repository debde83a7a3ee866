"""Episodes that never happened, with their truth: the only labelled data.

No public data set has session-by-session ratings with known ruptures (science.md §4), so criteria are compared on
these. One public series of real ratings without labels exists; its level, spread and growth are the base here, marked
"real". What a realistic simulator must reproduce beside that is in science.md §6; a test checks it. Every constant
below carries its source, or the word "assumption". A rule that wins here has won on these assumptions and on nothing
else.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ratings.psychometrics.evidence import Kind, Pillar, Scores, SessionEvidence

PILLARS = tuple(Pillar)
GROWS_FOR = 14  # sessions; the real series has fifteen
FIRST_FORM = 3  # sessions with another questionnaire, where there is one


@dataclass(frozen=True, slots=True)
class Population:
    """What clients, therapists and ruptures are like. Levels and depths in POMP."""

    # the client's ratings
    # Where "real" stands, the value gives what was measured on a public series of 57 clients (docs/reference/
    # detection.md): mean 73.9, between-client SD 13.1, within 9.3 or 7.9 about the own trend, growth 66 to 83 over 15
    # sessions, hardly any carry-over once growth is taken out, SD of a pillar's contrast 8.6, straight lines 11 %.
    level: float = 85.5  # where the growth leads to; real
    level_sd: float = 14.5  # between clients; real
    within_sd: float = 3.0  # about the own trend, with the answers' noise; real
    within_spread: float = 0.3  # clients differ in how much they vary, SD of the log; assumption
    carry_over: float = 0.15  # from session to session, about the own trend; real
    growth: float = 0.0  # early growth that levels off; none was seen beside the steady one; real
    steady_growth: float = 18.0  # from the first session to the fifteenth, in a straight line, then flat; real
    pillar_offset_sd: float = 5.0  # a client's lasting differences between pillars; assumption
    pillar_sd: float = 6.0  # session-to-session differences between pillars; real
    item_sd: float = 6.5  # between the items of a pillar; keeps alpha of the total > .90 (science.md §6)
    items_per_pillar: int = 2  # our own instrument
    steps: int = 5
    straight_liners: float = 0.03  # clients who always tick one column; few, so that forms like that are as rare; real
    bad_week: float = 0.03  # a low session that is no rupture (science.md §6); share: assumption
    bad_week_depth: float = 18.0  # assumption
    heavy_tails: float = 0.0  # share of sessions with three times the spread; assumption
    # the therapist's ratings
    agreement: float = 0.4  # correlation of levels between raters (science.md §6)
    therapist_shift: float = -6.5  # lower by .4 SD (Lev Ari et al. 2025)
    therapist_within_sd: float = 4.4  # assumption; see "ruptures"
    shared_noise: float = 0.15  # correlation of the two within quiet sessions; assumption
    flat_therapists: float = 0.1  # who always rate alike; assumption
    # ruptures; how far each rater shows them was set so that a chart on one rater alone finds about as many as on the
    # independent simulator of science.md §7 (client .29, therapist .30 at 5 new alerts per 100 quiet sessions)
    hazard: float = 0.05  # per quiet session; gives 25-56 % of clients with at least one (science.md §6)
    hazard_spread: float = 0.7  # clients differ, SD of the log; assumption
    withdrawal: float = 0.6  # commoner than confrontation (PMC7451373); share: assumption
    depth: float = 14.5  # median fall where it shows openly, about two within SD (Gumz 2012: 1-2 SD)
    depth_spread: float = 0.4  # SD of the log; assumption
    ends: float = 0.42  # per session; most last 2-3, longest about six (Gumz 2012)
    longest: int = 6  # Gumz 2012
    slides: float = 0.25  # decline over several sessions, second commonest shape (Gumz 2012); share: assumption
    slow: int = 0  # sessions over which every rupture slides down in even steps; 0: they begin as `slides` says
    one_pillar: float = 0.3  # begins, and stays, in one pillar; assumption
    hidden: float = 0.6  # withdrawals that the client's own ratings hardly show (science.md §3, §5: about half)
    seen_withdrawal: float = 0.45  # the therapist's rating falls too; assumption (science.md §5: .35)
    seen_confrontation: float = 0.72  # science.md §5: .7
    stays_lower: float = 0.15  # after a rupture; assumption
    stronger: float = 0.2  # after a rupture; assumption
    # behaviour: base rates, and the factors of science.md §3 (priors from judgement)
    no_show: float = 0.08  # missed about 10 % with those in ruptures (science.md §6)
    unrated: float = 0.09  # about 10 % more (science.md §6)
    therapist_unrated: float = 0.08  # assumption
    behaviour_speaks: bool = True
    # what people say where they are asked: how often yes in quiet, withdrawal and confrontation sessions; None: not
    # asked
    client_says: tuple[float, float, float] | None = None
    therapist_says: tuple[float, float, float] | None = None
    # another questionnaire in sessions 1 to 3: how far it lies from the later one, SD; None: the same throughout
    first_form_sd: float | None = None
    # the course
    sessions_mean: float = 20.0  # assumption
    sessions_fewest: int = 6


BASE = Population()
SCENARIOS: dict[str, Population] = {
    "base": BASE,
    # what was assumed before there were real series to measure
    "early growth": replace(
        BASE,
        level=82.0,
        level_sd=14.0,
        within_sd=5.3,
        carry_over=0.4,
        growth=6.0,
        steady_growth=0.0,
        pillar_sd=4.5,
        straight_liners=0.12,
    ),
    "no behaviour signal": replace(BASE, behaviour_speaks=False),
    "open clients": replace(BASE, hidden=0.1),
    "noisy": replace(BASE, within_sd=6.5, carry_over=0.5, bad_week=0.05, heavy_tails=0.08),
    "shallow": replace(BASE, depth=10.0),
    "strong ceiling": replace(BASE, level=92.0, level_sd=15.0),
    "short courses": replace(BASE, sessions_mean=8.0, sessions_fewest=4),
    "many missing": replace(BASE, no_show=0.14, unrated=0.25, therapist_unrated=0.3),
    "finer answers": replace(BASE, items_per_pillar=4, steps=7),
}


@dataclass(frozen=True, slots=True)
class TrueRupture:
    """A rupture as it was made: first and last session by position in the history."""

    first: int
    last: int
    kind: Kind
    hidden: bool  # the client's ratings hardly show it
    seen: bool  # the therapist's ratings show it
    pillars: tuple[Pillar, ...]  # empty: the whole alliance


@dataclass(frozen=True, slots=True)
class Episode:
    """A simulated course of therapy and what truly happened in it."""

    history: tuple[SessionEvidence, ...]
    ruptures: tuple[TrueRupture, ...]

    def in_rupture(self, position: int) -> TrueRupture | None:
        """The rupture that a session lies in."""
        return next((one for one in self.ruptures if one.first <= position <= one.last), None)


def simulate(population: Population, episodes: int, seed: int | str) -> Iterator[Episode]:
    """Make episodes; the same population, number and seed give the same ones.

    Examples
    --------
    >>> first, second = (list(simulate(BASE, 3, seed=1)) for _ in range(2))
    >>> first == second
    True
    """
    for number in range(episodes):
        yield _Course(population, random.Random(f"{seed}/{number}"), random.Random(f"said/{seed}/{number}")).run()


@dataclass(slots=True)
class _Drop:
    """A rupture under way, as its two ratings show it."""

    kind: Kind
    hidden: bool
    seen: bool
    pillars: tuple[Pillar, ...]
    shape: list[float]  # share of the full depth, session by session
    depth: float
    first: int
    late: int  # sessions until the therapist's rating follows


@dataclass(slots=True)
class _Course:
    population: Population
    chance: random.Random
    said: random.Random  # of its own, so that questions beside the ratings leave those as they are
    straight: bool = False
    level: float = 0.0
    therapist_level: float = 0.0
    within_sd: float = 0.0
    therapist_sd: float = 0.0
    hazard: float = 0.0
    offsets: dict[Pillar, float] = field(default_factory=dict)
    therapist_offsets: dict[Pillar, float] = field(default_factory=dict)
    first_form: float = 0.0
    first_form_therapist: float = 0.0

    def run(self) -> Episode:
        """The whole episode."""
        p, chance = self.population, self.chance
        self._draw_dyad()
        length = p.sessions_fewest + int(chance.expovariate(1 / max(p.sessions_mean - p.sessions_fewest, 1)))
        length = min(length, 60)
        history, ruptures = [], []
        drop: _Drop | None = None
        attended = 0
        noise = [chance.gauss(0, 1), chance.gauss(0, 1)]
        words_usual = math.exp(chance.gauss(2.6, 0.6))
        for position in range(length):
            if drop is None and attended >= 1 and chance.random() < self.hazard:
                drop = self._draw_drop(position)
            noise = self._next_noise(noise)
            came, rated, asked_words = self._behaviour(drop, words_usual)
            tension, noticed = self._says(drop)
            attended += came
            into = position - drop.first if drop else 0
            history.append(
                SessionEvidence(
                    number=attended if came else None,
                    client=self._client(attended, noise[0], drop, into) if came and rated else None,
                    therapist=self._therapist(attended, noise[1], drop, into)
                    if came and chance.random() >= p.therapist_unrated
                    else None,
                    attended=came,
                    checkin_answered=rated if came else None,
                    comment_words=asked_words if came and rated else None,
                    tension=tension if came and rated else None,
                    tension_therapist=noticed if came else None,
                    instrument=self._form_name(attended),
                    instrument_therapist=self._form_name(attended),
                )
            )
            if drop and into == len(drop.shape) - 1:
                ruptures.append(self._record(drop, position))
                drop = None
        if drop:
            ruptures.append(self._record(drop, length - 1))
        return Episode(tuple(history), tuple(ruptures))

    def _record(self, drop: _Drop, last: int) -> TrueRupture:
        chance, p = self.chance, self.population
        after = chance.random()
        if after < p.stays_lower:
            self.level -= 0.5 * drop.depth
        elif after < p.stays_lower + p.stronger:
            self.level += 0.35 * drop.depth
        return TrueRupture(drop.first, last, drop.kind, drop.hidden, drop.seen, drop.pillars)

    def _draw_dyad(self) -> None:
        p, chance = self.population, self.chance
        shared = chance.gauss(0, 1)
        apart = chance.gauss(0, 1)
        self.level = p.level + p.level_sd * shared
        mixed = p.agreement * shared + math.sqrt(1 - p.agreement**2) * apart
        self.therapist_level = p.level + p.therapist_shift + 0.8 * p.level_sd * mixed
        self.straight = chance.random() < p.straight_liners
        self.within_sd = p.within_sd * math.exp(chance.gauss(0, p.within_spread))
        flat = chance.random() < p.flat_therapists
        self.therapist_sd = p.therapist_within_sd * (0.15 if flat else math.exp(chance.gauss(0, p.within_spread)))
        self.hazard = p.hazard * math.exp(chance.gauss(0, p.hazard_spread) - p.hazard_spread**2 / 2)
        self.offsets = {pillar: chance.gauss(0, p.pillar_offset_sd) for pillar in PILLARS}
        self.therapist_offsets = {pillar: chance.gauss(0, p.pillar_offset_sd) for pillar in PILLARS}
        if p.first_form_sd is not None:
            self.first_form, self.first_form_therapist = (self.said.gauss(0, p.first_form_sd) for _ in range(2))

    def _next_noise(self, noise: list[float]) -> list[float]:
        p, chance = self.population, self.chance
        shared, keep = chance.gauss(0, 1), math.sqrt(1 - p.carry_over**2)
        fresh = []
        for before in noise:
            draw = math.sqrt(p.shared_noise) * shared + math.sqrt(1 - p.shared_noise) * chance.gauss(0, 1)
            fresh.append(p.carry_over * before + keep * draw)
        return fresh

    def _draw_drop(self, position: int) -> _Drop:
        p, chance = self.population, self.chance
        withdrawal = chance.random() < p.withdrawal
        length = 1
        while length < p.longest and chance.random() >= p.ends:
            length += 1
        if chance.random() < p.slides:
            length = max(length, 2)
            shape = [min(1.0, (step + 1) / min(length, 3)) for step in range(length)]
        else:
            shape = [1.0] * length
        if p.slow:
            shape = [(step + 1) / p.slow for step in range(p.slow)]
        single = (chance.choice(PILLARS),) if chance.random() < p.one_pillar else ()
        return _Drop(
            kind=Kind.WITHDRAWAL if withdrawal else Kind.CONFRONTATION,
            hidden=withdrawal and chance.random() < p.hidden,
            seen=chance.random() < (p.seen_withdrawal if withdrawal else p.seen_confrontation),
            pillars=single,
            shape=shape,
            depth=p.depth * math.exp(chance.gauss(0, p.depth_spread)),
            first=position,
            late=1 if chance.random() < 0.1 else 0,  # assumption
        )

    def _still_to_grow(self, attended: int) -> float:
        p = self.population
        steady = max(0.0, 1 - (attended - 1) / GROWS_FOR)
        return p.growth * math.exp(-(attended - 1) / 3) + p.steady_growth * steady

    def _form_name(self, attended: int) -> str | None:
        if self.population.first_form_sd is None:
            return None
        return "first" if attended <= FIRST_FORM else "later"

    def _says(self, drop: _Drop | None) -> tuple[bool | None, bool | None]:
        """What client and therapist answer to whether there was strain."""
        p = self.population
        says: list[bool | None] = []
        for rates in (p.client_says, p.therapist_says):
            if rates is None:
                says.append(None)
                continue
            confrontation = drop is not None and drop.kind == Kind.CONFRONTATION
            rate = rates[0] if drop is None else rates[2] if confrontation else rates[1]
            says.append(self.said.random() < rate)
        return says[0], says[1]

    def _client(self, attended: int, noise: float, drop: _Drop | None, into: int) -> Scores:
        p, chance = self.population, self.chance
        spread = self.within_sd * (3 if chance.random() < p.heavy_tails else 1)
        level = self.level - self._still_to_grow(attended) + spread * noise
        level += self.first_form if attended <= FIRST_FORM else 0.0
        if chance.random() < p.bad_week:
            level -= p.bad_week_depth * math.exp(chance.gauss(0, 0.3))
        fall = drop.depth * drop.shape[into] * (0.15 if drop.hidden else 1) if drop else 0
        return self._form(level, self.offsets, fall, drop.pillars if drop else (), self.straight)

    def _therapist(self, attended: int, noise: float, drop: _Drop | None, into: int) -> Scores:
        level = self.therapist_level - 0.6 * self._still_to_grow(attended) + self.therapist_sd * noise
        level += self.first_form_therapist if attended <= FIRST_FORM else 0.0
        fall = drop.depth * drop.shape[into] if drop and drop.seen and into >= drop.late else 0
        return self._form(level, self.therapist_offsets, fall, drop.pillars if drop else (), False)

    def _form(
        self, level: float, offsets: dict[Pillar, float], fall: float, only: tuple[Pillar, ...], straight: bool
    ) -> Scores:
        """Answers to every item, rounded to the steps there are, and their scores."""
        p, chance = self.population, self.chance
        top = p.steps - 1
        if straight:
            answer = self._step(level - (fall * 0.7 if only else fall), top)
            return Scores(answer, answer, answer, answer, straight_line=True)
        given: set[float] = set()
        means: dict[Pillar, float] = {}
        for pillar in PILLARS:
            here = level + offsets[pillar] + chance.gauss(0, p.pillar_sd)
            if not only:
                here -= fall
            elif pillar in only:
                here -= 1.4 * fall  # one pillar alone falls further; assumption
            answers = [self._step(here + chance.gauss(0, p.item_sd), top) for _ in range(p.items_per_pillar)]
            given.update(answers)
            means[pillar] = sum(answers) / len(answers)
        return Scores(
            means[Pillar.GOAL],
            means[Pillar.TASK],
            means[Pillar.BOND],
            overall=sum(means.values()) / 3,
            straight_line=len(given) == 1,
        )

    @staticmethod
    def _step(value: float, top: int) -> float:
        return 100 * min(max(round(value / 100 * top), 0), top) / top

    def _behaviour(self, drop: _Drop | None, words_usual: float) -> tuple[bool, bool, int]:
        """Came, answered the check-in, words of the comment."""
        p, chance = self.population, self.chance
        kind = drop.kind if drop and p.behaviour_speaks else None
        withdrawal, confrontation = kind == Kind.WITHDRAWAL, kind == Kind.CONFRONTATION
        came = chance.random() >= p.no_show * (2.3 if withdrawal else 1.4 if confrontation else 1)
        rated = chance.random() >= p.unrated * (1.9 if withdrawal else 1.2 if confrontation else 1)
        words = words_usual * math.exp(chance.gauss(-0.5 if withdrawal else 0.2 if confrontation else 0, 0.7))
        return came, rated, round(words) if chance.random() < 0.6 else 0
