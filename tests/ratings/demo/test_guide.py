"""What the demo's guide says is so, on the page that it says it on; and nobody meets it anywhere else."""

import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse

from alliance.models import Client, Episode, Practice, User
from ratings.demo.guide import STORIES
from ratings.demo.write import today_there
from ratings.psychometrics.evidence import Pillar
from tests.ratings.demo.seen import GUIDE, Case, case_of, page_of, signed_in

DAYS = (date(2026, 11, 25), date(2026, 11, 29), date(2027, 3, 28))  # a Wednesday, a Sunday, the night the clocks change
TOLD = {"therapist": ["Teasel", "Juniper", "Fern", "Sorrel", "Marten"], "therapist2": ["Bramble"], "therapist3": []}
TOLD |= {"supervisor": ["Teasel", "Juniper", "Fern", "Bramble", "Marten"], "supervisor2": [], "manager": []}
# name -> what is said, and whether it is so. Together they hold every number and every quotation of the guide.
CLAIMS = {
    "Teasel": {
        "In sessions 7 and 8 Teasel's answers fell on goals, tasks and bond": lambda c: (
            c.below() == {"goal": [7, 8], "task": [7, 8], "bond": [7, 8]}
        ),
        "the program spoke after session 7": lambda c: c.span()[1] == 7 and c.ruptures[0].opened_by == "detector",
        "Read what Teasel wrote after session 9: you had said that you went too fast": lambda c: (
            c.comment(9).startswith("You said that you had gone too fast") and c.comment(9) in c.page
        ),
        "By session 11 two ratings in a row were back at the usual, and the rupture counts as repaired": lambda c: (
            c.span() == ("repaired", 7, 11)
            and [a.state for a in c.history.assessments[9:11]] == ["recovering", "repaired"]
        ),
        "Teasel's comments were for the therapist": Case.for_therapist_only,
        "notes are private": lambda c: c.episode.private_notes.exists() and "Your notes" not in c.page,
    },
    "Juniper": {
        "Only the tasks fell, in sessions 10 and 11": lambda c: (
            c.below() == {"goal": [], "task": [10, 11], "bond": []} and c.ruptures[0].pillars == ["task"]
        ),
        "In one overall score it would still pass as usual": lambda c: c.episode.standing.words["overall"] == "usual",
        "own ratings of the tasks stayed at Mostly": lambda c: c.in_words("therapist", "task", 10, 11) == {"Mostly"},
        "“I was not sure what it was for.”": lambda c: "I was not sure what it was for." in c.page,
    },
    "Fern": {
        "goals and tasks sank in session 7, the bond in session 8": lambda c: (
            {pillar: numbers[0] for pillar, numbers in c.below().items()} == {"goal": 7, "task": 7, "bond": 8}
        ),
        "a session was missed between them": lambda c: (
            [s.number for s in c.history.sessions][6:9] == [7, None, 8] and "No-show" in c.page
        ),
        "the comments shrank to “Fine.”": lambda c: (
            [c.comment(n) for n in (6, 7, 8)] == ["Good, as always.", "It was fine.", "Fine."]
            and "“Fine." not in c.page
        ),
        "own ratings stayed at Mostly in both": lambda c: (
            {word for pillar in Pillar for word in c.in_words("therapist", pillar, 7, 8)} == {"Mostly"}
        ),
        "The flag does not name it either": lambda c: "The numbers do not say in which way." in c.flag(),
    },
    "Bramble": {
        "In session 7 only the answers on goals fell below the usual": lambda c: (
            c.below() == {"goal": [7], "task": [], "bond": []}
        ),
        "tension was ticked and not talked about yet": lambda c: "Yes, and not talked about yet" in c.page,
        "the comment was shared with the supervisor: “I want that to count.”": lambda c: (
            c.numbered[7].client.comment_for == "supervisor" and "I want that to count." in c.page
        ),
        "The therapist rated the goals lower too": lambda c: c.marks("therapist", "goal", 6, 7) == [75, 50],
        "The page of the repair begins with the client's word: “Bramble says something did not fit.”": lambda c: (
            "Bramble says something did not fit." in c.flag()
        ),
    },
    "Sorrel": {
        "In session 7 Sorrel's answers on the bond fell to Not at all": lambda c: c.marks("client", "bond", 7) == [0],
        "your own ratings fell too": lambda c: c.marks("therapist", "bond", 6, 7, 8) == [75, 50, 37.5],
        "the page of the repair begins with “Sorrel says something did not fit.”": lambda c: (
            "Sorrel says something did not fit." in c.flag()
        ),
        "By session 10 the bond stood at Completely": lambda c: c.marks("client", "bond", 10) == [100],
        "after session 11 the rupture was closed as repaired: "
        "“I could be angry with you, and you came back.”": lambda c: (
            c.span() == ("repaired", 7, 11) and c.comment(11) in c.page and c.comment(11).startswith("I could be angry")
        ),
    },
    "Marten": {
        "From session 2 to session 8 every answer was Completely": lambda c: (
            max(c.numbered) == 8 and all(set(c.numbered[n].client.answers.values()) == {4} for n in range(2, 9))
        ),
        "the program raises no flag and gives no praise": lambda c: c.ruptures == [],
        "it says so in one line, and proposes to ask what could be better": lambda c: (
            "these ratings cannot show strain. Ask what could be better." in c.page
        ),
        "own ratings of the bond stood at Somewhat all that time": lambda c: (
            c.in_words("therapist", "bond", *range(2, 9)) == {"Somewhat"}
        ),
    },
}


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_what_the_guide_says_is_so(db, day):
    call_command("seed_demo", today=day, stdout=StringIO())
    untrue, unsaid = [], {(name, phrase) for name, claims in CLAIMS.items() for phrase in claims}
    for reader, names in TOLD.items():
        for name in names:
            case = case_of(name, reader)
            for phrase, holds in CLAIMS[name].items():
                if phrase in case.said:
                    unsaid.discard((name, phrase))
                    untrue += [] if holds(case) else [f"{name}, to {reader}: {phrase}"]
    assert (untrue, unsaid) == ([], set())


