"""A practice on its first day: every page says what to do first, and its links lead somewhere for who reads it."""

import re

import pytest
from django.conf import settings
from django.utils import timezone

from ratings.cases.actions import open_case
from tests.factories import make_member, make_supervision
from tests.signing_in import give_password

CRISIS, LIVE = "Write down the crisis line", "Once you are ready, set the practice live"
INVITE = "Then assign the supervisors"
PEOPLE, TODAY, CASES, CHECK_INS, CASELOAD = "/people/", "/today/", "/cases/", "/check-ins/", "/caseload/"
ASSIGN, IMPORT = "/people/assign/", "/import/"
NOBODY_TO_ASSIGN, NO_THERAPIST = "one of them has no place here yet", "No therapist has a place here yet"


@pytest.fixture
def read(http):
    """`read(member, page)`: the page as that person sees it, once each of its links has answered."""

    def read(member, page):
        if not member.user.has_usable_password():
            give_password(member)
        http.force_login(member.user)
        response = http.get(page)
        assert response.status_code == 200
        _top, main = response.text.split("<main", 1)
        for link in re.findall(r'href="(/[^"]*)"', main):
            assert http.get(link, follow=True).status_code == 200, link  # some ask for the password first
        return re.sub(r"<[^>]+>", "", main)

    return read


def test_a_lone_manager_is_told_the_first_steps_until_they_are_done(read, mona, millrace):
    first = read(mona, PEOPLE)
    assert CRISIS in first
    assert INVITE in first
    assert NOBODY_TO_ASSIGN in read(mona, ASSIGN)
    assert NO_THERAPIST in read(mona, IMPORT)

    millrace.crisis_phone = "01632 960 117"
    millrace.save()
    dana = make_member(millrace, "Dana Whitlock")
    second = read(mona, PEOPLE)
    assert LIVE in second
    assert CRISIS not in second
    assert INVITE not in second
    assert "Until you assign a supervisor, only the therapists" in second
    assert NOBODY_TO_ASSIGN in read(mona, ASSIGN)
    assert NO_THERAPIST not in read(mona, IMPORT)

    millrace.live_at = timezone.now()
    millrace.save()
    make_supervision(make_member(millrace, "Sam Okafor", "supervisor"), therapist=dana)
    last = read(mona, PEOPLE)
    assert "To begin" not in last
    assert "Until you assign" not in last
    assert NOBODY_TO_ASSIGN not in read(mona, ASSIGN)


def test_each_of_two_practices_is_told_its_own_steps(read, mona, otis):
    make_member(otis.practice, "Mona Reyes", "manager", user=mona.user)
    mona.practice.crisis_phone = "01632 960 117"
    mona.practice.save()
    page = read(mona, PEOPLE)
    assert page.count("To begin") == 2
    assert page.count(LIVE) == page.count(CRISIS) == page.count(INVITE) == 1


@pytest.mark.parametrize(
    ("address", "step"),
    [
        (TODAY, "You have no case yet. Begin with a new client"),
        (CASES, "Start with a client: a pseudonym is enough."),
    ],
)
def test_a_therapist_begins_with_a_client(address, step, read, dana):
    assert step in read(dana, address)
    open_case(practice=dana.practice, therapist=dana, name="Juniper", by=dana)
    assert step not in read(dana, address)


def test_a_therapist_without_check_ins_and_a_supervisor_without_cases(read, dana, millrace):
    assert "Log one from its case in My cases." in read(dana, CHECK_INS)
    sam = make_member(millrace, "Sam Okafor", "supervisor")
    assert "Once the practice manager assigns you" in read(sam, CASELOAD)


def words_that_no_page_has(text):
    """What stands in bold, unless a template or a form says it in these words."""
    folders = [settings.BASE_DIR / name for name in ("alliance", "sessions", "ratings")]
    forms = [file for folder in folders for name in ("forms.py", "models/*.py") for file in folder.rglob(name)]
    sources = [*(settings.BASE_DIR / "templates").rglob("*.html"), *forms]
    said = "".join(source.read_text() for source in sources)
    return [words for words in re.findall(r"\*\*([^*]+)\*\*", text) if f'"{words}' not in said]


def test_the_guide_for_managers_uses_the_words_of_the_pages():
    text = (settings.BASE_DIR / "docs" / "how-to" / "invite-your-team.md").read_text()
    assert text.count("**") > 40
    assert words_that_no_page_has(text) == []
    assert words_that_no_page_has("**People**, then **Invite someone**") == ["Invite someone"]
