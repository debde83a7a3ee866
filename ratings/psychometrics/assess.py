"""The one way in: an episode's history to one assessment per session."""

from collections.abc import Sequence
from dataclasses import replace

from ratings.psychometrics.constants import resolve
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evidence import Assessment, SessionEvidence, Version
from ratings.psychometrics.notes import notes
from ratings.psychometrics.spells import Spells
from ratings.psychometrics.thresholds import threshold

DEFAULT = Version()


def assess(history: Sequence[SessionEvidence], version: Version = DEFAULT) -> list[Assessment]:
    """Say after each therapy session whether the alliance seems strained.

    Parameters
    ----------
    history
        All sessions of one episode in the order in which they were held, no-shows included.
    version
        The frozen detector: criterion, budget, evidence in use, constants.

    Returns
    -------
    list of Assessment
        One per session, as it would have been made on that day: from that session and the earlier ones only. A session
        without a rating keeps the state of the one before, unless other evidence speaks.

    Raises
    ------
    ValueError
        A criterion, budget or constant that does not exist.

    Examples
    --------
    >>> from ratings.psychometrics.evidence import Scores
    >>> levels = [80, 76, 84, 80, 35, 36]
    >>> history = [SessionEvidence(n, Scores(y, y, y, y)) for n, y in enumerate(levels, start=1)]
    >>> [str(after.state) for after in assess(history, Version(criterion="own_mean_pooled_sd"))]
    ['too_few', 'too_few', 'steady', 'steady', 'open', 'open']
    """
    if version.criterion not in REGISTRY:
        raise ValueError(f"There is no criterion {version.criterion!r}; there are: {', '.join(sorted(REGISTRY))}.")
    constants = resolve(version.constants)
    criterion = REGISTRY[version.criterion](constants, version.use)
    spells = Spells(_threshold(version), constants)
    assessments = []
    for therapy_session, notes_on_ratings in zip(history, notes(history, constants), strict=True):
        finding = criterion.step(therapy_session, in_rupture=spells.in_rupture)
        state, alert, notes_on_rupture = spells.step(therapy_session, finding)
        if spells.settled:
            criterion.settle()
        assessments.append(
            Assessment(
                number=therapy_session.number,
                state=state,
                suspicion=finding.suspicion,
                probability=finding.probability,
                alert=alert,
                kind=finding.kind,
                pillars=finding.pillars,
                points=finding.points,
                notes=notes_on_ratings + notes_on_rupture,
            )
        )
    return assessments


def freeze(version: Version) -> Version:
    """The same version with its threshold filled in.

    So it judges alike under a later program, which may bring other thresholds.

    Raises
    ------
    ValueError
        There is no threshold for the criterion.

    Examples
    --------
    >>> from ratings.psychometrics.evidence import Budget, Use
    >>> freeze(Version(threshold=0.5)).threshold
    0.5
    >>> freeze(Version()).threshold == threshold("rupture_filter", Budget.NORMAL, Use.BOTH)
    True
    """
    return replace(version, threshold=_threshold(version))


def _threshold(version: Version) -> float:
    if version.threshold is not None:
        return version.threshold
    return threshold(version.criterion, version.budget, version.use)
