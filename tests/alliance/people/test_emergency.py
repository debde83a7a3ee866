"""A case opened in an emergency: by whom, for how long, to do what, and who is told."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from alliance.access import Denied
from alliance.crypto import Sealed
from alliance.models import AuditEvent, EmergencyAccess, Membership
from alliance.people.emergency import open_in_emergency
from alliance.people.readers import readers_of
from alliance.refusal import Refused
from alliance.scopes import own_episodes, supervised_episodes, visible_episodes
from sessions.models import PrivateNote
from tests.factories import days_ago, make_member
from tests.signing_in import PASSWORD, give_password, sign_in
from tests.subjects import subjects as subjects  # a fixture
from tests.test_access_matrix import address, rows

PAGE = "/emergency/"


def open_juniper(by, dana, name="Juniper"):
    return open_in_emergency(by=by, therapist=dana, client_name=name, reason="She rang the duty line.")


def reads(member, episode):
    return visible_episodes(member.user).filter(pk=episode.pk).exists()


def signed_in(member):
    """With a password that was given a moment ago."""
    browser = Client()
    sign_in(browser, give_password(member))
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return browser


@pytest.mark.parametrize("who", ["mona", "vera"])
def test_a_manager_or_a_supervisor_reads_for_an_hour(who, dana, juniper, sorrel, request):
    reader = request.getfixturevalue(who)
    opened = open_juniper(reader, dana, name=" juniper")
    assert opened.ends_at - opened.starts_at == timedelta(minutes=60)
    assert reads(reader, juniper) and not reads(reader, sorrel)
    assert not supervised_episodes(reader.user).exists()
    EmergencyAccess.objects.update(starts_at=days_ago(1), ends_at=timezone.now() - timedelta(seconds=1))
    assert not reads(reader, juniper), "the hour is over"


def test_sight_ends_with_the_place_or_the_role(mona, dana, juniper):
    open_juniper(mona, dana)
    Membership.objects.filter(pk=mona.pk).update(is_manager=False, is_therapist=True)
    assert not reads(mona, juniper)


def test_private_notes_stay_closed(mona, dana, juniper, live_through):
    [check_in] = live_through(juniper, [3])
    note = Sealed("He reminds me of my brother.", juniper.client.data_key)
    PrivateNote.objects.create(therapy_session=check_in.therapy_session, episode=juniper, text=note, written_by=dana)
    open_juniper(mona, dana)
    assert not PrivateNote.objects.visible_to(mona.user).exists()
    assert not own_episodes(mona.user).exists(), "nor anything else that is for the therapist alone"
    assert check_in in type(check_in).objects.visible_to(mona.user)


def test_others_cannot(noor, dana, juniper, otis):
    for by in (noor, otis, make_member(otis.practice, "Olga", "manager")):
        with pytest.raises((Denied, Refused)):
            open_juniper(by, dana)
    assert not EmergencyAccess.objects.exists()


def test_a_name_that_is_no_case_is_on_record_and_five_are_enough(mona, dana, juniper):
    for _number in range(5):
        with pytest.raises(Refused, match="no open case"):
            open_juniper(mona, dana, name="Heron")
    assert AuditEvent.objects.filter(verb="denied", subject_type="emergencyaccess").count() == 5
    with pytest.raises(Refused, match="five names"):
        open_juniper(mona, dana)
    assert not reads(mona, juniper)


def test_whoever_reads_it_anyway_needs_no_emergency(sam, dana, juniper):
    with pytest.raises(Refused, match="already"):
        open_juniper(sam, dana)


def test_who_is_no_manager_any_more_is_asked_again_under_the_lock(mona, dana, juniper):
    Membership.objects.filter(pk=mona.pk).update(ends_at=days_ago(1))
    with pytest.raises(Denied):
        open_juniper(mona, dana)


def test_the_page_opens_and_tells(mona, dana, sam, vera, juniper, live_through):
    live_through(juniper, [3])
    ida = make_member(mona.practice, "Ida Berg", "manager")
    form = {"therapist": dana.code, "client": "Juniper", "why": "She rang the duty line."}
    browser = signed_in(mona)
    assert browser.post(PAGE, form | {"why": ""}).status_code == 422
    page = browser.post(PAGE, form, follow=True)
    assert "You opened this case in an emergency" in page.text
    assert "Juniper" in page.text
    told = {message.to[0] for message in mail.outbox}
    assert told == {member.user.email for member in (dana, sam, ida)}
    assert not any("Juniper" in message.subject + message.body or "duty" in message.body for message in mail.outbox)
    assert ("created", "emergencyaccess") in AuditEvent.objects.values_list("verb", "subject_type")
    assert AuditEvent.objects.filter(verb="read", subject_code=str(juniper.code), actor_code=mona.user.code).exists()


def test_the_case_and_the_list_say_who_when_and_why(mona, dana, noor, vera, juniper, http, live_through):
    live_through(juniper, [3])
    open_juniper(mona, dana)
    [row] = readers_of(juniper).openings
    assert (row.reader, row.reason, row.is_over) == ("Mona Reyes", "She rang the duty line.", False)
    assert ("Mona Reyes", "Opened it in an emergency") in [(row.name, row.why) for row in readers_of(juniper).all]
    ida = make_member(mona.practice, "Ida Berg", "manager")
    for member, is_told in ((dana, True), (ida, True), (noor, False), (vera, False)):
        http.force_login(member.user)
        page = http.get("/emergency/opened/").text
        assert ("duty line" in page) is is_told
        assert "Juniper" not in page
    http.force_login(dana.user)
    assert "duty line" in http.get(f"/cases/{juniper.code}/").text


def test_an_hour_is_told_by_the_clock(mona, dana, juniper, http, live_through):
    live_through(juniper, [3])
    open_juniper(mona, dana)
    http.force_login(dana.user)
    page = " ".join(http.get(f"/cases/{juniper.code}/").text.split())
    reader = page.split("Opened it in an emergency")[1].split("</li>")[0]
    assert re.search(r"\d\d:\d\d to \d\d:\d\d", reader)


def test_every_write_is_refused(subjects, vera, dana, juniper):
    """As it is for who supervises the case: what is 403 or 404 there is so here."""
    open_juniper(vera, dana)
    browser = Client()
    browser.force_login(vera.user)
    assert browser.get(f"/cases/{juniper.code}/").status_code == 200
    tried, wrong = 0, []
    for name, subject, _on_get, on_post in rows():
        if not name.startswith("ratings:") or on_post["sam"] not in (403, 404):
            continue
        tried += 1
        with transaction.atomic():
            status = browser.post(address(name, subject, subjects)).status_code
            transaction.set_rollback(True)
        if status not in (403, 404):
            wrong.append(f"{name} {subject}: {status}")
    assert tried > 50
    assert wrong == []


def test_an_hour_ends_after_it_begins(mona, dana, juniper):
    opened = open_juniper(mona, dana)
    with pytest.raises(IntegrityError), transaction.atomic():
        EmergencyAccess.objects.filter(pk=opened.pk).update(ends_at=opened.starts_at)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_on_postgresql_too(mona, dana, juniper):
    open_juniper(mona, dana)
    assert reads(mona, juniper)
    EmergencyAccess.objects.update(starts_at=days_ago(1), ends_at=timezone.now())
    assert not reads(mona, juniper)


def test_whoever_opened_it_sees_the_phone_number_for_that_hour_alone(http, mona, sam, dana, juniper, live_through):
    live_through(juniper, [3])
    client = juniper.client
    client.phone, client.email = (Sealed(text, client.data_key) for text in ("+44 20 7946 0000", "j@example.org"))
    client.save()
    page = f"/cases/{juniper.code}/"
    open_juniper(mona, dana)
    http.force_login(mona.user)
    text = http.get(page).text
    assert 'href="tel:+442079460000"' in text and "j@example.org" not in text
    http.force_login(sam.user)
    assert "7946" not in http.get(page).text, "who supervises has no need of it"
    EmergencyAccess.objects.update(starts_at=days_ago(1), ends_at=days_ago(0.9))
    http.force_login(mona.user)
    assert http.get(page).status_code == 404


@pytest.mark.parametrize("path", ["/help/", PAGE])
def test_who_may_open_a_case_reads_before_that_it_shows_the_phone_number(path, mona):
    assert "client’s phone number" in " ".join(signed_in(mona).get(path).text.split())
