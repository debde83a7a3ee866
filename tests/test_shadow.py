"""Shadow mode, on every page: a practice full of open ruptures is walked through, link by link and route by route.

With shadow mode off the same walk finds every mark and every word of detection that is looked for, so that the search
can fail.
"""

import io
import re
import zipfile
from collections import Counter, deque
from datetime import timedelta
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from ratings.check_in import links
from ratings.check_in.actions import answer_check_in
from ratings.detection.actions import set_detector
from ratings.models import Assessment, DetectorVersion, Rupture, Standing
from ratings.ruptures import actions as repair
from tests import test_access_matrix as matrix
from tests.browsers import close
from tests.courses import answers, client_answers, consent, held
from tests.factories import editor_of, make_episode, make_therapy_session

subjects = matrix.subjects  # the fixture: what its routes are asked about

# What only detection writes: words of a page, and names in a picture.
WORDS = (
    "own usual", "usual range, an early", "as usual", "below usual", "settled lower", "lower than before", "usually ",
    "A clear flag", "A possible flag", "Not enough check-ins", "too few to say",
    "in a row without a check-in", "perfect in every answer", "A low start: the", "coming back",
    "No open flag", "the surer flag", "What counted", "How sure", "Could also be",
    "Was this flag useful?",
    "The therapist's own",
)  # fmt: skip
MARKS = ('class="mark below', "mark unmended", "s-band", '"name": "band"', "mark usual", "mark above")
# Pages that explain detection and say nothing of a case; and what leaves the site or changes who is signed in.
EXPLAINS = ("/help/", "/people/detection/", "/figures/flags/")
LEFT_OUT = ("/static/", "/accounts/logout/", "/c/")
MOST = 3  # pages of one route that are walked for a person; the weeks have no end, and forms are alike
ALL_OF = {"case", "case-sheet", "session-page", "rupture"}  # but of these, all


@pytest.fixture
def strained(subjects, millrace, dana, sam, live_through):
    """All that detection can say, in cases of Dana that Sam reads; the therapist has worked on one of the program's."""
    courses = {
        "Open": [3, 3, 3, 3, 3, 0],
        "Opened early": [3, 3, 3, 1],
        "Recovering": [3, 3, 3, 3, 3, 0, 3],
        "Repaired": [3, 3, 3, 3, 3, 0, 3, 3],
        "Rowan": [4, 4, 4, 4, 4, 2, 2, 2, 2, 2],
        "Perfect": [4, 4, 4, 4],
        "Low from the start": [1, 1, 1],
        "Not answered": [3, 3, 3, 3, 3, None, None, None],
        "A little below": [3, 3, 3, 3, 3, [3, 3, 3, 3, 2, 2]],
        "Above": [2, 2, 2, 2, 2, 4],
    }
    cases = {name: make_episode(dana, name) for name in courses}
    for name, levels in courses.items():
        live_through(cases[name], levels)
    aside = make_episode(dana, "Aside")
    live_through(aside, [3, 3, 3, 3, 3, 0])
    repair.set_rupture_aside(editor=editor_of(aside), rupture=aside.ruptures.get(), reason="We spoke on the phone.")
    started = make_episode(dana, "Started")
    live_through(started, [3, 3, 3, 3, 3, 0])
    therapist_fell = make_episode(dana, "Only Dana fell")
    live_through(therapist_fell, [None] * 5)
    held(therapist_fell, 0.5, answers=answers(0))
    repair.plan_step(
        editor=editor_of(started), rupture=started.ruptures.get(), step="notice", words="Last time was hard, I think."
    )
    said = make_episode(dana, "The client says so")
    live_through(said, [3, 3, 3], tension=True)
    named = make_episode(dana, "Dana named it")
    live_through(named, [3, 3, 3])
    repair.name_rupture(
        editor=editor_of(named),
        therapy_session=named.therapy_sessions.last(),
        kind="withdrawal",
        pillars=["task"],
        line="She looked away.",
    )
    now = timezone.now()
    for hours, name in enumerate(("Open", "Rowan"), start=1):
        start = now + timedelta(hours=hours)
        make_therapy_session(cases[name], starts_at=start, ends_at=start + timedelta(minutes=50))
    return cases | {"Aside": aside, "Started": started, "The client says so": said, "Dana named it": named}


def hide(practice, by, *, shadow=True):
    current = DetectorVersion.objects.filter(practice=practice).order_by("-valid_from").first()
    rule = {name: getattr(current, name) for name in ("criterion", "budget", "use", "clear_only")}
    assert set_detector(practice=practice, by=by, shadow=shadow, **rule)


