"""What follows from an episode's history: assessments, ruptures, standing. Builds rows, reads and saves none.

One replay after an event and a bulk fill of thousands of episodes share it, so that both say the same.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from alliance.models import Episode
from ratings.detection.history import HeldSession
from ratings.detection.stored import as_version
from ratings.findings.phrases import NOTICEABLE_POINTS
from ratings.models import Assessment, DetectorVersion, Rupture, Standing
from ratings.psychometrics import assess
from ratings.psychometrics.constants import resolve
from ratings.psychometrics.evidence import State
from ratings.psychometrics.series import SERIES, value_of
from ratings.psychometrics.usual import latest_words, usual_ranges

CLOSING = {State.REPAIRED, State.STRONGER, State.UNREPAIRED}
ACTIVE = {State.OPEN, State.RECOVERING}
SET_ASIDE = Rupture.RuptureState.SET_ASIDE
SPARK_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Replay:
    """Rows to be stored, in this order."""

    assessments: list[Assessment]
    ruptures: list[Rupture]  # new or touched; those that are over first, for one may be open at a time
    standing: Standing


def replay(
    episode: Episode, version: DetectorVersion, held: list[HeldSession], known: list[Rupture], at: datetime
) -> Replay:
    """Assess the whole history once more; `known` are the ruptures stored so far, oldest first."""
    assessments = assess.assess([therapy_session.evidence for therapy_session in held], as_version(version))
    touched = _settle_ruptures(episode, version, held, known, assessments, at)
    everything = known + [rupture for rupture in touched if rupture.pk is None]
    active = next((rupture for rupture in everything if rupture.is_active), None)
    return Replay(
        assessments=[
            Assessment(
                episode_id=episode.pk,
                therapy_session_id=therapy_session.row.pk,
                version_id=version.pk,
                assessed_at=at,
                **_columns(assessment),
            )
            for therapy_session, assessment in zip(held, assessments, strict=True)
        ],
        ruptures=sorted(touched, key=lambda rupture: rupture.is_active),
        standing=_standing(episode, version, held, assessments, active, at),
    )


def _columns(assessment):
    return {
        "state": assessment.state,
        "score": assessment.suspicion,
        "probability": assessment.probability,
        "alert": assessment.alert,
        "kind": assessment.kind or "",
        "pillars": list(assessment.pillars),
        "points": [
            {"source": part.source, "points": part.points, "seen": part.seen, "usual": part.usual}
            for part in assessment.points
        ],
        "notes": list(assessment.notes),
    }


# --- Ruptures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Spell:
    first: int  # positions in the history
    last: int
    state: State  # where it stands, or how it ended

    def overlaps(self, first, last):
        return self.first <= last and first <= self.last


def _spells(assessments):
    """The runs of sessions from an alert to the session that closes it, or to the last one."""
    spells, first = [], None
    for position, assessment in enumerate(assessments):
        if assessment.alert:
            first = position
        if first is None:
            if assessment.state == State.STRONGER and spells:  # said some sessions after the repair
                spells[-1] = replace(spells[-1], last=position, state=State.STRONGER)
            continue
        if assessment.state in CLOSING:
            spells.append(_Spell(first, position, assessment.state))
            first = None
    if first is not None:
        spells.append(_Spell(first, len(assessments) - 1, assessments[-1].state))
    return spells


def _settle_ruptures(episode, version, held, known, assessments, at):
    """Brings the known ruptures in line with the replay; returns the new and the touched ones."""
    positions = {therapy_session.row.pk: position for position, therapy_session in enumerate(held)}
    spells = _spells(assessments)
    aside = [_reach(rupture, positions, assessments) for rupture in known if rupture.state == SET_ASIDE]
    spells = [spell for spell in spells if not any(reach and spell.overlaps(*reach) for reach in aside)]
    # What a person opened is theirs to close. What an earlier version said and closed is history; what is still open
    # must stand under this one.
    ours = [
        rupture
        for rupture in known
        if rupture.opened_by == Rupture.OpenedBy.DETECTOR
        and rupture.state != SET_ASIDE
        and (rupture.version_id == version.pk or rupture.is_active)
    ]
    matched, touched = {}, []
    for rupture in ours:
        reach = _reach(rupture, positions, assessments)
        spell = next((s for s in spells if reach and s not in matched and s.overlaps(*reach)), None)
        if spell:
            matched[spell] = rupture
        elif rupture.state != Rupture.RuptureState.WITHDRAWN:
            rupture.state, rupture.closed_at = Rupture.RuptureState.WITHDRAWN, at
            touched.append(rupture)
    person_opened = any(r.is_active and r.opened_by != Rupture.OpenedBy.DETECTOR for r in known)
    for spell in spells:
        rupture = matched.get(spell)
        if rupture is None and not _spoken_for_under(version, spell, held, assessments):
            continue
        if spell.state in ACTIVE and person_opened:  # one open rupture per episode
            continue
        rupture = rupture or Rupture(episode=episode, opened_at=at)
        _tell(rupture, spell, episode, version, held, assessments, at)
        touched.append(rupture)
    return touched


def _reach(rupture, positions, assessments):
    """The first and the last position that a stored rupture speaks for; None where its session was voided. What was set
    aside stays aside until the ratings have been steady again."""
    first = positions.get(rupture.opened_session_id)
    if first is None:
        return None
    if rupture.state == SET_ASIDE:
        later = range(first + 1, len(assessments))
        return first, next((p for p in later if assessments[p].state == State.STEADY), len(assessments) - 1)
    last = first if rupture.closed_at else len(assessments) - 1
    return first, positions.get(rupture.closed_session_id, last)


def _spoken_for_under(version, spell, held, assessments):
    """A new version raises no old alerts: some rating that speaks for it must have come in since the version holds."""
    speaking = [held[p] for p in range(spell.first, spell.last + 1) if assessments[p].state == State.OPEN]
    came_in = [
        rating.received_at
        for therapy_session in speaking
        for rating in (therapy_session.client, therapy_session.therapist)
        if rating
    ]
    return not came_in or max(came_in) >= version.valid_from


def _tell(rupture, spell, episode, version, held, assessments, at):
    """Writes a run of sessions into its rupture."""
    strained = [p for p in range(spell.first, spell.last + 1) if assessments[p].state == State.OPEN]
    position = _speaks(strained, held, assessments)
    speaks = _with_usual_of(assessments[position], assessments[spell.first])
    rupture.version = version
    rupture.opened_session = held[spell.first].row
    rupture.kind = speaks.kind or ""
    rupture.pillars = list(speaks.pillars)
    rupture.evidence = _columns(speaks) | {
        "number": speaks.number,
        "for_sessions": len(_fallen(strained, spell, version, held, assessments)) or 1,
        "held_at": held[position].row.starts_at.isoformat(),
        "hurried": [held[p].number for p in strained if held[p].client and held[p].client.straight_line],
        "straight_before": _straight_before(held[:position]),
    }
    if spell.state in ACTIVE and episode.ends_at is None:
        rupture.state = Rupture.RuptureState(spell.state.value)
        rupture.closed_session = rupture.closed_at = None
    else:
        ended = State.UNREPAIRED if spell.state in ACTIVE else spell.state
        rupture.state = Rupture.RuptureState(ended.value)
        rupture.closed_session = held[spell.last].row
        rupture.closed_at = rupture.closed_at or max(at, rupture.opened_at)


def _speaks(strained, held, assessments):
    """The session in which the strain was clearest, among those that the client rated: what people do not come to or do
    not answer shows least of it, and the last one is often the mildest."""
    judged = [p for p in strained if assessments[p].suspicion is not None]
    rated = [p for p in judged if held[p].client]
    return max(rated or judged, key=lambda p: assessments[p].suspicion)


def _fallen(strained, spell, version, held, assessments):
    """The sessions in which the client's ratings lay low: what is named or worth a clause, and what lies under the
    usual range, as a chart marks it."""
    history = [therapy_session.evidence for therapy_session in held[: spell.last + 1]]
    ranges = usual_ranges(history, assessments[: spell.last + 1], resolve(version.constants))

    def under(position, series, usual):
        value = value_of(history[position].client, series)
        return usual is not None and value is not None and value < usual.low

    return [
        p
        for p in strained
        if assessments[p].pillars
        or any(part.source == "client" and part.points >= NOTICEABLE_POINTS for part in assessments[p].points)
        or any(under(p, series, usual) for series, usual in ranges.items())
    ]


def _straight_before(held):
    """How many of the client's forms so far had the same answer to every question, and how many there were."""
    forms = [therapy_session.client for therapy_session in held if therapy_session.client]
    return [sum(form.straight_line for form in forms), len(forms)]


