"""The messages of the demo's last days: who was written to, what came of it, what is still due."""

from datetime import timedelta
from uuid import uuid4

from alliance.crypto import new_token, token_hash
from ratings.check_in.questions import STILL_AWAITED
from ratings.delivery.due import QuietHours, first_outside
from ratings.delivery.queries import LISTED_FOR
from ratings.models import ClientLink, Delivery

DeliveryKind = Delivery.DeliveryKind


class Messages:
    """Adds deliveries and links as the sender would have made them by now; a few go wrong, as they do."""

    def __init__(self, bulk, practice, zone, now):
        self.bulk, self.practice, self.zone, self.now = bulk, practice, zone, now
        self.quiet = QuietHours(practice.quiet_from, practice.quiet_to)
        self.silent = 0  # clients in therapy whose last check-in has not come back, so far

    def add(self, client, to_email, asked):
        """`to_email`: the consent; `asked`: (check-in, end of session, answered at or None), oldest first."""
        recent = [row for row in asked if row[1] > self.now - (STILL_AWAITED if row[2] else LISTED_FOR)]
        if not recent:
            return
        trouble = None
        if recent[-1][2] is None and recent[-1][1] > self.now - STILL_AWAITED:
            self.silent += 1
            trouble = {2: "bounced", 3: "stopped", 4: "paused", 5: "unreachable"}.get(self.silent)
        if trouble == "unreachable":
            client.email, client.email_hash = None, ""
            to_email.withdrawn_at = to_email.given_at + timedelta(minutes=1)
            return
        for check_in, ends_at, answered_at in recent:
            due_at = self._awake(ends_at + timedelta(minutes=self.practice.check_in_delay_minutes))
            first = self._deliver(
                client, check_in, DeliveryKind.FIRST, due_at, answered_at, refused=trouble == "bounced"
            )
            if first.sent_at:
                later = self._awake(due_at + timedelta(hours=self.practice.reminder_after_hours))
                self._deliver(client, check_in, DeliveryKind.REMINDER, later, answered_at)
        if trouble == "stopped":
            to_email.withdrawn_at = max(recent[-1][1], self.now - timedelta(days=1))
        elif trouble == "paused":
            client.paused_until = self.now + timedelta(days=10)

    def _awake(self, instant):
        return first_outside(instant, self.quiet, self.zone)

    def _deliver(self, client, check_in, kind, due_at, answered_at, refused=False):
        past = due_at <= self.now
        came_before = answered_at is not None and answered_at <= due_at
        sent = past and not came_before and not refused
        if sent:
            self.bulk.add(
                ClientLink,
                client_id=client.pk,
                episode_id=check_in.episode_id,
                check_in_id=check_in.pk,
                kind=ClientLink.LinkKind.CHECK_IN,
                token_hash=token_hash(new_token()),
                channel=ClientLink.Channel.EMAIL,
                created_at=due_at,
                expires_at=due_at + timedelta(days=self.practice.link_days),
            )
        code = uuid4()
        return self.bulk.add(
            Delivery,
            code=code,
            episode_id=check_in.episode_id,
            check_in_id=check_in.pk,
            kind=kind,
            due_at=due_at,
            claimed_at=due_at if past else None,
            sent_at=due_at if sent else None,
            failed_at=due_at if past and refused else None,
            dropped_at=due_at if past and came_before else None,
            message_id=f"<{code}@demo.test>",
        )
