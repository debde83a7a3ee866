"""Every record is marked with whose it is; whoever follows all links meets the marks of what is theirs, and no other.

A mark is a kind of words, the client and, in a case, its therapist: `saidjuniperofdana`. The kinds: `canary` for what
the readers of the case read, `said` for a client's words to the therapist alone, `note` for a private note, `talk` for
supervision, `urgent` for why a case was opened in an emergency.
"""

import logging
import re
from datetime import time

import pytest
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse

from alliance.crypto import Sealed, keyed_hash
from alliance.models import Client, Digest, EmergencyAccess, Episode, Membership, WaitingMail
from alliance.people.emergency import open_in_emergency
from alliance.query_sets import ScopedQuerySet
from alliance.scopes import visible_episodes
from ratings.cases import case
from ratings.exchange.actions import make_export
from ratings.models import NextStep, Rating, SupervisionNote, SupervisionQuestion
from sessions.models import PrivateNote
from tests.at_once import fresh
from tests.courses import held
from tests.crawl import Crawl, text_of
from tests.factories import days_ago, make_episode, make_member, make_supervision
from tests.lives import Life, written_columns
from tests.mails import every_mail, unknown
from tests.mails import made_by as made_by  # a fixture
from tests.subjects import subjects as subjects  # a fixture
from tests.test_access_matrix import address, routes, rows

KINDS = dict.fromkeys((SupervisionQuestion, SupervisionNote, NextStep), "talk")
KINDS |= {PrivateNote: "note", EmergencyAccess: "urgent"}
MARK = re.compile(
    r"(?:canary|note|said|talk|urgent)(?:juniper|sorrel|wren|hazel|alder|aspen|brook|rowan)(?:of[a-z]+)?", re.I
)

# Of whom somebody knows the name, and in which cases they read which kinds. By hand.
CASE = "canary urgent"
SEES = {
    "dana": {  # of Wren she is the cover
        "juniper": "canary", "sorrel": "canary", "alder": "canary", "wren": "canary",
        "juniperofdana": f"{CASE} note said talk", "sorrelofdana": f"{CASE} note said talk", "wrenofnoor": "said talk",
    },
    "noor": {"wren": "canary", "alder": "canary", "wrenofnoor": "said talk"},
    "pia": {"rowan": "canary", "rowanofpia": f"{CASE} note said talk"},
    "otis": {"aspen": "canary", "aspenofotis": f"{CASE} note said talk"},
    "sam": {"juniper": "canary", "juniperofdana": f"{CASE} talk"},
    "eve": {"sorrel": "canary", "sorrelofdana": CASE},  # the notes about it are of Sam's meetings
    "gus": {"wren": "canary", "rowan": "canary", "wrenofnoor": "talk", "rowanofpia": f"{CASE} talk"},  # of a group
    "ines": {"aspen": "canary", "aspenofotis": f"{CASE} talk"},  # supervisor and manager of the other practice
    "mona": {"juniperofdana": "urgent", "sorrelofdana": "urgent", "rowanofpia": "urgent"},
    "rosa": {  # opened Juniper's case in an emergency
        "juniper": "canary", "juniperofdana": f"{CASE} talk", "sorrelofdana": "urgent", "rowanofpia": "urgent",
    },
    "vera": {},  # supervised Dana until yesterday
    "lee": {},  # worked here until yesterday
    "tess": {},  # supervises Dana, and Pia's case, from tomorrow on
}  # fmt: skip
OF_CLIENT = {"juniper": "canary", "juniperofdana": "canary said urgent"}
NAMES = {  # of a practice, and of its people
    "millrace": ("millrace practice", "dana whitlock", "mona reyes"),
    "weir": ("weir house", "weir.test", "otis lund"),
}


def marks(sees):
    return {kind + whose for whose, kinds in sees.items() for kind in kinds.split()}


def marks_in(text):
    return {mark.casefold() for mark in MARK.findall(text)}


