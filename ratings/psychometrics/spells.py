"""From a suspicion per session to the story of a rupture, up to how it ended.

One rupture is open at a time and it alerts once. What ends outside the ratings (therapy ended while it was open, its
evidence was corrected away) is the caller's to say.
"""

from dataclasses import dataclass, field

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.evidence import Note, Pillar, SessionEvidence, State, only_the_therapist_fell
from ratings.psychometrics.series import HIGHEST, OVERALL, value_of

RATINGS_FOR_STRONGER = 3  # science.md §5: the mean of three ratings

Step = tuple[State, bool, tuple[Note, ...]]  # the state after a session, whether it opened a rupture, and notes


@dataclass(slots=True)
class _Spell:
    before: dict[str, float]  # the client's usual when the rupture opened
    ratings_before: int
    pillars: tuple[Pillar, ...]
    therapist: float | None = None  # the therapist's usual, where only their ratings fell
    sessions: int = 0  # attended since it opened
    back: int = 0  # rated sessions in a row back within error
    since_back: list[float | None] = field(default_factory=list)
    comparable: bool = True  # False: the questionnaire has changed since, so nobody can tell whether it is back


def _therapists_usual(finding: Finding) -> float | None:
    if not only_the_therapist_fell(finding.points):
        return None
    return next((part.usual for part in finding.points if part.source == "therapist"), None)


class Spells:
    """Follows one episode; call `step` once per session, in order."""

    def __init__(self, threshold: float, constants: Constants):
        self.threshold = threshold
        self.constants = constants
        self.open: _Spell | None = None
        self.repaired: _Spell | None = None  # closed, waiting for the rating that may show it stronger than before
        self.armed = True  # after a rupture the suspicion must first come down
        self.settled = False  # the last step closed a rupture without getting back
        self.instrument: str | None = None

    @property
    def in_rupture(self) -> bool:
        """Whether a rupture is open."""
        return self.open is not None

    def step(self, therapy_session: SessionEvidence, finding: Finding) -> Step:
        """Take up the next session."""
        self.settled = False
        self._note_instrument(therapy_session)
        if self.open is not None:
            return self._follow(self.open, therapy_session, finding)
        above = finding.suspicion is not None and finding.suspicion >= self.threshold
        if above and self.armed:
            self.repaired = None
            self.armed = False
            self.open = _Spell(dict(finding.usual), finding.ratings, finding.pillars, _therapists_usual(finding))
            return State.OPEN, True, ()
        if finding.suspicion is not None and not above:
            self.armed = True
        if self.repaired is not None and (state := self._stronger(self.repaired, therapy_session)):
            return state, False, ()
        return (State.STEADY if finding.enough else State.TOO_FEW), False, ()

    def _note_instrument(self, therapy_session: SessionEvidence) -> None:
        """Forget the level before a rupture where another instrument is answered.

        It is on the scale of its own instrument; on another one it says nothing.
        """
        if therapy_session.client is None or therapy_session.instrument is None:
            return
        if self.instrument not in (None, therapy_session.instrument):
            self.repaired = None
            if self.open is not None:
                self.open.before.clear()
                self.open.comparable = False
        self.instrument = therapy_session.instrument

    def _follow(self, spell: _Spell, therapy_session: SessionEvidence, finding: Finding) -> Step:
        spell.sessions += therapy_session.attended
        if therapy_session.client is not None:
            if self._is_back(spell, therapy_session, finding):
                spell.back += 1
                spell.since_back.append(value_of(therapy_session.client, OVERALL))
            else:
                spell.back = 0
                spell.since_back.clear()
        likely = finding.probability is not None and finding.probability >= self.constants.repaired_below
        if spell.back >= 2 and not likely:
            self.open, self.repaired = None, spell
            near_top = spell.before.get(OVERALL, 0) >= self.constants.near_top
            if near_top:
                self.repaired = None
            return State.REPAIRED, False, (Note.REPAIR_NOT_JUDGEABLE,) if near_top else ()
        if spell.sessions >= self.constants.unrepaired_after and not spell.back:
            # What follows is compared with where things stand now; a further fall is a new rupture.
            self.open, self.settled, self.armed = None, True, True
            return State.UNREPAIRED, False, ()
        return (State.RECOVERING if spell.back else State.OPEN), False, ()

    def _is_back(self, spell: _Spell, therapy_session: SessionEvidence, finding: Finding) -> bool:
        """Whether nothing that fell lies more than 0.75 SD below where it stood before."""
        if finding.probability is None:
            low = finding.suspicion is None or finding.suspicion < self.threshold
        else:
            low = finding.probability < self.constants.recovering_below
        if not low or not spell.comparable:
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

    def _stronger(self, spell: _Spell, therapy_session: SessionEvidence) -> State | None:
        """Stronger, where the mean of three ratings gained enough on the level before.

        Enough: max(0.5 SD, 1.64 SD sqrt(1/3 + 1/n)), with n ratings before the rupture (1.64: one-sided 95 %).
        """
        value = value_of(therapy_session.client, OVERALL)
        since_back = [total for total in spell.since_back if total is not None]
        if value is None or len(since_back) < len(spell.since_back) or OVERALL not in spell.before:
            return None
        spell.since_back.append(value)
        since_back.append(value)
        if len(since_back) < RATINGS_FOR_STRONGER:
            return None
        self.repaired = None
        gain = sum(since_back) / len(since_back) - spell.before[OVERALL]
        error = self.constants.sd_within * (1 / RATINGS_FOR_STRONGER + 1 / max(spell.ratings_before, 1)) ** 0.5
        least = max(self.constants.stronger_sd * self.constants.sd_within, 1.64 * error)
        return State.STRONGER if gain >= least and value < HIGHEST else None
