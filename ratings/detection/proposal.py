"""How flags would be made after a change, and how many that would have been in the past."""

from dataclasses import astuple, dataclass, replace

from alliance.acting import as_program
from alliance.models import Practice
from ratings.detection.heard import SESSIONS_TO_LEARN, heard_sessions
from ratings.detection.history import cases
from ratings.detection.stored import as_version, current_version
from ratings.psychometrics.assess import assess, freeze, of_therapist
from ratings.psychometrics.evidence import EDITION, Budget, Use, Version
from ratings.psychometrics.population import learn
from ratings.psychometrics.refit import refit
from ratings.psychometrics.report_rates import learn_reports

CASES_TO_LEARN = 1000  # the latest, so that the wait does not grow with the practice; convention of this app
CASES_TO_COUNT = 200  # the latest; a second or so; convention of this app


@dataclass(frozen=True, slots=True)
class Choice:
    """What a manager asks for."""

    criterion: str
    budget: Budget
    use: Use
    clear_only: bool = False
    shadow: bool = False  # show nothing of it; what is found meanwhile then counts as old
    learn: bool = False  # anew, how people rate here, what therapists notice, and what clients report of strain
    renew: bool = False  # take the figures that the program brings by now

    @property
    def shown(self) -> str:
        """The choice as the form carries it, so that nothing takes hold but what was seen."""
        return " ".join(str(value) for value in astuple(self))


@as_program()
def proposed(practice: Practice, choice: Choice) -> Version | None:
    """The version that a choice makes; None where it changes nothing.

    With any change but to shadow mode it takes the figures that the program brings by now. Where something was learned
    from this practice, its thresholds are fitted to its own cases; while there are too few the published values stand.
    """
    current = as_version(current_version(practice))
    chosen = replace(
        current,
        criterion=choice.criterion,
        budget=Budget(choice.budget),
        use=Use(choice.use),
        clear_only=choice.clear_only,
        shadow=choice.shadow,
    )
    if (chosen.criterion, chosen.use) != (current.criterion, current.use):
        chosen = replace(chosen, recalibration=None)  # it was learned from flags of another rule
    if choice.learn:
        learned = learn(cases(practice, CASES_TO_LEARN))
        constants = learned.constants | learn_reports(heard_sessions(practice, SESSIONS_TO_LEARN))
        chosen = replace(chosen, constants=constants, by_therapist=learned.by_therapist)
    if replace(chosen, shadow=current.shadow) == current and not choice.renew:
        return None if chosen == current else chosen  # to show or to hide is no reason to judge by other figures
    chosen = replace(chosen, edition=EDITION, threshold=None, thresholds=None)
    if chosen.constants:
        chosen = replace(chosen, thresholds=refit(cases(practice, CASES_TO_LEARN), chosen))
    chosen = freeze(chosen)
    return None if chosen == current else chosen


@dataclass(frozen=True, slots=True)
class PastFlags:
    """Flags in the practice's latest cases, as it is and as it would be."""

    cases: int
    sessions: int
    now: int
    then: int


def past_flags(practice: Practice, version: Version) -> PastFlags:
    """What another version would have flagged; it changes nothing."""
    current = as_version(current_version(practice))
    seen = sessions = now = then = 0
    for case in cases(practice, CASES_TO_COUNT):
        before, after = (
            [one.alert for one in assess(case.history, of_therapist(judged_by, case.therapist))]
            for judged_by in (current, version)
        )
        seen += 1
        sessions += len(before)
        now += sum(before)
        then += sum(after)
    return PastFlags(seen, sessions, now, then)