@pytest.fixture
def world(subjects, juniper, sorrel, millrace, otis, dana, noor, sam, mona, live_through):
    """The subjects of the matrix and some people more, in cases with a row of nearly every kind; all of it marked."""
    people = {
        "pia": make_member(millrace, "Pia Storm"),
        "gus": make_member(millrace, "Gus Ferrer", "supervisor"),
        "rosa": make_member(millrace, "Rosa Quill", "manager"),
        "tess": make_member(millrace, "Tess Bauer", "supervisor"),
        "ines": make_member(otis.practice, "Ines Varga", "supervisor manager"),
    }
    rowan, aspen = make_episode(people["pia"], "Rowan"), otis.episodes.get()
    for supervisor, therapist in (("gus", noor), ("gus", people["pia"]), ("ines", otis)):
        make_supervision(people[supervisor], therapist=therapist)
    from_tomorrow = {"accepted_at": days_ago(2), "not_before": days_ago(-1), "opens_at": days_ago(-1)}
    make_supervision(people["tess"], therapist=dana, **from_tomorrow)
    make_supervision(people["tess"], episode=rowan, **from_tomorrow)
    for episode in (rowan, aspen):
        live_through(episode, [3, 1])
    open_in_emergency(by=people["rosa"], therapist=dana, client_name="Juniper", reason="She rang.")
    for episode, supervisor in ((juniper, sam), (sorrel, sam), (rowan, people["gus"]), (aspen, people["ines"])):
        manager = people["ines"] if episode == aspen else mona
        life = Life(episode, episode.therapy_sessions.earliest("starts_at"))
        for write in (life.readers, life.sessions, life.plan, life.supervision):
            write(episode.therapist, noor, supervisor, manager)
    mark_everything()
    return people


def mark_everything():
    names = {client.pk: client.display_name.casefold() for client in Client.objects.select_related("data_key")}
    for model, column in written_columns():
        for row in model._base_manager.all():
            client = row if model is Client else row.client if hasattr(row, "client") else row.episode.client
            is_said = model is Rating and row.comment_for == "therapist"
            mark = ("said" if is_said else KINDS.get(model, "canary")) + names[client.pk]
            if hasattr(row, "episode"):
                mark += f"of{row.episode.therapist.display_name.split()[0].casefold()}"
            if column == "email":
                mark += "@example.org"
                row.email_hash = keyed_hash("email", mark)
            if getattr(row, column) is not None or model is Client or (model is Rating and row.rater == "client"):
                setattr(row, column, Sealed(mark, client.data_key))
                row.save()


@pytest.fixture
def crawl_of(request, world, settings):
    """`crawl_of("dana")`: that of somebody who is signed in, and is not asked who they are again; "": of nobody."""
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = settings.SESSION_IDLE_SECONDS = settings.SESSION_COOKIE_AGE

    def signed_in(who):
        browser = Browser(enforce_csrf_checks=True, raise_request_exception=False)
        if who:
            user = (world.get(who) or request.getfixturevalue(who)).user
            user.password = make_password("seven calm herons")
            user.save()
            browser.force_login(user)
        return Crawl(browser)

    return signed_in


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.request").propagate = True
    return caplog


# What members are asked for, also where no link leads; with the key of a link anybody is a client.
PAGES = [row[:2] for row in rows() if set(row[2].values()) != {405} and not row[0].startswith("links:")]
LINKS = [row[:2] for row in rows() if row[0].startswith("links:") and row[1] != "unread"]  # that one is Brook's


def ask_all(crawl, subjects):
    for page in PAGES:
        path = address(*page, subjects)
        if ("get", path) not in crawl.told:
            crawl.ask(path)


def mails():
    """What was sent, and what waits to be; but for the address that it goes to."""
    sent = [f"{one.subject}\n{one.body}\n{one.extra_headers}" for one in mail.outbox]
    return "\n".join([*sent, *(waiting.content for waiting in WaitingMail.objects.all())])


