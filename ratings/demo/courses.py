"""Invented courses of therapy with plausible answers, the same for the same seed.

Nothing here reads or writes a database. The courses look like real ones: early growth, then flat; forms without a flaw;
gaps. But a plain course ends quietly, so that what is flagged in the demo is what its stories tell. To test a detector,
take `psychometrics.evaluation`, not these.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp
from random import Random

from alliance.models import EndReason
from ratings.models import CanSay, Helped, StillRight
from sessions.models import AgreedBy, Attendance, GoalOutcome, Modality, Mode, Willing

ITEMS = 6  # answers in the order of the questionnaire: two on goals, two on tasks, two on the bond
LOWEST, HIGHEST = 0, 4


@dataclass(frozen=True, slots=True)
class CourseGoal:
    """A goal of a course; sessions are counted from 0."""

    text: str
    agreed_in: int = 0
    agreed_by: AgreedBy = AgreedBy.TOGETHER
    earlier: tuple[str, int] | None = None  # another wording, and the session until which it held
    outcome: GoalOutcome | None = None
    ended_in: int = 0
    phase: int = 1


@dataclass(frozen=True, slots=True)
class TaskShape:
    """What a task was from a session on, and why it became so."""

    activity: str
    modality: Modality
    since: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class CourseTask:
    """A task of a course, with its shapes, the first one first."""

    shapes: tuple[TaskShape, ...]
    why_it_helps: str = ""
    willing: Willing | None = None
    goal: int | None = None  # its place among the goals


@dataclass(frozen=True, slots=True)
class PlanSaid:
    """What a client answered about the plan: of the goals and tasks that a course has, in their order."""

    can_say: CanSay
    goals: tuple[StillRight | None, ...] = ()
    tasks: tuple[Helped | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What had been logged of a session first, and why it was set right a day later."""

    mode: Mode
    therapist: str  # the own rating
    reason: str


@dataclass(frozen=True, slots=True)
class CourseSession:
    """One therapy session of a course, with the ratings of both sides."""

    client: str | None = None  # six answers, "." where skipped (blanks are for the eye); None: nothing came back
    therapist: str | None = None  # on the same questionnaire
    comment: str = ""
    shared: bool = False  # the comment is also for the supervisor
    tension: bool | None = None
    talked_about: bool | None = None
    bring_up: str = ""  # Rating.BringUp
    plan: PlanSaid | None = None  # what the client answered about the plan
    asks_about_plan: bool = False  # though the client has not answered
    note: str = ""  # the therapist's own
    attendance: Attendance = Attendance.ATTENDED
    minutes: int = 25  # until the client answered
    noticed: str = ""  # Rating.Noticed, by the therapist
    corrected: Correction | None = None
    removed: str = ""  # why it was taken off the record; empty: it was not
    mode: Mode | None = None  # None: that of the course
    fit: str | None = None  # four answers about fit instead of the six: heard, style, safe, choosing together

    @property
    def answers(self) -> str | None:
        """What came back from the client, on whichever questionnaire."""
        return self.fit or self.client


@dataclass(frozen=True, slots=True)
class Ending:
    """How a course ended, and whether that was planned and agreed on; None: not said."""

    reason: EndReason
    planned: bool | None = None
    agreed: bool | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """One client with one therapist, weekly."""

    name: str
    therapist: int  # the number of the therapist, from 0
    sessions: tuple[CourseSession, ...]  # oldest first
    hour: str = "10:00"
    weekday: int = 0  # so many working days back from today
    today: bool = False  # the last session is today, whatever day that is; planned, as the hour may be still to come
    not_logged: bool = False  # the last session was planned for that day, which is past, and nobody has logged it
    weeks_ago: int = 0  # since the last session
    mode: Mode = Mode.IN_PERSON
    goals: tuple[str | CourseGoal, ...] = ()
    tasks: tuple[CourseTask, ...] = ()
    second_phase: tuple[str, int] | None = None  # its name, and the session in which it began
    sees_own: bool = False  # agreed to see their own past answers
    ending: Ending | None = None
    weeks_ahead: int = 0  # planned weekly as a series, after the last of the sessions
    before: "Course | None" = None  # with a colleague, who handed the case over with all of its history


