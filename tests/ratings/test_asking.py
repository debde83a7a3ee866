"""Which questions a client is asked, what they agreed to, and how their wish reaches the therapist, and nobody else."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent, Consent
from ratings import actions, asking, links
from ratings.models import CheckIn, Instrument, Rating
from tests.courses import answers, consent
from tests.factories import make_client, make_episode, make_therapy_session

GENTLY = "asks you to bring something up, gently."
THEMSELVES = "would rather say themselves. Leave room for it."


def held(episode, days, **given):
    start = timezone.now() - timedelta(days=days)
    return actions.log_session(
        episode=episode,
        by=episode.therapist,
        starts_at=start,
        ends_at=start + timedelta(minutes=50),
        zone="Europe/London",
        mode="in_person",
        attendance="attended",
        **given,
    )


# --- Which questions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "fit", "expected"),
    [
        ("standard", False, ["alliance-6"] * 4),
        ("standard", True, ["alliance-fit", "alliance-fit", "alliance-fit", "alliance-6"]),
        ("short", False, ["alliance-3"] * 4),
        ("short", True, ["alliance-3"] * 4),
    ],
)
def test_the_questions_follow_the_client_and_the_number_of_the_session(dana, instruments, form, fit, expected):
    episode = make_episode(dana, client=make_client(dana.practice, check_in_form=form, asks_about_fit=fit))
    consent(episode.client)
    for days in (40, 30, 20, 10):
        held(episode, days)
    asked = CheckIn.objects.order_by("therapy_session__starts_at").values_list("text__instrument__key", flat=True)
    assert list(asked) == expected


def test_a_missed_or_voided_session_is_none_of_the_first_three(dana, juniper, instruments):
    juniper.client.asks_about_fit = True
    juniper.client.save()
    consent(juniper.client)
    for days, fields in (
        (50, {"attendance": "no_show"}),
        (40, {"attendance": "attended", "voided_at": timezone.now(), "voided_by": dana}),
    ):
        start = timezone.now() - timedelta(days=days)
        make_therapy_session(juniper, starts_at=start, ends_at=start + timedelta(minutes=50), **fields)
    for days in (30, 20, 10):
        held(juniper, days)
    assert set(CheckIn.objects.values_list("text__instrument__key", flat=True)) == {"alliance-fit"}


def test_the_therapist_answers_the_mirror_of_what_the_client_is_asked(http, dana, juniper, instruments):
    juniper.client.asks_about_fit = True
    juniper.client.save()
    consent(juniper.client)
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    page = http.get(path).text
    assert "I think they feel safe here." in page
    assert "they could be open with me" not in page
    day = timezone.localdate() - timedelta(days=1)
    log = {"day": day.isoformat(), "time": "10:00", "minutes": "50", "mode": "video", "attendance": "attended"}
    assert http.post(path, log | {"asked": "alliance-fit", "bond_safe": "1", "bond_heard": "3"}).status_code == 302
    rating = Rating.objects.get(rater="therapist")
    assert rating.answers == {"bond_safe": 1, "bond_heard": 3}
    assert rating.bond_pomp == 50
    assert CheckIn.objects.get().text.instrument == rating.instrument


def test_an_answer_is_scored_by_the_page_it_stood_on(http, dana, juniper, instruments):
    """A form that was opened before three sessions were logged elsewhere still has the four sentences on it."""
    juniper.client.asks_about_fit = True
    juniper.client.save()
    consent(juniper.client)
    for days in (40, 30, 20):
        held(juniper, days)
    http.force_login(dana.user)
    day = timezone.localdate() - timedelta(days=1)
    log = {"day": day.isoformat(), "time": "10:00", "minutes": "50", "mode": "video", "attendance": "attended"}
    path = reverse("ratings:session-log", args=[juniper.code])
    assert http.post(path, log | {"asked": "alliance-fit", "bond_safe": "1"}).status_code == 302
    assert Rating.objects.get(rater="therapist").answers == {"bond_safe": 1}
    assert asking.own_text("srs-3", "en") is None, "only our own have words to show"


@pytest.mark.parametrize(
    ("form", "sentences"), [("short", "3 short questions."), ("standard", "4 short questions.")], ids=["child", "fit"]
)
def test_the_client_is_told_how_many_questions_there_are(http, dana, instruments, form, sentences):
    episode = make_episode(dana, client=make_client(dana.practice, check_in_form=form, asks_about_fit=True))
    consent(episode.client)
    held(episode, 1)
    token = links.mint_check_in_link(check_in=CheckIn.objects.get(), by=dana, channel="screen")
    address = reverse("links:check-in", args=[token])
    assert sentences in http.get(address).text
    keys = [item["id"] for item in CheckIn.objects.get().text.instrument.definition["items"]]
    assert http.post(address, dict.fromkeys(keys, 4)).status_code == 303
    assert Rating.objects.get().overall_pomp == 100


def test_answers_that_do_not_begin_at_zero_are_shown_in_the_words_that_were_ticked(http, dana, millrace, instruments):
    """As another instrument of one's own may have them."""
    one_to_five = Instrument.objects.get(key="alliance-6")
    one_to_five.definition |= {"lowest": 1, "highest": 5}
    one_to_five.save()
    episode = make_episode(dana)
    consent(episode.client)
    episode.client.consents.create(purpose="history", text_version="2026-11")
    millrace.shows_history = True
    millrace.save()
    held(episode, 1)
    token = links.mint_check_in_link(check_in=CheckIn.objects.get(), by=dana, channel="screen")
    http.post(reverse("links:check-in", args=[token]), {"goal_matters": 1, "goal_known": 5})
    assert [Rating.objects.get().goal_raw, Rating.objects.get().goal_pomp] == [3, 50]
    own_page = reverse("links:history", args=[links.mint_history_link(episode=episode, by=dana)])
    http.force_login(dana.user)
    for address in (reverse("ratings:case", args=[episode.code]), own_page):
        read = " ".join(re.sub("<[^>]*>", " ", http.get(address).text).split())
        assert "We worked on what matters to me today. Not at all" in read
        assert "I know what we are working towards. Completely" in read


