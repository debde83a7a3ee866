"""A finding in sentences, the same on every page and in every file."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alliance.dates import DateFormat, day, written
from ratings.findings.names import behaviour_name, pillar_names, pillars_in_a_row, report_name, series_name
from ratings.findings.scale import whole
from ratings.psychometrics.change import fell_beyond_error
from ratings.psychometrics.evidence import (
    IN_RUPTURE,
    NOTICEABLE_POINTS,
    Assessment,
    Kind,
    Note,
    OpenedBy,
    Pillar,
    Rater,
    Report,
    RuptureState,
    State,
    Sureness,
    only_the_therapist_fell,
    sureness,
)
from ratings.psychometrics.records import RuptureEvidence
from ratings.psychometrics.series import OVERALL
from ratings.psychometrics.usual import FEWEST, TrendWord

OLD_AFTER = timedelta(days=14)  # from then on a lead says of when the answers are; convention of this app


def reason(assessment: Assessment, name: str | None = None) -> str:
    """Why this session was, or was not, remarkable: one or two neutral sentences.

    `name` is whom the sentence is about, where a reader is to see it.
    """
    sentences = [_state(assessment, name)]
    if assessment.state in IN_RUPTURE:
        seen = _what_was_seen(assessment)
        if seen:
            sentences.append(seen)
        if assessment.kind == Kind.WITHDRAWAL:
            sentences.append(_("This can be a quiet pulling-back. It can also be a hard week or a hurried form."))
        elif assessment.kind == Kind.CONFRONTATION:
            sentences.append(_("This can be a way of saying that something does not fit."))
    sentences += [text for note in assessment.notes if (text := _note(note))]
    return " ".join(sentences)


def _state(assessment, name):
    if assessment.state == State.OPEN:
        if only_the_therapist_fell(assessment.points):
            return _("The therapist's own view fell.")
        if not assessment.points:
            return _("No rating this time; the strain seen before stands.")
        pillars = pillar_names(assessment.pillars)
        if pillars and name:
            return _("%(name)s: %(pillars)s below own usual.") % {"name": name, "pillars": pillars}
        if pillars:
            return _("%(pillars)s below own usual.") % {"pillars": pillars}
        if name:
            return _("%(name)s: below own usual.") % {"name": name}
        return _("Below own usual.")
    return {
        State.TOO_FEW: _("Too few ratings to say."),
        State.STEADY: _("About as usual."),
        State.RECOVERING: _("Back near own usual, once; the next rating will tell."),
        State.REPAIRED: _("Repaired: back at own usual."),
        State.BACK_TO_USUAL: _("Back at own usual; whether it was a rupture is not known."),
        State.UNREPAIRED: _("Still on: not back at own usual after four sessions."),
        State.SETTLED_LOWER: _("Settled lower than before."),
    }[assessment.state]


def _what_was_seen(assessment, *, client_is_told=False):
    """A sentence of what stands out, of at most three parts.

    First a pillar that fell by itself, then the strongest; never the other pillars. `client_is_told`: the page has
    just said that the client says so.
    """
    parts: list[str | None] = []
    named = {f"client:{pillar}" for pillar in assessment.pillars}
    for points in sorted(assessment.points, key=lambda part: (part.source not in named, -part.points)):
        source, _colon, series = points.source.partition(":")
        if points.source == Report.CLIENT and client_is_told:
            continue
        elif points.is_report and points.points > 0:
            parts.insert(0, report_name(points.source))
        elif points.points < NOTICEABLE_POINTS:
            continue
        elif points.is_behaviour:
            parts.append(behaviour_name(points.source))
        elif points.seen is not None and points.usual is not None:
            if source == Rater.CLIENT and series and series not in assessment.pillars:
                continue
            template = _("%(series)s %(seen)s, usually %(usual)s")
            if source == Rater.THERAPIST:
                template = _("therapist's own rating, %(series)s: %(seen)s, usually %(usual)s")
            said = _("about %(seen)s by what was answered") if assessment.is_estimated(points) else "%(seen)s"
            numbers = {"seen": said % {"seen": whole(points.seen)}, "usual": whole(points.usual)}
            parts.append(template % ({"series": series_name(series)} | numbers))
    sentence = "; ".join(part for part in parts[:3] if part)
    return sentence[:1].upper() + sentence[1:] + "." if sentence else ""


def _note(note):
    return {
        Note.CEILING: _(
            "The last forms were perfect in every answer: these ratings cannot show strain. Ask what could be better."
        ),
        Note.EARLY_LOW: _(
            "A low start: the first ratings were lower than most clients' are. That alone is not a rupture."
        ),
        Note.NO_CHECK_INS: _("Three sessions in a row without a check-in. A missed check-in doesn't tell you why."),
        Note.THERAPIST_FELL: _(
            "The therapist's own ratings fell. Before the client has rated twice that is a remark and no flag."
        ),
    }.get(note, "")


# --- Sentences of the pages -------------------------------------------------------------------------------------------


def named(said_by: OpenedBy | None) -> str:
    """Who named a strain, in one phrase; empty where nobody but the program did."""
    return {
        OpenedBy.CLIENT: _("The client says something did not fit"),
        OpenedBy.THERAPIST: _("The therapist noticed something"),
    }.get(said_by or OpenedBy.DETECTOR, "")


def headline(assessment: Assessment | None, for_sessions: int = 1) -> str:
    """What was seen, in one phrase: the pillars by name, and for how long."""
    if assessment and only_the_therapist_fell(assessment.points):
        return _("The therapist's own view fell")
    pillars = pillar_names(assessment.pillars) if assessment else ""
    what = _("%(pillars)s below own usual") % {"pillars": pillars} if pillars else _("Below own usual")
    if for_sessions < 2:
        return what
    return ngettext("%(what)s for %(n)s session", "%(what)s for %(n)s sessions", for_sessions) % {
        "what": what,
        "n": for_sessions,
    }


def grade(assessment: Assessment | None) -> str:
    """Whether a flag is clear or possible, and how many such flags are right.

    Empty where the rule states no probability, and where a person opened it. The figures: docs/reference/detection.md.
    """
    return {
        Sureness.CLEAR: _("A clear flag: about half of these are right."),
        Sureness.POSSIBLE: _("A possible flag: about one in four is right, one in seven at the watchful setting."),
        None: "",
    }[sureness(assessment.probability) if assessment else None]


def what_was_seen(evidence: RuptureEvidence | None, standing) -> str:
    """The numbers behind a flag: what was seen beside what is usual.

    Empty where nothing stands out. With the day where that is not the latest rating of the `standing`. That the
    client says so stands before it, in `named` or `case_lead`.
    """
    if evidence is None:
        return ""
    seen = _what_was_seen(evidence.assessment, client_is_told=standing.said_by == OpenedBy.CLIENT)
    if seen and evidence.held_at and evidence.held_at != standing.last_rated_at:
        seen = _("%(seen)s (session of %(day)s).") % {
            "seen": seen.removesuffix("."),
            "day": written(timezone.localtime(evidence.held_at), DateFormat.DAY),
        }
    return " ".join(filter(None, [seen, beyond_error(evidence.assessment) if seen else ""]))


def beyond_error(assessment: Assessment) -> str:
    """In which series the client's ratings fell by more than the error of measurement; empty where in none."""
    series = ", ".join(series_name(one) for one in fell_beyond_error(assessment))
    return _("More than the error of measurement: %(series)s.") % {"series": series} if series else ""


