"""When the sessions of the demo are: weekly, but for the leave of the first therapist."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

from alliance.models import Cover, Episode, Membership
from ratings.demo.courses import Course
from ratings.demo.stories import STORIES
from sessions.models import Attendance, Leave

ZONE = ZoneInfo("Europe/London")
WEEK = timedelta(days=7)
LEAVES = ((-9, 12), (3, 5))  # (weeks from this one, days from that Monday on)
BUSY_FROM = 2  # the number of the first therapist who had too much to do in the last whole month
RATED_ANYWAY = 8  # every so many days
TOLD = {story.name for story in STORIES}  # what the guide says of these cases holds on every day


class Calendar:
    """The days of the demo practice."""

    def __init__(self, therapists: Sequence[Membership], today: date) -> None:
        self.therapists, self.today = therapists, today
        # Seen from its first minute, so that nothing of the demo has happened later than the clock says.
        self.now = _midnight(today).astimezone(UTC)
        self.leaves = [self._leave(weeks, days) for weeks, days in LEAVES]

    def _leave(self, weeks: int, days: int) -> Leave:
        monday = self.today + weeks * WEEK - timedelta(days=self.today.weekday())
        starts_at = _midnight(monday)
        return Leave.objects.create(
            therapist=self.therapists[0],
            starts_at=starts_at,
            ends_at=_midnight(monday + timedelta(days=days)),
            created_at=min(starts_at, self.now) - WEEK,
        )

    def leaves_unrated(self, at: datetime, course: Course) -> bool:
        """Whether the therapist found no time to rate: in the last whole month, so that its figure stands out."""
        day = at.astimezone(ZONE).date()
        last_month = self.today.replace(day=1) - timedelta(days=1)
        is_then = (day.year, day.month) == (last_month.year, last_month.month)
        is_busy = course.therapist >= BUSY_FROM and course.name not in TOLD
        return is_then and is_busy and day.toordinal() % RATED_ANYWAY > 0

    def leave_at(self, at: datetime, therapist: int) -> Leave | None:
        """The leave of a therapist, by number, at this instant."""
        leaves = self.leaves if therapist == 0 else []
        return next((leave for leave in leaves if leave.starts_at <= at < leave.ends_at), None)

    def starts(self, course: Course) -> list[datetime]:
        """The starts of a course's sessions, weekly at the same hour.

        The last one is on the course's working day, or today, or next week.
        """
        last = self.today
        if not course.today:
            days_back = [days for days in range(7) if (self.today - timedelta(days)).weekday() < 5]
            last -= timedelta(days_back[course.weekday])
            planned = course.sessions[-1].attendance == Attendance.PLANNED and not course.not_logged
            if planned and last < self.today:
                last += WEEK
        return self._back_from(last - course.weeks_ago * WEEK, course)

    def starts_before(self, course: Course, following: datetime) -> list[datetime]:
        """The starts of a course whose last session was a week before `following`."""
        return self._back_from(following.astimezone(ZONE).date() - WEEK, course)

    def _back_from(self, last: date, course: Course) -> list[datetime]:
        held = (at for at in _weekly(last, course.hour) if self.leave_at(at, course.therapist) is None)
        return list(islice(held, len(course.sessions)))[::-1]

    def arrange_covers(self) -> None:
        """Has somebody cover for the first therapist in the leave to come, and now for one case of another."""
        if len(self.therapists) > 1:
            coming = self.leaves[-1]
            Cover.objects.create(
                therapist=self.therapists[0],
                covering=self.therapists[1],
                starts_at=coming.starts_at,
                ends_at=coming.ends_at,
            )
        covered, covering = self.therapists[-2:] if len(self.therapists) > 3 else (None, None)
        episode = Episode.objects.filter(therapist=covered, ends_at__isnull=True).order_by("pk").first()
        if episode and covering:
            Cover.objects.create(
                episode=episode, covering=covering, starts_at=self.now - timedelta(days=2), ends_at=self.now + WEEK
            )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


def _weekly(last: date, hour: str) -> Iterator[datetime]:
    """The instants at this hour, week by week, from the last one back."""
    return (datetime.combine(last - weeks * WEEK, time.fromisoformat(hour), ZONE).astimezone(UTC) for weeks in count())
