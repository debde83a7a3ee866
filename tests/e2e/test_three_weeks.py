"""Three weeks of three therapists with 25 clients. At their end each answer has the readers that it should have."""

from collections import Counter
from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from alliance.models import Episode
from sessions.models import TherapySession
from tests.courses import answers
from tests.e2e.three_weeks import ANSWERS, BERLIN, DANAS, HELD, LOUS, MONDAY, NOORS, Hand, House, People
from tests.factories import local_day, make_member, make_practice, make_supervision


@pytest.fixture
def house(clock, live_server, settings, instruments):
    """Millrace a moment before the three weeks: its people are there, and no case."""
    settings.BASE_URL = live_server.url
    clock.move_to(datetime.combine(MONDAY, time(7), BERLIN).timestamp())
    millrace = make_practice("Millrace Practice", zone="Europe/Berlin", crisis_phone="01632 960 117")
    millrace.live_at, millrace.quiet_from, millrace.quiet_to = timezone.now() - timedelta(days=1), time(0), time(0)
    millrace.reminder_after_hours = 20  # so that it is due by the next evening
    millrace.save()
    dana, noor, lou = (make_member(millrace, name) for name in ("Dana Whitlock", "Noor Haddad", "Lou Novak"))
    sam, vera, eve = (
        make_member(millrace, name, "supervisor") for name in ("Sam Okafor", "Vera Brandt", "Eve Castell")
    )
    for supervisor, therapist in ((sam, dana), (sam, noor), (vera, lou)):
        make_supervision(supervisor, therapist=therapist)
    mona = make_member(millrace, "Mona Reyes", "manager")
    otis = make_member(make_practice("Weir House"), "Otis Lund")
    return House(clock, live_server.url, People(dana, noor, lou, sam, vera, eve, mona, otis))


def test_each_answer_of_three_weeks_has_one_therapist_and_the_supervisor(house, page, phone, sign_in, complaints):
    heard, heard_on_phone = complaints(page), complaints(phone)
    hand = Hand(house, page, phone, sign_in)
    for week in range(3):
        for weekday in range(5):
            day = house.at(week, weekday, 8)
            for event in EVENTS.get((week, weekday), ()):
                event(house, hand)
            house.at(week, weekday, 18)
            in_browser = (week, weekday) == (0, 4)
            if in_browser:
                hand.logs("Juniper")
            house.log_the_day(day, week)
            house.at(week, weekday, 20)
            house.answer_mails(by_phone=hand.answers if in_browser else None)
        house.at(week, 5, 20)
        house.answer_mails()
    house.at(2, 6, 12)
    assert Counter(TherapySession.objects.not_voided().values_list("attendance", flat=True)) == HELD
    assert len(house.said) == ANSWERS
    assert house.faults() == []
    hand.reads_at_the_end()
    # Two forms came back once: what is planned lies over the colleague's own.
    assert [line for line in heard + heard_on_phone if "status of 422" not in line] == []
    assert len(heard) <= 2 and not heard_on_phone


# --- What happens on which day ----------------------------------------------------------------------------------------


def open_and_plan(house, hand):
    """25 cases, and a series of three for each; one of them in the browser."""
    hand.opens_and_plans("Juniper", MONDAY + timedelta(days=4), "11:00")
    people = house.people
    for therapist, names in ((people.dana, DANAS), (people.noor, NOORS), (people.lou, LOUS)):
        for place, name in enumerate(names):
            if name == "Juniper":
                continue
            email = f"{name.lower()}@example.org"
            house.post(
                therapist, "ratings:case-create", None,
                name=name, email=email, agrees_to_email="on", consents_to_check_ins="on",
            )  # fmt: skip
            day = MONDAY + timedelta(days=place % 5)
            house.post(
                therapist, "ratings:week-plan", None,
                case=house.case(name).code, day=day.isoformat(), time=f"{10 + place // 5}:00", minutes="50",
                mode="in_person", repeat="1", count="3", until="",
            )  # fmt: skip
    assert (Episode.objects.count(), TherapySession.objects.count()) == (25, 75)


def one_did_not_come(house, hand):
    """In the evening before, as Bracken's session of this Tuesday is over by then."""
    house.at(0, 1, 17)
    hand.says_no_show("Bracken")


def cancelled_ahead(house, hand):
    """Clover and Mallow call off a session of the week after, in good time."""
    hand.cancels("Clover", MONDAY + timedelta(weeks=1, days=2))
    row = house.session("Mallow", MONDAY + timedelta(weeks=1, days=2))
    house.post(house.people.noor, "ratings:planned-session-cancel", row, who="client", told_on=local_day().isoformat())


def corrected(house, hand):
    """A mode in the browser; a session that is removed, and brought back."""
    hand.corrects("Alder", MONDAY)
    row = house.session("Fennel", MONDAY)
    house.post(house.people.dana, "ratings:session-remove", row, reason="Logged twice, I thought.")
    house.post(house.people.dana, "ratings:session-bring-back", row)


def covered_and_away(house, hand):
    """On Friday Lou has all cases covered by Dana for the week after; Noor's leave is on its Wednesday and Thursday."""
    hand.has_covered("Teasel", MONDAY + timedelta(weeks=1), MONDAY + timedelta(weeks=1, days=4))
    hand.takes_leave(MONDAY + timedelta(weeks=1, days=2), MONDAY + timedelta(weeks=1, days=3))


def ended(house, hand):
    hand.ends("Iris")


def handed_over(house, hand):
    """Dana hands Dogwood over in the browser with nothing, and Elder with everything, to Noor."""
    hand.hands_over("Dogwood", "Noor Haddad")
    house.post(
        house.people.dana, "ratings:case-hand-over", house.case("Elder"),
        colleague=house.people.noor.code, extent="everything", accepted="on",
    )  # fmt: skip


def reopened(house, hand):
    """Iris comes again, and one session is planned."""
    hand.reopens("Iris")
    house.post(
        house.people.dana, "ratings:week-plan", None,
        case=house.case("Iris").code, day=(MONDAY + timedelta(weeks=2, days=2)).isoformat(), time="16:00",
        minutes="50", mode="video", repeat="0", count="", until="",
    )  # fmt: skip


def filed_under_the_wrong_client(house, hand):
    """Dana logs an extra session of Fennel's under Gorse, and moves it before anybody is asked."""
    house.at(2, 1, 16)
    dana, day = house.people.dana, MONDAY + timedelta(weeks=2, days=1)
    house.post(
        dana, "ratings:session-log", house.case("Gorse"),
        day=day.isoformat(), time="14:00", minutes="50", mode="phone", attendance="attended", **answers(3),
    )  # fmt: skip
    wrong = house.case("Gorse").therapy_sessions.get(starts_at=datetime.combine(day, time(14), BERLIN))
    house.post(dana, "ratings:session-refile", wrong, case=house.case("Fennel").code, reason="The wrong name.")


EVENTS = {
    (0, 0): [open_and_plan],
    (0, 1): [one_did_not_come],
    (0, 2): [cancelled_ahead],
    (0, 3): [corrected],
    (0, 4): [covered_and_away],
    (1, 1): [ended],
    (1, 2): [handed_over],
    (2, 0): [reopened],
    (2, 1): [filed_under_the_wrong_client],
}
