"""From a suspicion per session to the story of a rupture, up to how it ended.

One rupture is open at a time and it alerts once. How it ended is said with a floor: "repaired" only where a rupture was
likely or a person named it, "still on" only where it is still likely or a person says so, and never "as usual" while
the ratings lie where an unrepaired rupture left them. What ends outside the ratings (therapy ended while it was open,
its evidence was corrected away) is the caller's to say.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.criterion import Criterion, Finding
from ratings.psychometrics.evidence import ByNumber, Pillar, SessionEvidence, State, only_the_therapist_fell
from ratings.psychometrics.series import OVERALL, value_of

RATINGS_BACK = 2  # in a row (science.md §5)

Step = tuple[State, bool]  # the state after a session, and whether it opened a rupture


@dataclass(slots=True)
class _Spell:
    before: dict[str, float]  # the client's usual when the rupture opened
    pillars: tuple[Pillar, ...]
    therapist: float | None = None  # the therapist's usual, where only their ratings fell
    sessions: int = 0  # attended since it opened
    back: int = 0  # rated sessions in a row back within error
    likely: bool = False  # its probability once was high enough to call the end a repair
    named: bool = False  # a person said that there was strain


def _therapists_usual(finding: Finding) -> float | None:
    if not only_the_therapist_fell(finding.points):
        return None
    return next((part.usual for part in finding.points if part.source == "therapist"), None)


def _is_named(therapy_session: SessionEvidence) -> bool:
    """Whether a person says that there is, or was, strain."""
    by_report = therapy_session.tension or therapy_session.tension_therapist
    return bool(by_report or therapy_session.named or therapy_session.helped is not None)


class Spells:
    """Follows one episode; call `step` once per session, in order."""

    def __init__(self, thresholds: ByNumber, constants: Constants):
        self.thresholds = thresholds
        self.constants = constants
        self.number: int | None = None  # of the last attended session
        self.open: _Spell | None = None
        self.lower: _Spell | None = None  # closed without getting back: what is to be regained
        self.armed = True  # after a rupture the suspicion must first come down
        self.settled = False  # the last step closed a rupture without getting back

    @property
    def in_rupture(self) -> bool:
        """Whether a rupture is open."""
        return self.open is not None

    def step(self, therapy_session: SessionEvidence, finding: Finding) -> Step:
        """Take up the next session."""
        self.settled = False
        self.number = therapy_session.number or self.number
        state, alert = self._step(therapy_session, finding)
        if therapy_session.rebased:
            self.lower = None
        return state, alert

    def _step(self, therapy_session: SessionEvidence, finding: Finding) -> Step:
        if self.open is not None:
            return self._follow(self.open, therapy_session, finding), False
        if self._is_above(finding):
            if self.armed and any(part.points > 0 for part in finding.points):
                self.armed = False
                self.open = _Spell(dict(finding.usual), finding.pillars, _therapists_usual(finding))
                self._note_floor(self.open, therapy_session, finding)
                return State.OPEN, True
        elif finding.suspicion is not None:
            self.armed = True
        if self.lower is not None:
            return self._regain(self.lower, therapy_session, finding), False
        return (State.STEADY if finding.enough else State.TOO_FEW), False

    def _is_above(self, finding: Finding) -> bool:
        return finding.suspicion is not None and finding.suspicion >= self.thresholds.at(self.number)

    def _note_floor(self, spell: _Spell, therapy_session: SessionEvidence, finding: Finding) -> None:
        spell.likely |= (finding.probability or 0) >= self.constants.repaired_from
        spell.named |= _is_named(therapy_session)

    def _follow(self, spell: _Spell, therapy_session: SessionEvidence, finding: Finding) -> State:
        spell.sessions += therapy_session.attended
        self._note_floor(spell, therapy_session, finding)
        rated = therapy_session.client is not None
        if rated:
            spell.back = spell.back + 1 if self._is_back(spell, therapy_session, finding) else 0
        likely = (finding.probability or 0) >= self.constants.repaired_below
        strained = therapy_session.tension or therapy_session.tension_therapist
        helped = therapy_session.helped is True and not strained and self._is_low(finding)
        if helped or (spell.back >= RATINGS_BACK and not likely):
            self.open = None
            if spell.likely or spell.named:
                return State.REPAIRED
            return (
                State.BACK_TO_USUAL if self.lower is None else State.SETTLED_LOWER
            )  # back, but only to the lower level
        if spell.sessions < self.constants.unrepaired_after or spell.back:
            return State.RECOVERING if spell.back else State.OPEN
        if therapy_session.tension or (finding.probability or 0) >= self.constants.still_on_from:
            return State.UNREPAIRED
        if not rated:  # nobody knows where the client stands now
            return State.OPEN
        # What follows is compared with where things stand now; a further fall is a new rupture.
        self.open, self.settled, self.armed = None, True, True
        self.lower = self.lower or spell
        self.lower.back = 0
        return State.SETTLED_LOWER

    def _regain(self, spell: _Spell, therapy_session: SessionEvidence, finding: Finding) -> State:
        """Whether ratings that settled lower are back where they stood before the rupture."""
        if therapy_session.client is not None:
            spell.back = spell.back + 1 if self._is_back(spell, therapy_session, finding) else 0
        if spell.back < RATINGS_BACK:
            return State.SETTLED_LOWER
        self.lower = None
        return State.BACK_TO_USUAL

    def _is_low(self, finding: Finding) -> bool:
        """Whether a rupture is the less likely reading of this session."""
        if finding.probability is None:
            return not self._is_above(finding)
        return finding.probability < self.constants.recovering_below

    def _is_back(self, spell: _Spell, therapy_session: SessionEvidence, finding: Finding) -> bool:
        """Whether nothing that fell lies more than 0.75 SD below where it stood before."""
        if not self._is_low(finding) or therapy_session.tension or therapy_session.tension_therapist:
            return False
        by_therapist = value_of(therapy_session.therapist, OVERALL)
        allowed = self.constants.back_within_sd * self.constants.sd_within
        if spell.therapist is not None and by_therapist is not None and by_therapist < spell.therapist - allowed:
            return False  # the side that saw the strain still sees it
        for series, before in spell.before.items():
            if series != OVERALL and series not in spell.pillars:
                continue
            value = value_of(therapy_session.client, series)
            ratio = 1 if series == OVERALL else self.constants.pillar_sd_ratio
            allowed = self.constants.back_within_sd * self.constants.sd_within * ratio
            if value is not None and value < before - allowed:
                return False
        return True


def follow(
    history: Iterable[SessionEvidence], criterion: Criterion, spells: Spells
) -> Iterator[tuple[Finding, State, bool]]:
    """What a criterion finds after each session, the state then, and whether a rupture opened.

    Both are new, and are told of each other: a criterion may judge by whether a rupture is open.
    """
    for therapy_session in history:
        finding = criterion.step(therapy_session, in_rupture=spells.in_rupture)
        state, alert = spells.step(therapy_session, finding)
        if spells.settled:
            criterion.settle()
        yield finding, state, alert
