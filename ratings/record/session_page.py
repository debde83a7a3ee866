"""Reads: all that the page of one therapy session shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import access
from alliance.dates import zone_in_words
from alliance.models import DataKey, Episode, Membership, User
from ratings.cases.answered import AnsweredRow, answered_rows, low_pillars, usual_answers
from ratings.cases.case import CaseHistory, case_history
from ratings.cases.pillars import pillar_views
from ratings.check_in.plan_questions import count_of_another_plan
from ratings.detection.history import HeldSession
from ratings.detection.sample import draw_of
from ratings.findings import phrases
from ratings.findings.names import pillars_in_a_row
from ratings.models import CheckIn, ClientLink, Delivery, Draw, Rating, Rupture, StrainVerdict
from ratings.psychometrics.evidence import Pillar, Rater
from ratings.record.changes import ChangeEntry, changes_of
from sessions.models import Attendance, PrivateNote, TherapySession
from sessions.plan.queries import PlanThen, plan_then


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to the check-in."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class NoteVersion:
    at: datetime
    text: str  # empty: the note was emptied


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The session before or after."""

    code: UUID
    number: int | None
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class SessionPage:
    """The page of one therapy session, for one reader."""

    episode: Episode
    therapy_session: TherapySession
    zone: str  # of the times on the page, in words
    name: str
    therapist: str
    reader_is_therapist: bool
    can_log: bool  # the reader is the therapist, or covers for them
    number: int | None
    is_attended: bool
    is_planned: bool
    lead: str
    rupture: Rupture | None
    before: Neighbour | None
    after: Neighbour | None
    answers: list[AnsweredRow]
    own_answers: list[AnsweredRow]  # of the therapist alone, to other sentences than the client's
    client_at: datetime | None
    therapist_at: datetime | None
    entered: bool  # the client's answers came on paper
    counts: bool  # the answers count: the session was held, and is on record
    comment: str
    comment_for_supervisor: bool
    wish: str
    tension: str
    noticed: str
    of_another_plan: int  # answers about goals and tasks of the client that it was filed under before
    plan: PlanThen
    note: str
    note_at: datetime | None
    earlier_notes: list[NoteVersion]  # newest first
    check_in: CheckIn | None
    steps: list[Step]
    changes: list[ChangeEntry]
    moved_to: UUID | None  # the session that has the therapist's part now, where the reader may see it
    can_send_link: bool
    draw: Draw | None  # by which the therapist is asked whether there was strain
    strain: StrainVerdict | None  # the newest answer

    @property
    def asks_about_strain(self) -> bool:
        """Whether the question is shown: to who may answer it; with the answer, to all who read the case."""
        return self.draw is not None and (self.can_log or self.strain is not None)

    @property
    def is_removed(self) -> bool:
        return self.therapy_session.voided_at is not None


