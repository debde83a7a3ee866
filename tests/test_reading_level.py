"""A client's pages are read by children, by tired people, and in a second language: no harder than grade 6."""

import re
from html.parser import HTMLParser

import pytest
from django.urls import reverse

from alliance.crypto import Sealed, new_token, token_hash
from alliance.models import CheckInFormChoice
from ratings.cases.actions import log_session
from ratings.check_in import instrument_choice, links
from ratings.check_in.actions import mark_read
from ratings.delivery.mail import message_of
from ratings.models import CheckIn, Delivery
from sessions.plan import actions as plan
from tests.courses import OWN_PHONE, answers, consent
from tests.factories import days_ago, editor_of, make_client, make_episode

HARDEST = 6  # Flesch-Kincaid grade
LONG_ENOUGH = 12  # words in a paragraph from which its own grade means something; convention of this app
BLOCKS = {"p", "li", "h1", "h2", "legend", "label", "dt", "dd", "summary", "th", "td", "button"}


class Reader(HTMLParser):
    """The paragraphs of a page, as they are read."""

    def __init__(self):
        super().__init__()
        self.paragraphs = [""]
        self.in_main = False

    def handle_starttag(self, tag, attrs):
        self.in_main |= tag == "main"
        if tag in BLOCKS:
            self.paragraphs.append("")

    def handle_endtag(self, tag):
        if tag in BLOCKS:
            self.paragraphs.append("")

    def handle_data(self, data):
        if self.in_main:
            self.paragraphs[-1] += data


def paragraphs_of(page):
    reader = Reader()
    reader.feed(page)
    return [text for raw in reader.paragraphs if (text := " ".join(raw.split()))]


def words_of(text):
    return re.findall(r"[A-Za-z]+(?:['\N{RIGHT SINGLE QUOTATION MARK}-][A-Za-z]+)*", text)


def syllables(word):
    """Groups of vowels, without a silent e at the end; "-ed" sounds after t and d only."""
    word = word.lower()
    groups = len(re.findall(r"[aeiouy]+", word))
    if re.search(r"[^aeiouyl]e$|[^aeiouytd]ed$|[^aeiouyscgxz]es$", word):
        groups -= 1
    return max(groups, 1)


def grade(paragraphs):
    """Flesch-Kincaid: 0.39 words per sentence + 11.8 syllables per word - 15.59 (Kincaid et al. 1975)."""
    sentences = sum(max(1, len(re.findall(r"[.?!:]+(?=\s|$)", text))) for text in paragraphs if words_of(text))
    words = [word for text in paragraphs for word in words_of(text)]
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def too_hard(paragraphs):
    """The paragraphs that are harder than they may be, and the page as a whole."""
    found = [text for text in paragraphs if len(words_of(text)) >= LONG_ENOUGH and grade([text]) > HARDEST]
    return found + (["the whole page"] if grade(paragraphs) > HARDEST else [])


FORM = {choice: f"form: {choice.label}" for choice in CheckInFormChoice}
NAMED = {
    "form on fit": "I feel safe here.",
    "form on the plan": "Still right?",
    "empty form": "Answer at least one question, then send.",
    "wrong form": "Please shorten it.",
    "much too long": "make your text shorter",
    "sent": "You left one question out.",
    "change": "checked",
    "sent and read": "has read these answers",
    "next form": "has read your last answers.",
    "already sent": "were already sent.",
    "gone": "cannot be used.",
    "privacy": "How to stop",
    "history": "What we work on",
    "who reads": "Your therapist. Reads all that you send.",
    "who reads, unnamed": "This page leaves out the names",
    "messages": "You can stop or pause it here.",
    "paused": "are paused until",
    "stopped": "are stopped.",
}