def caseload(
    stories: tuple[Course, ...], *, therapists: int, clients: int, sessions: int | None, seed: int
) -> Iterator[Course]:
    """Yields the courses of a practice, therapists in turn.

    Of each therapist the stories come first, then plain courses.
    """
    stories_left = [deque(story for story in stories if story.therapist % therapists == t) for t in range(therapists)]
    story_names = {story.name for story in stories}
    names = [name for name in NAMES if name not in story_names]
    for number in range(clients):
        therapist, position = number % therapists, number // therapists
        if stories_left[therapist]:
            yield replace(stories_left[therapist].popleft(), therapist=therapist)
        else:
            # One generator for each course: a change to one leaves the others as they are.
            yield plain(Random(f"{seed}/{number}"), _pseudonym(names, number + seed), therapist, position, sessions)


def _pseudonym(names: list[str], number: int) -> str:
    turn, position = divmod(number, len(names))
    return f"{names[position]} {turn + 1}" if turn else names[position]


def plain(rng: Random, name: str, therapist: int, position: int, sessions: int | None) -> Course:
    """A course without a story: early growth, then flat.

    There are bad weeks, gaps, and now and then a repaired rupture.
    """
    length = sessions or rng.randint(4, 24)
    has_ended = rng.random() < 0.15
    course_sessions = list(_plain_sessions(rng, length))
    if not has_ended:
        course_sessions.append(CourseSession(attendance=Attendance.PLANNED))
    return Course(
        name=name,
        therapist=therapist,
        sessions=tuple(course_sessions),
        hour=f"{9 + position // 5 % 9:02}:00",
        weekday=position % 5,
        weeks_ago=rng.randint(2, 40) if has_ended else 0,
        mode=rng.choices(list(Mode), (7, 2, 1))[0],
        goals=tuple(rng.sample(GOALS, rng.choice((1, 1, 2)))),
        ending=rng.choice(ENDINGS) if has_ended else None,
    )


def _plain_sessions(rng: Random, length: int) -> Iterator[CourseSession]:
    # Answers from 0 to 4: 1 is 25 POMP. Aimed at: clients differ by 12-15 POMP, one client's sessions by 7-10
    # (.7-.9 and .4-.6 on a seven-point scale); the therapist's level goes along with r = .4, .45 SD lower.
    level = min(max(rng.gauss(MIDDLE, 0.6), 1.7), 4.5)
    pillars = [level + rng.gauss(0, 0.2) for _ in range(3)]
    therapist_level = MIDDLE - 0.33 + 0.4 * (level - MIDDLE) + rng.gauss(0, 0.45)
    therapist_pillars = [therapist_level + rng.gauss(0, 0.2) for _ in range(3)]
    is_straight = rng.random() < 0.08  # every answer the same, always
    comment_share = rng.random() * 0.4
    dips = _dips(rng, length)
    drift = 0.0
    for number in range(length):
        chance = rng.random()
        if chance < 0.06 and number:
            yield CourseSession(attendance=Attendance.NO_SHOW)
            continue
        if chance < 0.1 and number:
            yield CourseSession(attendance=rng.choice((Attendance.CANCELLED, Attendance.CANCELLED_LATE)))
            continue
        settled = number >= length - QUIET_END
        drift = 0.3 * drift + rng.gauss(0, 0.15 if settled else 0.22)  # carried on from one session to the next: .2-.4
        growth = -0.4 * exp(-number / 3)
        bad_week = -0.9 if rng.random() < 0.02 and not settled else 0
        change = drift + growth + bad_week + dips.get(number, 0)
        client_levels = [pillar + change for pillar in pillars]
        therapist_levels = [pillar + growth + 0.5 * dips.get(number, 0) for pillar in therapist_pillars]
        answered = rng.random() > 0.1
        yield CourseSession(
            client=_answers(rng, client_levels, is_straight) if answered else None,
            therapist=_answers(rng, therapist_levels) if rng.random() > 0.05 else None,
            comment=rng.choice(COMMENTS) if answered and rng.random() < comment_share else "",
            shared=rng.random() < 0.3,
            note=rng.choice(NOTES) if rng.random() < 0.05 else "",
            minutes=rng.randint(4, 170),
        )


MIDDLE = 3.2
QUIET_END = 6  # the last sessions of a plain course
COMPLETED = Ending(EndReason.COMPLETED, planned=True, agreed=True)
ENDINGS = (COMPLETED, COMPLETED, Ending(EndReason.CLIENT))


def _dips(rng: Random, length: int) -> dict[int, float]:
    """Session number -> how far a rupture lowers the answers.

    Three in ten long courses have one: a V of two or three sessions, back before the quiet end.
    """
    if length < 8 + QUIET_END or rng.random() > 0.3:
        return {}
    first, lasts = rng.randint(4, length - QUIET_END - 4), rng.randint(2, 3)
    depth = rng.uniform(1.2, 1.8)
    return {first + step: -depth * (1 - 0.15 * step) for step in range(lasts)}


