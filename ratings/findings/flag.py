"""A flag as a colleague would put it.

What was seen, since when, how sure, what else it could be, one next step.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ratings.findings import names, phrases, scale
from ratings.psychometrics.evidence import Assessment, BehaviourSign, Kind, Pillar, Points, only_the_therapist_fell

# Points from which on a sign's weight has its name, and below which it is none; convention of this app.
MOST, SOME, LITTLE = 10, 5, 0.5


@dataclass(frozen=True, slots=True)
class Sign:
    """One row of what was seen, in words and numbers."""

    name: str
    seen: str
    usual: str
    weight: str


@dataclass(frozen=True, slots=True)
class FlagText:
    """A flag in words."""

    title: str
    lead: str
    reading: str  # what it may mean
    others: list[str]  # what else it could be
    prompt: str  # one sentence to say out loud
    sure: str
    beyond_error: str  # in which series the fall is more than the error of measurement; empty: in none
    signs: list[Sign]
    contained: bool  # a total stands beside the pillars that it is made of


@dataclass(frozen=True, slots=True)
class FlagContext:
    """What a flag is told by beside its assessment."""

    over: bool = False  # it lies in the past
    recovering: bool = False  # the latest rating was near the usual again
    reader_is_therapist: bool = True  # and not who reads along
    since: str = ""  # the day of its first session
    hurried: tuple[int, ...] = ()  # the numbers of its sessions with the same answer to every question
    straight_before: tuple[int, int] | None = None  # of the client's earlier forms: how many were so, and how many all
    weighs_behaviour: bool = False
    worded: bool = True  # a score has words that may be printed


def flag_text(assessment: Assessment, name: str, for_sessions: int, context: FlagContext = FlagContext()) -> FlagText:
    """A flag of the detector in words; `name` is the client's."""
    kind = assessment.kind or Kind.UNCLEAR
    from_therapist = only_the_therapist_fell(assessment.points)
    signs = [sign for point in assessment.points if (sign := _sign(point, context, assessment.is_estimated(point)))]
    return FlagText(
        title=_title(assessment, name, from_therapist, context),
        lead=_since_when(name, for_sessions, from_therapist, phrases.client_answered(assessment), context),
        reading=_reading(kind, name, context),
        others=_others(assessment, for_sessions, context.hurried),
        prompt=_prompt(kind, assessment.pillars),
        sure=_sure(assessment),
        beyond_error=phrases.beyond_error(assessment),
        signs=signs,
        contained="client" in (sources := {p.source for p in assessment.points}) and "client:goal" in sources,
    )


def _title(assessment: Assessment, name: str, from_therapist: bool, context: FlagContext) -> str:
    who = {"name": name}
    if from_therapist and context.reader_is_therapist:
        return _("Your own rating of the work with %(name)s has dropped.") % who
    if from_therapist:
        return _("The therapist's own rating of the work with %(name)s has dropped.") % who
    pillars = names.pillars_in_a_row(assessment.pillars)
    if pillars:
        return _("%(name)s's answers on %(pillars)s slipped.") % (who | {"pillars": pillars})
    return _("%(name)s's answers slipped.") % who


def _since_when(name: str, for_sessions: int, from_therapist: bool, answered: bool, context: FlagContext) -> str:
    if from_therapist and not answered:
        return _("%(name)s has not rated that session.") % {"name": name}
    if from_therapist:
        return _("%(name)s's own answers do not show it. Therapists often see what a client does not say.") % {
            "name": name
        }
    if for_sessions < 2 and not (context.over or context.recovering) and context.since:
        return _("They have been lower than %(name)s's own usual since the session of %(day)s.") % {
            "name": name,
            "day": context.since,
        }
    if for_sessions < 2:
        sentence = _("They were lower than %(name)s's own usual in one session.")
    elif context.over or context.recovering:
        sentence = ngettext(
            "They were lower than %(name)s's own usual for %(n)s session.",
            "They were lower than %(name)s's own usual for %(n)s sessions.",
            for_sessions,
        )
    else:
        sentence = ngettext(
            "They have been lower than %(name)s's own usual for %(n)s session.",
            "They have been lower than %(name)s's own usual for %(n)s sessions.",
            for_sessions,
        )
    return sentence % {"name": name, "n": for_sessions}


