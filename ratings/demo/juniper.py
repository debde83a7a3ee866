"""The story of the demo that has a whole plan: only the tasks slip, and a goal is not right any more."""

from ratings.demo.courses import Course, CourseGoal, CourseSession, CourseTask, PlanSaid, TaskShape
from ratings.models import CanSay, Helped, Rating, StillRight
from sessions.models import AgreedBy, Attendance, GoalOutcome, Modality, Willing

ONLY_TASKS_SLIP = Course(
    name="Juniper",
    therapist=0,
    hour="14:00",
    today=True,
    weeks_ahead=5,
    second_phase=("at work", 3),
    goals=(
        CourseGoal(
            "We are working on getting through a whole team meeting so that I can say my part.",
            outcome=GoalOutcome.REACHED,
            ended_in=3,
        ),
        CourseGoal(
            "We are working on cutting down coffee so that I can be calmer.",
            agreed_in=1,
            agreed_by=AgreedBy.THERAPIST,
            outcome=GoalOutcome.DROPPED,
            ended_in=3,
        ),
        CourseGoal("We are working on saying no at work so that I can be home by six.", agreed_in=3, phase=2),
        CourseGoal(
            "We are working on sleeping through so that I can drive again.",
            agreed_in=3,
            agreed_by=AgreedBy.CLIENT,
            earlier=("We are working on sleep.", 6),
            phase=2,
        ),
    ),
    tasks=(
        CourseTask(
            (
                TaskShape("Thought log on paper, every day.", Modality.WRITING, 3),
                TaskShape("Short sheet, three columns.", Modality.WRITING, 7, "The long one was left blank twice."),
                TaskShape(
                    "Voice notes, two a week, after something went wrong.",
                    Modality.SPEAKING,
                    10,
                    "Writing felt like homework.",
                ),
            ),
            why_it_helps="It shows what sets off the worry, while it is fresh.",
            willing=Willing.YES,
            goal=2,
        ),
        CourseTask(
            (TaskShape("Rehearse one refusal in the session.", Modality.EXERCISE, 4),),
            why_it_helps="The sentence is ready when it is needed.",
            willing=Willing.GOES_ALONG,
            goal=2,
        ),
    ),
    sessions=(
        CourseSession("32 33 33", "32 32 33"),
        CourseSession(
            "33 32 33", "32 33 33", "I was nervous before. You made it easy to begin, and the two goals are mine now."
        ),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession(
            "32 33 33",
            "33 33 33",
            plan=PlanSaid(CanSay.YES, (None, None, StillRight.YES, StillRight.YES), (Helped.A_LITTLE, None)),
            note="A cancelled session came up. She made light of it; I stayed with it.",
        ),
        CourseSession(
            "33 33 33", "33 33 33", "We took the morning apart, minute by minute. I had never seen it like that."
        ),
        CourseSession("33 43 33", "33 33 33"),
        CourseSession(
            "43 33 43",
            "33 33 33",
            "I said no on Tuesday! Small one, but I said it, and nobody fell over. Wanted you to know.",
        ),
        CourseSession(
            "43 43 43",
            "43 33 43",
            plan=PlanSaid(CanSay.PARTLY, (None, None, StillRight.YES, StillRight.NOT_QUITE), (Helped.NO, Helped.YES)),
            note="Brought in the short sheet. She said yes rather fast.",
        ),
        CourseSession(None, "33 33 33"),
        CourseSession("43 11 43", "33 33 33"),
        CourseSession(
            "43 10 43",
            "43 33 33",
            "I did the sheet at home but I was not sure what it was for.",
            bring_up=Rating.BringUp.GENTLY,
            note="I brought the sheet in too fast. Ask what would have made it more useful.",
        ),
        CourseSession(attendance=Attendance.PLANNED),
    ),
)