def _answers(rng: Random, pillars: list[float], is_straight: bool = False) -> str:
    if is_straight:
        return str(_answer(sum(pillars) / len(pillars))) * ITEMS
    return "".join(str(_answer(pillar + rng.gauss(0, 0.2))) for pillar in pillars for _ in range(2))


def _answer(level: float) -> int:
    return min(max(round(level), LOWEST), HIGHEST)


NAMES = (
    "Acacia", "Alder", "Almond", "Anemone", "Aspen", "Aster", "Avocet", "Basil", "Beech", "Bellflower", "Bittern",
    "Borage", "Bracken", "Bramble", "Bunting", "Burdock", "Buzzard", "Campion", "Cedar", "Chervil", "Chicory", "Cicely",
    "Clover", "Columbine", "Comfrey", "Coot", "Cormorant", "Cowslip", "Crane", "Curlew", "Cypress", "Damson", "Dipper",
    "Dogwood", "Dunlin", "Egret", "Elder", "Fennel", "Fern", "Fieldfare", "Finch", "Foxglove", "Gannet", "Gentian",
    "Godwit", "Goldcrest", "Gorse", "Grebe", "Harebell", "Hawthorn", "Hazel", "Heather", "Heron", "Hornbeam", "Hyssop",
    "Iris", "Ivy", "Jasmine", "Juniper", "Kestrel", "Kingfisher", "Knapweed", "Lapwing", "Larch", "Lark", "Laurel",
    "Lavender", "Linden", "Linnet", "Lovage", "Lupin", "Mallow", "Maple", "Marten", "Martin", "Meadowsweet", "Medlar",
    "Merlin", "Mulberry", "Myrtle", "Nettle", "Nuthatch", "Oriole", "Osier", "Osprey", "Ouzel", "Pansy", "Pipit",
    "Plover", "Poplar", "Primrose", "Quince", "Rook", "Rowan", "Rush", "Sage", "Sedge", "Shrike", "Siskin", "Sorrel",
    "Speedwell", "Starling", "Swift", "Tansy", "Teal", "Teasel", "Tern", "Thistle", "Thrift", "Thrush", "Valerian",
    "Vetch", "Wagtail", "Walnut", "Warbler", "Waxwing", "Willow", "Wren", "Yarrow", "Yew",
)  # fmt: skip

GOALS = (
    "We are working on getting out of the house each day so that I can go back to the choir.",
    "We are working on the nightmares so that I can stay over at my friends' again.",
    "We are working on saying what I need so that I can stay in this marriage with a good heart.",
    "We are working on eating with others so that I can sit at my daughter's table.",
    "We are working on the shame about the debts so that I can open the post.",
    "We are working on trusting my hands so that I can operate the crane again.",
    "We are working on making one friend so that I can stay in this town.",
    "We are working on the pain diary so that I can plan a day and keep it.",
    "We are working on the pictures of the accident so that I can cycle to work.",
    "We are working on deciding without asking three people so that I can run the shop.",
    "We are working on the first hour after school so that I can enjoy my children.",
    "We are working on being ill without hiding it so that I can let my husband drive me.",
    "We are working on leaving the flat tidy enough so that I can invite my mother.",
    "We are working on the jealousy so that I can let her go dancing.",
    "We are working on my stammer's bad days so that I can order for myself.",
    "We are working on what comes after the uniform so that I can sleep in the same bed again.",
)

COMMENTS = (
    "It was good to say it out loud.",
    "Thank you for waiting until I found the words.",
    "I was tired today, nothing to do with you.",
    "The breathing helped on the bus.",
    "More time for the second half would be nice.",
    "I am not sure about the homework, but I will try it.",
    "I slept better this week.",
    "It was hard, in a good way.",
    "I liked that we looked at the list together.",
    "I forgot to say that the week with my sister went well.",
    "The room was cold.",
    "I laughed for the first time in a while.",
    "Can we start with the letter next time?",
    "I thought about what you said all the way home.",
    "Short today, the children are waiting.",
    "I noticed that I did not apologise once.",
    "Still unsure what the diary is for.",
    "A calm hour. I needed that.",
    "I did not want to come and was glad that I did.",
    "Let us go on like this.",
)

NOTES = (
    "Bring the list from session 2.",
    "Ask about the visit at the weekend.",
    "Came ten minutes late, apologised a lot. Say something about it next time?",
    "Slow down after the exercise.",
    "The example with the stairs worked. Use it again.",
    "I talked too much today.",
)