@pytest.fixture
def pages(http, millrace, dana, instruments):
    """Every page that a client can meet, by name; two of them with a form of the other instruments."""
    millrace.crisis_phone, millrace.emergency_phone = "01632 960 117", "112"
    millrace.shows_history = millrace.names_readers = True
    millrace.save()
    found = {}

    def open_form(sessions=2, goal="", **fields):
        client = make_client(millrace, **fields)
        consent(client)
        client.consents.create(purpose="history", text_version="2026-11")
        episode = make_episode(dana, client=client)
        if goal:
            plan.agree_goal(editor=editor_of(episode), text=goal)
            plan.agree_task(editor=editor_of(episode), activity="Voice notes, two a week.", modality="speaking")
        for days in (16, 9, 2)[-sessions:]:
            log_session(
                editor=editor_of(episode),
                starts_at=days_ago(days),
                ends_at=days_ago(days - 1),
                zone="UTC",
                mode="video",
                attendance="attended",
            )
        return [
            reverse("links:check-in", args=[links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")])
            for check_in in CheckIn.objects.filter(episode=episode).order_by("therapy_session__starts_at")
        ]

    for choice in CheckInFormChoice:
        found[FORM[choice]] = http.get(open_form(check_in_form=choice)[0]).text
    found["form on fit"] = http.get(open_form(asks_about_fit=True)[0]).text
    millrace.plan_every_sessions = 1
    millrace.save()
    (*_first_two, third) = open_form(sessions=3, goal="We are working on sleep so that I can drive again.")
    found["form on the plan"] = http.get(third).text
    first, second = open_form()
    found["empty form"] = http.post(first, {}).text
    found["wrong form"] = http.post(first, {"goal_known": "9", "comment": "y" * 5001}).text
    found["much too long"] = http.post(first, {"comment": "x" * 300_000}).text
    http.post(first, {**answers(3), **OWN_PHONE, "goal_known": "", "tension": "yes", "tension_talked_about": "no"})
    found["sent"] = http.get(reverse("links:check-in-sent")).text
    found["change"] = http.get(reverse("links:check-in-change")).text
    episode = CheckIn.objects.latest("pk").episode
    mark_read(editor=editor_of(episode))
    found["sent and read"] = http.get(reverse("links:check-in-sent")).text
    found["next form"] = http.get(second).text
    for name, is_named in {"who reads": True, "who reads, unnamed": False}.items():
        episode.client.therapist_may_be_named = is_named
        episode.client.save()
        found[name] = http.get(second.replace("/c/", "/c/w/")).text
    http.cookies.clear()
    found["already sent"] = http.post(first, answers(1)).text
    key = new_token()
    client = episode.client
    client.consents.create(purpose="email", text_version="2026-11")
    client.links.create(kind="preferences", token_hash=token_hash(key), channel="email")
    preferences = reverse("links:preferences", args=[key])
    found["gone"] = http.get("/c/nonsense/").text
    found["privacy"] = http.get(reverse("links:privacy")).text
    token = links.mint_history_link(editor=editor_of(episode))
    for name, chosen in {"messages": {}, "paused": {"choice": "pause-2"}, "stopped": {"choice": "stop"}}.items():
        found[name] = http.post(preferences, chosen, follow=True).text if chosen else http.get(preferences).text
    found["history"] = http.get(reverse("links:history", args=[token])).text
    return found


def test_no_page_of_a_client_is_harder_than_grade_six(pages):
    assert pages.keys() == {*FORM.values(), *NAMED}
    assert {name: found for name, page in pages.items() if (found := too_hard(paragraphs_of(page)))} == {}


def test_no_message_to_a_client_is_harder(dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    juniper.client.email = Sealed("juniper@example.org", juniper.client.data_key)
    dana.practice.crisis_phone = "01632 960 117"
    check_in.episode = juniper
    for kind in Delivery.DeliveryKind:
        for named in (False, True):
            juniper.client.therapist_may_be_named = named
            delivery = Delivery(episode=juniper, check_in=check_in, kind=kind, message_id="<one@millrace.test>")
            message = message_of(delivery, address="https://x.test/c/a/", preferences="https://x.test/c/p/b/", stop="x")
            lines = [line for line in message.body.splitlines() if line and "://" not in line]
            assert len(lines) == (5 if named else 6)
            assert too_hard([message.subject, *lines]) == []


def test_the_pages_are_the_ones_they_are_named_after(pages):
    """Else an error page, easy to read, would pass for a form."""
    first = {
        name: next(
            iter(instrument_choice.own_text(instrument_choice.FORMS[choice], "en").text["client"]["items"].values())
        )
        for choice, name in FORM.items()
    }
    for name, sentence in (NAMED | first).items():
        assert sentence in pages[name], name


def test_a_hard_sentence_would_be_found(pages):
    hard = "Participation is entirely voluntary, and withdrawal of authorisation does not affect eligibility for"
    hard += " subsequent psychotherapeutic interventions."
    planted = pages["sent"].replace("You can close this page now.", hard)
    assert hard in "".join(too_hard(paragraphs_of(planted)))


SYLLABLES = {"the": 1, "therapist": 3, "misunderstanding": 5, "talked": 1, "wanted": 2, "little": 2, "made": 1}
SYLLABLES |= {"answers": 2, "completely": 4, "judges": 2, "I'd": 1, "somewhere": 3}


def test_syllables_are_counted_about_as_they_are_spoken():
    """The rule hears the e inside "completely" and "somewhere": it errs towards harder."""
    assert {word: syllables(word) for word in SYLLABLES} == SYLLABLES


def test_the_grade_is_that_of_the_formula():
    """Worked by hand: 6 words, 1 sentence, 6 syllables; and 4 words, 2 sentences, 8 syllables."""
    assert grade(["The cat sat on the mat."]) == pytest.approx(0.39 * 6 + 11.8 * 1 - 15.59)
    assert grade(["Never again. Never again."]) == pytest.approx(0.39 * 2 + 11.8 * 2 - 15.59)