def walk(user, starts):
    """Path -> text of every page that links lead to; a page that is answered with a fault fails the test."""
    browser, found, ahead, walked = Client(), {}, deque(starts), Counter()
    browser.force_login(user)
    while ahead:
        path = ahead.popleft()
        if path in found or path.startswith((*LEFT_OUT, *EXPLAINS)):
            continue
        route = resolve(path.partition("?")[0]).url_name
        walked[route] += 1
        if walked[route] > MOST and route not in ALL_OF:
            continue
        response = browser.get(path, follow=True)
        assert response.status_code < 500, path
        found[path] = response.text if response.status_code == 200 else ""
        for link in re.findall(r'href="([^"#]+)', found[path]):
            there = urlsplit(urljoin(path, link.replace("&amp;", "&")))
            if not there.netloc:
                ahead.append(there.path + (f"?{there.query}" if there.query else ""))
    return found


def every_page(people, about):
    """(who, path) -> text: all that the walk finds for each person, and every route of the access matrix."""
    routes = {name_of(name, subject): matrix.address(name, subject, about) for name, subject, *_rest in matrix.rows()}
    pages = {}
    for person in people:
        found = walk(person.user, ["/"])
        browser = Client()
        browser.force_login(person.user)
        for path in routes.values():
            if path not in found and not path.startswith((*EXPLAINS, *LEFT_OUT)):
                response = browser.get(path)
                found[path] = text_of(response) if response.status_code == 200 else ""
                close(response)
        for rupture in Rupture.objects.all():
            response = browser.get(path := reverse("ratings:rupture", args=[rupture.code]))
            found[path] = response.text if response.status_code == 200 else ""
        pages |= {(person, path): text for path, text in found.items()}
    return pages


def text_of(response):
    """The page; or, of an archive, the text of its files, apart from those that explain them."""
    if not response.streaming:
        return response.text
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        names = [name for name in archive.namelist() if name not in ("codebook.csv", "ratings-wide.sps")]
        return "".join(archive.read(name).decode(errors="replace") for name in names)


def name_of(route, subject):
    return f"{route} {subject}"


