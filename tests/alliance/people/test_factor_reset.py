"""Taking the second factor of somebody who has lost their phone."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from alliance.access import Denied
from alliance.models import AuditEvent, Membership
from alliance.people.factor_reset import reset_second_factor
from tests.factories import days_ago


@pytest.fixture
def protected(dana):
    """Dana with a second factor, signed in somewhere."""
    TOTP.activate(dana.user, generate_totp_secret())
    RecoveryCodes.activate(dana.user)
    browser = Client()
    browser.force_login(dana.user)
    return browser


def test_a_manager_takes_it_and_the_person_is_told(protected, http, mona, dana):
    http.force_login(mona.user)
    path = f"/people/{dana.code}/second-factor/"
    assert path in http.get(f"/people/{dana.code}/").text
    assert "Dana Whitlock" in http.get(path).text
    assert Authenticator.objects.count() == 2
    page = http.post(path, follow=True)
    assert "Two-step sign-in of Dana Whitlock is off. We told them by e-mail." in page.text
    assert not Authenticator.objects.exists()
    assert protected.get("/today/").status_code == 302
    [message] = mail.outbox
    assert message.to == [dana.user.email]
    assert "Mona Reyes has taken your two-step sign-in" in message.body
    assert "http://127.0.0.1:8000/accounts/password/reset/" in message.body
    assert AuditEvent.objects.filter(verb="changed", subject_code=str(dana.code), actor_code=mona.user.code).exists()
    mail.outbox.clear()
    assert "has no two-step sign-in" in http.post(path, follow=True).text
    assert mail.outbox == []


def test_nobody_takes_their_own_that_way(http, mona):
    TOTP.activate(mona.user, generate_totp_secret())
    http.force_login(mona.user)
    assert "This is your own." in http.post(f"/people/{mona.code}/second-factor/", follow=True).text
    assert Authenticator.objects.exists()


def test_whoever_is_no_manager_any_more_is_refused(protected, mona, dana):
    Membership.objects.filter(pk=mona.pk).update(ends_at=days_ago(1))
    with pytest.raises(Denied):
        reset_second_factor(membership=dana, by=mona)
    assert Authenticator.objects.exists()


def test_by_command_where_no_manager_can(protected, dana):
    said = StringIO()
    call_command("reset_second_factor", dana.user.email.upper(), stdout=said)
    assert not Authenticator.objects.exists()
    assert protected.get("/today/").status_code == 302
    call_command("reset_second_factor", dana.user.email, stdout=said)
    assert "They have none." in said.getvalue()
    with pytest.raises(CommandError, match="Nobody with this address"):
        call_command("reset_second_factor", "nobody@millrace.test")
