"""The course that docs/explanation walks through is computed here once more: the page cannot say other numbers."""

from django.conf import settings

from ratings.demo.stories import ONLY_TASKS_SLIP as JUNIPER
from ratings.demo.stories import REPAIRED as TEASEL
from ratings.findings.names import source_name
from ratings.findings.scale import whole
from ratings.psychometrics.assess import assess
from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.evidence import Budget, SessionEvidence, Version
from ratings.psychometrics.instruments import load
from ratings.psychometrics.scoring import score
from ratings.psychometrics.thresholds import thresholds
from sessions.models import Attendance
from tests.test_docs import FENCED

EXPLANATION = settings.BASE_DIR / "docs" / "explanation"
SIX = load(settings.BASE_DIR / "ratings" / "instruments" / "alliance-6.toml")
WORDS = {"too_few": "too few ratings to say"}


def scores(answers):
    marks = (answers or "").replace(" ", "")
    return (
        score({item.id: int(mark) for item, mark in zip(SIX.items, marks, strict=False)}, SIX).scores if marks else None
    )


def history_of(course):
    """The sessions that were held, as the detector reads them."""
    held = [one for one in course.sessions if one.attendance == Attendance.ATTENDED]
    return [
        SessionEvidence(
            number=number,
            client=scores(one.client),
            therapist=scores(one.therapist),
            checkin_answered=one.client is not None,
            comment_words=len(one.comment.split()) if one.client else None,
        )
        for number, one in enumerate(held, start=1)
    ]


def the_course(course):
    """Every session in a line: the answers, the pillars, the total, what was usual, and what the program says."""
    lines = ["session   answers    goals  tasks  bond   total  usual   likely  the program says"]
    held = [one for one in course.sessions if one.attendance == Attendance.ATTENDED]
    history = history_of(course)
    for one, session, found in zip(held, history, assess(history), strict=True):
        client = session.client
        numbers = [client.goal, client.task, client.bond, client.overall] if client else [None] * 4
        numbers.append(next((part.usual for part in found.points if part.source == "client"), None))
        cells = "".join(" " * 7 if number is None else f"{whole(number):>7}" for number in numbers)
        likely = "" if found.probability is None else f"{found.probability:.2f}"
        said = "a flag" if found.alert else WORDS.get(found.state, found.state)
        lines.append(f"{session.number:7}   {one.client or 'none':<9}{cells}  {likely:>7}  {said}".rstrip())
    return "\n".join(lines)


def the_points(course):
    """What spoke for the flag and what against it, at the session that raised it."""
    lines = [f"{'':20}  seen  usual  points"]
    alert = next(found for found in assess(history_of(course)) if found.alert)
    for part in alert.points:
        lines.append(
            f"{source_name(part.source):20} {whole(part.seen):>5}  {whole(part.usual):>5}  {part.points:+6.1f}"
        )
    return "\n".join(lines)


def blocks(page):
    return ["\n".join(block.splitlines()[1:-1]) for block in FENCED.findall((EXPLANATION / page).read_text())]


def test_the_course_and_its_points_are_what_the_program_computes():
    assert blocks("how-detection-thinks.md") == [the_course(JUNIPER), the_points(JUNIPER)]


def test_the_sentences_around_it_say_the_same():
    text = " ".join((EXPLANATION / "how-detection-thinks.md").read_text().split())
    history = history_of(JUNIPER)
    found = assess(history)
    alert = next(one for one in found if one.alert)
    at = found.index(alert)
    total = next(part for part in alert.points if part.source == "client")
    odds = alert.probability / (1 - alert.probability)
    before = odds / 10 ** (total.points / 10)
    limits = [
        thresholds(Version().criterion, budget, Version().use).later
        for budget in (Budget.QUIET, Budget.NORMAL, Budget.WATCHFUL)
    ]
    for sentence in (
        f"In session {alert.number} the answers on tasks are {whole(history[at].client.task)}",
        f"the total of {whole(total.seen)} is compared with a usual of {whole(total.usual)}",
        f"a likelihood of {alert.probability:.2f}, about {10 * alert.probability:.0f} in 10",
        f"The line for this is {limits[1]:.2f}",
        f"With the quiet setting it is {limits[0]:.2f}, with the watchful one {limits[2]:.2f}",
        f"One session later it is {found[at + 1].probability:.2f}",
        f"here session {max(found, key=lambda one: one.suspicion or 0).number}, with its date",
        f"{whole(total.usual)} for Juniper's tasks and total, and not the {whole(found[at + 1].points[0].usual)}",
        f"{total.points:.1f} points make the odds {10 ** (total.points / 10):.1f} times as high",
        f"have come to a likelihood of {before / (1 + before):.2f}: odds of about 1 to {1 / before:.0f}",
        f"they are {odds:.2f} to 1, and {odds:.2f} of {1 + odds:.2f} is a likelihood of {alert.probability:.2f}",
    ):
        assert sentence in text


def test_the_repair_that_is_told_is_the_one_that_is_computed():
    text = " ".join((EXPLANATION / "ruptures-and-repair.md").read_text().split())
    found = assess(history_of(TEASEL))
    assert [str(one.state) for one in found[6:11]] == ["open", "open", "open", "recovering", "repaired"]
    assert [one.number for one in found if one.alert] == [7]
    assert f"no more than {DEFAULTS.back_within_sd * DEFAULTS.sd_within:.1f} points of 100 below" in text
    assert f"the probability is under {DEFAULTS.repaired_below:.2f}".replace("0.", ".") in text
    assert DEFAULTS.unrepaired_after == 4