@pytest.mark.parametrize("who", SEES)
def test_whoever_follows_every_link_meets_what_is_theirs_and_nothing_else(who, crawl_of, subjects, log):
    crawl = crawl_of(who).follow("/")
    ask_all(crawl, subjects)
    crawl.fill_in()
    met = {mark: place for place, text in crawl.everything() for mark in marks_in(text)}
    assert {mark: place for mark, place in met.items() if mark not in marks(SEES[who])} == {}
    assert marks(SEES[who]) - set(met) == set()
    elsewhere = NAMES["millrace" if who in ("otis", "ines") else "weir"]
    if who != "noor":  # who is asked to join the other practice
        assert [place for place, text in crawl.everything() if any(word in text.casefold() for word in elsewhere)] == []
    assert marks_in(log.text) == marks_in(mails()) == set()
    assert {200, 302, 403, 404} <= set(crawl.statuses.values())


def test_a_client_meets_what_is_theirs_and_nothing_else(crawl_of, subjects, log):
    crawl = crawl_of("")
    for page in LINKS:
        crawl.ask(address(*page, subjects))
    crawl.follow(address("links:copy", "copy", subjects))
    assert {mark for _place, text in crawl.everything() for mark in marks_in(text)} == marks(OF_CLIENT)
    assert marks_in(log.text) == set()


# Who can read Juniper's case, or opened it in an emergency; and nobody else.
READERS = {"dana whitlock", "sam okafor", "rosa quill", "mona reyes"}
GIVEN_BY_HAND = "links:copy"  # the therapist hands it over; it says who opened the case in an emergency in any practice


@pytest.mark.parametrize(("is_on", "met"), [(True, READERS), (False, {"dana whitlock"})])
def test_a_client_meets_the_names_of_their_own_readers_where_the_practice_wants_it(
    is_on, met, crawl_of, subjects, millrace
):
    """Otherwise their therapist's alone, who may be named to them. No e-mail address of anybody."""
    millrace.names_readers = is_on
    millrace.save()
    crawl = crawl_of("")
    for page in LINKS:
        if not page[0].startswith(GIVEN_BY_HAND):
            crawl.ask(address(*page, subjects))
    told = "\n".join(text.casefold() for _place, text in crawl.everything())
    places = Membership.objects.select_related("practice__data_key", "user")
    assert {one.display_name.casefold() for one in places if one.display_name.casefold() in told} == met
    assert [one.user.email for one in places if one.user.email in told] == []


def test_nobody_who_is_not_signed_in_meets_any(crawl_of, subjects, log):
    crawl = crawl_of("").follow("/")
    ask_all(crawl, subjects)
    crawl.fill_in()
    assert {mark for _place, text in crawl.everything() for mark in marks_in(text)} == set()
    assert marks_in(log.text) == marks_in(mails()) == set()


def test_no_mail_has_any(world, millrace, dana, sam, mona, juniper, log):
    millrace.live_at, millrace.crisis_phone = days_ago(100), "01632 960 117"
    millrace.quiet_from = millrace.quiet_to = time(0)
    millrace.save()
    for member in (dana, sam, mona):
        Digest.objects.update_or_create(user=member.user, defaults={"due_at": days_ago(1)})
    juniper.client.consents.get_or_create(purpose="email", withdrawn_at=None, text_version="2026-11")
    held(fresh(juniper), 0.2)
    call_command("send_due")
    assert {"dana@millrace.test", "canaryjuniper@example.org"} <= {to for one in mail.outbox for to in one.to}
    assert marks_in(log.text) == marks_in(mails()) == set()


def test_no_kind_of_mail_has_any(
    millrace, dana, noor, mona, vera, sam, eve, juniper, sorrel, live_through, made_by, log
):
    millrace.live_at, millrace.crisis_phone = days_ago(100), "01632 960 117"
    millrace.save()
    live_through(juniper, [3, 1])
    life = Life(juniper, juniper.therapy_sessions.earliest("starts_at"))
    for write in (life.sessions, life.plan, life.supervision):
        write(dana, noor, sam, mona)
    live_through(sorrel, [3])  # which nobody has read, so that the summary has something to say
    mark_everything()
    people = [Membership.objects.get(pk=place.pk) for place in (dana, noor, mona, vera)]
    cases = [Episode.objects.get(pk=episode.pk) for episode in (juniper, sorrel)]
    said = {"reason": "urgentjuniperofdana rang.", "browser": "Firefox", "address": "dana@weir.test"}
    for message in every_mail(*people, *cases, **said):
        message.send()
    assert not unknown(made_by), "a mail is made that this test does not know"
    assert marks_in(log.text) == marks_in(mails()) == set()