def _with_usual_of(speaks, opening):
    """What is usual is what was usual when the strain began, not what weeks of strain have made of it."""
    before = {part.source: part.usual for part in opening.points}
    points = tuple(replace(part, usual=before.get(part.source, part.usual)) for part in speaks.points)
    return replace(speaks, points=points)


# --- Standing ---------------------------------------------------------------------------------------------------------


def _standing(episode, version, held, assessments, rupture, at):
    attended = [therapy_session for therapy_session in held if therapy_session.number]
    rated = [therapy_session for therapy_session in held if therapy_session.client]
    missing = 0
    for therapy_session in reversed(attended):
        if therapy_session.client:
            break
        missing += therapy_session.asked
    latest = rated[-1].evidence.client if rated else None
    history, constants = [therapy_session.evidence for therapy_session in held], resolve(version.constants)
    ranges = usual_ranges(history, assessments, constants)
    return Standing(
        episode=episode,
        sessions_held=len(attended),
        check_ins_answered=sum(therapy_session.client is not None for therapy_session in attended),
        missing_in_a_row=missing,
        last_session_at=attended[-1].row.starts_at if attended else None,
        last_rated_at=rated[-1].row.starts_at if rated else None,
        **{f"{series}_pomp": value_of(latest, series) for series in SERIES},
        words=latest_words(history, assessments, constants),
        spark={
            series: {
                "values": [
                    value_of(therapy_session.evidence.client, series) for therapy_session in attended[-SPARK_LENGTH:]
                ],
                "band": [ranges[series].low, ranges[series].high] if ranges[series] else None,
            }
            for series in SERIES
        },
        notes=list(assessments[-1].notes) if assessments else [],
        rupture=rupture,
        attention=_attention(episode, assessments, rupture, missing),
        updated_at=at,
    )


def _attention(episode, assessments, rupture, missing):
    """The order of the caseload: open ruptures, by suspicion and then by how far the ratings fell; those that are on
    their way back; gaps. Convention of this app."""
    if episode.ends_at:
        return 0
    if rupture and rupture.state == Rupture.RuptureState.OPEN:
        speaks = next((a for a in reversed(assessments) if a.suspicion is not None), None)
        return 100_000 + (100 * round(100 * _urgency(speaks)) + _fall(rupture) if speaks else 0)
    if rupture:
        return 50_000
    return 10_000 + min(missing, 99) if missing >= 3 else 0


def _urgency(assessment):
    """0-1; a rule without a probability has its suspicion, of which 10 is a great deal."""
    return assessment.probability if assessment.probability is not None else max(0, min(assessment.suspicion / 10, 1))


def _fall(rupture):
    """How far the client's total lies below its usual, 0-99 POMP."""
    total = next((part for part in rupture.evidence.get("points", ()) if part["source"] == "client"), None)
    return min(max(round(total["usual"] - total["seen"]), 0), 99) if total and total["usual"] is not None else 0
