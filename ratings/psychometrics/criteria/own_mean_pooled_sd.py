"""The own mean of the total and of each pillar: the simple rule of this app."""

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.evidence import Pillar, Points, Scores, SessionEvidence
from ratings.psychometrics.series import OVERALL, SERIES, value_of

PILLAR_DISCOUNT = 1.3  # three pillars are three chances of a false alarm: a single one must fall further
FELL_BY_SD = 1.5  # a pillar is named from here on; convention of this app


class OwnMeanPooledSD:
    """A session far below this client's own mean, in pooled within-person SD.

    z = (mean - y) / (SD sqrt(1 + 1/n)) of the total and of each pillar; the suspicion is the highest of the total's and
    of the pillars' z / 1.3. The mean is that of the client's earlier ratings outside a rupture; the pooled SD stands
    for a client whose own cannot be known yet. A pillar has a wider spread. The root is there because the mean of n
    ratings is itself uncertain.

    References
    ----------
    After Lipner et al. (2022), doi 10.1002/cpp.2606, and Eubanks-Carter, Gorman & Muran (2012),
    doi 10.1080/10503307.2012.693772 (control charts per dyad); the pooled SD is a convention of this app.
    """

    reads = "client"

    def __init__(self, constants: Constants):
        self.constants = constants
        self.sd = {OVERALL: constants.sd_within}
        self.sd |= dict.fromkeys(Pillar, constants.sd_within * constants.pillar_sd_ratio)
        self.outside = _no_ratings()  # ratings that count towards the usual
        self.inside = _no_ratings()  # ratings inside the open rupture
        self.latest: Scores | None = None  # what it counts for is known once the rupture state after it is

    def step(self, therapy_session: SessionEvidence, *, in_rupture: bool) -> Finding:
        """Judge the next session against the mean of those before."""
        self._file_latest(in_rupture)
        ratings = max(len(values) for values in self.outside.values())
        usual = {series: sum(values) / len(values) for series, values in self.outside.items() if values}
        enough = ratings >= self.constants.fewest_ratings
        judged = enough and therapy_session.number is not None and therapy_session.number >= self.constants.first_number
        finding = (
            self._judge(therapy_session, usual, ratings)
            if judged
            else Finding(usual=usual, ratings=ratings, enough=enough)
        )
        self.latest = therapy_session.client
        return finding

    def settle(self) -> None:
        """Take the ratings inside the rupture as the usual ones."""
        if any(self.inside.values()):
            self.outside, self.inside = self.inside, _no_ratings()

    def _file_latest(self, in_rupture: bool) -> None:
        for series in SERIES:
            value = value_of(self.latest, series)
            if value is not None:
                (self.inside if in_rupture else self.outside)[series].append(value)
        if not in_rupture:
            self.inside = _no_ratings()

    def _judge(self, therapy_session: SessionEvidence, usual: dict[str, float], ratings: int) -> Finding:
        distances, points = {}, []
        for series in SERIES:
            value = value_of(therapy_session.client, series)
            n = len(self.outside[series])
            if value is None or n < self.constants.fewest_ratings:
                continue
            distances[series] = (usual[series] - value) / (self.sd[series] * (1 + 1 / n) ** 0.5)
            source = "client" if series == OVERALL else f"client:{series}"
            points.append(Points(source, 10 * distances[series], seen=value, usual=usual[series]))
        if not distances:
            return Finding(usual=usual, ratings=ratings, enough=True)
        fell = tuple(pillar for pillar in Pillar if distances.get(pillar, 0) >= FELL_BY_SD)
        return Finding(
            suspicion=max(z if series == OVERALL else z / PILLAR_DISCOUNT for series, z in distances.items()),
            pillars=fell if len(fell) < len(Pillar) else (),
            points=tuple(points),
            usual=usual,
            ratings=ratings,
            enough=True,
        )


def _no_ratings() -> dict[str, list[float]]:
    return {series: [] for series in SERIES}
