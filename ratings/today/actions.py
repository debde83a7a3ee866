"""Writes of Today: a log, and a log that is taken back; what is new is seen.

Keyword-only, one transaction each, audit inside.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance.access import Editor
from alliance.refusal import Refused
from ratings.cases.actions import log_session
from ratings.check_in.actions import mark_seen, settle_wish, take_back_therapist_rating, take_back_wishes
from ratings.delivery import schedule
from ratings.detection.reassess import lock_for_log, reassess
from ratings.models import Rating
from ratings.psychometrics.evidence import Rater
from ratings.ruptures.actions import say_step, take_back_steps
from sessions.models import Attendance
from sessions.record import actions as record_actions
from sessions.schedule import actions as schedule_actions

UNDO_FOR = timedelta(minutes=15)  # convention of this app: then it is a correction, which is kept in sight


@transaction.atomic
def log_and_settle(*, editor: Editor, wish=None, wish_outcome="", step=None, step_outcome="", **logged):
    """Logs a session as `log_session` does, and stores what became of what the client wanted brought up.

    `wish`: the rating in which it was asked. `step`: the planned one of a repair, and what became of it; not where the
    repair is over in the meantime.
    """
    therapy_session = log_session(editor=editor, **logged)
    if wish and wish_outcome:
        settle_wish(editor=editor, rating=wish, outcome=wish_outcome, therapy_session=therapy_session)
    if step and step_outcome and step.rupture.is_active:
        say_step(
            editor=editor,
            rupture=step.rupture,
            step=step.step,
            outcome=step_outcome,
            logged_with=therapy_session,
        )
    return therapy_session


@transaction.atomic
def mark_news_seen(*, ratings, memberships):
    """Marks answers as seen, each by the user's membership of its practice."""
    for membership in memberships:
        mark_seen(
            [rating for rating in ratings if rating.episode.client.practice_id == membership.practice_id],
            by=membership,
        )


@transaction.atomic
def undo_log(*, editor: Editor, therapy_session):
    """Takes a fresh log back: the session is planned again, or off the record where nobody had planned it.

    Nothing is deleted. The own rating is replaced by none, and the note stays with the session for the next log. Its
    check-in goes by the plan again; where nobody had planned the session, it is not sent. A time that the log has
    changed stays changed.

    Raises
    ------
    Refused
        Somebody else logged it, or not just now, or the client has answered meanwhile.
    """
    lock_for_log(editor, therapy_session)
    therapy_session.refresh_from_db(fields=["attendance", "logged_at", "logged_by", "voided_at"])
    logged_at = therapy_session.logged_at
    if therapy_session.voided_at or therapy_session.attendance == Attendance.PLANNED:
        raise Refused(_("This was taken back already."))
    if therapy_session.logged_by_id != editor.membership.pk or logged_at < timezone.now() - UNDO_FOR:
        raise Refused(_("This can no longer be undone. It can be changed on the case."))
    answered = Rating.objects.current().filter(therapy_session=therapy_session, rater=Rater.CLIENT)
    if answered.filter(received_at__gte=logged_at).exists():
        raise Refused(_("The client has answered in the meantime, so this stays."))
    take_back_therapist_rating(therapy_session=therapy_session, by=editor.membership)
    take_back_wishes(therapy_session=therapy_session)
    take_back_steps(therapy_session=therapy_session)
    if therapy_session.was_planned:
        schedule_actions.unlog_therapy_session(editor=editor, therapy_session=therapy_session)
        schedule.move_along(therapy_session)  # the client is asked by the plan, as about any session without a log
    else:
        schedule.drop_for_session(therapy_session)
        record_actions.void_therapy_session(
            editor=editor, therapy_session=therapy_session, reason=_("The log was undone.")
        )
    reassess(editor.episode)
