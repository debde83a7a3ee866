"""What the shipped thresholds were measured to raise, for the page that lets managers choose among them."""

from dataclasses import dataclass

from ratings.psychometrics.evidence import Budget


@dataclass(frozen=True, slots=True)
class Measured:
    """False flags per 100 quiet sessions, over the scenarios of the simulator."""

    mean: float
    fewest: float
    most: float

    @property
    def rounded(self) -> "Measured":
        """In whole numbers; a half goes up.

        Examples
        --------
        >>> Measured(5.0, 3.6, 7.5).rounded
        Measured(mean=5, fewest=4, most=8)
        """
        return Measured(*(int(one + 0.5) for one in (self.mean, self.fewest, self.most)))


# Of the filter on both raters from session 3 on, as `manage.py evaluate_detection --write-docs` writes them into
# docs/reference/detection.md: "False flags per 100 quiet sessions at each setting".
FALSE_FLAGS = {
    Budget.QUIET: Measured(2.0, 1.2, 3.1),
    Budget.NORMAL: Measured(5.0, 3.6, 7.5),
    Budget.WATCHFUL: Measured(10.1, 8.4, 12.5),
}