def client_answered(assessment: Assessment) -> bool:
    """Whether the client rated the session that this assessment is about."""
    return any(part.source.partition(":")[0] == Rater.CLIENT for part in assessment.points)


def case_lead(
    name: str, standing, flag: Assessment | None = None, for_sessions: int = 1, last=None, *, to_therapist: bool = False
) -> str:
    """Where things stand with a case, in a sentence.

    With the day of the last answers, if a session was held since or they are old. `flag` speaks for the open rupture;
    `last` is the newest rupture on record, if the latest ratings belong to it or it was repaired.
    """
    lead = _where_things_stand(name, standing, flag, for_sessions, last, to_therapist=to_therapist)
    rated_at = standing.last_rated_at
    if rated_at and (rated_at < standing.last_session_at or rated_at < timezone.now() - OLD_AFTER):
        return _("%(lead)s The last answers are of %(day)s.") % {"lead": lead, "day": day(rated_at, DateFormat.DAY)}
    return lead


def _where_things_stand(name, standing, flag, for_sessions, last, *, to_therapist):
    who = {"name": name}
    if standing.said_by == OpenedBy.CLIENT:
        if standing.rupture.state == RuptureState.RECOVERING:
            return _("%(name)s said that something did not fit; since then nobody has reported tension.") % who
        return _("%(name)s says something did not fit.") % who
    if standing.said_by == OpenedBy.THERAPIST and not flag:
        if standing.rupture.state == RuptureState.RECOVERING and to_therapist:
            return _("You noticed a strain with %(name)s; since then nobody has reported one.") % who
        if standing.rupture.state == RuptureState.RECOVERING:
            return _("The therapist noticed a strain with %(name)s; since then nobody has reported one.") % who
        if to_therapist:
            return _("You noticed a strain with %(name)s.") % who
        return _("The therapist noticed a strain with %(name)s.") % who
    if standing.is_untold:
        return _answered(name, standing)
    if standing.rupture and standing.rupture.state == RuptureState.RECOVERING:
        return (
            _("%(name)s's ratings are coming back towards their own usual. One more like the last, and it is over.")
            % who
        )
    if flag and only_the_therapist_fell(flag.points):
        return _only_the_therapist_fell(name, answered=client_answered(flag), to_therapist=to_therapist)
    if standing.rupture:
        return _below_usual(name, _pillars_that_fell(standing.rupture, flag), for_sessions)
    if last and last.kept_back and last.is_active:
        return _("%(name)s's answers are below their own usual. That began while flags were not shown.") % who
    if last and last.state == RuptureState.SET_ASIDE:
        return _("%(name)s's answers are below their own usual. The flag was set aside.") % who
    if standing.settled_since:
        return settled_lower(name, standing)
    if last and last.state in (RuptureState.UNREPAIRED, RuptureState.OPEN_AT_END):
        return _("A strain with %(name)s was still on when the therapy ended.") % who
    if standing.check_ins_answered == 0:
        return _("No check-in from %(name)s yet. After five there will be a usual range to compare with.") % who
    words = {standing.words.get(series) for series in ("goal", "task", "bond", "overall")}
    if words == {TrendWord.FEW}:
        if last and last.state == RuptureState.BACK_TO_USUAL:
            return _("Back to usual; too early to draw a new usual range for %(name)s.") % who
        if last and last.state == RuptureState.REPAIRED:
            return _("Repaired; too early to draw a new usual range for %(name)s.") % who
        if standing.check_ins_answered < FEWEST:
            return _("Not enough check-ins yet to know what is usual for %(name)s.") % who
        return (
            _("Not enough check-ins outside a rupture, on the same questions, to know what is usual for %(name)s.")
            % who
        )
    fell = [pillar for pillar in ("goal", "task", "bond") if standing.words.get(pillar) == TrendWord.BELOW]
    if fell:
        about = who | {"pillars": pillars_in_a_row(fell)}
        return (
            _("%(name)s's last answers on %(pillars)s were below their own usual; so far not enough to call it a slip.")
            % about
        )
    if standing.words.get("overall") == TrendWord.BELOW:
        return _("%(name)s's last answers were below their own usual; so far not enough to call it a slip.") % who
    return _("%(name)s's answers are about as usual.") % who


