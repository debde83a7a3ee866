"""The copy of everything: whose it is, what is in it, and that no column is without a decision."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.test import Client as Browser
from django.utils import timezone

from alliance.crypto import Sealed
from alliance.models import AuditEvent, Client
from alliance.people.emergency import open_in_emergency
from ratings.check_in import links
from ratings.check_in.answers import PlanAnswer, PlanAnswers
from ratings.models import ClientLink, DetectorVersion, Rating
from ratings.rights.copy import copy_of
from ratings.rights.copy_words import LABELS
from ratings.rights.registry import IN_COPY, LEFT_OUT
from sessions.models import PrivateNote, TherapySession
from sessions.plan import actions as plan
from tests.factories import days_ago, editor_of, make_episode, make_therapy_session
from tests.signing_in import PASSWORD, give_password, sign_in
from tests.test_canaries import CANARY
from tests.test_canaries import planted as planted  # a fixture

CLINICAL = [
    model
    for app in ("alliance", "therapy", "ratings")
    for model in apps.get_app_config(app).get_models()
    if hasattr(model, "Sensitivity")
]


def minted(episode):
    return links.mint_copy_link(editor=editor_of(episode))


# --- The registry -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", CLINICAL, ids=lambda model: model.__name__)
def test_every_column_has_a_decision(model):
    told = {row.model: row for row in IN_COPY}
    label = f"{model._meta.app_label}.{model.__name__}"
    assert (label in told) != (label in LEFT_OUT)
    if label in told:
        assert sorted([*told[label].told, *told[label].kept]) == sorted(
            field.name for field in model._meta.concrete_fields
        )


def test_every_sealed_text_is_in_the_copy():
    for row in IN_COPY:
        sealed = apps.get_model(row.model).Sensitivity.sealed
        assert set(sealed) <= set(row.told), row.model


def test_every_way_from_a_client_leads_to_a_model_that_was_decided():
    """Walks every foreign key to a client or an episode."""
    decided = {row.model for row in IN_COPY} | set(LEFT_OUT)
    decided |= {"alliance.Cover", "alliance.CaseOffer", "alliance.Supervision"}
    for model in apps.get_models():
        targets = {field.related_model.__name__ for field in model._meta.concrete_fields if field.is_relation}
        if targets & {"Client", "Episode"}:
            assert f"{model._meta.app_label}.{model.__name__}" in decided


# --- What is in it ----------------------------------------------------------------------------------------------------


def test_every_text_about_the_client_is_in_all_three_forms_and_no_private_note(planted, http):
    episode, _token = planted
    question = plan.agree_task(
        editor=editor_of(episode), activity=f"{CANARY} walks.", why_it_helps=f"{CANARY} helps.", modality="doing"
    )
    token = minted(episode)
    page, as_json, as_csv = (http.get(f"/c/k/{way}{token}/").text for way in ("", "json/", "csv/"))
    texts = (f"{CANARY} name", f"{CANARY}@example.org", f"A {CANARY} sang.", f"working on {CANARY}", f"{CANARY} helps.")
    for form in (page, as_json, as_csv):
        for text in texts:
            assert text in form
        assert f"{CANARY} in a note" not in form
        assert str(question.code) not in form
    assert "private notes" in page and "private notes" in as_json
    records = json.loads(as_json)["records"]
    assert len(records["therapy.TherapySession"]) == 2
    assert {row["column"] for row in csv.DictReader(io.StringIO(as_csv)) if row["record"] == "ratings.Rating"} >= {
        "comment", "answers",
    }  # fmt: skip


def test_answers_are_in_words(juniper, live_through):
    live_through(juniper, [3])
    sections = {section.model: section for section in copy_of(juniper).sections}
    rows = [dict(zip(sections["ratings.Rating"].columns, row, strict=True)) for row in sections["ratings.Rating"].rows]
    client = next(row for row in rows if row["rater"].lower() == "client")
    assert all(" " in sentence and isinstance(answer, str) for sentence, answer in client["answers"].items())


def test_the_page_says_days_ticks_and_numbers_as_people_do_and_the_files_as_the_program_does(juniper, live_through):
    (check_in,) = live_through(juniper, [[3, 3, 3, 3, 3, 4]])
    start = datetime(2026, 6, 2, 15, 30, tzinfo=UTC)
    TherapySession.objects.filter(pk=check_in.therapy_session_id).update(starts_at=start)
    copy = copy_of(juniper)
    sections = {section.model: section for section in copy.sections}
    held = dict(sections["therapy.TherapySession"].entries[0])
    assert (held["Begins"], held["The hour is known"]) == ("2 June 2026, 17:30", "yes")
    answered = next(dict(one) for one in sections["ratings.Rating"].entries if dict(one)["Who answered"] == "client")
    assert (answered["Session of"], answered["All together, from 0 to 100"]) == ("2 June 2026, 17:30", "79.17")
    assert "2026-06-02T15:30:00+00:00" in copy.as_json() and '"starts_at_known": true' in copy.as_json()
    assert copy.zone == "Berlin time"


def test_the_page_says_what_a_client_answered_of_a_goal_in_the_words_that_it_had(juniper, live_through):
    goal, same = (plan.agree_goal(editor=editor_of(juniper), text="We are working on sleep.") for _twice in range(2))
    live_through(juniper, [3])
    answers = [PlanAnswer(str(one.code), one.revision, said) for one, said in ((goal, "not_quite"), (same, "yes"))]
    said = PlanAnswers("partly", tuple(answers))
    Rating.objects.filter(rater="client").update(plan_answers=said.to_json())
    copy = copy_of(juniper)
    entries = next(section.entries for section in copy.sections if section.model == "ratings.Rating")
    (told,) = (dict(one)["Plan answers"] for one in entries if "Plan answers" in dict(one))
    assert told == {
        "Can you say what you are working on?": "Partly",
        "“We are working on sleep.” Still right?": "Not quite, Yes",
    }
    assert str(goal.code) in copy.as_json(), "a program reads the code"


def test_every_label_of_the_page_is_of_a_column_that_is_told():
    assert set(LABELS) <= {column for told in IN_COPY for column in told.told}


def test_what_spoke_for_a_strain_is_in_words_on_the_page_and_as_stored_in_the_files(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    copy = copy_of(juniper)
    [strains] = [section for section in copy.sections if section.model == "ratings.Rupture"]
    [[shown]] = [[value for label, value in row if label == "Evidence"] for row in strains.entries]
    assert shown["Session"] == 5 and re.fullmatch(r"\d+ \w+ \d{4}, \d\d:\d\d", shown["Held on"])
    assert "held_at" not in str(strains.entries) and "+00:00" not in str(strains.entries)
    assert "held_at" in strains.rows[0][strains.columns.index("evidence")]


def test_no_finding_is_a_code_on_the_page(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    told = [one for one in copy_of(juniper).sections if one.model in ("ratings.Rupture", "ratings.Assessment")]
    assert len(told) == 2 and not re.findall(
        r"client:\w+|behaviour:|too_few|source ", str([one.entries for one in told])
    )


def test_what_was_entered_late_stands_by_its_day(juniper, live_through):
    live_through(juniper, [3, 3])
    early = make_therapy_session(juniper, starts_at=days_ago(800), attendance="attended")
    sessions = next(section for section in copy_of(juniper).sections if section.model == "therapy.TherapySession")
    begins = [row[sessions.columns.index("starts_at")] for row in sessions.rows]
    assert begins[0] == early.starts_at.isoformat() and begins == sorted(begins)


def test_another_therapy_of_the_client_is_not_in_it(juniper, noor, live_through):
    live_through(juniper, [3])
    before = make_episode(noor, client=juniper.client)
    plan.agree_goal(editor=editor_of(before), text="A goal of before.")
    assert "A goal of before." not in copy_of(juniper).as_json()
    assert "A goal of before." in copy_of(before).as_json()


def test_nobody_elses_rows_are_in_it(juniper, sorrel, live_through):
    live_through(juniper, [3])
    live_through(sorrel, [3, 3, 3])
    assert "Sorrel" not in copy_of(juniper).as_json()
    counts = {section.model: len(section.rows) for section in copy_of(juniper).sections}
    assert counts["therapy.TherapySession"] == 1


def test_an_emergency_is_in_it(juniper, dana, mona, live_through):
    live_through(juniper, [3])
    open_in_emergency(by=mona, therapist=dana, client_name="Juniper", reason="She rang.")
    assert "She rang." in copy_of(juniper).as_json() and "Mona Reyes" in copy_of(juniper).as_json()


def test_a_comment_is_no_formula_in_a_spreadsheet(juniper, live_through):
    live_through(juniper, [3])
    rating = Rating.objects.filter(rater="client")[0]
    rating.comment = Sealed("=HYPERLINK(1)", juniper.client.data_key)
    rating.save()
    assert ",'=HYPERLINK(1)" in copy_of(juniper).as_csv()


@pytest.mark.parametrize("n", [1, 3])
def test_it_asks_as_often_for_three_sessions_as_for_one(n, juniper, live_through, django_assert_max_num_queries):
    live_through(juniper, [3] * n)
    with django_assert_max_num_queries(len(IN_COPY) + 3):
        copy_of(juniper)


# --- The link ---------------------------------------------------------------------------------------------------------


def test_the_therapist_gets_a_link_once(dana, juniper, live_through, settings):
    settings.BASE_URL = "http://testserver"
    live_through(juniper, [3])
    page = f"/cases/{juniper.code}/copy/"
    browser = Browser()
    sign_in(browser, give_password(dana))
    assert "Left out:" in browser.get(page).text
    address = browser.post(page).context["address"]
    assert "Juniper" in Browser().get(address.removeprefix("http://testserver")).text
    verbs = list(AuditEvent.objects.filter(subject_type="clientlink").values_list("verb", flat=True))
    assert verbs == ["linked", "exported"]


def test_nobody_but_the_therapist_makes_one(juniper, sam, noor, mona):
    for member, status in ((sam, 403), (noor, 404), (mona, 404)):
        browser = Browser()
        sign_in(browser, give_password(member))
        browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
        assert browser.post(f"/cases/{juniper.code}/copy/").status_code == status
    assert not ClientLink.objects.filter(kind="copy").exists()


def test_a_new_link_ends_the_one_before_and_each_ends_after_two_weeks(http, juniper, live_through):
    live_through(juniper, [3])
    first, second = minted(juniper), minted(juniper)
    assert http.get(f"/c/k/{first}/").status_code == 404
    assert http.get(f"/c/k/{second}/").status_code == 200
    ClientLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert [http.get(f"/c/k/{way}{second}/").status_code for way in ("", "json/", "csv/")] == [404] * 3


def test_a_practice_in_shadow_mode_shows_nothing_of_detection(juniper, mona, live_through):
    live_through(juniper, [3, 3, 3, 3, 1])
    assert any(section.model == "ratings.Assessment" for section in copy_of(juniper).sections)
    DetectorVersion.objects.filter(practice=mona.practice).update(shadow=True)
    models = {section.model for section in copy_of(juniper).sections}
    assert not models & {"ratings.Assessment", "ratings.Rupture"}


def test_a_private_note_is_there_to_be_left_out(planted):
    assert PrivateNote.objects.exists() and Client.objects.exists()
