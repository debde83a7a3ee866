"""A second generator, built on other ideas.

No constant of the detector was tuned on it. `simulate` adds falls to a level and rounds. Here every answer is drawn
from an ordinal item-response model; the alliance wanders and returns; strain is a tension that builds up and breaks,
spread over the three pillars unevenly; openness and attunement are traits, not coin flips; therapists sometimes see
strain that is not there; and some courses end in a rupture. All constants are assumptions. It serves one purpose: to
show whether a criterion wins only under the first generator's ideas.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from ratings.psychometrics.evaluation.simulate import Episode, TrueRupture
from ratings.psychometrics.evidence import Kind, Pillar, Scores, SessionEvidence

ITEMS, STEPS = 4, 7
SHAPES = {  # share of the depth, session by session
    "v": (1.0, 0.5),
    "short": (1.0,),
    "plateau": (0.9, 1.0, 1.0, 0.8),
    "ramp": (0.3, 0.6, 1.0, 1.0, 0.5),
    "twice": (1.0, 0.2, 0.9),
}


def simulate_ordinal(episodes: int, seed: int | str) -> Iterator[Episode]:
    """Make episodes; the same number and seed give the same ones.

    Examples
    --------
    >>> list(simulate_ordinal(2, seed=1)) == list(simulate_ordinal(2, seed=1))
    True
    """
    for number in range(episodes):
        yield _course(random.Random(f"ordinal/{seed}/{number}"))


@dataclass(frozen=True, slots=True)
class _Strain:
    """A rupture under way."""

    first: int
    kind: Kind
    shape: tuple[float, ...]  # share of the depth, session by session
    depth: float
    weights: list[float]  # of the pillars; they sum to three
    seen: bool  # the therapist's ratings show it


def _course(chance: random.Random) -> Episode:
    home = chance.gauss(2.2, 1.0)
    therapist_home = 0.45 * home + chance.gauss(0.6, 0.9)
    pillar_lean = [chance.gauss(0, 0.35) for _ in Pillar]
    therapist_lean = [chance.gauss(0, 0.3) for _ in Pillar]
    openness = chance.betavariate(1.3, 1.1)
    attunement = chance.betavariate(1.6, 1.4)
    restless = math.exp(chance.gauss(-0.7, 0.4))  # how far the client's view wanders from session to session
    therapist_restless = math.exp(chance.gauss(-0.9, 0.4))
    path = chance.choice(("level", "level", "rise", "dip"))
    length = 5 + min(int(chance.gammavariate(1.8, 7)), 45)
    prone = chance.gammavariate(1.2, 0.03)
    wander = therapist_wander = stirred = 0.0
    tension = 0.0
    history, ruptures = [], []
    strain: _Strain | None = None
    attended, position = 0, 0
    while position < length:
        tension = 0.6 * tension + prone * chance.expovariate(1)
        if strain is None and position >= 1 and chance.random() < min(tension, 0.4):
            kind = Kind.WITHDRAWAL if chance.random() < 0.58 else Kind.CONFRONTATION
            shape = SHAPES[chance.choice(tuple(SHAPES))]
            parts = [chance.gammavariate(0.9, 1) for _ in Pillar]
            weights = [3 * part / sum(parts) for part in parts]
            depth = math.exp(chance.gauss(0.45, 0.4))
            strain = _Strain(position, kind, shape, depth, weights, seen=chance.random() < attunement)
            tension = 0.0
        stirred = 0.7 * stirred + chance.expovariate(1) * 0.3  # restless phases come in bursts
        mood = chance.gauss(0, 0.25)
        wander = 0.55 * wander + chance.gauss(0, restless * (0.7 + 0.4 * stirred))
        therapist_wander = 0.5 * therapist_wander + chance.gauss(0, therapist_restless)
        drift = {"level": 0.0, "rise": 0.9 * position / length, "dip": -0.8 * math.sin(math.pi * position / length)}[
            path
        ]
        came = chance.random() >= (0.12 if strain and strain.kind == Kind.WITHDRAWAL else 0.07)
        attended += came
        fall = [0.0] * 3
        shown = noticed = 0.0
        if strain:
            fall = [strain.depth * strain.shape[position - strain.first] * weight for weight in strain.weights]
            shown = 1.0 if strain.kind == Kind.CONFRONTATION else openness
            noticed = (0.9 if strain.kind == Kind.CONFRONTATION else 0.7) * strain.seen
        fancied = chance.expovariate(1) if chance.random() < 0.03 else 0.0
        client = therapist = None
        if came and chance.random() >= 0.12:
            centre = home + drift + wander + mood
            client = _form(chance, [centre + lean - shown * low for lean, low in zip(pillar_lean, fall, strict=True)])
        if came and chance.random() >= 0.15:
            centre = therapist_home + 0.6 * drift + therapist_wander + mood - fancied
            therapist = _form(
                chance, [centre + lean - noticed * low for lean, low in zip(therapist_lean, fall, strict=True)]
            )
        history.append(
            SessionEvidence(
                number=attended if came else None,
                client=client,
                therapist=therapist,
                attended=came,
                checkin_answered=client is not None if came else None,
            )
        )
        if strain and position - strain.first == len(strain.shape) - 1:
            ruptures.append(_truth(strain, position, openness))
            if chance.random() < 0.12:  # some leave after a rupture
                break
            strain = None
        position += 1
    else:
        if strain:
            ruptures.append(_truth(strain, length - 1, openness))
    return Episode(tuple(history), tuple(ruptures))


def _truth(strain: _Strain, last: int, openness: float) -> TrueRupture:
    hidden = strain.kind == Kind.WITHDRAWAL and openness < 0.5
    return TrueRupture(strain.first, last, strain.kind, hidden=hidden, seen=strain.seen, pillars=())


def _form(chance: random.Random, centres: list[float]) -> Scores:
    """Draw every item's answer from a graded response model and score the form."""
    given: set[int] = set()
    means: list[float] = []
    for centre in centres:
        total = 0
        for item in range(ITEMS):
            u = chance.random()
            latent = centre + 0.2 * (item - 1.5) + 0.55 * math.log(u / (1 - u))
            answer = min(max(round(latent + 2.5), 0), STEPS - 1)
            given.add(answer)
            total += answer
        means.append(100 * total / (ITEMS * (STEPS - 1)))
    goal, task, bond = means
    return Scores(goal, task, bond, overall=sum(means) / 3, straight_line=len(given) == 1)