def session_page(therapy_session: TherapySession, reader: User) -> SessionPage:
    """The page of a therapy session, with what this reader may see.

    The session comes with its episode, client and therapist.
    """
    episode = therapy_session.episode
    key, name = episode.client.data_key, episode.client.display_name
    reader_is_therapist = access.can_edit(reader, episode)
    can_log = reader_is_therapist or access.can_log(reader, episode)
    history = case_history(episode)
    held = next((row for row in history.sessions if row.row.pk == therapy_session.pk), None)
    client, therapist = _ratings(therapy_session)
    low = _low_pillars(history, held, episode, name)
    usual = usual_answers(history, held, client) if held and client else {}
    comment = client.comment if client else None
    may_read = comment is not None and client is not None and access.comments_readable_by(reader, episode)(client)
    notes = _notes(therapy_session, reader, key)
    check_ins = CheckIn.objects.select_related("read_by__practice__data_key", "closed_unread_by__practice__data_key")
    check_in = check_ins.filter(therapy_session=therapy_session).first()
    before, after = _neighbours(therapy_session, history)
    is_attended = therapy_session.attendance == Attendance.ATTENDED
    draw = draw_of(therapy_session)
    same_sentences = not (client and therapist) or client.instrument_id == therapist.instrument_id
    return SessionPage(
        episode=episode,
        therapy_session=therapy_session,
        name=name,
        therapist=episode.therapist.display_name,
        reader_is_therapist=reader_is_therapist,
        can_log=can_log,
        number=held.number if held else None,
        is_attended=is_attended,
        is_planned=therapy_session.attendance == Attendance.PLANNED,
        lead=_lead(therapy_session, client, check_in, low, name),
        rupture=_rupture(therapy_session),
        before=before,
        after=after,
        answers=answered_rows(client, therapist if same_sentences else None, usual, low or set()),
        own_answers=[] if same_sentences else answered_rows(None, therapist, {}, set()),
        client_at=client.answered_at if client else None,
        therapist_at=therapist.received_at if therapist else None,
        entered=client is not None and client.mode == Rating.Mode.PAPER,
        counts=is_attended and therapy_session.voided_at is None,
        comment=comment.shown(key) if comment and may_read else "",
        comment_for_supervisor=client is not None and client.comment_for == Rating.CommentFor.SUPERVISOR,
        wish=_wish(client) if access.can_read_wish(reader, episode) else "",
        tension=phrases.tension(client) if client else "",
        noticed=str(Rating.Noticed(therapist.noticed).label) if therapist and therapist.noticed else "",
        of_another_plan=count_of_another_plan(episode, client) if client else 0,
        plan=_plan_then(therapy_session),
        zone=zone_in_words(timezone.get_current_timezone_name()),
        note=notes[0].text if notes else "",
        note_at=notes[0].at if notes else None,
        earlier_notes=notes[1:],
        check_in=check_in,
        steps=sorted(_steps(check_in, client, name, reader), key=lambda step: step.at),
        changes=changes_of(therapy_session, reader),
        moved_to=_moved_to(therapy_session, reader),
        can_send_link=can_log
        and is_attended
        and therapy_session.voided_at is None
        and client is None
        and check_in is not None
        and episode.ends_at is None,
        draw=draw,
        strain=StrainVerdict.objects.filter(draw=draw).newest().first() if draw else None,
    )


def _ratings(therapy_session: TherapySession) -> tuple[Rating | None, Rating | None]:
    """The client's and the therapist's answers that stand, also those to a session that was removed or missed."""
    rows = Rating.objects.filter(therapy_session=therapy_session, replaced_at__isnull=True)
    of_rater = {row.rater: row for row in rows.select_related("instrument", "text")}
    return of_rater.get(Rater.CLIENT), of_rater.get(Rater.THERAPIST)


# --- Answers ----------------------------------------------------------------------------------------------------------


def _low_pillars(history: CaseHistory, held: HeldSession | None, episode: Episode, name: str) -> set[Pillar] | None:
    """The pillars that the charts mark as below the client's own usual in this session.

    None where no usual range is drawn by then, or it is not to be told.
    """
    if held is None or held.number is None or held.client is None or history.shadow:
        return None
    views = pillar_views(history, episode.standing, name)
    is_judged = any(row.is_judged for view in views for row in view.rows if row.number == held.number)
    return low_pillars(views, held.number) if is_judged else None


def _lead(
    therapy_session: TherapySession, client: Rating | None, check_in: CheckIn | None, low: set[Pillar] | None, name: str
) -> str:
    """`low`: as `_low_pillars` has them."""
    who = {"name": name}
    if therapy_session.voided_at:
        return _("This session is removed from the record. It does not count, nor do its answers.")
    if therapy_session.attendance == Attendance.PLANNED:
        return _("This session has not been logged yet.")
    if therapy_session.attendance != Attendance.ATTENDED:
        if client:
            return _("%(name)s was not there. The answers on record are kept and do not count.") % who
        return _("%(name)s was not there, so no check-in is asked.") % who
    if client is None:
        return _("No answers from %(name)s so far.") % who if check_in else _("%(name)s was not asked.") % who
    if low is None:
        return _("%(name)s has answered.") % who
    if low and len(low) < len(Pillar):
        fell = pillars_in_a_row(pillar for pillar in Pillar if pillar in low)
        return _("%(name)s's answers on %(pillars)s were below their own usual.") % (who | {"pillars": fell})
    if low:
        return _("%(name)s's answers were below their own usual.") % who
    return _("Nothing in %(name)s's answers was below their own usual.") % who


def _wish(client: Rating | None) -> str:
    if client is None or client.bring_up in ("", Rating.BringUp.NO):
        return ""
    if client.bring_up == Rating.BringUp.GENTLY:
        return _("Would like you to raise something, gently.")
    return _("Has something to say and would rather raise it themselves.")