def links_of_clients(strained):
    """What clients see: a check-in about the session after the strain, and what they answered so far."""
    episode = strained["Started"]
    consent(episode.client)
    check_in = held(episode, 0.2).check_in
    return [
        reverse("links:check-in", args=[links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")]),
        reverse("links:privacy"),
    ]


def found_in(pages, wanted):
    """What is wanted -> the pages that have it."""
    texts = {where: unescape(text).lower() for where, text in pages.items()}
    return {one: [where for where, text in texts.items() if one.lower() in text] for one in wanted}


@pytest.fixture
def wanted(strained):
    """What is looked for: the marks and words, and the codes of the program's ruptures."""
    of_program = Rupture.objects.filter(opened_by="detector")
    assert of_program.count() >= 7
    return [*WORDS, *MARKS, *(str(rupture.code) for rupture in of_program.exclude(state="withdrawn"))]


@pytest.mark.sqlite  # it reads the words of pages, which are the same on both
def test_in_shadow_mode_no_page_shows_anything_of_detection(strained, subjects, wanted, millrace, dana, sam, mona):
    hide(millrace, mona)
    pages = every_page([dana, sam, mona], subjects)
    pages |= {("client", path): Client().get(path).text for path in links_of_clients(strained)}
    shown = {one: sorted(map(str, where))[:3] for one, where in found_in(pages, wanted).items() if where}
    assert not shown, "\n".join(f"{one}: {where}" for one, where in shown.items())
    assert len(pages) > 150


@pytest.mark.sqlite  # it reads the words of pages, which are the same on both
def test_without_it_the_links_alone_lead_to_each_of_them(strained, wanted, dana, sam):
    pages = {(person, path): text for person in (dana, sam) for path, text in walk(person.user, ["/"]).items()}
    assert [one for one, where in found_in(pages, wanted).items() if not where] == []


def test_all_is_worked_out_and_stored_meanwhile(millrace, mona, juniper, live_through):
    live_through(juniper, [3, 3, 3])
    hide(millrace, mona)
    for days, level in ((3, 3), (2, 3), (1, 0)):
        answer_check_in(
            check_in=held(juniper, days, answers=answers(3)).check_in, answers=client_answers(level), may_change=False
        )
    flag = juniper.ruptures.get()
    assert (flag.state, flag.opened_by, flag.kept_back) == ("open", "detector", True)
    assert Assessment.objects.filter(episode=juniper, alert=True, version__shadow=True).count() == 1
    assert Standing.objects.get(episode=juniper).rupture is None


@pytest.fixture
def hidden(millrace, mona, juniper, live_through):
    """Juniper's rupture that the program found in shadow mode."""
    live_through(juniper, [3])
    hide(millrace, mona)
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    return juniper.ruptures.get()


def test_shown_again_it_is_old_and_alarms_nobody(http, hidden, millrace, mona, dana, sam, juniper):
    hide(millrace, mona, shadow=False)
    hidden.refresh_from_db()
    assert (hidden.state, hidden.kept_back) == ("open", True)
    assert Standing.objects.get(episode=juniper).rupture is None
    http.force_login(dana.user)
    today = http.get(reverse("ratings:today"))
    assert not today.context["today"].open
    assert str(hidden.code) not in today.text
    case = http.get(reverse("ratings:case", args=[juniper.code]))
    assert "That began while flags were not shown." in case.text
    assert "Found while flags were not shown." in case.text
    assert str(hidden.code) in case.text
    assert http.get(reverse("ratings:rupture", args=[hidden.code])).status_code == 200
    http.force_login(sam.user)
    caseload = http.get(reverse("ratings:caseload")).context["caseload"]
    assert [caseload.flagged, [row.name for row in caseload.kept_back.rows]] == [[], ["Juniper"]]


def test_what_was_told_before_comes_back(http, millrace, mona, sam, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    hide(millrace, mona)
    http.force_login(sam.user)
    assert not http.get(reverse("ratings:caseload")).context["caseload"].flagged
    hide(millrace, mona, shadow=False)
    assert [row.name for row in http.get(reverse("ratings:caseload")).context["caseload"].flagged] == ["Juniper"]


def test_a_therapist_names_a_strain_beside_the_hidden_one(http, hidden, dana, juniper):
    http.force_login(dana.user)
    typed = {"kind": "withdrawal", "pillars": ["task"], "since": "6", "line": "He looked away."}
    page = http.get(reverse("ratings:rupture-name", args=[juniper.code]))
    since = [value for value, _label in page.context["form"].fields["since"].choices][0]
    response = http.post(reverse("ratings:rupture-name", args=[juniper.code]), typed | {"since": since})
    assert response.status_code == 302
    named = juniper.ruptures.get(opened_by="therapist")
    assert named.state == "open"
    assert Standing.objects.get(episode=juniper).rupture == named
    text = http.get(response.url).text
    assert "He looked away." in text
    assert "sees no slip" not in text


def test_what_the_client_says_stands_first(http, hidden, sam, dana, juniper, sorrel, live_through):
    live_through(sorrel, [3, 3, 3])
    check_in = held(juniper, 0.5, answers=answers(3)).check_in
    answer_check_in(check_in=check_in, answers=client_answers(3, tension=True), may_change=False)
    assert juniper.ruptures.get(opened_by="client").state == "open"
    http.force_login(sam.user)
    caseload = http.get(reverse("ratings:caseload"))
    assert [row.name for row in caseload.context["caseload"].flagged] == ["Juniper"]
    assert "The client says something did not fit" in caseload.text


def test_a_named_one_keeps_its_place_when_flags_are_shown_again(hidden, millrace, mona, juniper):
    actions = {"kind": "withdrawal", "pillars": [], "line": ""}
    named = repair.name_rupture(
        editor=editor_of(juniper), therapy_session=juniper.therapy_sessions.order_by("starts_at").last(), **actions
    )
    hide(millrace, mona, shadow=False)
    assert Standing.objects.get(episode=juniper).rupture == named
    assert {row.state for row in juniper.ruptures.all()} == {"open"}


@pytest.mark.parametrize(("tension", "outcome"), [(True, "not_yet"), (False, "done")])
def test_a_repair_that_a_person_had_a_part_in_stays_in_sight(tension, outcome, millrace, mona, juniper, live_through):
    (*_answered, last) = live_through(juniper, [3, 3, 3, 3, 3, None])
    answer_check_in(check_in=last, answers=client_answers(0, tension=tension), may_change=False)
    flag = juniper.ruptures.get()
    repair.say_step(editor=editor_of(juniper), rupture=flag, step="notice", outcome=outcome)
    for shadow in (True, False):
        hide(millrace, mona, shadow=shadow)
        at_work = Rupture.objects.at_work().filter(episode=juniper)
        assert [row.code for row in at_work] == [flag.code] == [Standing.objects.get(episode=juniper).rupture.code]


def test_the_client_is_not_asked_about_a_repair_of_a_hidden_rupture(millrace, mona, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    plan = {"rupture": juniper.ruptures.get(), "step": "notice", "words": "Last time was hard."}
    repair.plan_step(editor=editor_of(juniper), **plan)
    assert held(juniper, 2).check_in.asks_about_repair
    hide(millrace, mona)
    assert not held(juniper, 1).check_in.asks_about_repair
