"""What was set right in the demo: a session logged wrongly, and one that was taken off the record."""

from datetime import datetime, timedelta

from alliance.crypto import Sealed
from alliance.models import DataKey, Episode
from ratings.bulk import Bulk
from ratings.demo.courses import Correction, CourseSession
from sessions.models import TherapySession, TherapySessionChange

CORRECTED_AFTER = timedelta(days=1)
REMOVED_AFTER = timedelta(hours=2)


def add_change(
    bulk: Bulk, therapy_session: TherapySession, corrected: Correction, changed_at: datetime, key: DataKey
) -> None:
    """Adds what had been logged of a session before it was corrected."""
    bulk.add(
        TherapySessionChange,
        episode_id=therapy_session.episode_id,
        therapy_session_id=therapy_session.pk,
        kind=TherapySessionChange.ChangeKind.CORRECTED.value,
        starts_at=therapy_session.starts_at,
        ends_at=therapy_session.ends_at,
        mode=corrected.mode,
        attendance=therapy_session.attendance,
        reason=Sealed(corrected.reason, key),
        changed_by_id=therapy_session.logged_by_id,
        changed_at=changed_at,
    )


def removal(course_session: CourseSession, logged_at: datetime, episode: Episode, key: DataKey) -> dict[str, object]:
    """The columns of a session that was taken off the record; none for any other."""
    if not course_session.removed:
        return {}
    return {
        "voided_at": logged_at + REMOVED_AFTER,
        "voided_by_id": episode.therapist_id,
        "voided_reason": Sealed(course_session.removed, key),
    }
