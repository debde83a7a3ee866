"""Who has looked at a file, and what was done in a practice: names and kinds, and nothing of a case."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from django.utils.html import strip_tags

from alliance import audit
from alliance.models import AuditEvent, Client, Erasure, KeptLook
from alliance.people.audit_page import AT_ONCE, Happened
from ratings.joining.actions import join_cases, part_cases
from ratings.models import CheckIn, Rupture
from ratings.rights.erase import erase_client
from ratings.rights.looked import Looks, who_looked
from tests.at_once import fresh
from tests.courses import held
from tests.factories import days_ago, editor_of, make_episode, make_member, make_supervision
from tests.ratings.joining.test_moving import double, kept  # noqa: F401 -- fixtures


def test_who_has_opened_the_case_is_named_and_nobody_of_another_case(
    http, dana, sam, juniper, sorrel, noor, live_through
):
    live_through(juniper, [3])
    live_through(sorrel, [3])
    for member, episode in ((sam, juniper), (dana, sorrel), (noor, juniper)):
        http.force_login(member.user)
        http.get(f"/cases/{episode.code}/")
    session = juniper.therapy_sessions.first()
    http.force_login(dana.user)
    http.get(f"/sessions/{sorrel.therapy_sessions.first().code}/")
    http.force_login(sam.user)
    http.get(f"/sessions/{session.code}/")
    assert [(row.who, row.verb, row.subject) for row in who_looked(juniper)] == [
        ("Sam Okafor", "read", "session"),
        ("Noor Haddad", "denied", "case"),
        ("Sam Okafor", "read", "case"),
    ]
    http.force_login(dana.user)
    page = http.get(f"/cases/{juniper.code}/looked/").text
    assert "Sam Okafor" in page and "Noor Haddad" in page


def test_the_same_person_on_the_same_day_is_one_line_with_each_time_in_it(http, millrace, dana, sam, juniper):
    millrace.zone = "Etc/GMT-2"
    millrace.save()
    looks = [
        (sam, "read", "08:00"),
        (dana, "read", "09:00"),
        (sam, "denied", "10:00"),
        (sam, "denied", "10:00"),
        (sam, "read", "11:30"),
        (sam, "read", "22:30"),  # past midnight where the practice is
        (None, "read", "12:00"),
        (None, "read", "13:00"),
    ]
    code = str(juniper.code)
    for member, verb, time in looks:
        at = datetime.fromisoformat(f"2026-11-23T{time}+00:00")
        who = str(member.user.code) if member else ""
        AuditEvent.objects.create(subject_type="episode", subject_code=code, actor_code=who, verb=verb, at=at)
    http.force_login(dana.user)
    with time_machine.travel(datetime(2026, 11, 24, 12, tzinfo=UTC)):
        page = http.get(f"/cases/{juniper.code}/looked/").text
    lines = [" ".join(strip_tags(line.split("<details")[0]).split()) for line in page.split("<time ")[1:]]
    of_sam = [line[line.index(">") + 1 :] for line in lines if "Sam" in line]
    assert of_sam == [
        "24 Nov Sam Okafor opened, 00:30: case",
        "23 Nov Sam Okafor opened 2 times, from 10:00 to 13:30: case",
        "23 Nov Sam Okafor was refused 2 times, 12:00: case",
    ]
    assert sum("A client, the program" in line for line in lines) == 2
    assert "10:00, <bdi>case</bdi>" in page and "13:30, <bdi>case</bdi>" in page
    assert juniper.short_code not in page[page.index("<h1") :]


def test_who_looked_while_two_cases_were_one_is_told_of_both_and_who_looked_later_is_not(
    http, dana, sam, juniper, live_through
):
    twin = make_episode(dana, "Juniper", starts_at=days_ago(100))
    held(twin, 90)
    live_through(juniper, [3, 3, 3, 0])
    make_supervision(ona := make_member(juniper.client.practice, "Ona Lind", "supervisor"), therapist=dana)

    def open_page(member, path):
        http.force_login(member.user)
        assert http.get(path).status_code == 200

    done = join_cases(kept=editor_of(twin), joined=editor_of(juniper))
    flag = Rupture.objects.exclude(state="withdrawn").get(episode=twin)
    open_page(sam, f"/cases/{twin.code}/")
    open_page(ona, f"/ruptures/{flag.code}/")
    part_cases(editor=editor_of(twin), join=done)
    open_page(ona, f"/cases/{twin.code}/")
    seen = {case.pk: [(row.who, row.verb, row.subject) for row in who_looked(case)] for case in (juniper, twin)}
    together = [("Ona Lind", "read", "rupture"), ("Sam Okafor", "read", "case")]
    assert seen == {juniper.pk: together, twin.pk: [("Ona Lind", "read", "case"), *together]}


def opened_together(http, stays, goes, path):
    """Joins two cases, lets the therapist open a page, and parts the two again; who looked at the one put away."""
    done = join_cases(kept=editor_of(fresh(stays)), joined=editor_of(fresh(goes)))
    http.force_login(stays.therapist.user)
    assert http.get(path).status_code == 200
    part_cases(editor=editor_of(fresh(stays)), join=done)
    return who_looked(fresh(goes))


def test_who_looked_while_two_were_one_is_told_where_one_of_them_is_put_away_since(http, dana, kept, double):  # noqa: F811 -- fixtures
    right = make_episode(dana, "Juniper", starts_at=days_ago(10))
    (looked,) = opened_together(http, kept, double, f"/cases/{kept.code}/")
    join_cases(kept=editor_of(right), joined=editor_of(fresh(double)))
    assert looked in who_looked(fresh(right))


@pytest.mark.parametrize("whose", ["kept", "double"])
def test_who_looked_at_a_session_while_two_were_one_is_told_where_it_went_on_since(http, dana, kept, double, whose):  # noqa: F811 -- fixtures
    case = {"kept": kept, "double": double}[whose]
    right = make_episode(dana, "Juniper", starts_at=days_ago(50))
    looked = opened_together(http, kept, double, f"/sessions/{case.therapy_sessions.first().code}/")
    join_cases(kept=editor_of(right), joined=editor_of(fresh(kept)))
    assert looked and who_looked(fresh(double)) == looked


def test_who_looked_at_a_check_in_while_two_were_one_is_told_where_it_went_on_since(http, dana, kept, double):  # noqa: F811 -- fixtures
    right = make_episode(dana, "Juniper", starts_at=days_ago(50))
    check_in = CheckIn.objects.filter(episode=kept).first()
    done = join_cases(kept=editor_of(fresh(kept)), joined=editor_of(fresh(double)))
    audit.record(audit.Verb.READ, check_in, by=dana)
    part_cases(editor=editor_of(fresh(kept)), join=done)
    looked = who_looked(fresh(double))
    join_cases(kept=editor_of(right), joined=editor_of(fresh(kept)))
    assert looked and who_looked(fresh(double)) == looked


def erased(episode, by):
    gone = Client.objects.select_related("practice").get(pk=episode.client_id)
    erase_client(client=gone, reason=Erasure.Reason.ASKED, asked_by=by, agreed_by=by)


@pytest.mark.parametrize("stays, goes", [("kept", "double"), ("double", "kept")])
def test_who_looked_while_two_were_one_is_told_also_once_the_other_is_erased(
    stays, goes, http, dana, mona, kept, double  # noqa: F811 -- fixtures
):  # fmt: skip
    case = {"kept": kept, "double": double}
    opened_together(http, kept, double, f"/sessions/{case[goes].therapy_sessions.first().code}/")
    told = who_looked(fresh(case[stays]))
    audit.record(audit.Verb.READ, fresh(case[goes]), by=mona)  # of the other one alone, so nobody tells it of this one
    erased(case[goes], mona)
    assert "session" in [row.subject for row in told] and who_looked(fresh(case[stays])) == told
    right = make_episode(dana, "Juniper", starts_at=days_ago(50))
    join_cases(kept=editor_of(right), joined=editor_of(fresh(case[stays])))
    assert set(told) <= set(who_looked(fresh(right)))


def test_of_an_erased_record_no_look_is_kept_that_would_not_be_told_any_more(http, dana, mona, kept, double):  # noqa: F811 -- fixtures
    opened_together(http, kept, double, f"/cases/{kept.code}/")
    with time_machine.travel(timezone.now() + timedelta(days=29)):
        assert len(who_looked(fresh(double))) == 1
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        erased(kept, mona)
    assert not KeptLook.objects.exists()


def test_a_look_that_was_kept_goes_once_it_is_told_no_more(http, dana, mona, kept, double):  # noqa: F811 -- fixtures
    opened_together(http, kept, double, f"/cases/{kept.code}/")
    erased(kept, mona)
    for days, stays in ((29, True), (31, False)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            call_command("send_due")
        assert KeptLook.objects.exists() == stays


def test_both_records_are_erased_and_no_look_is_kept_of_either(http, dana, mona, kept, double):  # noqa: F811 -- fixtures
    opened_together(http, kept, double, f"/cases/{kept.code}/")
    erased(kept, mona)
    assert KeptLook.objects.filter(episode=double.pk).count() == 1
    erased(double, mona)
    assert not KeptLook.objects.exists()


def test_a_manager_reads_what_was_done_and_nothing_of_a_case(http, mona, dana, juniper, otis, live_through):
    live_through(juniper, [3])
    http.force_login(dana.user)
    http.get(f"/cases/{juniper.code}/")
    http.force_login(otis.user)
    http.get("/today/")
    http.force_login(mona.user)
    page = http.get("/people/audit/")
    assert "Dana Whitlock" in page.text and "read: <bdi>case" in page.text
    for hidden in ("Juniper", str(juniper.code), "Otis Lund"):
        assert hidden not in page.text
    assert http.get("/people/audit/?practice=nonsense").status_code == 404
    assert http.get(f"/people/audit/?practice={otis.practice.code}").status_code == 404
    assert http.get("/people/audit/?before=x").status_code == 400


def test_the_audit_is_read_a_page_at_a_time(http, mona, millrace):
    AuditEvent.objects.bulk_create(
        AuditEvent(practice_code=millrace.code, subject_type="episode", verb="read", subject_code=f"{n:08}-x")
        for n in range(AT_ONCE + 5)
    )
    http.force_login(mona.user)
    first = http.get("/people/audit/").context["page"]
    assert (len(first.events), first.events[0].short_code) == (AT_ONCE, f"{AT_ONCE + 4:08}")
    second = http.get(f"/people/audit/?before={first.before}").context["page"]
    assert [row.short_code for row in second.events] == [f"{n:08}" for n in (4, 3, 2, 1, 0)]
    assert second.before is None


@pytest.mark.parametrize("n", [1, 3])
def test_both_ask_as_often_for_three_as_for_one(n, http, mona, dana, juniper, django_assert_num_queries, live_through):
    live_through(juniper, [3] * n)
    for _number in range(n):
        AuditEvent.objects.create(
            practice_code=juniper.client.practice.code,
            actor_code=dana.user.code,
            subject_code=juniper.code,
            subject_type="episode",
            verb="read",
        )
    with django_assert_num_queries(22):
        who_looked(juniper)
    http.force_login(mona.user)
    with django_assert_num_queries(7):
        http.get("/people/audit/")


def test_what_was_looked_at_is_named_once_in_the_order_of_the_alphabet():
    kinds = ["session", "case", "flag", "case", "rating", "goal", "note"]
    events = [
        Happened(key, timezone.now(), "", "", "read", "read", kind, "", 1) for key, kind in enumerate(kinds, start=1)
    ]
    assert Looks(events).subjects == "case, flag, goal, note, rating, session"
