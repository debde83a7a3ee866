"""The one way in: an episode's history to one assessment per session."""

from collections.abc import Sequence
from dataclasses import replace

from ratings.psychometrics.constants import Constants, resolve
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evidence import CLEAR_FROM, Assessment, ByNumber, SessionEvidence, Version
from ratings.psychometrics.notes import notes
from ratings.psychometrics.spells import Spells, follow
from ratings.psychometrics.thresholds import thresholds

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
    constants = resolve(version.constants, version.edition)
    criterion = REGISTRY[version.criterion](constants, version.use)
    spells = Spells(_thresholds(version), constants)
    assessments = []
    followed = zip(history, follow(history, criterion, spells), notes(history, constants), strict=True)
    for therapy_session, (finding, state, alert), notes_on_ratings in followed:
        assessments.append(
            Assessment(
                number=therapy_session.number,
                state=state,
                suspicion=finding.suspicion,
                probability=_stated(finding.probability, version),
                alert=alert,
                kind=finding.kind,
                pillars=finding.pillars,
                points=finding.points,
                notes=notes_on_ratings + finding.notes,
            )
        )
    return assessments


def constants_of(version: Version) -> Constants:
    """The constants of a version; what is held against a stated probability is stated alike."""
    constants = resolve(version.constants, version.edition)
    if version.recalibration is None:
        return constants
    return replace(constants, still_on_from=version.recalibration.stated(constants.still_on_from))


def of_therapist(version: Version, therapist: str) -> Version:
    """The version as it judges the cases of one therapist, by key: with what their ratings weigh.

    Examples
    --------
    >>> of_therapist(Version(by_therapist={"7": 0.4}), "7").constants
    {'therapist_weight': 0.4}
    """
    weight = version.by_therapist.get(therapist)
    if weight is None:
        return version
    return replace(version, constants=version.constants | {"therapist_weight": weight})


def freeze(version: Version) -> Version:
    """The same version with its thresholds filled in.

    So it judges alike under a later program, which may bring other thresholds.

    Raises
    ------
    ValueError
        There is no threshold for the criterion.

    Examples
    --------
    >>> from ratings.psychometrics.evidence import Budget, Use
    >>> freeze(Version(threshold=0.5)).thresholds is None
    True
    >>> freeze(Version()).thresholds == thresholds("rupture_filter", Budget.NORMAL, Use.BOTH)
    True
    """
    if version.threshold is not None or version.thresholds is not None:
        return version
    return replace(version, thresholds=thresholds(version.criterion, version.budget, version.use))


def _thresholds(version: Version) -> ByNumber:
    by_number = version.thresholds
    if by_number is None and version.threshold is not None:  # as older versions have it
        by_number = ByNumber(version.threshold, version.threshold, version.threshold)
    if by_number is None:
        by_number = thresholds(version.criterion, version.budget, version.use)
    if not version.clear_only:
        return by_number
    clear = version.recalibration.before(CLEAR_FROM) if version.recalibration else CLEAR_FROM
    return ByNumber(*(max(one, clear) for one in (by_number.third, by_number.early, by_number.later)))


def _stated(found: float | None, version: Version) -> float | None:
    """The probability as the practice states it; how a rupture goes on and ends rests on what was found."""
    return version.recalibration.stated(found) if found is not None and version.recalibration else found
