"""For how long records are kept: the rule, its dry run, its run, and what a legal hold keeps from both."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError
from django.urls import reverse
from django.utils import timezone

from alliance.access import Denied
from alliance.keeping import check_keep
from alliance.models import AuditEvent, CaseJoin, Client, Erasure, ErasureRequest, LegalHold, Membership, RetentionRule
from alliance.people.role_actions import change_roles
from alliance.people.roles import MemberRole
from alliance.refusal import Refused
from ratings.rights import requests, retention
from ratings.rights.erase import erase_client, erased_or_logged
from ratings.rights.holds import lift_hold, place_hold
from ratings.rights.requests import ask_to_erase, erase_due
from ratings.rights.retention import agree_to_rule, due_records, end_rule, erase_what_is_over, set_rule, years_before
from tests.factories import days_ago, make_client, make_episode, make_member

pytestmark = pytest.mark.usefixtures("as_application")  # on PostgreSQL: where the database filters too

YEAR = 365.25
BUTTONS = ("Show what it would erase", "Make it the rule")
WHY = "The court asked for it."


@pytest.fixture
def ida(millrace):
    return make_member(millrace, "Ida Berg", "manager")


@pytest.fixture
def ended(dana, noor):
    """Clients by name: of some the time is over, of some it is not."""

    def client(name, **fields):
        return make_client(dana.practice, name, **({"created_at": days_ago(12 * YEAR)} | fields))

    def therapy(of, years, therapist=dana):
        end = {"ends_at": days_ago(years * YEAR), "end_reason": "completed"} if years is not None else {}
        return make_episode(therapist, client=of, starts_at=days_ago(12 * YEAR), **end)

    found = {name: client(name) for name in ("Alder", "Bramble", "Clover", "Dill", "Fern")}
    therapy(found["Alder"], 11)
    therapy(found["Bramble"], 9)
    therapy(found["Clover"], 11)
    therapy(found["Clover"], None, noor)  # goes on with a colleague
    therapy(found["Dill"], 11)
    therapy(found["Dill"], 10.5, noor)
    found["Late"] = client("Late", created_at=days_ago(2))  # imported the day before yesterday
    therapy(found["Late"], 11)
    therapy(found["Fern"], 11)
    return found


def hold(mona, client):
    return place_hold(keeper=check_keep(mona.user, client.code), reason=WHY)


def in_force(mona, years=10):
    rule = set_rule(by=mona, years=years)
    RetentionRule.objects.filter(pk=rule.pk).update(starts_at=days_ago(0.001))
    return rule


def names_left():
    return {client.display_name for client in Client.objects.select_related("data_key")}


def test_the_dry_run_equals_the_run(mona, ended):
    hold(mona, ended["Fern"])
    shown = {row.client_code for row in due_records(mona.practice, 10)}
    assert shown == {ended["Alder"].code, ended["Dill"].code}
    in_force(mona)
    assert erase_what_is_over() == 2
    assert names_left() == {"Bramble", "Clover", "Fern", "Late"}
    assert {erasure.client_code for erasure in Erasure.objects.all()} == {str(code) for code in shown}
    assert {erasure.reason for erasure in Erasure.objects.all()} == {"time"}
    assert due_records(mona.practice, 10) == [] and erase_what_is_over() == 0


def test_without_a_rule_nothing_goes_however_old(mona, ended):
    assert erase_what_is_over() == 0
    call_command("send_due")
    assert len(names_left()) == 6


def test_two_cases_of_one_record_that_were_joined_do_not_keep_it(mona, ended):
    later, earlier = ended["Dill"].episodes.order_by("-ends_at")
    earlier.joined_into = later
    earlier.save(update_fields=["joined_into"])
    in_force(mona)
    erase_what_is_over()
    assert "Dill" not in names_left()


def test_two_that_were_parted_have_a_day_before_the_rule_erases_either(mona, dana, ended):
    kept, joined = (ended[name].episodes.get() for name in ("Alder", "Fern"))
    fields = {"episode": kept, "joined": joined, "began_at": kept.starts_at, "joined_by": dana, "parted_by": dana}
    join = CaseJoin.objects.create(**fields, parted_at=days_ago(0.99))
    in_force(mona)
    shown = {row.client_code for row in due_records(mona.practice, 10)}
    assert shown == {ended["Dill"].code}, "the list says what the run does"
    erase_what_is_over()
    assert {"Alder", "Fern"} <= names_left()
    CaseJoin.objects.filter(pk=join.pk).update(parted_at=days_ago(1.01))
    erase_what_is_over()
    assert {"Alder", "Fern"}.isdisjoint(names_left())


def test_what_is_put_off_while_the_job_waits_is_not_erased(mona, ended, monkeypatch):
    request = ask_to_erase(keeper=check_keep(mona.user, ended["Alder"].code), reason=Erasure.Reason.ASKED)
    ErasureRequest.objects.filter(pk=request.pk).update(due_at=days_ago(0.1))

    def put_off_first(code, erase):
        ErasureRequest.objects.filter(pk=request.pk).update(due_at=days_ago(-1))
        return erased_or_logged(code, erase)

    monkeypatch.setattr(requests, "erased_or_logged", put_off_first)
    assert erase_due() == 0
    assert "Alder" in names_left()


def test_a_rule_takes_a_second_manager_and_a_day(mona, ida, ended):
    rule = set_rule(by=mona, years=10)
    assert rule.starts_at is None
    late = make_member(mona.practice, "Kai Late", "manager", starts_at=timezone.now())
    made_one = make_member(mona.practice, "Nell Old", "therapist")
    change_roles(membership=made_one, roles=[MemberRole.THERAPIST, MemberRole.MANAGER], by=mona)
    for member in (mona, late, made_one):
        with pytest.raises(Denied):
            agree_to_rule(by=member, code=rule.code)
    agree_to_rule(by=ida, code=rule.code)
    rule.refresh_from_db()
    assert rule.starts_at > timezone.now() + timedelta(hours=23)
    assert erase_what_is_over() == 0
    RetentionRule.objects.update(starts_at=days_ago(0.001))
    call_command("send_due")
    assert "Alder" not in names_left()
    assert Erasure.objects.first().agreed_by_code == str(ida.user.code)


def test_a_rule_that_was_ended_or_replaced_erases_nothing(mona, ida, ended):
    rule = in_force(mona)
    set_rule(by=mona, years=1)
    assert erase_what_is_over() == 0
    with pytest.raises(Refused):
        end_rule(by=ida, code=rule.code)
    newest = in_force(mona)
    end_rule(by=ida, code=newest.code)
    assert erase_what_is_over() == 0 and len(names_left()) == 6


def test_where_the_second_manager_left_it_says_what_to_do(http, mona, ida):
    set_rule(by=mona, years=10)
    page = reverse("ratings:retention", args=[mona.practice.code])
    said = "nobody else was a manager a day before"
    http.force_login(mona.user)
    assert said not in http.get(page).text
    Membership.objects.filter(pk=ida.pk).update(ends_at=days_ago(0.001))
    assert said in http.get(page).text
    set_rule(by=mona, years=10)
    assert said not in http.get(page).text


def test_where_only_one_came_since_it_says_so(http, mona, ida):
    set_rule(by=mona, years=10)
    page = reverse("ratings:retention", args=[mona.practice.code])
    Membership.objects.filter(pk=ida.pk).update(ends_at=days_ago(0.001))
    make_member(mona.practice, "Kai Late", "manager", starts_at=timezone.now())
    http.force_login(mona.user)
    assert "nobody else was a manager a day before" in http.get(page).text


def test_everybody_in_the_practice_is_told_of_a_rule(http, mona, ida, dana, sam, otis, lee, mailoutbox):
    http.force_login(mona.user)
    page = reverse("ratings:retention", args=[mona.practice.code])
    assert http.post(page, {"years": "10"}).url == page
    assert {mail.to[0] for mail in mailoutbox} == {member.user.email for member in (ida, dana, sam)}
    assert all("erased 10 years after" in mail.body and "Mona Reyes" in mail.body for mail in mailoutbox)
    assert {mail.to[0] for mail in mailoutbox if page in mail.body} == {ida.user.email}


def test_who_is_no_manager_any_more_sets_agrees_and_ends_nothing(mona, ida):
    rule = set_rule(by=mona, years=10)
    Membership.objects.filter(pk=ida.pk).update(is_manager=False, is_supervisor=True)
    for write in (lambda: agree_to_rule(by=ida, code=rule.code), lambda: end_rule(by=ida, code=rule.code)):
        with pytest.raises(Denied):
            write()
    with pytest.raises(Denied):
        set_rule(by=ida, years=1)


@pytest.mark.parametrize(
    ("now", "then"),
    [(datetime(2028, 2, 29, 8, tzinfo=UTC), (2018, 2, 28)), (datetime(2026, 11, 29, 8, tzinfo=UTC), (2016, 11, 29))],
)
def test_years_are_those_of_the_calendar(now, then):
    found = years_before(now, 10)
    assert (found.year, found.month, found.day) == then


@pytest.mark.parametrize("trouble", [IntegrityError, OperationalError])  # the second: it waited too long for a lock
@pytest.mark.parametrize("way", ["rule", "request"])
def test_a_record_that_cannot_be_erased_keeps_no_other_one(way, trouble, mona, ended, monkeypatch, caplog):
    where, name = {"rule": (retention, "erase_by_rule"), "request": (requests, "erase_client")}[way]
    erase = getattr(where, name)

    def fails_once(*, client, **given):
        if client.pk == ended["Alder"].pk:
            raise trouble("Alder")
        return erase(client=client, **given)

    monkeypatch.setattr(where, name, fails_once)
    if way == "rule":
        in_force(mona)
    else:
        for client in ("Alder", "Dill"):
            ask_to_erase(keeper=check_keep(mona.user, ended[client].code), reason=Erasure.Reason.ASKED)
        ErasureRequest.objects.update(due_at=days_ago(0.001))
    call_command("send_due")
    assert "Alder" in names_left() and "Dill" not in names_left()
    assert f"The record {ended['Alder'].code} could not be erased: {trouble.__name__}." in caplog.messages


# --- The hold ---------------------------------------------------------------------------------------------------------


def test_a_hold_stops_erasure_by_hand_too_and_says_why(mona, ended):
    keeper = check_keep(mona.user, ended["Alder"].code)
    request = ask_to_erase(keeper=keeper, reason=Erasure.Reason.ASKED)
    hold(mona, ended["Alder"])
    type(request).objects.update(due_at=days_ago(0.001))
    assert erase_due() == 0
    for erase in (
        lambda: erase_client(client=ended["Alder"], reason=Erasure.Reason.ASKED, asked_by=mona, agreed_by=None),
        lambda: ask_to_erase(keeper=check_keep(mona.user, ended["Alder"].code), reason=Erasure.Reason.ASKED),
    ):
        with pytest.raises(Refused, match="legal hold"):
            erase()
    with pytest.raises(CommandError, match="legal hold"):
        call_command("erase_client", str(ended["Alder"].code), yes=True, reason="asked", asked_by=mona.user.email)
    assert "Alder" in names_left()


def test_a_hold_that_was_lifted_counts_for_one_more_day(mona, ended):
    hold(mona, ended["Alder"])
    in_force(mona)
    lift_hold(keeper=check_keep(mona.user, ended["Alder"].code))
    erase_what_is_over()
    assert "Alder" in names_left()
    LegalHold.objects.update(lifted_at=days_ago(1.01))
    erase_what_is_over()
    assert "Alder" not in names_left()


def test_it_is_placed_and_lifted_once(mona, ended):
    keeper = check_keep(mona.user, ended["Alder"].code)
    hold(mona, ended["Alder"])
    with pytest.raises(Refused):
        hold(mona, ended["Alder"])
    lift_hold(keeper=keeper)
    with pytest.raises(Refused):
        lift_hold(keeper=keeper)
    assert [event.verb for event in AuditEvent.objects.filter(subject_type="legalhold")] == ["created", "ended"]


# --- The pages --------------------------------------------------------------------------------------------------------


def test_a_manager_sees_codes_and_counts_and_keeps_one(http, mona, ended):
    page = reverse("ratings:retention", args=[mona.practice.code])
    http.force_login(mona.user)
    assert "No rule." in http.get(page).text
    shown = http.get(page, {"years": "10"}).text
    assert "3 records today" in shown and str(ended["Alder"].code)[:8] in shown and "Alder" not in shown
    assert not RetentionRule.objects.exists()
    assert http.post(page, {"years": "0"}).status_code == 422
    held = reverse("ratings:record-hold", args=[ended["Alder"].code])
    assert http.post(held, {"reason": ""}).status_code == 422
    assert http.post(held, {"reason": WHY}).status_code == 302
    assert WHY in http.get(held).text
    record = http.get(reverse("ratings:record-erase", args=[ended["Alder"].code])).text
    assert WHY in record and "Ask for it" not in record
    shown = http.get(page, {"years": "10"}).text
    assert "2 records today" in shown and "One more is kept by a legal hold" in shown
    assert http.post(page, {"years": "10"}).status_code == 302
    shown = http.get(page).text
    assert "Not in force yet: records are to be erased 10 years" in shown and "Records are erased" not in shown
    http.post(held + "lift/")
    assert not LegalHold.objects.filter(lifted_at=None).exists()
    answer = reverse("ratings:retention-answer", args=[mona.practice.code])
    http.post(answer, {"answer": "take-back", "shown_rule": RetentionRule.objects.get().code})
    assert "No rule." in http.get(page).text


def test_the_list_of_another_rule_is_not_taken_for_the_one_in_force(http, mona, ended):
    page = reverse("ratings:retention", args=[mona.practice.code])
    http.force_login(mona.user)
    in_force(mona)
    for years in ({}, {"years": "10"}):
        shown = http.get(page, years).text
        assert "Records are erased 10 years after the end" in shown
        assert "every day, the records on the list below are erased" in shown
        assert "Erased 10 years after" in shown and "Make it the rule" not in shown
    shown = http.get(page, {"years": "3"}).text
    assert "the list below is not of it" in shown and "A rule of 3 years would erase:" in shown
    assert "list below are erased" not in shown and "Erased 3 years after" not in shown


def test_what_is_tried_leaves_no_token_in_the_address(http, mona, ended):
    http.force_login(mona.user)
    page = http.get(reverse("ratings:retention", args=[mona.practice.code]), {"years": "10"}).text
    tries, makes = (re.search(rf"<form[^>]*>(?:(?!</form>).)*{button}", page, re.S)[0] for button in BUTTONS)
    assert 'method="get"' in tries and "csrfmiddlewaretoken" not in tries
    assert 'method="post"' in makes and "csrfmiddlewaretoken" in makes and 'name="years" value="10"' in makes


def test_the_therapist_reads_that_the_record_is_kept_and_why(http, mona, dana, juniper, live_through):
    live_through(juniper, [3])
    hold(mona, juniper.client)
    http.force_login(dana.user)
    page = http.get(reverse("ratings:case", args=[juniper.code])).text
    assert WHY in page and "Mona Reyes" in page


def test_the_command_shows_and_changes_nothing(mona, ended, capsys):
    call_command("retention", years=10)
    said = capsys.readouterr().out
    assert str(ended["Alder"].code)[:8] in said and "3 of Millrace Practice" in said and "Alder" not in said
    call_command("retention")
    assert "no rule" in capsys.readouterr().out
    assert len(names_left()) == 6


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_asks_as_often_for_three_as_for_one(n, http, mona, dana, django_assert_num_queries):
    for name in ("Alder", "Bramble", "Clover")[:n]:
        client = make_client(dana.practice, name, created_at=days_ago(12 * YEAR))
        make_episode(dana, client=client, starts_at=days_ago(4000), ends_at=days_ago(3900), end_reason="completed")
    http.force_login(mona.user)
    with django_assert_num_queries(9):
        http.get(reverse("ratings:retention", args=[mona.practice.code]), {"years": "10"})