# --- What belongs to it -----------------------------------------------------------------------------------------------


def _rupture(therapy_session: TherapySession) -> Rupture | None:
    """The rupture that this session opened or closed."""
    rows = Rupture.objects.told().exclude(state=Rupture.RuptureState.WITHDRAWN)
    opened = rows.filter(opened_session=therapy_session).first()
    return opened or rows.filter(closed_session=therapy_session).first()


def _neighbours(therapy_session: TherapySession, history: CaseHistory) -> tuple[Neighbour | None, Neighbour | None]:
    numbers = {row.row.pk: row.number for row in history.sessions}
    others = TherapySession.objects.not_voided().filter(episode=therapy_session.episode)
    others = others.exclude(attendance=Attendance.CANCELLED)
    before = others.filter(starts_at__lt=therapy_session.starts_at).order_by("-starts_at").first()
    after = others.filter(starts_at__gt=therapy_session.starts_at).order_by("starts_at").first()

    def neighbour(row: TherapySession | None) -> Neighbour | None:
        return Neighbour(row.code, numbers.get(row.pk), row.starts_at) if row else None

    return neighbour(before), neighbour(after)


def _plan_then(therapy_session: TherapySession) -> PlanThen:
    """The plan on the day of the session; what was written down that evening is in it."""
    local = timezone.localtime(therapy_session.starts_at)
    day_ends = datetime.combine(local.date(), time.max, local.tzinfo)
    return plan_then(therapy_session.episode, therapy_session.starts_at, day_ends)


def _notes(therapy_session: TherapySession, reader: User, key: DataKey) -> list[NoteVersion]:
    """The versions of the private note, the present one first; for the therapist alone."""
    rows = PrivateNote.objects.visible_to(reader).filter(therapy_session=therapy_session)
    return [NoteVersion(row.written_at, row.text.shown(key)) for row in rows.order_by("-written_at", "-pk")]


def _moved_to(therapy_session: TherapySession, reader: User) -> UUID | None:
    if therapy_session.refiled_to_id is None:
        return None
    there = TherapySession.objects.visible_to(reader).filter(pk=therapy_session.refiled_to_id).first()
    return there.code if there else None


def _steps(check_in: CheckIn | None, client: Rating | None, name: str, reader: User) -> Iterator[Step]:
    """Which message and which link went where, and what came back."""
    if check_in is None:
        return
    for delivery in check_in.deliveries.all():
        if delivery.sent_at:
            yield Step(delivery.sent_at, _sent(Delivery.DeliveryKind(delivery.kind)))
        if delivery.failed_at:
            yield Step(delivery.failed_at, _("Refused by the mail server of the client."))
        if delivery.is_waiting and client is None:
            yield Step(delivery.due_at, _("An e-mail is due."))
        if delivery.dropped_at and not delivery.sent_at and client is None:
            yield Step(delivery.dropped_at, _("An e-mail that was due is not sent any more."))
    shown = ClientLink.objects.filter(check_in=check_in, channel=ClientLink.Channel.SCREEN)
    for link in shown:
        yield Step(link.created_at, _("A link was shown on the therapist's screen."))
    if client and client.mode == Rating.Mode.PAPER:
        yield Step(client.received_at, _("Answers entered from paper or telephone."))
    elif client:
        yield Step(client.received_at, _("Answered by %(name)s.") % {"name": name})
    if check_in.read_at and client:
        since = _("Since then %(name)s can't change the answers.") % {"name": name}
        yield Step(check_in.read_at, f"{_read_by(check_in.read_by, reader)} {since}")
    if check_in.closed_unread_at and check_in.closed_unread_by and client:
        said = _("Left unread by %(name)s, as manager.")
        yield Step(check_in.closed_unread_at, said % {"name": check_in.closed_unread_by.display_name})


def _read_by(member: Membership | None, reader: User) -> str:
    if member is None:
        return _("Read.")
    if member.user_id == reader.pk:
        return _("Read by you.")
    return _("Read by %(name)s.") % {"name": member.display_name}


def _sent(kind: Delivery.DeliveryKind) -> str:
    return {
        Delivery.DeliveryKind.FIRST: _("Check-in sent by e-mail."),
        Delivery.DeliveryKind.REMINDER: _("Reminder sent by e-mail."),
        Delivery.DeliveryKind.AGAIN: _("Sent again by e-mail."),
    }[kind]
