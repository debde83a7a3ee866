"""Words to use in each step of a repair, by pillar and kind.

They are examples of this program, and no study has tried them. A practice may put its own in their place; a therapist
takes one, or their own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ratings.findings.names import SERIES_NAMES
from ratings.models import RepairStep, RuptureView
from ratings.psychometrics.evidence import Pillar

Step, Kind = RepairStep.Step, RuptureView.KindSeen


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence to say."""

    key: str
    step: RepairStep.Step
    text: str | Promise
    pillar: Pillar | None = None  # None: for any
    kind: RuptureView.KindSeen | None = None  # None: for any
    is_own: bool = False  # the practice's own words in place of the program's

    @property
    def for_whom(self) -> str:
        """In which cases it is offered."""
        if self.pillar:
            return str(SERIES_NAMES[self.pillar].title)
        return str(self.kind.label) if self.kind else str(_("In any case"))

    def suits(self, pillars: Collection[str], kind: str) -> bool:
        """Whether it is for this pillar and kind, or for any."""
        of_kind = self.kind is None or kind == self.kind or (kind == Kind.BOTH)
        return of_kind and (self.pillar is None or self.pillar in pillars)


PHRASES = (
    Phrase("notice-any", Step.NOTICE, _("I had a sense that last time didn't quite fit for you. Is that right?")),
    Phrase("notice-task", Step.NOTICE, _("I think I brought that exercise in too fast."), pillar=Pillar.TASK),
    Phrase("notice-goal", Step.NOTICE, _("I wonder whether we still want the same thing here."), pillar=Pillar.GOAL),
    Phrase("notice-bond", Step.NOTICE, _("I had the feeling that you were a bit alone last time."), pillar=Pillar.BOND),
    Phrase("notice-back", Step.NOTICE, _("You went quiet, and I went on. I saw that too late."), kind=Kind.WITHDRAWAL),
    Phrase(
        "notice-push", Step.NOTICE, _("I think I went too fast there. How was it for you?"), kind=Kind.CONFRONTATION
    ),
    Phrase("ask-any", Step.ASK, _("How was that for you?")),
    Phrase("ask-task", Step.ASK, _("What would have made it more useful?"), pillar=Pillar.TASK),
    Phrase("ask-goal", Step.ASK, _("Are we still working on the right thing?"), pillar=Pillar.GOAL),
    Phrase("ask-bond", Step.ASK, _("Was there a moment when you felt alone with this?"), pillar=Pillar.BOND),
    Phrase("ask-back", Step.ASK, _("Is there something you have not said to me so far?"), kind=Kind.WITHDRAWAL),
    Phrase(
        "ask-push",
        Step.ASK,
        _("You’re right to tell me. What should I have done instead?"),
        kind=Kind.CONFRONTATION,
    ),
    Phrase("agree-any", Step.AGREE, _("Let’s try it this way for two sessions and then see.")),
    Phrase("agree-task", Step.AGREE, _("Which part would you keep, and which would you drop?"), pillar=Pillar.TASK),
    Phrase(
        "agree-goal",
        Step.AGREE,
        _("Would you like to change the goal, the way we do it, or how we talk?"),
        pillar=Pillar.GOAL,
    ),
    Phrase("agree-bond", Step.AGREE, _("What could I do when that happens again?"), pillar=Pillar.BOND),
    Phrase("agree-back", Step.AGREE, _("How will I know when something does not fit?"), kind=Kind.WITHDRAWAL),
    Phrase("agree-push", Step.AGREE, _("What do you need from me so that we can go on?"), kind=Kind.CONFRONTATION),
    Phrase("check-any", Step.CHECK, _("Last time we changed something. How is that going?")),
    Phrase("check-task", Step.CHECK, _("How is it going with what we do now?"), pillar=Pillar.TASK),
    Phrase("check-goal", Step.CHECK, _("Is this what you want to be working on?"), pillar=Pillar.GOAL),
    Phrase("check-bond", Step.CHECK, _("How is it between us now?"), pillar=Pillar.BOND),
)


@dataclass(frozen=True, slots=True)
class StepWords:
    """What there is to say in one step."""

    suited: list[Phrase]
    others: list[Phrase]


def words_for(phrases: Sequence[Phrase], step: str, pillars: Collection[str], kind: str) -> StepWords:
    """The sentences of a step: those for these pillars and this kind first, the most particular at the head."""
    of_step = [phrase for phrase in phrases if phrase.step == step]
    suited = [phrase for phrase in of_step if phrase.suits(pillars, kind)]
    suited.sort(key=lambda phrase: phrase.pillar is None and phrase.kind is None)
    return StepWords(suited, [phrase for phrase in of_step if phrase not in suited])