def _only_the_therapist_fell(name: str, *, answered: bool, to_therapist: bool) -> str:
    who = {"name": name}
    if answered and to_therapist:
        return _("Your own rating of the work with %(name)s has dropped; %(name)s's answers do not show it.") % who
    if answered:
        return (
            _("The therapist's own rating of the work with %(name)s has dropped; %(name)s's answers do not show it.")
            % who
        )
    if to_therapist:
        return _("Your own rating of the work with %(name)s has dropped; %(name)s has not answered since.") % who
    return _("The therapist's own rating of the work with %(name)s has dropped; %(name)s has not answered since.") % who


def _answered(name, standing):
    """How often a client answered; of what the answers say, nothing is told."""
    if standing.check_ins_answered == 0:
        return _("No check-in from %(name)s yet.") % {"name": name}
    return ngettext(
        "%(name)s has answered after %(n)s of %(held)s session.",
        "%(name)s has answered after %(n)s of %(held)s sessions.",
        standing.sessions_held,
    ) % {"name": name, "n": standing.check_ins_answered, "held": standing.sessions_held}


def recovering(rupture) -> str:
    """That a rupture is on its way back, in one sentence: what a person named, by what people say."""
    if rupture.is_named:
        return _("Since then nobody has reported tension.")
    return _("Coming back towards their own usual.")


