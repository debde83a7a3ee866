"""A manager asks that a record is erased, a second one agrees, and the certificate is there."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from alliance.models import Erasure, ErasureRequest
from tests.factories import days_ago, make_member


@pytest.fixture
def ida(mona):
    return make_member(mona.practice, "Ida Berg", "manager")


def test_a_record_is_erased_by_two_managers(page, live_server, juniper, mona, ida, sign_in, look, live_through):
    live_through(juniper, [3, 3, 3, 1], comment="It was hard to say.")
    records = live_server.url + reverse("ratings:records")
    sign_in(mona)
    page.goto(records)
    look("records-empty")
    page.get_by_label("Code of the case").fill(str(juniper.code)[:8])
    page.get_by_role("button", name="Show what would go").click()
    page.get_by_label("Why").select_option(label="The client asked for it")
    page.get_by_label("Type the code").fill("0000ffff")
    page.get_by_role("button", name="Ask for it").click()
    assert "This is not the code that stands above." in page.get_by_role("alert").inner_text()
    look("record-erase-error")
    page.get_by_label("Type the code").fill(str(juniper.client.code)[:8])
    page.get_by_role("button", name="Ask for it").click()
    page.get_by_role("heading", name="To be erased").wait_for()
    sign_in(ida)
    page.goto(records)
    look("records-waiting")
    page.get_by_role("button", name="I agree").click()
    page.get_by_text("It is erased soon after").wait_for()
    page.goto(live_server.url + reverse("ratings:record-erase", args=[juniper.client.code]))
    look("record-erase-agreed")
    ErasureRequest.objects.update(due_at=days_ago(0.001))
    call_command("send_due")
    page.goto(records)
    page.get_by_role("link", name="Certificate").click()
    page.get_by_role("heading", name="Certificate of erasure").wait_for()
    assert page.url.endswith(reverse("ratings:erasure", args=[Erasure.objects.get().code]))
    look("erasure")
