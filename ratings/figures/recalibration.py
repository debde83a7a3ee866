"""Reads: how what flags state could be brought into line with what therapists say of them."""

from dataclasses import dataclass

from alliance.acting import as_program
from alliance.models import Practice
from ratings.detection.stored import as_version, current_version, evidence_of
from ratings.figures.flags import judged_flags
from ratings.findings.names import GRADED
from ratings.models import DetectorVersion, Rupture
from ratings.psychometrics.evidence import Recalibration, Sureness, sureness
from ratings.psychometrics.flag_quality import stepped
from ratings.psychometrics.recalibration import StatedAndFound, recalibrate

EXAMPLES = (0.2, 0.4, 0.6, 0.8)
AS_IT_IS = Recalibration(0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Example:
    """What a flag states now, and what it would; in 100."""

    now: int
    then: int


@dataclass(frozen=True, slots=True)
class RecalibrationPage:
    """What would change, before it does."""

    practice: Practice
    answered: int  # flags with an answer, made by the rule in force
    current: Recalibration | None
    proposed: Recalibration | None  # None: too few answers, or a rule that states nothing
    clear_only: bool
    examples: list[Example]
    open_flags: int
    clearer: int  # open flags that go from possible to clear
    less_clear: int

    @property
    def is_news(self) -> bool:
        return self.proposed is not None and self.proposed != self.current

    @property
    def shown(self) -> str:
        """The proposal as the form carries it, so that nothing is used but what was seen."""
        return f"{self.proposed.intercept} {self.proposed.slope}" if self.proposed else ""


@as_program()
def recalibration_page(practice: Practice) -> RecalibrationPage:
    """The proposal for a practice, from its answers so far."""
    row = current_version(practice)
    current = as_version(row).recalibration
    answers = _answers(practice, row) if row.criterion in GRADED else []
    proposed = recalibrate(stepped(answers))
    now, then = current or AS_IT_IS, proposed or current or AS_IT_IS
    grades = [(sureness(now.stated(found)), sureness(then.stated(found))) for found in _open(row, now)]
    return RecalibrationPage(
        practice=practice,
        answered=len(answers),
        current=current,
        proposed=proposed,
        clear_only=row.clear_only,
        examples=[Example(round(100 * one), round(100 * then.stated(now.before(one)))) for one in EXAMPLES],
        open_flags=len(grades),
        clearer=grades.count((Sureness.POSSIBLE, Sureness.CLEAR)),
        less_clear=grades.count((Sureness.CLEAR, Sureness.POSSIBLE)),
    )


def _answers(practice: Practice, in_force: DetectorVersion) -> list[StatedAndFound]:
    """What flags of the rule in force stated before any recalibration, and what was found; in order of the answers."""
    lines = {
        str(row.pk): as_version(row).recalibration or AS_IT_IS
        for row in DetectorVersion.objects.filter(practice=practice)
        if (row.criterion, row.use) == (in_force.criterion, in_force.use)
    }
    return [
        StatedAndFound(lines[flag.version].before(flag.stated), flag.strain)
        for flag in judged_flags(practice)
        if flag.strain is not None and flag.stated is not None and flag.version in lines
    ]


def _open(row: DetectorVersion, now: Recalibration) -> list[float]:
    """The probabilities that the criterion found for the flags that are open under a version."""
    flags = Rupture.objects.told().filter(version=row, state__in=Rupture.ACTIVE)
    evidence = [evidence_of(flag) for flag in flags]
    found = [one.assessment.probability for one in evidence if one]
    return [now.before(one) for one in found if one is not None]
