"""Invented courses, written by hand; each shows what the program is for.

Answers stand as in the questionnaire: goals, tasks, bond; 0 is "Not at all", 4 is "Completely".
"""

from alliance.models import EndReason
from ratings.demo.courses import Correction, Course, CourseSession, CourseTask, Ending, TaskShape
from ratings.demo.juniper import ONLY_TASKS_SLIP
from ratings.demo.strains import CLIENT_SAYS_SO, SETTLED_LOWER, THERAPIST_NOTICED
from ratings.models import Rating
from sessions.models import Attendance, Modality, Mode, Willing

BringUp = Rating.BringUp
ADA, TOMAS, NOOR, INES = range(4)
PLANNED = CourseSession(attendance=Attendance.PLANNED)
NO_SHOW = CourseSession(attendance=Attendance.NO_SHOW)

REPAIRED = Course(
    name="Teasel",
    therapist=ADA,
    hour="11:00",
    weekday=1,
    goals=("We are working on asking for help so that I can carry less alone.",),
    sessions=(
        CourseSession("32 32 33", "32 22 32"),
        CourseSession(
            "33 32 33",
            "32 32 33",
            "I did not expect to talk so much.",
            corrected=Correction(Mode.PHONE, "22 32 33", "It was in the room, not by telephone."),
        ),
        CourseSession("33 33 33", "33 32 33"),
        CourseSession("33 33 43", "33 33 33", "The picture of the two suitcases stayed with me all week."),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession("33 33 34", "33 33 33", note="Good hour. I think the exposure can begin."),
        CourseSession("22 10 21", "33 22 32", "That was a lot. I went home and did not want to think about it."),
        CourseSession(
            "22 01 11", "22 11 21", note="Silent, then polite. I asked; she said it was fine. I do not think it was."
        ),
        CourseSession(
            "33 23 32",
            "32 22 32",
            "You said that you had gone too fast, and that it was not me. I had thought I was failing it.",
            note="My pace, not her courage. She cried, then planned the steps herself: two weeks of small ones.",
        ),
        CourseSession("33 33 33", "33 33 33", "The small steps are mine. I can say stop, and I did, once."),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession(
            "33 33 34", "33 33 33", note="Steady again. Name it in the last session as what we did together."
        ),
        PLANNED,
    ),
)

QUIET_WITHDRAWAL = Course(
    name="Fern",
    therapist=ADA,
    hour="10:00",
    weekday=2,
    goals=("We are working on the quarrels with my father so that I can visit him before the winter.",),
    sessions=(
        CourseSession(
            "33 33 33", "33 32 33", "I liked how you ask. It did not feel like an exam, and I knew where we were going."
        ),
        CourseSession(
            "33 33 43", "33 33 33", "I told my sister about the two chairs and we both laughed, then we both did not."
        ),
        CourseSession("43 33 33", "33 33 33"),
        CourseSession(
            "33 33 43", "33 33 33", "I wrote him the letter. I will not send it, as we said, but it is written."
        ),
        CourseSession("33 34 43", "33 33 33"),
        CourseSession(
            "33 33 33", "33 33 33", "Good, as always.", note="Brought up ending before the summer. He nodded."
        ),
        CourseSession("22 22 32", "33 33 33", "It was fine."),
        NO_SHOW,
        CourseSession(
            "22 22 22", "33 33 33", "Fine.", note="Friendly, on the surface of everything. I did most of the talking."
        ),
        CourseSession("22 12 22", "33 32 32"),
        PLANNED,
    ),
)

CEILING = Course(
    name="Marten",
    therapist=ADA,
    hour="16:00",
    today=True,
    mode=Mode.PHONE,
    goals=("We are working on leaving the checking so that I can be on time for the early shift.",),
    sessions=(
        CourseSession("43 44 44", "32 32 33", "All good!"),
        CourseSession("44 44 44", "33 32 22"),
        CourseSession("44 44 44", "33 33 22", "Perfect as always!"),
        CourseSession("44 44 44", "33 32 22"),
        CourseSession(
            "44 44 44", "32 33 22", note="Agrees with everything, also with opposites. What may not be said here?"
        ),
        CourseSession("44 44 44", "33 33 22"),
        CourseSession("44 44 44", "33 22 22", "Thank you, all perfect!"),
        CourseSession("44 44 44", "33 33 22", note="Ask for one thing that could be better, however small."),
        PLANNED,
    ),
)