# --- What is taken out ------------------------------------------------------------------------------------------------


def taken(crawl, export):
    for route in ("ratings:export-archive", "ratings:export-key"):
        crawl.ask(reverse(route, args=[export.code]))
    return {mark for _place, text in crawl.everything() for mark in marks_in(text)}


def test_an_export_of_own_cases_names_those_and_one_of_a_practice_names_nobody(crawl_of, dana, mona, log):
    own = make_export(by=dana, extent="own", reason="move", keeps_names=True)
    assert taken(crawl_of("dana"), own) == {"canaryjuniper", "canarysorrel", "canaryalder"}
    assert taken(crawl_of("mona"), make_export(by=mona, extent="practice", reason="quality")) == set()
    assert marks_in(log.text) == set()


def test_an_export_for_a_study_names_nobody(world, juniper, millrace, tmp_path, capsys, log):
    juniper.client.consents.get_or_create(purpose="study", withdrawn_at=None, text_version="2026-11")
    call_command("export_study", tmp_path / "study.zip", practice=str(millrace.code))
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    told = "".join(text_of(file.read_bytes()) for file in files) + "".join(capsys.readouterr())
    assert files and len(told) > 500
    assert marks_in(told) == marks_in(log.text) == set()


# --- Errors -----------------------------------------------------------------------------------------------------------


def broken(*args):
    raise RuntimeError("planted")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 500])
def test_no_error_has_any(status, crawl_of, subjects, juniper, sorrel, log, settings, monkeypatch):
    page = reverse("ratings:case", args=[juniper.code])
    goals = reverse("ratings:goal-agree", args=[juniper.code])
    typed = {"text": "canaryjuniper said so."}
    asked = {
        400: ("dana", "post", reverse("ratings:rupture-strain", args=subjects["flag"]), {"answer": "canaryjuniper"}),
        403: ("sam", "post", goals, typed),
        404: ("noor", "post", goals, typed),
        405: ("dana", "post", page, typed),
        413: ("dana", "post", goals, {"text": "canaryjuniper" * 30_000}),
        500: ("dana", "get", page, None),
    }
    who, method, path, sent = asked[status]
    crawl = crawl_of(who)
    if status == 500:
        monkeypatch.setattr(case, "latest_rows", broken)
    crawl.ask(path, method, sent)
    assert crawl.statuses[method, path] == status
    assert {mark for _place, text in crawl.everything() for mark in marks_in(text)} == marks_in(log.text) == set()


# --- That it is whole, and finds what is there ------------------------------------------------------------------------


def test_every_route_is_asked_for_but_those_that_take_a_form_alone():
    """Of these the crawl sends what it met on a page; what they answer is that page again, or the way to one."""
    asked = {name for name, _subject in PAGES + LINKS}
    takes_a_form = {name for name, _subject, on_get, _on_post in rows() if set(on_get.values()) == {405}}
    assert set(routes()) - asked == takes_a_form - asked


def test_who_reads_from_tomorrow_on_would_meet_marks_then(world, dana):
    """The control: but for the day there is nothing in the way."""
    tess = world["tess"]
    assert not visible_episodes(tess.user).exists()
    tess.supervisions_given.update(opens_at=days_ago(0))
    assert {row.therapist_id for row in visible_episodes(tess.user)} == {dana.pk, world["pia"].pk}


@pytest.mark.sqlite  # where the database filters too, it is closed there
def test_a_hole_in_who_sees_what_is_met(crawl_of, subjects, monkeypatch):
    crawl = crawl_of("noor")
    monkeypatch.setattr(ScopedQuerySet, "visible_to", lambda rows, user: rows.all())
    page = crawl.ask(address("ratings:plan", "juniper", subjects))
    assert "canaryjuniperofdana" in marks_in(page)
