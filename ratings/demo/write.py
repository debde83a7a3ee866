"""Writes the demo practice: its people, then its courses, a hundred at a time.

Equal arguments give equal names, scores and times; keys, codes and tokens are random as everywhere. What follows from
the ratings is built by the same replay that an event uses.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.clients.wordings import WORDINGS
from alliance.crypto import Sealed, keyed_hash
from alliance.models import (
    Client,
    Consent,
    DataKey,
    Episode,
    HistoryShare,
    Membership,
    Practice,
    TherapistForm,
)
from ratings.bulk import Bulk
from ratings.check_in.instrument_choice import ABOUT_FIT, SIX_ITEMS
from ratings.check_in.unseen import NEW_FOR
from ratings.demo.calendar import WEEK, ZONE, Calendar
from ratings.demo.corrections import CORRECTED_AFTER, add_change, removal
from ratings.demo.courses import Course, CourseSession, caseload
from ratings.demo.meetings import add_meetings
from ratings.demo.messages import Messages, SessionCheckIn
from ratings.demo.people import HERE_FOR, address_of, arrange_sight, fill_people
from ratings.demo.plan import CoursePlan
from ratings.demo.questions import Questions
from ratings.demo.repairs import add_repairs
from ratings.demo.stories import STORIES
from ratings.demo.verdicts import VERDICT_TABLES, Verdicts
from ratings.detection.history import join_ratings
from ratings.detection.replay import replay
from ratings.detection.stored import current_version
from ratings.models import Assessment, CheckIn, ClientLink, Delivery, Rating, Rupture, SeenRating, Standing
from ratings.psychometrics.evidence import Rater
from sessions.models import (
    Attendance,
    CancelledBy,
    Goal,
    GoalVersion,
    Leave,
    Phase,
    PrivateNote,
    SessionSeries,
    Task,
    TaskVersion,
    TherapySession,
    TherapySessionChange,
)

EPISODES_AT_ONCE = 100  # memory follows this number, not that of the clients
SESSION_LASTS, LOGGED_AFTER = timedelta(minutes=50), timedelta(minutes=4)
ASKED_BEFORE = timedelta(days=3)  # of the first session: the episode begins
READ_BEFORE_NEXT = timedelta(minutes=15)  # the therapist looks at the answers shortly before the next session
TABLES = (  # parents first
    DataKey, Client, Consent, Episode, HistoryShare, Phase, Goal, GoalVersion, Task, TaskVersion, SessionSeries,
    TherapySession, TherapySessionChange, PrivateNote, CheckIn, ClientLink,
    Delivery, Rating, SeenRating, Assessment, Rupture, Standing, *VERDICT_TABLES,
)  # fmt: skip
HELD = (Attendance.ATTENDED, Attendance.NO_SHOW)
CommentFor = Rating.CommentFor


@dataclass(frozen=True, slots=True)
class Recipe:
    """The arguments of `seed_demo`."""

    therapists: int = 6
    clients: int = 60
    sessions: int | None = None  # for each client without a story; None: from 4 to 24
    seed: int = 4

    @property
    def code(self) -> UUID:
        """The code of the practice that this recipe makes, so that it is found again."""
        arguments = ", ".join(f"{name}={value}" for name, value in asdict(self).items())
        return uuid5(NAMESPACE_URL, f"seed_demo Plan({arguments})")  # its first name, so that older demos are found


def today_there() -> date:
    """The date in the zone of the demo practice."""
    return timezone.localdate(timezone=ZONE)


def made_by_seed(practice: Practice) -> bool:
    """Whether a recipe made the practice: every other one has a random code."""
    return settings.LOCAL and practice.code.version == 5


def seen_from(practice: Practice) -> date:
    """The day a demo practice was made for."""
    return timezone.localdate(practice.created_at, ZONE)


@transaction.atomic
def fill(recipe: Recipe, today: date) -> int:
    """Makes a practice with all that the recipe says, or nothing; how many episodes."""
    midnight = datetime.combine(today, time(), ZONE)
    practice = Practice.objects.create(
        code=recipe.code,
        name="Millrace Practice",
        zone=ZONE.key,
        crisis_phone="01632 960 117",  # a range that Ofcom keeps free for drama
        emergency_phone="112",
        shows_history=True,
        names_readers=True,
        therapist_form=TherapistForm.THREE,
        live_at=datetime.combine(today - HERE_FOR, time(), ZONE),
        data_key=DataKey.objects.create(created_at=midnight),
        created_at=midnight,
    )
    therapists, advisor = fill_people(practice, recipe.therapists)
    calendar = Calendar(therapists, today)
    writer = Writer(practice, therapists, calendar, recipe.seed)
    courses = caseload(
        STORIES, therapists=recipe.therapists, clients=recipe.clients, sessions=recipe.sessions, seed=recipe.seed
    )
    while batch := list(islice(courses, EPISODES_AT_ONCE)):
        writer.write(batch)
    calendar.arrange_covers()
    add_repairs(practice, calendar.now)
    add_meetings(therapists[0], calendar)
    arrange_sight(therapists, advisor, midnight)
    audit.record(audit.Verb.CREATED, practice, practice=practice, count=recipe.clients)
    return recipe.clients


class Writer:
    """Turns courses into rows. One practice, one day, one wording of each questionnaire."""

    def __init__(self, practice: Practice, therapists: Sequence[Membership], calendar: Calendar, seed: int) -> None:
        self.practice, self.therapists, self.calendar = practice, therapists, calendar
        self.version = current_version(practice)
        self.six, self.fit = (Questions(key, practice.language) for key in (SIX_ITEMS, ABOUT_FIT))
        # Seen from its first minute, so that nothing of the demo has happened later than the clock says.
        self.now = calendar.now
        self.bulk = Bulk(*TABLES)
        self.verdicts = Verdicts(self.bulk, seed, self.now, asked=therapists[0].pk)
        self.messages = Messages(self.bulk, practice, ZONE, self.now)

    def write(self, courses: Iterable[Course]) -> None:
        """Adds the rows of some courses, and what their replays build."""
        self.ratings: dict[tuple[int, str], Rating] = {}  # as `join_ratings` takes them
        self.with_check_in: set[int] = set()
        added = [added for course in courses for added in self._add_course(course)]
        replays = [
            replay(episode, self.version, join_ratings(sessions, self.ratings, self.with_check_in), [], self.now)
            for episode, sessions in added
        ]
        for (episode, sessions), replayed in zip(added, replays, strict=True):
            for assessment in replayed.assessments:
                self.bulk.add_row(assessment)
            for rupture in replayed.ruptures:
                self._date_back(self.bulk.add_row(rupture))
            replayed.standing.rupture = replayed.standing.rupture  # which has its key by now
            self.bulk.add_row(replayed.standing)
            self.verdicts.add(replayed, sessions, episode.therapist_id)
        self.bulk.flush()

    def _add_course(self, course: Course) -> list[tuple[Episode, list[TherapySession]]]:
        """Adds all rows of a course; its episodes, each with its held or missed sessions."""
        starts = self.calendar.starts(course)
        before = self._before(course)
        starts_before = self.calendar.starts_before(before, starts[0]) if before else []
        since = (starts_before or starts)[0] - ASKED_BEFORE
        key = self.bulk.add(DataKey, created_at=since)
        email = address_of(course.name)
        client = self.bulk.add(
            Client,
            practice_id=self.practice.pk,
            data_key_id=key.pk,
            name=Sealed(course.name, key),
            email=Sealed(email, key),
            email_hash=keyed_hash("email", email),
            therapist_may_be_named=True,
            asks_about_fit=any(course_session.fit for course_session in course.sessions),
            created_at=since,
        )
        consents, history = {}, [Consent.Purpose.HISTORY] * course.sees_own
        for purpose in [Consent.Purpose.CHECK_IN, Consent.Purpose.EMAIL, *history]:
            first, *_later, latest = [wording for wording in WORDINGS if wording.purpose == purpose]
            wording = first if before else latest  # who came earlier has not been asked again
            consents[purpose] = self.bulk.add(
                Consent,
                client_id=client.pk,
                purpose=purpose,
                text_version=wording.version,
                text_hash=wording.sha256,
                given_at=since,
                recorded_by_id=self.therapists[(before or course).therapist].pk,
            )
        found, previous = [], None
        if before:
            found.append(self._add_episode(before, starts_before, client, key, ends_at=starts[0] - ASKED_BEFORE))
            previous = found[0][0]
        ends_at = starts[-1] + timedelta(hours=4) if course.ending else None
        found.append(self._add_episode(course, starts, client, key, ends_at=ends_at, previous=previous))
        self._add_series(course, starts[-1], found[-1][0])
        if not course.ending:
            self.messages.add(client, consents[Consent.Purpose.EMAIL], self.check_ins)
        return found

    def _before(self, course: Course) -> Course | None:
        """The course with a colleague before the hand-over; none in a practice where that is nobody else."""
        if course.before is None:
            return None
        therapist = course.before.therapist % len(self.therapists)
        return None if therapist == course.therapist else replace(course.before, therapist=therapist)

    def _add_episode(
        self,
        course: Course,
        starts: Sequence[datetime],
        client: Client,
        key: DataKey,
        *,
        ends_at: datetime | None,
        previous: Episode | None = None,
    ) -> tuple[Episode, list[TherapySession]]:
        therapist = self.therapists[course.therapist]
        episode = self.bulk.add(
            Episode,
            client_id=client.pk,
            therapist_id=therapist.pk,
            starts_at=starts[0] - ASKED_BEFORE,
            ends_at=ends_at,
            end_reason=course.ending.reason if course.ending else "",
            end_planned=course.ending.planned if course.ending else None,
            end_agreed=course.ending.agreed if course.ending else None,
            previous_id=previous.pk if previous else None,
        )
        if previous:
            share = {"extent": HistoryShare.Extent.EVERYTHING.value, "given_at": episode.starts_at}
            self.bulk.add(HistoryShare, episode_id=episode.pk, recorded_by_id=previous.therapist_id, **share)
        self.plan = CoursePlan(self.bulk, course, episode, [start + SESSION_LASTS for start in starts], key)
        self.check_ins: list[SessionCheckIn] = []
        sessions = [
            self._add_session(course, course_session, starts_at, episode, key)
            for course_session, starts_at in zip(course.sessions, starts, strict=True)
        ]
        return episode, [row for row in sessions if row.attendance in HELD and row.voided_at is None]

    def _add_series(self, course: Course, last: datetime, episode: Episode) -> None:
        """Adds what is planned after the last session; the leave has cancelled what falls into it."""
        if not course.weeks_ahead:
            return
        planned_at = self.now - 2 * WEEK
        series = self.bulk.add(
            SessionSeries,
            episode_id=episode.pk,
            every_weeks=1,
            planned_by_id=episode.therapist_id,
            created_at=planned_at,
        )
        local = last.astimezone(ZONE)
        for weeks in range(1, course.weeks_ahead + 1):
            at = datetime.combine(local.date() + weeks * WEEK, local.time(), ZONE).astimezone(UTC)
            leave = self.calendar.leave_at(at, course.therapist)
            self.bulk.add(
                TherapySession,
                episode_id=episode.pk,
                starts_at=at,
                ends_at=at + SESSION_LASTS,
                zone=ZONE.key,
                mode=course.mode,
                series_id=series.pk,
                created_at=planned_at,
                **self._cancelled_by_leave(episode, leave) if leave else {},
            )

    def _cancelled_by_leave(self, episode: Episode, leave: Leave) -> dict[str, object]:
        return {
            "attendance": Attendance.CANCELLED,
            "cancelled_by": CancelledBy.THERAPIST.value,
            "cancelled_at": leave.created_at,
            "leave_id": leave.pk,
            "logged_at": leave.created_at,
            "logged_by_id": episode.therapist_id,
        }

    def _add_session(
        self, course: Course, course_session: CourseSession, at: datetime, episode: Episode, key: DataKey
    ) -> TherapySession:
        ends = at + SESSION_LASTS
        logged = ends + LOGGED_AFTER
        planned = course_session.attendance == Attendance.PLANNED
        late = course_session.attendance == Attendance.CANCELLED_LATE
        is_cancelled = late or course_session.attendance == Attendance.CANCELLED
        therapy_session = self.bulk.add(
            TherapySession,
            episode_id=episode.pk,
            starts_at=at,
            ends_at=ends,
            cancelled_by=CancelledBy.CLIENT.value if is_cancelled else "",
            cancelled_at=at - timedelta(hours=3 if late else 48) if is_cancelled else None,
            zone=ZONE.key,
            mode=course_session.mode or course.mode,
            attendance=course_session.attendance,
            logged_at=None if planned else logged,
            logged_by_id=None if planned else episode.therapist_id,
            created_at=at - WEEK,
            **removal(course_session, logged, episode, key),
        )
        about = {"episode_id": episode.pk, "therapy_session_id": therapy_session.pk}
        if course_session.note:
            sealed = Sealed(course_session.note, key)
            self.bulk.add(PrivateNote, **about, text=sealed, written_by_id=episode.therapist_id, written_at=logged)
        if course_session.attendance != Attendance.ATTENDED or course_session.removed:
            return therapy_session
        questions = self.fit if course_session.fit else self.six
        read = at + WEEK - READ_BEFORE_NEXT
        was_read = bool(course_session.answers) and read < self.now
        check_in = self.bulk.add(
            CheckIn,
            **about,
            text_id=questions.text.pk,
            created_at=logged,
            plan_asked=self.plan.asked(course_session, logged).to_json(),
            read_at=read if was_read else None,
            read_by_id=episode.therapist_id if was_read else None,
        )
        self.with_check_in.add(therapy_session.pk)
        own = about | {"mode": Rating.Mode.MEMBER.value, "entered_by_id": episode.therapist_id}
        rated = logged
        if course_session.corrected:
            rated = logged + CORRECTED_AFTER
            add_change(self.bulk, therapy_session, course_session.corrected, rated, key)
            replaced = {"replaced_at": rated, "replaced_by_id": episode.therapist_id, "replaced_reason": "corrected"}
            self._add_rating(Rater.THERAPIST, questions, course_session.corrected.therapist, logged, **own, **replaced)
        if course_session.therapist and not self.calendar.leaves_unrated(at, course):
            noticed = str(course_session.noticed)
            self._add_rating(Rater.THERAPIST, questions, course_session.therapist, rated, **own, noticed=noticed)
        answered = ends + timedelta(minutes=course_session.minutes) if course_session.answers else None
        self.check_ins.append(SessionCheckIn(check_in, ends, answered))
        if course_session.answers and answered:
            rating = self._add_rating(
                Rater.CLIENT,
                questions,
                course_session.answers,
                answered,
                **about,
                check_in_id=check_in.pk,
                mode=Rating.Mode.LINK.value,
                comment=Sealed(course_session.comment, key) if course_session.comment else None,
                comment_words=len(course_session.comment.split()),
                comment_for=(CommentFor.SUPERVISOR if course_session.shared else CommentFor.THERAPIST).value,
                tension=course_session.tension,
                tension_talked_about=course_session.talked_about,
                bring_up=str(course_session.bring_up),
                plan_answers=self.plan.answered(course_session.plan, logged).to_json(),
            )
            if check_in.read_at and check_in.read_at > self.now - NEW_FOR - WEEK:  # an older one is new to nobody
                seen = {"episode_id": episode.pk, "rating_id": rating.pk, "by_id": episode.therapist_id}
                self.bulk.add(SeenRating, **seen, at=check_in.read_at)
        return therapy_session

    def _add_rating(self, rater: Rater, questions: Questions, answers: str, at: datetime, **values: object) -> Rating:
        rating = self.bulk.add(
            Rating,
            **questions.columns(answers),
            **values,
            rater=rater,
            instrument_id=questions.text.instrument_id,
            text_id=questions.text.pk,
            answered_at=at,
            received_at=at,
        )
        rating.instrument = questions.text.instrument  # or the replay would read it from the database
        self.ratings[rating.therapy_session_id, rater] = rating
        return rating

    def _date_back(self, rupture: Rupture) -> None:
        """Dates a rupture by the ratings that opened and closed it, not by the demo."""
        rupture.opened_at = self._rated_at(rupture.opened_session)
        if rupture.closed_session:
            rupture.closed_at = max(self._rated_at(rupture.closed_session), rupture.opened_at)

    def _rated_at(self, therapy_session: TherapySession) -> datetime:
        rating = self.ratings.get((therapy_session.pk, Rater.CLIENT))
        if rating:
            return rating.received_at
        assert therapy_session.logged_at is not None  # it was held or missed
        return therapy_session.logged_at