SKIPPED = Course(
    name="Rowan",
    therapist=ADA,
    hour="15:00",
    weekday=4,
    goals=("We are working on the low mornings so that I can keep the job.",),
    sessions=(
        CourseSession("22 33 33", "22 32 33"),
        CourseSession("32 33 33", "32 32 33", mode=Mode.PHONE),
        CourseSession("33 33 33", "32 33 33", "The plan for Monday mornings is on the fridge."),
        CourseSession("33 33 33", "33 33 33", mode=Mode.PHONE),
        CourseSession(None, "33 33 33"),
        CourseSession(removed="I had taken him for somebody else. He was on holiday that week."),
        CourseSession("33 23 33", "33 33 33"),
        CourseSession("33 33 43", "33 33 33", "Two Mondays in a row.", mode=Mode.PHONE),
        NO_SHOW,
        CourseSession("33 33 33", "33 33 33"),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession(None, "33 33 33"),
        CourseSession("33 33 43", "33 33 33", mode=Mode.PHONE),
        CourseSession(None, "33 33 33"),
        CourseSession(
            None, "33 32 33", note="New phone, he says; the links go to the old number. Give him the code on paper."
        ),
        CourseSession(None, "33 33 33"),
        PLANNED,
    ),
)

HANDED_OVER = Course(
    name="Heron",
    therapist=INES,
    hour="16:00",
    goals=("We are working on speaking in meetings so that I can take the team on.",),
    ending=Ending(EndReason.TRANSFERRED),
    sessions=(
        CourseSession("22 22 33", "22 22 33"),
        CourseSession("22 32 33", "32 22 33", "I could say out loud that I am afraid of the room."),
        CourseSession("32 33 33", "33 32 33"),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession(None, "33 33 33"),
        CourseSession("33 33 33", "33 33 33", "A pity that you move away. Please tell her about the list."),
    ),
)

JUST_BEGUN = Course(
    name="Heron",
    therapist=ADA,
    hour="08:00",
    today=True,
    weeks_ahead=5,
    before=HANDED_OVER,
    goals=("We are working on speaking in meetings so that I can take the team on.",),
    sessions=(
        CourseSession("22 32 33", "32 22 33"),
        CourseSession("32 33 33", "32 32 33", "It helps that you write it down."),
        CourseSession("33 33 33", "33 32 33"),
        CourseSession("33 33 34", "33 33 33", "I will try the first sentence tomorrow."),
        PLANNED,
    ),
)

REPAIRED_LONG_AGO = Course(
    name="Sorrel",
    sees_own=True,
    therapist=ADA,
    hour="09:30",
    weekday=1,
    mode=Mode.VIDEO,
    tasks=(
        CourseTask(
            (TaskShape("Read one letter aloud, together.", Modality.EXERCISE, 14),),
            why_it_helps="Nobody has to open it alone.",
            willing=Willing.YES,
            goal=0,
        ),
    ),
    goals=(
        "We are working on grieving for my brother so that I can open his letters.",
        "We are working on the evenings so that I can be in the house without the radio on.",
    ),
    sessions=(
        CourseSession("22 22 32", "32 22 32"),
        CourseSession("32 23 32", "32 32 32"),
        CourseSession("33 22 32", "33 32 32"),
        CourseSession("32 33 32", "32 32 33"),
        CourseSession("32 23 33", "33 33 32"),
        CourseSession("33 32 32", "33 32 33", note="She watches whether I can bear it. I can."),
        CourseSession(
            "22 11 00",
            "33 22 22",
            "You looked at the clock when I said his name.",
            shared=True,
            tension=True,
            talked_about=False,
        ),
        CourseSession("22 11 11", "22 22 21", note="She is right. I did. Say so first thing."),
        CourseSession("33 32 33", "32 32 32", "Thank you for saying it.", tension=True, talked_about=True),
        CourseSession("33 33 44", "33 33 33"),
        CourseSession("33 33 44", "33 33 33", "I could be angry with you, and you came back. That is new."),
        CourseSession("34 33 44", "33 33 33"),
        CourseSession("33 43 44", "33 33 43"),
        NO_SHOW,
        CourseSession("34 33 44", "33 33 33"),
        CourseSession(
            "43 33 44", "33 33 33", "We read the first letter. I can still hear you breathing, on the other side."
        ),
        CourseSession("34 34 44", "33 33 43"),
        CourseSession(None, "33 33 43"),
        CourseSession("43 34 44", "43 33 43"),
        CourseSession("34 33 44", "43 33 43"),
        CourseSession("44 33 44", "43 33 43", "Three letters left. No hurry."),
        CourseSession(None, "43 33 43", asks_about_plan=True),
    ),
)

