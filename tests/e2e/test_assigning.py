"""A manager names a supervisor, and both who are asked answer: by keyboard alone."""

from django.urls import reverse

from alliance.models import Supervision
from alliance.people.sight import assign_supervision
from tests.e2e.conftest import PHONE
from tests.e2e.keyboard import choose, fill, press
from tests.factories import local_day, make_member


def test_an_assignment_with_days_by_keyboard_alone(page, live_server, dana, mona, millrace, sign_in, look, complaints):
    heard = complaints(page)
    henrik = make_member(millrace, "Henrik Solberg", "supervisor")
    sign_in(mona)
    page.goto(live_server.url + reverse("alliance:people"))
    press(page, page.get_by_role("link", name="Assign a supervisor").first)
    choose(page, page.get_by_label("Supervisor"), "Henrik")
    choose(page, page.get_by_label("Therapist"), "Dana")
    fill(page, page.get_by_label("First day"), local_day().isoformat())
    press(page, page.get_by_role("button", name="Assign"))
    row = Supervision.objects.get(supervisor=henrik, therapist=dana)
    for member, answer in ((henrik, "Accept"), (dana, "Agree")):
        sign_in(member)
        page.goto(live_server.url + reverse("alliance:asked"))
        look(f"asked-{answer.lower()}")
        press(page, page.get_by_role("button", name=answer).first)
    row.refresh_from_db()
    assert row.accepted_at and row.agreed_by == dana
    assert heard == []


def test_the_notice_that_an_answer_is_needed_stands_apart_on_a_phone(page, live_server, mona, millrace, dana, sign_in):
    henrik = make_member(millrace, "Henrik Solberg", "supervisor")
    assign_supervision(supervisor=henrik, therapist=dana, by=mona)
    sign_in(henrik)
    page.set_viewport_size(PHONE)
    page.goto(live_server.url + reverse("ratings:caseload"))
    notice = page.get_by_text("Your answer is needed").bounding_box()
    assert page.get_by_role("heading", level=1).bounding_box()["y"] - notice["y"] - notice["height"] >= 16
