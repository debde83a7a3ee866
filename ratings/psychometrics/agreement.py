"""How far a therapist's ratings show what their clients' ratings show, and what they weigh by it.

Some therapists notice much of what their clients' answers show, some next to nothing. Where they notice nothing, their
ratings pull the suspicion down with every rupture. A weight is for the filter alone: it says nothing of how good a
therapist is, and no page shows it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.criteria.rupture_filter.filter import RuptureFilter
from ratings.psychometrics.evidence import SessionEvidence, Use

SEES, BLIND = 0.15, 0.03  # agreement in the evaluation's base, and where no rupture is seen there; tuning seed
SESSIONS_OF_GROUP = 400.0  # that the value of the group counts for: about thirty cases; convention of this app
LEAST, MOST = -1.0, 3.0  # natural log; what lies beyond says more of the spread than of agreement


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sums over the sessions that both rated, of the client's and the therapist's evidence for a fall."""

    sessions: int = 0
    client: float = 0.0
    therapist: float = 0.0
    client_squares: float = 0.0
    therapist_squares: float = 0.0
    products: float = 0.0

    def __add__(self, other: "Pairs") -> "Pairs":
        return Pairs(
            self.sessions + other.sessions,
            self.client + other.client,
            self.therapist + other.therapist,
            self.client_squares + other.client_squares,
            self.therapist_squares + other.therapist_squares,
            self.products + other.products,
        )

    @property
    def correlation(self) -> float:
        """Pearson's; 0 where one of the two never moved."""
        n = max(self.sessions, 1)
        spread = (self.client_squares - self.client**2 / n) * (self.therapist_squares - self.therapist**2 / n)
        return (self.products - self.client * self.therapist / n) / spread**0.5 if spread > 1e-9 else 0.0


def pairs_of(history: Sequence[SessionEvidence]) -> Pairs:
    """The sums of one episode.

    A session counts where both rated it, and each had two ratings before it to compare with. Its evidence is the log
    likelihood ratio of a fall, held between -1 and 3.
    """
    rule = RuptureFilter(DEFAULTS, Use.BOTH)
    found = Pairs()
    for therapy_session in history:
        rule.step(therapy_session, in_rupture=False)
        if rule.weighed is None:
            continue
        x, y = (min(max(evidence, LEAST), MOST) for evidence in rule.weighed)
        found += Pairs(1, x, y, x * x, y * y, x * y)
    return found


def drawn(pairs: Pairs, group: float) -> float:
    """The agreement of a therapist, or a practice, drawn towards that of the group it belongs to.

    Z r + (1 - Z) group, with Z = n / (n + k): n the sessions that both rated, and k = 400.

    References
    ----------
    The credibility formula: Bühlmann, H. (1967). Experience rating and credibility. ASTIN Bulletin, 4(3), 199-207.

    Examples
    --------
    >>> round(drawn(Pairs(), 0.15), 2)
    0.15
    >>> still = Pairs(400, client=0.0, therapist=0.0, client_squares=400.0, therapist_squares=400.0, products=0.0)
    >>> round(drawn(still, 0.15), 3)  # no agreement in 400 sessions
    0.075
    """
    share = pairs.sessions / (pairs.sessions + SESSIONS_OF_GROUP)
    return share * pairs.correlation + (1 - share) * group


def weight_of(agreement: float) -> float:
    """What a therapist's ratings weigh, 0-1: 0 as where no rupture is seen, 1 as where about half of them are.

    Examples
    --------
    >>> [round(weight_of(agreement), 2) for agreement in (0.01, 0.09, 0.3)]
    [0.0, 0.5, 1.0]
    """
    return min(max((agreement - BLIND) / (SEES - BLIND), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Weights:
    """What therapists' ratings weigh in a practice, 0-1."""

    practice: float  # of a therapist of whom nothing is known yet
    by_therapist: dict[str, float]


def weights(by_therapist: Mapping[str, Iterable[Pairs]]) -> Weights:
    """The weights of all therapists of a practice.

    Each one's agreement is drawn towards the practice's, and that towards the one in the evaluation's base.
    """
    own = {key: sum(episodes, Pairs()) for key, episodes in by_therapist.items()}
    practice = drawn(sum(own.values(), Pairs()), SEES)
    return Weights(weight_of(practice), {key: weight_of(drawn(pairs, practice)) for key, pairs in own.items()})
