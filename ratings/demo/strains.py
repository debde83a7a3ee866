"""Stories of the demo that no fall of the ratings alone would tell: settled lower, or named by one of the two."""

from ratings.demo.courses import Course, CourseSession
from ratings.models import Rating
from sessions.models import Attendance

ADA, TOMAS, INES = 0, 1, 3
PLANNED = CourseSession(attendance=Attendance.PLANNED)

SETTLED_LOWER = Course(
    name="Sloe",
    therapist=ADA,
    hour="17:00",
    weekday=3,
    goals=("We are working on the debts so that I can open the post by myself.",),
    sessions=(
        CourseSession("34 34 44", "33 33 33"),
        CourseSession("44 34 44", "33 33 33", "You are so kind to me."),
        CourseSession("44 44 34", "33 33 33"),
        CourseSession("44 34 44", "33 33 43"),
        CourseSession("34 44 44", "33 33 33"),
        CourseSession("44 34 44", "33 33 33", note="Everything is wonderful. I would like to hear what is not."),
        CourseSession("22 11 22", "32 22 32", "I had not opened one letter. I did not want to say so."),
        CourseSession("22 12 22", "33 32 33", "I said that I hate the folder. You did not mind."),
        CourseSession("22 11 22", "33 33 33", note="No more praise, and more of Sloe. I like these hours better."),
        CourseSession("22 21 22", "33 33 33"),
        CourseSession("22 12 22", "33 33 33", "Three letters. Two were nothing."),
        CourseSession("22 21 22", "33 33 33"),
        CourseSession("22 12 22", "33 33 33"),
        PLANNED,
    ),
)

CLIENT_SAYS_SO = Course(
    name="Bilberry",
    therapist=INES,
    hour="15:00",
    weekday=2,
    goals=("We are working on the fear of blushing so that I can teach again.",),
    sessions=(
        CourseSession("33 33 33", "33 32 33"),
        CourseSession("33 32 33", "33 33 33"),
        CourseSession("33 33 33", "33 33 33", "I read aloud to my neighbour."),
        CourseSession("33 33 34", "33 33 33"),
        CourseSession("33 33 33", "33 33 33", tension=True, talked_about=False, bring_up=Rating.BringUp.GENTLY),
        PLANNED,
    ),
)

THERAPIST_NOTICED = Course(
    name="Rue",
    therapist=TOMAS,
    hour="12:00",
    weekday=2,
    goals=("We are working on the quarrels about money so that we can plan the year together.",),
    sessions=(
        CourseSession("33 33 33", "33 32 33"),
        CourseSession("33 33 33", "33 33 33", "The list was a good idea."),
        CourseSession("33 32 33", "33 33 33"),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession(
            "33 33 33",
            "33 33 33",
            "All good.",
            noticed=Rating.Noticed.PULLING_BACK,
            note="Short answers since I asked about the brother. Say so next time.",
        ),
        PLANNED,
    ),
)