def _reading(kind: Kind, name: str, context: FlagContext) -> str:
    if context.over:
        return {
            Kind.WITHDRAWAL: _("This may have been a quiet pulling back."),
            Kind.CONFRONTATION: _("%(name)s may have been saying that something did not fit.") % {"name": name},
            Kind.UNCLEAR: _("Something may have been strained. The numbers do not say in which way."),
        }[kind]
    return {
        Kind.WITHDRAWAL: _("This can be a quiet pulling back."),
        Kind.CONFRONTATION: _("%(name)s may be saying that something does not fit.") % {"name": name},
        Kind.UNCLEAR: _("Something between the two of you may be strained. The numbers do not say in which way.")
        if context.reader_is_therapist
        else _("Something between the two may be strained. The numbers do not say in which way."),
    }[kind]


def _others(assessment: Assessment, for_sessions: int, hurried: Sequence[int]) -> list[str]:
    others = []
    for number in hurried[:1]:
        others.append(_("Perhaps a hurried form: in session %(n)s every question got the same answer.") % {"n": number})
    if Pillar.TASK in assessment.pillars:
        others.append(_("It was not clear what the task is for, and nothing else has changed."))
    if Pillar.GOAL in assessment.pillars:
        others.append(_("The goal itself has moved on, and the plan has not yet."))
    others.append(_("A hard week outside the room that colours every answer."))
    if for_sessions < 2:
        others.append(_("A single low form. The next one will tell."))
    return others


def _prompt(kind: Kind, pillars: Collection[Pillar]) -> str:
    if kind == Kind.CONFRONTATION:
        return _("I think I went too fast there. How was it for you?")
    if Pillar.TASK in pillars:
        return _("What would have made it more useful?")
    if Pillar.GOAL in pillars:
        return _("Would you like to change the goal, the way we do it, or how we talk?")
    return _("I had a sense that last time didn't quite fit for you. Is that right?")


def _sure(assessment: Assessment) -> str:
    if assessment.probability is None:
        return _("This rule says only that something is unusual, not how likely a rupture is.")
    tenths = int(10 * assessment.probability + 0.5)
    about = {"grade": phrases.grade(assessment), "n": tenths}
    if tenths >= 10:
        return _("%(grade)s For this one we estimate more than 9 in 10.") % about
    if not tenths:
        return _("%(grade)s For this one we estimate less than 1 in 10.") % about
    return _("%(grade)s For this one we estimate about %(n)s in 10.") % about


def _sign(point: Points, context: FlagContext, is_estimated: bool) -> Sign | None:
    name = names.source_name(point.source)
    if not name:
        return None
    if point.source == BehaviourSign.COMMENT and not context.reader_is_therapist:  # it may not be meant for them
        return None
    seen, usual = (
        _behaviour(point, context)
        if point.is_behaviour
        else (_value(v, context.worded) for v in (point.seen, point.usual))
    )
    if point.is_report:
        return Sign(name, _("yes"), "", _weight(point.points))
    if is_estimated:
        seen = _("%(value)s, estimated: a pillar was left out") % {"value": seen}
    uncounted = point.is_behaviour and not context.weighs_behaviour
    return Sign(name, seen, usual, _("shown, not counted") if uncounted else _weight(point.points))


def _behaviour(point: Points, context: FlagContext) -> Sequence[str]:
    """What was seen and what is usual of something that a client does.

    It is a count or a yes, and no score.
    """
    if point.source == BehaviourSign.COMMENT:
        assert point.seen is not None and point.usual is not None  # both are counts of words
        counts = [int(scale.whole(count)) for count in (point.seen, point.usual)]
        return [ngettext("%(n)s word", "%(n)s words", count) % {"n": count} for count in counts]
    if point.source == BehaviourSign.STRAIGHT_LINE and context.straight_before:
        times, of = context.straight_before
        return _("yes"), _("%(times)s of %(of)s before") % {"times": times, "of": of}
    return _("yes"), ""


def _value(value: float | None, worded: bool) -> str:
    if value is None:
        return ""
    return f"{scale.on_scale(value)} ({scale.whole(value)})" if worded else scale.in_numbers(value)


def _weight(points: float) -> str:
    if abs(points) < LITTLE:
        return _("none")
    if points >= MOST:
        return _("most")
    if points >= SOME:
        return _("some")
    return _("a little") if points > 0 else _("counts against it")