# --- What the client agreed to ----------------------------------------------------------------------------------------


@pytest.fixture
def settings_page(http, dana, juniper):
    http.force_login(dana.user)
    path = reverse("ratings:check-in-settings", args=[juniper.code])
    return lambda **given: http.post(path, {"check_in_form": "standard"} | given)


def written():
    return list(
        AuditEvent.objects.exclude(verb__in=["read", "listed"]).order_by("pk").values_list("verb", "subject_type")
    )


def test_the_settings_of_a_client_are_saved_and_audited(settings_page, juniper, dana):
    response = settings_page(check_in_form="short", asks_about_fit="on", consents_to_history="on")
    assert response.status_code == 302
    juniper.client.refresh_from_db()
    assert (juniper.client.check_in_form, juniper.client.asks_about_fit) == ("short", True)
    given = juniper.client.consents.get()
    assert (given.purpose, given.withdrawn_at, given.recorded_by) == ("history", None, dana)
    assert written() == [("changed", "client"), ("created", "consent")]


def test_saving_the_same_again_writes_nothing(settings_page, juniper):
    settings_page(consents_to_check_ins="on")
    before = written(), list(Consent.objects.values())
    settings_page(consents_to_check_ins="on")
    assert (written(), list(Consent.objects.values())) == before


def test_a_consent_taken_back_stays_on_record_and_can_be_given_anew(settings_page, juniper, instruments):
    settings_page(consents_to_check_ins="on")
    assert juniper.client.agreed_to == {"check_in"}
    settings_page()
    assert juniper.client.agreed_to == set()
    held(juniper, 2)
    assert not CheckIn.objects.exists()
    settings_page(consents_to_check_ins="on")
    assert juniper.client.agreed_to == {"check_in"}
    assert [consent.withdrawn_at is None for consent in juniper.client.consents.order_by("pk")] == [False, True]
    assert written()[:3] == [("created", "consent"), ("ended", "consent"), ("created", "therapysession")]


def test_the_other_consents_of_a_client_are_left_alone(settings_page, juniper):
    juniper.client.consents.create(purpose="email", text_version="2026-11")
    settings_page(consents_to_check_ins="on")
    settings_page()
    assert juniper.client.agreed_to == {"email"}


def test_a_form_that_does_not_exist_is_refused(settings_page, juniper):
    assert settings_page(check_in_form="long").status_code == 422
    juniper.client.refresh_from_db()
    assert juniper.client.check_in_form == "standard"
    assert written() == []


def test_a_link_to_the_own_answers_needs_both_the_practice_and_the_client(http, dana, juniper, millrace):
    http.force_login(dana.user)
    case, path = (reverse(f"ratings:{name}", args=[juniper.code]) for name in ("case", "history-link"))
    actions.reassess(juniper)
    for practice_shows, client_agrees in ((False, False), (True, False), (False, True), (True, True)):
        millrace.shows_history = practice_shows
        millrace.save()
        juniper.client.consents.all().delete()
        if client_agrees:
            juniper.client.consents.create(purpose="history", text_version="2026-11")
        allowed = practice_shows and client_agrees
        assert (path in http.get(case).text) is allowed
        response = http.post(path)
        assert response.status_code == (200 if allowed else 302)
        assert juniper.client.links.count() == allowed
    (link,) = juniper.client.links.all()
    assert link.expires_at - link.created_at <= timedelta(minutes=30)
    assert "<svg" in response.text and "/c/h/" in response.text
    assert AuditEvent.objects.filter(verb="linked", subject_type="clientlink").count() == 1