def test_no_number_and_no_quotation_is_left_unheld():
    for story in STORIES:
        for text in (str(story.for_therapist), str(story.for_readers)):
            for phrase in CLAIMS[story.name]:
                text = text.replace(phrase, "")
            assert not re.search(r"\d|“", text), f"{story.name}: {text}"


@pytest.mark.parametrize("plan", [{}, {"seed": 5, "therapists": 3, "clients": 30}], ids=["the demo", "another plan"])
def test_the_guide_leads_through_the_stories_that_one_may_see(db, plan):
    call_command("seed_demo", stdout=StringIO(), **plan)
    walked = {}
    for reader in (person for person in TOLD if User.objects.filter(email=f"{person}@demo.test")):
        browser = signed_in(reader)
        html = "".join(GUIDE.findall(browser.get("/", follow=True).content.decode()))
        assert bool(html) == bool(TOLD[reader]) or reader == "manager"
        listed = re.findall(r'<li><a href="(/cases/[^"]+)">(\w+)</a>', html)
        walked[reader] = [name for _path, name in listed]
        for number, (path, name) in enumerate(listed, 1):
            assert f">{name}</bdi></h1>" in browser.get(path).content.decode()
            said = GUIDE.findall(browser.get(path).content.decode())[0]
            assert f", {number} of {len(listed)}: " in said
            after = listed[number][0] if number < len(listed) else "/"
            assert re.findall(r'<a href="([^"]+)"', said) == [after]
    assert walked == {reader: names for reader, names in TOLD.items() if reader in walked}
    assert len(walked) >= 5


def test_a_case_without_a_story_and_a_page_of_another_role_stay_as_they_are(demo):
    ada, manager = signed_in("therapist"), signed_in("manager")
    heron = case_of("Heron", "therapist")
    assert heron.said == ""
    for browser, path, status in [
        (ada, "/caseload/", 403), (ada, "/people/", 403), (manager, "/today/", 403), (ada, "/cases/", 200),
        (manager, reverse("ratings:case", args=[heron.episode.code]), 404), (ada, "/help/", 200),
        (ada, "/you/", 200), (Browser(), "/help/", 200),
    ]:  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code == status
        assert 'class="guide"' not in answer.content.decode(), path


def test_what_a_manager_is_told_is_so(demo):
    manager = signed_in("manager")
    said, page = page_of(manager, "/people/")
    assert "You see no client's name, no answer and no flag" in said
    names = [client.display_name for client in Client.objects.select_related("data_key")]
    assert [name for name in names if re.search(rf"\b{name}\b", said + page)] == []
    case = Episode.objects.first()
    assert manager.get(reverse("ratings:case", args=[case.code])).status_code == 404
    html = GUIDE.findall(manager.get("/people/").content.decode())[0]
    to_try = re.findall(r'<li><a href="([^"]+)">', html)
    assert [manager.get(path).status_code for path in to_try] == [200] * 5


@pytest.mark.parametrize("where", ["a real practice", "a served installation"])
def test_a_real_practice_never_sees_it(request, db, where, settings):
    if where == "a real practice":
        member = request.getfixturevalue("dana")
    else:
        request.getfixturevalue("demo")
        settings.LOCAL = False
        member = Practice.objects.get().memberships.get(user__email="therapist@demo.test")
    browser = Browser()
    browser.force_login(member.user)
    for path in ("/today/", "/help/"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert 'class="guide"' not in answer.content.decode()
    for name in ("put-away", "show"):
        assert browser.post(reverse(f"ratings:guide-{name}")).status_code == 404


def test_a_demo_of_another_day_says_so(db):
    call_command("seed_demo", today=today_there() - timedelta(days=3), stdout=StringIO())
    assert "begin anew with an empty database" in page_of(signed_in("therapist"), "/today/")[0]


def test_a_demo_of_today_does_not(demo):
    assert "begin anew" not in page_of(signed_in("therapist"), "/today/")[0]