LOW_START = Course(
    name="Tansy",
    therapist=ADA,
    hour="13:00",
    weekday=3,
    not_logged=True,
    weeks_ahead=5,
    goals=("We are working on the panic in shops so that I can buy my own food.",),
    sessions=(
        CourseSession(fit="2122", therapist="3322"),
        CourseSession(
            fit="2122",
            therapist="3332",
            comment="I do not know yet what this is for. The last one did not help either.",
        ),
        CourseSession(
            fit="3132",
            therapist="3332",
            note="Much was tried before me. Go through the goals once more before any exercise.",
        ),
        PLANNED,
    ),
)

LEFT = Course(
    name="Quince",
    therapist=ADA,
    hour="12:00",
    weekday=1,
    weeks_ago=5,
    ending=Ending(EndReason.CLIENT, planned=False, agreed=False),
    goals=("We are working on being alone without drinking so that I can trust my evenings.",),
    sessions=(
        CourseSession("32 33 33", "32 32 33"),
        CourseSession("33 33 33", "33 32 33", "Glad that I came."),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession("21 11 11", "33 22 22", "I told you about Friday and it turned into a form."),
        CourseSession("11 11 11", "22 22 22", note="I hid behind the risk questions. I did not say so. I should have."),
        NO_SHOW,
        CourseSession("11 11 10", "22 21 21"),
        NO_SHOW,
    ),
)

CONFRONTATION = Course(
    name="Bramble",
    therapist=TOMAS,
    hour="17:00",
    weekday=2,
    goals=("We are working on the rows with my manager so that I can stay in the job that I love.",),
    sessions=(
        CourseSession("33 33 33", "33 32 33"),
        CourseSession("33 33 33", "33 33 33", "Clear and quick. Good."),
        CourseSession("34 33 33", "33 33 33"),
        CourseSession("33 33 34", "33 33 33", "The role play was odd and useful."),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession("34 33 33", "33 33 33", note="The mother again. I followed; there is more in it than work."),
        CourseSession(
            "11 32 32",
            "22 32 33",
            "We keep coming back to my mother. I said at the start that I came because of work. I want that to count.",
            shared=True,
            tension=True,
            talked_about=False,
            bring_up=BringUp.MYSELF,
        ),
        PLANNED,
    ),
)

REPAIR_UNDER_WAY = Course(
    name="Wren",
    therapist=NOOR,
    hour="09:00",
    weekday=1,
    goals=("We are working on the anger so that my son need not be afraid of me.",),
    sessions=(
        CourseSession("32 33 33", "32 32 32"),
        CourseSession("33 32 33", "32 33 33"),
        CourseSession("33 33 33", "33 32 33", "Nobody had asked me that."),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession("33 33 34", "33 33 33"),
        CourseSession(None, "33 33 33"),
        CourseSession("33 33 33", "33 33 33", "He came and sat next to me on Sunday."),
        CourseSession("33 34 33", "33 33 33"),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession("33 32 11", "33 33 32", "You wrote to the school without telling me first.", shared=True),
        CourseSession(
            "33 32 10", "32 32 21", note="Asked what the letter did to him. He had to hear it from the teacher."
        ),
        CourseSession(
            "33 33 22", "33 32 22", note="Agreed: nothing leaves this room before he has read it. A slower pace, too."
        ),
        CourseSession("33 33 33", "33 33 32", "I read the second letter before it went. That was right."),
        PLANNED,
    ),
)

BAD_WEEK = Course(
    name="Larch",
    therapist=NOOR,
    hour="11:00",
    weekday=3,
    goals=("We are working on handing in work before it is perfect so that I can finish the degree.",),
    sessions=(
        CourseSession("33 33 33", "32 32 33"),
        CourseSession("33 32 33", "33 32 33"),
        CourseSession("33 33 33", "33 33 33", "Handed in the first page with a mistake in it, on purpose."),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession("33 33 34", "33 33 33"),
        CourseSession(
            "22 21 22",
            "33 33 33",
            "My mother is in hospital. I could not think of anything else; it was not the session.",
            shared=True,
        ),
        CourseSession("33 33 33", "33 33 33", "She is home. Back to the thesis."),
        CourseSession("33 33 34", "33 33 33"),
        CourseSession("33 34 33", "33 33 33"),
        PLANNED,
    ),
)

STORIES = (
    ONLY_TASKS_SLIP,
    REPAIRED,
    QUIET_WITHDRAWAL,
    CEILING,
    SKIPPED,
    JUST_BEGUN,
    REPAIRED_LONG_AGO,
    LOW_START,
    LEFT,
    CONFRONTATION,
    REPAIR_UNDER_WAY,
    BAD_WEEK,
    SETTLED_LOWER,
    CLIENT_SAYS_SO,
    THERAPIST_NOTICED,
)
