"""The messages of the demo's last days: sent, failed, and still due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4
from zoneinfo import ZoneInfo

from alliance.crypto import new_token, token_hash
from alliance.models import Client, Consent, Practice
from ratings.bulk import Bulk
from ratings.check_in.instrument_choice import STILL_AWAITED
from ratings.delivery.queries import LISTED_FOR
from ratings.delivery.quiet_hours import QuietHours, first_outside
from ratings.models import CheckIn, ClientLink, Delivery

DeliveryKind = Delivery.DeliveryKind


class Trouble(StrEnum):
    """What may go wrong with the messages to a client."""

    BOUNCED = "bounced"
    STOPPED = "stopped"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"


TROUBLES = {2: Trouble.BOUNCED, 3: Trouble.STOPPED, 4: Trouble.PAUSED, 5: Trouble.UNREACHABLE}  # by silent client


@dataclass(frozen=True, slots=True)
class SessionCheckIn:
    """A check-in, when its session ended, and when it was answered."""

    check_in: CheckIn
    ends_at: datetime
    answered_at: datetime | None


class Messages:
    """Adds deliveries and links as the sender would have made them by now.

    A few go wrong, so that each kind of trouble can be seen.
    """

    def __init__(self, bulk: Bulk, practice: Practice, zone: ZoneInfo, now: datetime) -> None:
        self.bulk, self.practice, self.zone, self.now = bulk, practice, zone, now
        self.quiet = QuietHours(practice.quiet_from, practice.quiet_to)
        self.silent = 0  # clients in therapy so far whose last check-in is unanswered

    def add(self, client: Client, email_consent: Consent, check_ins: Sequence[SessionCheckIn]) -> None:
        """Adds the messages about a client's check-ins, which come oldest first."""
        recent = [row for row in check_ins if row.ends_at > self._listed_since(row)]
        if not recent:
            return
        trouble, last = None, recent[-1]
        if last.answered_at is None and last.ends_at > self.now - STILL_AWAITED:
            self.silent += 1
            trouble = TROUBLES.get(self.silent)
        if trouble == Trouble.UNREACHABLE:
            client.email, client.email_hash = None, ""
            email_consent.withdrawn_at = email_consent.given_at + timedelta(minutes=1)
            return
        for row in recent:
            self._add_messages(client, row, bounces=trouble == Trouble.BOUNCED)
        if trouble == Trouble.STOPPED:
            email_consent.withdrawn_at = max(last.ends_at, self.now - timedelta(days=1))
        elif trouble == Trouble.PAUSED:
            client.paused_until = self.now + timedelta(days=10)

    def _listed_since(self, row: SessionCheckIn) -> datetime:
        return self.now - (STILL_AWAITED if row.answered_at else LISTED_FOR)

    def _add_messages(self, client: Client, row: SessionCheckIn, *, bounces: bool) -> None:
        due_at = self._after_quiet_hours(row.ends_at + timedelta(minutes=self.practice.check_in_delay_minutes))
        first = self._add_delivery(client, row, DeliveryKind.FIRST, due_at, bounces=bounces)
        if first.sent_at:
            due_at = self._after_quiet_hours(due_at + timedelta(hours=self.practice.reminder_after_hours))
            self._add_delivery(client, row, DeliveryKind.REMINDER, due_at)

    def _after_quiet_hours(self, instant: datetime) -> datetime:
        return first_outside(instant, self.quiet, self.zone)

    def _add_delivery(
        self, client: Client, row: SessionCheckIn, kind: str, due_at: datetime, *, bounces: bool = False
    ) -> Delivery:
        check_in = row.check_in
        is_past = due_at <= self.now
        is_answered = row.answered_at is not None and row.answered_at <= due_at
        is_sent = is_past and not is_answered and not bounces
        if is_sent:
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
            claimed_at=due_at if is_past else None,
            sent_at=due_at if is_sent else None,
            failed_at=due_at if is_past and bounces else None,
            dropped_at=due_at if is_past and is_answered else None,
            message_id=f"<{code}@demo.test>",
        )