# --- What the client wants brought up ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("bring_up", "sentence"), [("gently", GENTLY), ("myself", THEMSELVES), ("no", ""), ("", "")])
def test_a_wish_comes_first_on_today_and_on_the_case(http, dana, juniper, sorrel, live_through, bring_up, sentence):
    live_through(juniper, [3], bring_up=bring_up)
    live_through(sorrel, [3])
    now = timezone.now()
    make_therapy_session(sorrel, starts_at=now, ends_at=now + timedelta(minutes=50))
    http.force_login(dana.user)
    today = http.get(reverse("ratings:today")).text
    case = http.get(reverse("ratings:case", args=[juniper.code])).text
    if not sentence:
        assert not any(wish in page for wish in (GENTLY, THEMSELVES) for page in (today, case))
        return
    assert sentence in today and sentence in case
    assert today.index(sentence) < today.index(">Sorrel<"), "before the sessions of the day"
    assert case.index(sentence) < case.index("Goals")


def test_a_wish_is_told_to_the_therapist_and_to_nobody_else(http, dana, noor, sam, eve, juniper, sorrel, live_through):
    live_through(juniper, [3], bring_up="gently")
    live_through(sorrel, [3], bring_up="gently")
    now = timezone.now()
    make_therapy_session(juniper, starts_at=now, ends_at=now + timedelta(minutes=50))
    seen = {}
    for member, pages in {
        dana: ["/today/", f"/cases/{juniper.code}/", f"/cases/{sorrel.code}/"],
        sam: ["/caseload/", f"/cases/{juniper.code}/"],
        eve: ["/caseload/", f"/cases/{sorrel.code}/"],
        noor: ["/today/", "/cases/"],
    }.items():
        http.force_login(member.user)
        texts = [http.get(page) for page in pages]
        assert {response.status_code for response in texts} == {200}
        seen[member] = ["gently" in response.text for response in texts]
    assert seen == {dana: [True] * 3, sam: [False] * 2, eve: [False] * 2, noor: [False] * 2}


def test_a_wish_stands_until_a_session_is_held_after_it(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    held(juniper, 3)  # the next session came before the answer: the wish is still for the one after that
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        actions.answer_check_in(check_in=check_in, answers=answers(3), may_change=False, bring_up="gently")
    http.force_login(dana.user)
    case = reverse("ratings:case", args=[juniper.code])
    assert GENTLY in http.get(case).text
    assert GENTLY in http.get(case).text, "reading it does not settle it"
    held(juniper, 1)
    assert GENTLY not in http.get(case).text
    assert GENTLY not in http.get("/today/").text


def test_a_wish_that_was_changed_or_whose_therapy_ended_is_not_told(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [3], bring_up="gently")
    http.force_login(dana.user)
    assert GENTLY in http.get("/today/").text
    actions.answer_check_in(check_in=check_in, answers=answers(3), may_change=True, bring_up="no")
    assert GENTLY not in http.get("/today/").text
    actions.answer_check_in(check_in=check_in, answers=answers(3), may_change=True, bring_up="gently")
    assert GENTLY in http.get("/today/").text
    actions.end_episode(episode=juniper, reason="completed", by=dana)
    assert GENTLY not in http.get("/today/").text


def test_tension_is_shown_in_words_to_both_who_read_the_answers(http, dana, sam, juniper, live_through):
    live_through(juniper, [3], tension=True, tension_talked_about=False)
    for member in (dana, sam):
        http.force_login(member.user)
        assert "Yes, and not talked about yet" in http.get(reverse("ratings:case", args=[juniper.code])).text


# --- A mild word ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "held_today", "sentence"),
    [
        ([3, 3, None], False, ""),
        ([3, None, None], False, "The last 2 check-ins did not come."),
        ([None, None, None], False, "The last 3 check-ins did not come."),
        ([3, 3, None], True, ""),  # today's may still come
        ([3, None, None, 3], False, ""),
    ],
)
def test_two_check_ins_left_out_in_a_row_earn_a_mild_word(
    http, dana, juniper, live_through, levels, held_today, sentence
):
    live_through(juniper, levels)
    now = timezone.now().replace(hour=12)
    with time_machine.travel(now + timedelta(hours=1)):
        if held_today:
            held(juniper, 1 / 24)
        else:
            make_therapy_session(juniper, starts_at=now, ends_at=now + timedelta(minutes=50))
        http.force_login(dana.user)
        page = http.get("/today/").text
    assert ("A mild word may help." in page) is bool(sentence)
    assert sentence in page


def test_nobody_left_out_what_was_not_asked(http, dana, juniper, instruments):
    for days in (21, 14, 7):
        held(juniper, days)
    make_therapy_session(juniper, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(minutes=50))
    http.force_login(dana.user)
    page = http.get("/today/").text
    assert "Juniper" in page
    assert "did not come" not in page
