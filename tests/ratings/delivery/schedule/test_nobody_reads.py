"""Nobody is asked whose answers no living member can read: no mail, no reminder, no form."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from alliance.models import Membership
from ratings.check_in import actions, links
from ratings.delivery import schedule
from ratings.models import CheckIn, Delivery, Rating
from tests.courses import OWN_PHONE, answers
from tests.factories import days_ago, editor_of, make_episode
from tests.ratings.delivery.conftest import keys, run


def leaves(member, at=None):
    Membership.objects.filter(pk=member.pk).update(ends_at=at or timezone.now() - timedelta(seconds=1))


def loses_the_role(member):
    Membership.objects.filter(pk=member.pk).update(is_therapist=False, is_manager=True)


def is_shut_out(member):
    member.user.is_active = False
    member.user.save()


GONE = [leaves, loses_the_role, is_shut_out]


@pytest.fixture
def reminder(due_message):
    """Juniper's check-in was sent, and its reminder is due."""
    run()
    Delivery.objects.waiting().filter(kind="reminder").update(due_at=timezone.now())
    return Delivery.objects.get(kind="reminder")


@pytest.mark.parametrize("goes", GONE)
def test_no_reminder_goes_out_once_the_therapist_has_gone(reminder, dana, goes):
    goes(dana)
    assert run() == "1 dropped.\n"
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("goes", GONE)
def test_no_first_message_goes_out_either(due_message, dana, goes):
    goes(dana)
    assert run() == "1 dropped.\n"
    assert not mail.outbox


def test_a_member_who_leaves_on_a_coming_day_reads_until_then(reminder, dana):
    leaves(dana, days_ago(-1))
    assert run() == "1 sent.\n"


def test_none_is_made_for_a_session_that_nobody_would_read_about(live, juniper, reachable, log, dana):
    check_in = log(reachable(juniper))
    Delivery.objects.all().delete()
    schedule.add_first(check_in)
    assert Delivery.objects.count() == 1
    Delivery.objects.all().delete()
    leaves(dana)
    schedule.add_first(CheckIn.objects.get())
    assert not Delivery.objects.exists()
    assert not links.may_be_asked(juniper)


@pytest.fixture
def address(reminder):
    return reverse("links:check-in", args=keys(mail.outbox[0].body)[:1])


@pytest.mark.parametrize("goes", GONE)
def test_the_link_says_that_nobody_reads_it_and_takes_no_answers(http, address, dana, live, goes):
    assert "Goes to your therapist" in http.get(address).text
    goes(dana)
    for page in (http.get(address), http.post(address, answers(3) | {"comment": "Not lost."})):
        assert page.status_code == 410
        assert "Nobody reads this check-in any more." in page.text
        assert "Goes to your therapist" not in page.text
        assert live.crisis_phone in page.text
    assert "Not lost." in page.text
    assert not Rating.objects.filter(rater="client").exists()


def test_the_page_names_who_is_responsible_now(http, address, dana, noor, juniper):
    leaves(dana)
    make_episode(noor, client=juniper.client)
    page = http.get(address).text
    assert "Somebody else at Millrace Practice looks after you now." in page
    assert "Noor" not in page
    juniper.client.therapist_may_be_named = True
    juniper.client.save()
    assert "Noor Haddad looks after you now." in http.get(address).text


def test_answers_that_were_sent_can_no_longer_be_changed(http, address, dana):
    assert http.post(address, answers(3) | OWN_PHONE).status_code == 303
    assert http.get(reverse("links:check-in-change")).status_code == 200
    leaves(dana)
    assert http.get(reverse("links:check-in-change")).status_code == 410
    assert http.post(reverse("links:check-in-change"), answers(1)).status_code == 410
    assert Rating.objects.get(rater="client").answers == answers(3)
    assert "there for your therapist to read" not in http.get(reverse("links:check-in-sent")).text


def test_an_answer_that_waited_for_the_lock_is_judged_after_it(http, address, dana, monkeypatch):
    """The therapist leaves between the look at the page and the write."""
    lock = actions.lock_episode
    monkeypatch.setattr(actions, "lock_episode", lambda episode: (leaves(dana), lock(episode))[1])
    page = http.post(address, answers(3))
    assert page.status_code == 410
    assert not Rating.objects.filter(rater="client").exists()


def test_a_client_still_sees_the_own_answers_and_who_reads_them(http, juniper, dana, live_through, millrace):
    live_through(juniper, [3])
    millrace.shows_history = True
    millrace.save()
    juniper.client.consents.create(purpose="history", text_version="2026-11")
    address = reverse("links:history", args=[links.mint_history_link(editor=editor_of(juniper))])
    said = "Your therapist sees every answer"
    assert said in http.get(address).text
    leaves(dana)
    page = http.get(address)
    assert page.status_code == 200
    assert said not in page.text
    assert "Nobody reads these answers any more." in page.text
