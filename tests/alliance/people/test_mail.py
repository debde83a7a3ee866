"""Mails to members: they wait for `send_due`, and lead to the address of the installation."""

import re

import pytest
from django.core import mail
from django.test import Client

from alliance.accounts.mail import send_waiting
from alliance.models import WaitingMail
from tests.signing_in import PASSWORD, give_password, sign_in

INVITATION = {"email": "ida@millrace.test", "name": "Ida Berg", "roles": ["therapist"]}
EMERGENCY = {"client": "Juniper", "why": "She rang the duty line."}


@pytest.fixture
def browser(mona):
    """Mona's, who has just given her password; it calls this server by another name and port."""
    browser = Client(headers={"host": "localhost:8443"})
    sign_in(browser, give_password(mona))
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return browser


@pytest.mark.parametrize("what", ["an invitation", "other roles", "a reader", "an emergency"])
def test_no_request_waits_for_the_mail_server_or_says_where_a_link_leads(
    what, settings, browser, dana, noor, vera, juniper
):
    settings.ACCOUNT_MAIL_WAITS = True
    path, form = {
        "an invitation": ("/people/invite/", INVITATION),
        "other roles": (f"/people/{dana.code}/", {"roles": ["therapist", "supervisor"]}),
        "a reader": ("/people/assign/", {"supervisor": vera.code, "therapist": noor.code}),
        "an emergency": ("/emergency/", EMERGENCY | {"therapist": dana.code}),
    }[what]
    assert browser.post(path, form).status_code == 302
    assert mail.outbox == []
    assert WaitingMail.objects.exists()
    assert not any("millrace" in text.lower() for text in WaitingMail.objects.values_list("content", flat=True))
    send_waiting()
    found = [link for message in mail.outbox for link in re.findall(r"https?://[^/\s]+", message.body)]
    assert found and set(found) == {"http://127.0.0.1:8000"}
