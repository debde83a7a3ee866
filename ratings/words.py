"""A finding in words: one place, so that it reads the same on every page and in every file."""

from django.utils.translation import gettext as _

from ratings.psychometrics.evidence import Assessment, Kind, State

NOTICEABLE_POINTS = 5  # smaller contributions are not worth a clause; convention of this app


def reason(assessment: Assessment, name: str | None = None) -> str:
    """Why this session was, or was not, remarkable: one or two neutral sentences.

    `name` is whom the sentence is about, where a reader is to see it.
    """
    sentences = [_state(assessment, name)]
    if assessment.state in (State.OPEN, State.RECOVERING):
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
        pillars = _pillar_names(assessment.pillars)
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
        State.REPAIRED: _("Back at own usual for two ratings in a row."),
        State.STRONGER: _("Above where it stood before."),
        State.UNREPAIRED: _("Not back at own usual; this is now the level to compare with."),
    }[assessment.state]


def _pillar_names(pillars):
    names = {"goal": _("Goals"), "task": _("Tasks"), "bond": _("Bond")}
    return ", ".join(names[pillar] for pillar in pillars)


def _source_name(source):
    return {
        "client": _("Client, overall"),
        "client:goal": _("Client, goals"),
        "client:task": _("Client, tasks"),
        "client:bond": _("Client, bond"),
        "therapist": _("Therapist, overall"),
        "therapist:goal": _("Therapist, goals"),
        "therapist:task": _("Therapist, tasks"),
        "therapist:bond": _("Therapist, bond"),
        "behaviour:no_show": _("did not come"),
        "behaviour:unanswered": _("check-in not answered"),
        "behaviour:comment": _("comment shorter than usual"),
        "behaviour:straight_line": _("every answer the same, which is new"),
        "behaviour:tension": _("tension was ticked"),
    }.get(source)


def _what_was_seen(assessment):
    parts = []
    for points in sorted(assessment.points, key=lambda found: -found.points):
        label = _source_name(points.source)
        if points.points < NOTICEABLE_POINTS or label is None:
            continue
        if points.seen is None or points.usual is None or points.source.startswith("behaviour"):
            parts.append(label)
        else:
            parts.append(
                _("%(label)s: %(seen).0f, usual %(usual).0f")
                % {"label": label, "seen": points.seen, "usual": points.usual}
            )
    return "; ".join(parts[:3]) + "." if parts else ""


def _note(note):
    return {
        "ceiling": _("The latest forms are perfect in every answer: these ratings cannot show strain."),
        "early_low": _("The first three ratings were lower than most clients' are."),
        "no_checkins": _("Three sessions in a row without a rating."),
        "repair_not_judgeable": _("It stood near the top before, so stronger than before cannot be judged."),
    }.get(note, "")