def settled_lower(name: str | None, standing) -> str:
    """That the ratings settled lower than before, in which pillars, and since when.

    `name` is whom the sentence is about, where a reader is to see it.
    """
    lower = [pillar for pillar in ("goal", "task", "bond") if standing.words.get(pillar) == TrendWord.LOWER]
    about = {"name": name, "pillars": pillars_in_a_row(lower), "n": standing.settled_since}
    if name and 0 < len(lower) < len(Pillar):
        return _("%(name)s's answers on %(pillars)s settled lower than before, since session %(n)s.") % about
    if name:
        return _("%(name)s's answers settled lower than before, since session %(n)s.") % about
    if 0 < len(lower) < len(Pillar):
        about["pillars"] = pillar_names(lower)
        return _("%(pillars)s settled lower than before, since session %(n)s.") % about
    return _("Settled lower than before, since session %(n)s.") % about


def _pillars_that_fell(rupture, flag: Assessment | None):
    """By the ratings, also where a person named the rupture and other pillars with it."""
    if flag is None or rupture.opened_by == OpenedBy.DETECTOR:
        return rupture.pillars
    return [series for series in fell_beyond_error(flag) if series != OVERALL]


def _below_usual(name, pillars, for_sessions):
    who = {"name": name, "pillars": pillars_in_a_row(pillars)}
    about = _("%(name)s's answers on %(pillars)s") % who if pillars else _("%(name)s's answers") % who
    if for_sessions < 2:
        return _("%(about)s fell below their own usual.") % {"about": about}
    sentence = ngettext(
        "%(about)s have been below their own usual for %(n)s session.",
        "%(about)s have been below their own usual for %(n)s sessions.",
        for_sessions,
    )
    return sentence % {"about": about, "n": for_sessions}


def too_little_to_say(few: int, among: int) -> str:
    """A sentence of how many cases without a flag nothing can be said of.

    Empty where there is enough of each.
    """
    if not few:
        return ""
    if few == among:
        return ngettext(
            "There is too little to say of it yet.", "There is too little to say of any of them yet.", among
        )
    return ngettext(
        "For one of them there is too little to say yet.", "For %(n)s of them there is too little to say yet.", few
    ) % {"n": few}


def notes_in_words(notes, *, reader_is_therapist: bool = True) -> list[str]:
    """What is worth knowing and no rupture, in sentences.

    Perfect forms, a low start, missing check-ins. A fall of the therapist's own ratings is a remark for them alone.
    """
    return [text for note in notes if (reader_is_therapist or note != Note.THERAPIST_FELL) if (text := _note(note))]


TREND_WORDS = {
    TrendWord.USUAL: lambda: _("about as usual"),
    TrendWord.BELOW: lambda: _("below own usual"),
    TrendWord.ABOVE: lambda: _("above own usual"),
    TrendWord.LOWER: lambda: _("settled lower"),
    TrendWord.FEW: lambda: _("too few to say"),
    TrendWord.UNTOLD: lambda: "",
}


SHORT_WORDS = TREND_WORDS | {
    TrendWord.USUAL: lambda: _("as usual"),
    TrendWord.BELOW: lambda: _("below usual"),
    TrendWord.ABOVE: lambda: _("above usual"),
}


def trend(word: str | None) -> str:
    """A word of a standing, as a reader says it; none is too few to say."""
    return TREND_WORDS[TrendWord(word or TrendWord.FEW)]()


def trend_of(standing) -> str:
    """What the answers of a case are like, in a few words; a pillar that lies below by itself by its name."""
    fell = pillar_names(pillar for pillar in Pillar if standing.words.get(pillar) == TrendWord.BELOW)
    alone = fell and standing.words.get(OVERALL) != TrendWord.BELOW
    return _("%(pillars)s below own usual") % {"pillars": fell} if alone else trend(standing.word)


def short_trend(word: str | None) -> str:
    """The same words, short enough for a cell of a table."""
    return SHORT_WORDS[TrendWord(word or TrendWord.FEW)]()


def tension(rating) -> str:
    """What a client ticked about tension, and whether it was talked about.

    Empty where they left it out.
    """
    if not rating.tension:
        return "" if rating.tension is None else _("No")
    return {None: _("Yes"), True: _("Yes, and talked about"), False: _("Yes, and not talked about yet")}[
        rating.tension_talked_about
    ]
