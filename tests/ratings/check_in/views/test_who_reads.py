"""The page that tells a client who can read what they send."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alliance.models import EmergencyAccess, Episode, Membership, Supervision
from alliance.people.cover import arrange_cover
from alliance.people.emergency import open_in_emergency
from alliance.people.sight import assign_supervision
from ratings.check_in import links
from ratings.models import ClientLink
from tests.courses import answers
from tests.factories import days_ago, editor_of, make_episode, make_member, make_supervision

PAGE = "/c/w/"
NAMES = ("Dana Whitlock", "Noor Haddad", "Sam Okafor", "Eve Castell", "Vera Lund", "Mona Reyes", "Henrik Solberg")


@pytest.fixture
def switched_on(millrace, juniper):
    """The practice names readers, and Juniper agreed that the therapist is named."""
    millrace.names_readers = True
    millrace.save()
    juniper.client.therapist_may_be_named = True
    juniper.client.save()


@pytest.fixture
def page_of(http, opened):
    """`page_of(check_in)`: the page under a fresh link, in plain text."""

    def text(check_in):
        return plain(http.get(opened(check_in).replace("/c/", PAGE)))

    return text


def plain(response):
    assert response.status_code == 200
    return " ".join(re.sub("<[^>]*>", " ", response.text).split()).replace(" .", ".")


def named(page):
    return {name for name in NAMES if name in page}


def test_each_reader_is_named_with_what_they_read_and_since_when(page_of, switched_on, asked, dana, sam):
    page = page_of(asked)
    of_dana, of_sam = page.split("They can read it now")[1].split("In an emergency")[0].split("Sam Okafor")
    assert "Dana Whitlock Your therapist. Reads all that you send. Since " in of_dana
    assert "A supervisor of your therapist. Reads your answers" in of_sam and "Since " in of_sam
    assert "Nobody did so in the last year." in page


def test_the_page_says_nothing_else_about_them(http, opened, switched_on, asked, dana, sam):
    text = http.get(opened(asked).replace("/c/", PAGE)).text
    assert "Sam Okafor" in text
    for hidden in ("@", str(dana.code), str(sam.code), str(sam.user.code), "arranged", "Juniper"):
        assert hidden not in text, hidden


def test_the_way_to_it_stands_where_a_client_answers_and_where_they_look_back(http, opened, switched_on, asked):
    asked.episode.client.consents.create(purpose="history", text_version="2026-11")
    type(asked.episode.client.practice).objects.update(shows_history=True)
    asked.refresh_from_db()
    history = reverse("links:history", args=[links.mint_history_link(editor=editor_of(asked.episode))])
    for address in (opened(asked), history):
        [way] = re.findall(r'href="(/c/w/[^"]+)"', http.get(address).text)
        assert "Dana Whitlock" in plain(http.get(way))


def test_a_practice_that_does_not_want_it_has_no_such_page(http, opened, asked, juniper):
    juniper.client.therapist_may_be_named = True
    juniper.client.save()
    address = opened(asked)
    assert PAGE not in http.get(address).text
    page = http.get(address.replace("/c/", PAGE))
    assert (page.status_code, page.text) == (404, http.get("/c/nonsense/").text)


def test_nobody_is_named_to_a_client_who_did_not_agree_to_it(page_of, switched_on, asked, juniper, dana, mona, sam):
    open_in_emergency(by=mona, therapist=dana, client_name="Juniper", reason="She rang.")
    EmergencyAccess.objects.update(starts_at=days_ago(3), ends_at=days_ago(3) + timedelta(hours=1))
    juniper.client.therapist_may_be_named = False
    juniper.client.save()
    page = page_of(asked)
    assert named(page) == set()
    for told in ("Your therapist", "A supervisor of your therapist", "Somebody opened it on", "leaves out the names"):
        assert told in page


def test_who_covers_is_named_from_their_first_day_on(page_of, switched_on, asked, juniper, noor):
    cover = arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(-1), ends_at=days_ago(-7))
    assert "Noor Haddad" not in page_of(asked)
    cover.starts_at = days_ago(1)
    cover.save()
    assert "Noor Haddad A colleague who stands in for your therapist. Reads all that you send. From " in page_of(asked)


def test_an_assignment_names_its_supervisor_while_it_holds(page_of, switched_on, asked, millrace, dana, mona, sam):
    henrik = make_member(millrace, "Henrik Solberg", "supervisor")
    assign_supervision(supervisor=henrik, therapist=dana, by=mona)
    assert named(page_of(asked)) == {"Dana Whitlock", "Sam Okafor"}, "he has not accepted"
    Supervision.objects.filter(supervisor=henrik).update(accepted_at=days_ago(2), opens_at=days_ago(1))
    assert "Henrik Solberg" in page_of(asked)
    Supervision.objects.filter(supervisor=henrik).update(starts_at=days_ago(3), ends_at=timezone.now())
    assert "Henrik Solberg" not in page_of(asked)


def test_a_supervisor_of_this_case_stands_before_those_of_its_therapist(page_of, switched_on, asked, juniper, eve, sam):
    make_supervision(eve, episode=juniper)
    assert named(page_of(asked)) == {"Dana Whitlock", "Eve Castell"}


def test_an_emergency_is_told_while_it_lasts_and_after_it_without_its_reason(page_of, switched_on, asked, dana, mona):
    open_in_emergency(by=mona, therapist=dana, client_name="Juniper", reason="A canary rang.")
    now = page_of(asked)
    assert "Mona Reyes Somebody who opened your file in an emergency. Sees what a supervisor sees" in now
    assert "Nobody did so" not in now and "talk to your therapist, or call the practice" in now
    EmergencyAccess.objects.update(starts_at=days_ago(3), ends_at=days_ago(3) + timedelta(hours=1))
    after = page_of(asked)
    assert "Mona Reyes" not in after.split("In an emergency")[0]
    assert "Mona Reyes opened it on" in after and "talk to your therapist, or call the practice" in after
    assert "canary" not in now + after


def test_who_opened_it_and_lost_their_place_is_no_reader_any_more(page_of, switched_on, asked, dana, mona):
    open_in_emergency(by=mona, therapist=dana, client_name="Juniper", reason="She rang.")
    Membership.objects.filter(pk=mona.pk).update(ends_at=timezone.now())
    before, after = page_of(asked).split("In an emergency")
    assert "Mona Reyes" not in before
    assert "Mona Reyes opened it on" in after and "open until" not in after, "the hour is not over"


def test_who_reads_what_was_sent_before_is_named_and_an_emergency_of_then(
    page_of, switched_on, asked, juniper, dana, noor, mona, sam
):
    assert "What you sent in other work here" not in page_of(asked)
    before = make_episode(
        noor, client=juniper.client, starts_at=days_ago(90), ends_at=days_ago(20), end_reason="completed"
    )
    open_in_emergency(by=mona, therapist=dana, client_name="Juniper", reason="She rang.")
    EmergencyAccess.objects.update(episode=before)
    page = page_of(asked)
    assert "they can still read it: Noor Haddad Your therapist. Reads all that you send. Mona Reyes" in page
    assert "Nobody did so" not in page
    EmergencyAccess.objects.update(starts_at=days_ago(30), ends_at=days_ago(30) + timedelta(hours=1))
    assert "Mona Reyes opened it on" in page_of(asked)


def test_other_work_that_nobody_can_read_is_not_listed(page_of, switched_on, asked, juniper, noor, sam):
    make_episode(noor, client=juniper.client, starts_at=days_ago(90), ends_at=days_ago(20), end_reason="completed")
    Membership.objects.filter(pk=noor.pk).update(ends_at=days_ago(1))
    assert "What you sent in other work here" not in page_of(asked)


@pytest.mark.parametrize("why", ["used", "voided", "revoked", "expired", "no consent", "switched off", "unknown"])
def test_a_link_that_opens_nothing_tells_nothing(why, http, opened, switched_on, asked, millrace):
    address = opened(asked).replace("/c/", PAGE)
    assert http.get(address).status_code == 200
    if why == "used":
        http.post(address.replace(PAGE, "/c/"), answers(3))
    elif why == "voided":
        session = asked.therapy_session
        session.voided_at, session.voided_by = timezone.now(), asked.episode.therapist
        session.save()
    elif why == "revoked":
        ClientLink.objects.update(revoked_at=timezone.now())
    elif why == "expired":
        ClientLink.objects.update(expires_at=timezone.now())
    elif why == "no consent":
        asked.episode.client.consents.update(withdrawn_at=timezone.now())
    elif why == "switched off":
        millrace.names_readers = False
        millrace.save()
    else:
        address = reverse("links:who-reads", args=["A" * 43])
    page = http.get(address)
    assert (page.status_code, page.text) == (404, http.get("/c/nonsense/").text)


def test_no_link_of_another_kind_opens_it(http, switched_on, juniper):
    for token in (links.mint_preferences_link(juniper.client), links.mint_copy_link(editor=editor_of(juniper))):
        assert http.get(reverse("links:who-reads", args=[token])).status_code == 404


def test_of_a_case_that_ended_its_readers_are_named_as_long_as_they_see_it(page_of, switched_on, asked, dana, sam):
    Episode.objects.update(ends_at=days_ago(2), end_reason="completed")
    assert named(page_of(asked)) == {"Dana Whitlock", "Sam Okafor"}
    Episode.objects.update(ends_at=days_ago(366))
    page = page_of(asked)
    assert named(page.split("In an emergency")[0]) == set()
    assert "Nobody can read it now." in page


def test_it_asks_as_often_for_five_readers_as_for_two(
    http, opened, switched_on, asked, millrace, juniper, dana, noor, sam, mona
):
    address = opened(asked).replace("/c/", PAGE)
    http.get(address)  # statements are built once

    def asked_for(n_readers):
        with CaptureQueriesContext(connection) as found:
            assert len(named(plain(http.get(address)))) == n_readers
        return len(found)

    before = asked_for(2)
    make_supervision(make_member(millrace, "Henrik Solberg", "supervisor"), therapist=dana)
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(1), ends_at=days_ago(-7))
    open_in_emergency(by=mona, therapist=dana, client_name="Juniper", reason="She rang.")
    assert asked_for(5) == before


@pytest.mark.postgres
@pytest.mark.usefixtures("as_application")
def test_the_database_shows_it_to_whoever_has_the_link_and_nothing_of_another_case(
    http, opened, switched_on, asked, sorrel, dana, mona, sam
):
    """Of an emergency alone there are rules: who works here, supervises and covers is no client's record."""
    for name in ("Juniper", "Sorrel"):
        open_in_emergency(by=mona, therapist=dana, client_name=name, reason="She rang.")
    day = days_ago(3)
    EmergencyAccess.objects.filter(episode=asked.episode).update(starts_at=day, ends_at=day + timedelta(hours=1))
    page = plain(http.get(opened(asked).replace("/c/", PAGE)))
    assert named(page.split("In an emergency")[0]) == {"Dana Whitlock", "Sam Okafor"}
    assert page.count("Mona Reyes") == 1


@pytest.mark.postgres
@pytest.mark.usefixtures("as_application")
def test_the_database_shows_who_reads_other_work_of_the_same_client(
    http, opened, switched_on, asked, juniper, noor, dana, mona, sam
):
    before = make_episode(
        noor, client=juniper.client, starts_at=days_ago(90), ends_at=days_ago(20), end_reason="completed"
    )
    open_in_emergency(by=mona, therapist=dana, client_name="Juniper", reason="She rang.")
    EmergencyAccess.objects.update(episode=before)
    page = plain(http.get(opened(asked).replace("/c/", PAGE)))
    assert "they can still read it: Noor Haddad Your therapist. Reads all that you send. Mona Reyes" in page
