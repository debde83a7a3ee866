"""What becomes of a session's check-in and messages when the session is logged, corrected, removed or brought back."""

from django.utils import timezone

from ratings.check_in.links import may_be_asked
from ratings.delivery import schedule
from ratings.models import CheckIn, Delivery
from ratings.models.check_in import ASKED_ABOUT
from sessions.models import Attendance

DeliveryKind = Delivery.DeliveryKind


def follow_session(therapy_session):
    """Brings the check-in and its messages in line with what the session is now.

    A session that was not held, or was removed, sends nothing more. One that counts again is asked about as if it had
    been so from the start: a check-in is made where none is, and a message that was dropped is due again.
    """
    if therapy_session.voided_at or therapy_session.attendance not in ASKED_ABOUT:
        schedule.drop_for_session(therapy_session)
        return
    check_in = CheckIn.objects.filter(therapy_session=therapy_session).first()
    if check_in:
        schedule.move_along(therapy_session)
        _resume_reminder(check_in)
    elif therapy_session.attendance == Attendance.ATTENDED and may_be_asked(therapy_session.episode):
        schedule.ask_about(therapy_session)


def _resume_reminder(check_in):
    """Makes a dropped reminder due again, where the first message went out and nobody wrote by hand since."""
    deliveries = {delivery.kind: delivery for delivery in check_in.deliveries.all()}
    first, reminder = deliveries.get(DeliveryKind.FIRST), deliveries.get(DeliveryKind.REMINDER)
    if not (first and first.sent_at and reminder and reminder.dropped_at) or DeliveryKind.AGAIN in deliveries:
        return
    if schedule.is_wanted(check_in, DeliveryKind.REMINDER, timezone.now()):
        reminder.dropped_at = None
        reminder.save(update_fields=["dropped_at"])
