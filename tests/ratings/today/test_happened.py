"""Today tells what happened to a case that is no answer: opened in an emergency, an agreement taken back."""

import pytest
from django.utils import timezone

from alliance.clients.actions import renew_consent, settle_consent
from alliance.models import Consent, EmergencyAccess
from alliance.people.emergency import open_in_emergency
from ratings.today.happened import openings_lately, taken_back_lately
from tests.courses import consent
from tests.factories import days_ago

CHECK_IN = Consent.Purpose.CHECK_IN


def today(http, member):
    http.force_login(member.user)
    return " ".join(http.get("/today/").text.split())


def test_a_case_that_was_opened_in_an_emergency_is_told_with_its_reason(http, mona, dana, juniper):
    open_in_emergency(by=mona, therapist=dana, client_name="Juniper", reason="She rang the duty line.")
    page = today(http, dana)
    assert "<bdi>Mona Reyes</bdi> opened the case of <bdi>Juniper</bdi> in an emergency" in page
    assert "She rang the duty line." in page and "They can read it until" in page


def test_it_stands_for_two_weeks_and_says_no_longer_that_it_is_open(http, mona, dana, juniper):
    open_in_emergency(by=mona, therapist=dana, client_name="Juniper", reason="She rang.")
    EmergencyAccess.objects.update(starts_at=days_ago(13), ends_at=days_ago(12.9))
    page = today(http, dana)
    assert "in an emergency" in page and "They can read it until" not in page
    EmergencyAccess.objects.update(starts_at=days_ago(15), ends_at=days_ago(14.9))
    assert "in an emergency" not in today(http, dana)


def test_nobody_else_is_told_of_it(mona, dana, noor, juniper):
    open_in_emergency(by=mona, therapist=dana, client_name="Juniper", reason="She rang.")
    assert openings_lately(dana.user)
    assert not openings_lately(noor.user) and not openings_lately(mona.user)


def test_an_agreement_that_the_client_took_back_is_told(http, dana, noor, juniper):
    consent(juniper.client)
    settle_consent(client=juniper.client, purpose=CHECK_IN, given=False)
    page = today(http, dana)
    assert "<bdi>Juniper</bdi></a></span> no longer agrees to answering check-ins, since" in page
    assert not taken_back_lately(noor.user)


def test_not_what_the_therapist_has_entered(dana, juniper):
    consent(juniper.client)
    settle_consent(client=juniper.client, purpose=CHECK_IN, given=False, by=dana)
    assert not taken_back_lately(dana.user)


@pytest.mark.parametrize("again", ["agrees again", "agreed to another wording"])
def test_not_what_holds_again(again, dana, juniper):
    consent(juniper.client)
    if again == "agrees again":
        settle_consent(client=juniper.client, purpose=CHECK_IN, given=False)
        settle_consent(client=juniper.client, purpose=CHECK_IN, given=True)
    else:
        Consent.objects.update(text_version="2020-01", text_hash="")
        renew_consent(client=juniper.client, purpose=CHECK_IN)
    assert not taken_back_lately(dana.user)


def test_nor_what_was_taken_back_long_ago(dana, juniper):
    consent(juniper.client)
    settle_consent(client=juniper.client, purpose=CHECK_IN, given=False)
    Consent.objects.update(given_at=days_ago(90), withdrawn_at=days_ago(15))
    assert not taken_back_lately(dana.user)
    Consent.objects.update(withdrawn_at=timezone.now())
    assert taken_back_lately(dana.user)
