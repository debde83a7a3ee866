"""A flag as a colleague would say it: what was seen, since when, how sure, what else it could be, one next step."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ratings import words
from ratings.psychometrics.evidence import Assessment, Kind, Pillar
from ratings.psychometrics.finding import only_the_therapist_fell

MOST, SOME = 10, 5  # points; where a sign's weight is called "most" and "some"; convention of this app


@dataclass(frozen=True, slots=True)
class Sign:
    """One row of what was seen, in words and numbers."""

    name: str
    seen: str
    usual: str
    weight: str


@dataclass(frozen=True, slots=True)
class Remark:
    title: str
    lead: str
    reading: str  # what it may mean
    others: list[str]  # what else it could be
    prompt: str  # one sentence to say out loud
    sure: str
    signs: list[Sign]


def remark(
    assessment: Assessment, name: str, for_sessions: int, straight_line: bool = False, over: bool = False
) -> Remark:
    """The remark on a rupture that the detector opened; `name` is the client's. `over`: it lies in the past."""
    kind = assessment.kind or Kind.UNCLEAR
    from_therapist = only_the_therapist_fell(assessment.points)
    return Remark(
        title=_title(assessment, name, from_therapist),
        lead=_lead(name, for_sessions, from_therapist, words.client_answered(assessment), over),
        reading=_reading(kind, name, over),
        others=_others(assessment, for_sessions, straight_line),
        prompt=_prompt(kind, assessment.pillars),
        sure=_sure(assessment.probability),
        signs=[sign for point in assessment.points if (sign := _sign(point))],
    )


def _title(assessment, name, from_therapist):
    who = {"name": name}
    if from_therapist:
        return _("The therapist's own view of the work with %(name)s slipped.") % who
    pillars = words.pillars_in_a_row(assessment.pillars)
    if pillars:
        return _("%(name)s's answers on %(pillars)s slipped.") % (who | {"pillars": pillars})
    return _("%(name)s's answers slipped.") % who


def _lead(name, for_sessions, from_therapist, answered, over):
    if from_therapist and not answered:
        return _("%(name)s has not rated that session.") % {"name": name}
    if from_therapist:
        return _("%(name)s's own answers do not show it. Therapists often see what a client does not say.") % {
            "name": name
        }
    if for_sessions < 2:
        sentence = _("They were lower than %(name)s's own usual in one session.")
    elif over:
        sentence = _("They were lower than %(name)s's own usual for %(n)s sessions.")
    else:
        sentence = _("They have been lower than %(name)s's own usual for %(n)s sessions.")
    return sentence % {"name": name, "n": for_sessions}


def _reading(kind, name, over):
    if over:
        return {
            Kind.WITHDRAWAL: _("This may have been a quiet pulling back."),
            Kind.CONFRONTATION: _("%(name)s may have been saying that something did not fit.") % {"name": name},
            Kind.UNCLEAR: _("Something may have been strained. The numbers do not say in which way."),
        }[kind]
    return {
        Kind.WITHDRAWAL: _("This can be a quiet pulling back."),
        Kind.CONFRONTATION: _("%(name)s may be saying that something does not fit.") % {"name": name},
        Kind.UNCLEAR: _("Something between the two of you may be strained. The numbers do not say in which way."),
    }[kind]


def _others(assessment, for_sessions, straight_line):
    others = []
    if straight_line:
        others.append(_("A hurried form: every question got the same answer."))
    if Pillar.TASK in assessment.pillars:
        others.append(_("It was not clear what the task is for, and nothing else has changed."))
    if Pillar.GOAL in assessment.pillars:
        others.append(_("The goal itself has moved on, and the plan has not yet."))
    others.append(_("A hard week outside the room that colours every answer."))
    if for_sessions < 2:
        others.append(_("A single low form. The next one will tell."))
    return others


def _prompt(kind, pillars):
    if kind == Kind.CONFRONTATION:
        return _("I think I went too fast there. How was it for you?")
    if Pillar.TASK in pillars:
        return _("What would have made it more useful?")
    if Pillar.GOAL in pillars:
        return _("Would you like to change the goal, the way we do it, or how we talk?")
    return _("I noticed last time may not have fitted so well. Is that right?")


def _sure(probability):
    if probability is None:
        return _("This rule says only that something is unusual, not how likely a rupture is.")
    tenths = round(10 * probability)
    if tenths >= 10:
        return _("More than 9 in 10.")
    return _("About %(n)s in 10.") % {"n": tenths} if tenths else _("Less than 1 in 10.")


def _sign(point):
    name = words.source_name(point.source)
    if not name:
        return None
    return Sign(
        name=name,
        seen=_value(point.source, point.seen),
        usual=_value(point.source, point.usual),
        weight=_weight(point.points),
    )


def _value(source, value):
    if value is None:
        return ""
    return f"{value:.0f}" if source.startswith("behaviour") else f"{words.on_scale(value)} ({value:.0f})"


def _weight(points):
    if points >= MOST:
        return _("most")
    if points >= SOME:
        return _("some")
    return _("a little") if points > 0 else _("speaks against it")
