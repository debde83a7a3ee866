"""What speaks against a planned time: a reason to refuse it, or a reason to ask first."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alliance.access import Editor
from alliance.acting import as_program
from alliance.dates import DateFormat, written
from alliance.models import Episode, Membership
from alliance.refusal import Refused
from alliance.scopes import own_episodes
from sessions.models import Leave, TherapySession
from sessions.models.therapy_session import TherapySessionQuerySet
from sessions.schedule.times import Span

LONGEST_AHEAD = timedelta(days=366)  # convention of this app: a later day is a slip of the year
MOST_IN_A_SERIES = 53  # a year of weeks
NAMED_AT_MOST = 3
A_MINUTE = timedelta(minutes=1)  # forms show no seconds


class NeedsYes(Exception):
    """Nothing forbids it, but whoever plans should know this first."""

    def __init__(self, warnings: Sequence[str]) -> None:
        super().__init__(*warnings)
        self.warnings = warnings


@as_program()
def check_plannable(
    *, editor: Editor, spans: Sequence[Span], moving: Collection[TherapySession] = (), accepted: bool = False
) -> None:
    """Raises where sessions can't be planned at these times. To be called after the lock of the episode.

    `moving`: the sessions that these times are for. `accepted`: the warnings were read.

    Raises
    ------
    Refused
        One lies in the past, too far ahead, outside the therapy or the therapist's place, or over another of its own.
    NeedsYes
        The therapist or the client has another session then, or the therapist is on leave.
    """
    if reason := _reason_against(editor, spans, moving):
        raise Refused(reason)
    warnings = [] if accepted else list(_warnings(editor, spans, moving))
    if warnings:
        raise NeedsYes(warnings)


@as_program()
def check_free(*, editor: Editor, span: Span, stood: TherapySession | None, accepted: bool) -> None:
    """Raises `NeedsYes` where the therapist, or the client, has another session at the time of one that is logged.

    `stood`: the session as it stood before; to its own time nobody objects again.
    """
    apart = [] if stood is None else [abs(stood.starts_at - span.starts_at), abs(stood.ends_at - span.ends_at)]
    is_new = stood is None or max(apart) >= A_MINUTE
    others = _between(TherapySession.objects.taking_time(), [span]).exclude(episode=editor.episode)
    warnings = list(_elsewhere(editor, others, [span], ())) if is_new and not accepted else []
    if warnings:
        raise NeedsYes(warnings)


def check_own_to_change(*, editor: Editor, rows: Sequence[TherapySession], accepted: bool = False) -> None:
    """Raises `NeedsYes` where who covers would change sessions that the therapist holds once the cover has ended."""
    until = editor.covers_until
    if until is None or accepted:
        return
    later = [row.starts_at for row in rows if row.starts_at >= until]
    if later:
        sentence = ngettext(
            "You cover until %(day)s. One of these sessions is later, with %(name)s: %(days)s.",
            "You cover until %(day)s. %(n)s of these sessions are later, with %(name)s: %(days)s.",
            len(later),
        )
        name = editor.episode.therapist.display_name
        raise NeedsYes([sentence % {"day": _day(until), "n": len(later), "name": name, "days": _named(later)}])


def own_overlaps(episode: Episode, spans: Sequence[Span], moving: Collection[TherapySession] = ()) -> list[Span]:
    """Those of the times at which the episode has another session, or a cancelled one that starts then."""
    taken = [
        row
        for row in _between(TherapySession.objects.not_voided().filter(episode=episode, starts_at_known=True), spans)
        if row not in moving
    ]
    held = [row for row in taken if not row.is_cancelled]
    starts = {row.starts_at for row in taken}
    return [one for one in spans if one.starts_at in starts or any(one.overlaps(_span(row)) for row in held)]


def _reason_against(editor: Editor, spans: Sequence[Span], moving: Collection[TherapySession]) -> str:
    now, episode = timezone.now(), editor.episode
    first, last = min(one.starts_at for one in spans), max(one.ends_at for one in spans)
    if min(one.ends_at for one in spans) <= now:
        return _("This lies in the past. A session that has taken place is logged.")
    if last > now + LONGEST_AHEAD:
        return _("This is more than a year ahead: %(day)s. Check the year.") % {"day": _day(last)}
    if episode.ends_at:
        return _("This therapy has ended. Nothing can be planned in it.")
    if first < episode.starts_at:
        return _("This therapy had not begun by then.")
    for holder, held in _by_holder(editor, spans):
        if holder.ends_at and max(one.ends_at for one in held) > holder.ends_at:
            return _place_ends(editor, holder, _day(holder.ends_at))
    if overlaps := own_overlaps(episode, spans, moving):
        return _("%(name)s already has a session then: %(days)s.") % {
            "name": episode.client.display_name,
            "days": _named(one.starts_at for one in overlaps),
        }
    return ""


def _place_ends(editor: Editor, holder: Membership, day: str) -> str:
    if holder == editor.membership:
        return _("Your place in this practice ends on %(day)s. Nothing can be planned after that.") % {"day": day}
    return _("%(name)s leaves this practice on %(day)s. Nothing can be planned after that.") % {
        "name": holder.display_name,
        "day": day,
    }


def _by_holder(editor: Editor, spans: Sequence[Span]) -> Iterable[tuple[Membership, list[Span]]]:
    """Who would hold which of the times: a member who covers those until the cover ends, the therapist all others."""
    until = editor.covers_until
    if until is None:
        return [(editor.membership, list(spans))]
    covered = [one for one in spans if one.starts_at < until]
    later = [one for one in spans if one.starts_at >= until]
    return [
        (holder, part) for holder, part in ((editor.membership, covered), (editor.episode.therapist, later)) if part
    ]


def _warnings(editor: Editor, spans: Sequence[Span], moving: Collection[TherapySession]) -> Iterable[str]:
    others = _between(TherapySession.objects.taking_time(), spans).exclude(episode=editor.episode)
    yield from _elsewhere(editor, others, spans, moving)
    for holder, held in _by_holder(editor, spans):
        is_reader = holder.user_id == editor.membership.user_id
        away = _("You are on leave then: %(days)s.") if is_reader else _("%(name)s is on leave then: %(days)s.")
        if on_leave := in_leave(holder, held):
            days = _named(one.starts_at for one in on_leave)
            yield away % {"name": holder.display_name, "days": days}


def _elsewhere(
    editor: Editor, others: TherapySessionQuerySet, spans: Sequence[Span], moving: Collection[TherapySession]
) -> Iterable[str]:
    """The sessions that whoever holds one of these, or the client, has then with somebody else."""
    client, reader = editor.episode.client, editor.membership.user
    for holder, held in _by_holder(editor, spans):
        if holder.user_id == reader.pk:
            yield from _own_sessions_then(editor, others, held, moving)
            continue
        # Of a colleague's other sessions only the time is told.
        rows = others.filter(episode__therapist__user=holder.user_id)
        if starts := [row.starts_at for row in rows if any(one.overlaps(_span(row)) for one in held)]:
            yield _("%(name)s has another session then: %(days)s.") % {
                "name": holder.display_name,
                "days": _named(starts),
            }
    # Of a session with somebody else only the time is told: the client has to be in one place.
    elsewhere = others.filter(episode__client=client).exclude(episode__therapist__user=reader)
    if starts := [row.starts_at for row in elsewhere if any(one.overlaps(_span(row)) for one in spans)]:
        yield _("%(name)s sees somebody else in this practice then: %(days)s.") % {
            "name": client.display_name,
            "days": _named(starts),
        }


def _own_sessions_then(
    editor: Editor, others, spans: Sequence[Span], moving: Collection[TherapySession]
) -> Iterable[str]:
    """The sessions that the member has then, their own and those of the cases that they cover."""
    rows = others.filter(episode__among=own_episodes.keys(editor.membership.user))
    starts_by_name: dict[str, list[datetime]] = {}
    for row in rows.select_related("episode__client__data_key"):
        if row not in moving and any(one.overlaps(_span(row)) for one in spans):
            starts_by_name.setdefault(row.episode.client.display_name, []).append(row.starts_at)
    for name, starts in starts_by_name.items():
        yield _("You see %(name)s then: %(days)s.") % {"name": name, "days": _named(starts)}


@as_program()
def check_takeable(
    episodes: Collection[Episode], holder: Membership, *, starts_at: datetime, ends_at: datetime | None = None
) -> None:
    """Raises where whoever takes over what is planned in these cases, from one instant to another, cannot hold it all.

    Raises
    ------
    NeedsYes
        They have another session then, are on leave, or have left by then. Of their sessions only the time is told.
    """
    planned = TherapySession.objects.planned().filter(episode__in=episodes, starts_at__gt=starts_at)
    planned = planned.filter(starts_at__lt=ends_at) if ends_at else planned
    spans = [_span(row) for row in planned]
    if not spans:
        return
    others = _between(TherapySession.objects.taking_time(), spans).exclude(episode__in=episodes)
    others = others.filter(episode__therapist__user=holder.user_id)
    over = [one.starts_at for one in spans if holder.ends_at and one.ends_at > holder.ends_at]
    found = (
        (
            _("%(name)s has another session then: %(days)s."),
            [row.starts_at for row in others if any(one.overlaps(_span(row)) for one in spans)],
        ),
        (_("%(name)s is on leave then: %(days)s."), [one.starts_at for one in in_leave(holder, spans)]),
        (_("%(name)s will have left this practice then: %(days)s."), over),
    )
    warnings = [text % {"name": holder.display_name, "days": _named(days)} for text, days in found if days]
    if warnings:
        raise NeedsYes(warnings)


def on_leave(editor: Editor, spans: Sequence[Span]) -> list[Span]:
    """Those of the times at which whoever would hold the session is on leave."""
    return [one for holder, held in _by_holder(editor, spans) for one in in_leave(holder, held)]


def in_leave(therapist: Membership, spans: Sequence[Span]) -> list[Span]:
    """Those of the times that fall into a leave of the therapist."""
    first, last = min(one.starts_at for one in spans), max(one.ends_at for one in spans)
    leaves = list(Leave.objects.standing().filter(therapist=therapist).overlapping(first, last))
    return [one for one in spans if any(one.overlaps(Span(leave.starts_at, leave.ends_at)) for leave in leaves)]


def _between(rows, spans: Sequence[Span]):
    """The rows that can overlap one of the times; one statement, whatever their number."""
    return rows.overlapping(min(one.starts_at for one in spans), max(one.ends_at for one in spans)).order_by(
        "starts_at"
    )


def _span(row: TherapySession) -> Span:
    return Span(row.starts_at, row.ends_at)


def _named(starts: Iterable[datetime]) -> str:
    """Days and times in one phrase; of many the first few."""
    ordered = sorted(starts)
    days = [written(timezone.localtime(at), DateFormat.SHORT_TIME) for at in ordered[:NAMED_AT_MOST]]
    if len(ordered) > NAMED_AT_MOST:
        days.append(_("and %(n)s more") % {"n": len(ordered) - NAMED_AT_MOST})
    return "; ".join(days)


def _day(at: datetime) -> str:
    return written(timezone.localtime(at), DateFormat.DAY_YEAR)
