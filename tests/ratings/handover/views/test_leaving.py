"""Somebody leaves: a manager settles the cases by code and count."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from alliance.acting import as_program
from alliance.dates import DateFormat, written
from alliance.models import AuditEvent, CaseOffer, Cover, Episode, Membership, Supervision
from ratings.detection.reassess import reassess
from ratings.handover.views import leaving as views
from tests.factories import days_ago, local_day, make_episode, make_member, make_therapy_session

PEOPLE = "/people/"


def day(offset):
    return (local_day() + timedelta(days=offset)).isoformat()


@pytest.fixture
def leaving(http, mona, dana, juniper, sorrel):
    """The address at which Mona removes Dana's access, signed in."""
    http.force_login(mona.user)
    return reverse("ratings:member-end", args=[dana.code])


def named(case):
    return f"case_{case.code}"


def test_the_page_shows_codes_and_counts_and_no_client(http, leaving, juniper, sorrel, live_through):
    live_through(juniper, [3, 3], comment="It helped to talk.")
    make_therapy_session(juniper, starts_at=days_ago(-2))
    page = http.get(leaving).text
    assert "Remove Dana Whitlock’s access?" in page
    assert "2 open cases need somebody." in page
    assert str(juniper.code)[:8] in page
    assert "2 sessions" in page
    assert "next:" in page
    for secret in ("Juniper", "Sorrel", "It helped", "noticed"):
        assert secret not in page


def test_nobody_without_cases_is_said_to_have_some(http, leaving, noor):
    page = http.get(reverse("ratings:member-end", args=[noor.code])).text
    assert "No open case needs somebody." in page


def test_without_a_choice_for_each_case_nobody_leaves(http, leaving, dana, juniper, sorrel, noor):
    page = http.post(leaving, {"when": "now", named(juniper): "end"})
    assert page.status_code == 422
    assert "Choose what happens to this case." in page.text
    dana.refresh_from_db()
    assert dana.ends_at is None
    assert not Episode.objects.filter(ends_at__isnull=False).exists()


def test_two_cases_are_offered_and_the_place_ends(http, leaving, dana, juniper, sorrel, noor, sam, mailoutbox):
    sent = {
        "when": "now",
        named(juniper): f"hand-over:{noor.code}",
        named(sorrel): f"cover:{noor.code}",
        "covered_until": day(20),
    }
    assert http.post(leaving, sent).url == PEOPLE
    assert "Dana Whitlock no longer has access." in http.get(PEOPLE).text
    assert {(offer.episode, offer.to, offer.kind) for offer in CaseOffer.objects.all()} == {
        (juniper, noor, "hand-over"),
        (sorrel, noor, "cover"),
    }
    assert {address for mail in mailoutbox for address in mail.to} == {dana.user.email, noor.user.email}
    assert Supervision.objects.get(supervisor=sam).ends_at is not None
    page = http.get(PEOPLE).text
    assert "2 cases without a therapist." in page
    settling = reverse("ratings:cases-settle", args=[dana.practice.code])
    assert "offered to Noor Haddad, not accepted yet" in http.get(settling).text
    assert "no longer has access" in http.get(leaving).text
    ended = Membership.objects.get(pk=dana.pk).ends_at
    assert http.post(leaving, {"when": "now"}).status_code == 200
    assert Membership.objects.get(pk=dana.pk).ends_at == ended


def test_who_is_asked_to_take_a_case_reads_it_only_after_saying_yes(
    http, leaving, dana, juniper, sorrel, noor, live_through
):
    live_through(juniper, [3], comment="It helped to talk.")
    reassess(sorrel)
    sent = {"when": "now", named(juniper): f"hand-over:{noor.code}", named(sorrel): f"cover:{noor.code}"}
    http.post(leaving, sent | {"covered_until": day(20)})
    http.force_login(noor.user)
    page = http.get(reverse("alliance:asked"))
    said = " ".join(page.text.split())
    assert f"To take over case {str(juniper.code)[:8]}" in said
    assert f"To cover case {str(sorrel.code)[:8]}" in said
    assert "It can be accepted from" in page.text and 'value="accept"' not in page.text
    for secret in ("Juniper", "Sorrel", "It helped"):
        assert secret not in page.text
    offer = CaseOffer.objects.get(episode=sorrel)
    answer = reverse("ratings:case-offer-answer", args=[offer.code])
    assert http.post(answer, {"answer": "accept"}).status_code == 403
    CaseOffer.objects.update(opens_at=days_ago(0.001))
    assert 'value="accept"' in http.get(reverse("alliance:asked")).text
    assert http.post(answer, {"answer": "accept"}).url == reverse("ratings:case", args=[sorrel.code])
    assert http.get(reverse("ratings:case", args=[sorrel.code])).status_code == 200
    assert http.get(reverse("ratings:case", args=[juniper.code])).status_code == 404


def test_a_cover_needs_a_last_day(http, leaving, juniper, sorrel, noor):
    sent = {"when": "now", named(juniper): f"cover:{noor.code}", named(sorrel): "end"}
    assert "Choose the last day of the cover." in http.post(leaving, sent).text
    assert "This day is over." in http.post(leaving, sent | {"covered_until": day(-1)}).text
    assert not Cover.objects.exists()


def test_somebody_leaves_after_a_coming_day(http, leaving, dana, juniper, sorrel, noor):
    for last_day, sentence in (("", "Choose a day."), (day(-1), "This day is over."), (day(4000), "Check the year.")):
        assert sentence in http.post(leaving, {"when": "later", "last_day": last_day}).text
    assert http.post(leaving, {"when": "later", "last_day": day(9), named(juniper): "end"}).url == PEOPLE
    dana.refresh_from_db()
    assert local_day(dana.ends_at).isoformat() == day(10)
    page = http.get(PEOPLE).text
    assert "leaves after" in page
    assert "One open case needs somebody" in page
    last_day = written(date.fromisoformat(day(9)), DateFormat.SHORT_YEAR)
    assert f'value="{last_day}"' in http.get(leaving).text
    assert http.post(leaving, {"when": "later", "last_day": day(12)}).url == PEOPLE
    assert Episode.objects.filter(ends_at__isnull=True).count() == 1


def test_a_case_that_opens_meanwhile_is_asked_about_too(http, leaving, dana, juniper, sorrel, monkeypatch):
    late = []
    leave = views.leave

    def open_first(**given):
        with as_program():
            late.append(make_episode(dana, "Wren"))
        leave(**given)

    monkeypatch.setattr(views, "leave", open_first)
    page = http.post(leaving, {"when": "now", named(juniper): "end", named(sorrel): "end"})
    assert page.status_code == 422
    assert "A case was opened meanwhile." in page.text
    dana.refresh_from_db()
    assert dana.ends_at is None
    assert Episode.objects.filter(ends_at__isnull=True).count() == 3


def test_a_role_goes_and_the_place_stays(http, leaving, dana, juniper, sorrel, noor):
    assert "they keep their other roles" not in http.get(leaving).text
    Membership.objects.filter(pk=dana.pk).update(is_supervisor=True)
    assert "they keep their other roles" in http.get(leaving).text
    sent = {"when": "role", named(juniper): f"hand-over:{noor.code}", named(sorrel): f"hand-over:{noor.code}"}
    assert http.post(leaving, sent).url == PEOPLE
    dana.refresh_from_db()
    assert (dana.is_therapist, dana.ends_at) == (False, None)


def test_the_last_manager_stays(http, mona):
    http.force_login(mona.user)
    page = reverse("ratings:member-end", args=[mona.code])
    response = http.post(page, {"when": "now"})
    assert "This is the last manager" in response.text
    assert "<title>Error: " in response.text
    assert Membership.objects.get(pk=mona.pk).ends_at is None
    make_member(mona.practice, "Max", "manager")
    response = http.post(page, {"when": "now"}, follow=True)
    assert response.redirect_chain == [("/", 302), ("/no-place/", 302)]
    assert http.get(PEOPLE).status_code == 403


# --- Cases without a therapist ----------------------------------------------------------------------------------------


def test_what_somebody_left_open_stays_on_the_list_until_it_is_settled(http, mona, lee, noor, otis):
    left = [make_episode(lee, name) for name in ("Brook", "Alder", "Teasel")]
    make_episode(make_member(otis.practice, "Olga", ends_at=days_ago(1)), "Rowan")
    http.force_login(mona.user)
    assert "3 cases without a therapist." in http.get(PEOPLE).text
    page = reverse("ratings:cases-settle", args=[mona.practice.code])
    text = http.get(page).text
    assert "3 open cases need somebody." in text
    assert "Brook" not in text
    sent = {named(left[0]): f"hand-over:{noor.code}", named(left[1]): "end"}
    assert http.post(page, sent).url == page
    assert "2 open cases need somebody." in http.get(page).text, "also the one that is offered to somebody"
    assert http.post(page, {named(case): "end" for case in (left[0], left[2])}).url == page
    assert "None. Every open case has a therapist." in http.get(page).text
    assert "without a therapist" not in http.get(PEOPLE).text
    assert AuditEvent.objects.filter(verb="listed", subject_type="episode").exists()


def test_a_made_up_choice_is_refused(http, mona, lee, noor, otis):
    left = make_episode(lee, "Brook")
    http.force_login(mona.user)
    page = reverse("ratings:cases-settle", args=[mona.practice.code])
    for choice in ("burn", f"hand-over:{otis.code}", f"hand-over:{mona.code}", "hand-over:"):
        assert http.post(page, {named(left): choice}).status_code == 422
    assert not Episode.objects.filter(previous=left).exists()


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_asks_as_often_for_three_as_for_one(http, mona, lee, noor, n, django_assert_num_queries):
    for number in range(n):
        make_therapy_session(make_episode(lee, f"Client {number}"), starts_at=days_ago(-2))
    http.force_login(mona.user)
    page = reverse("ratings:cases-settle", args=[mona.practice.code])
    http.get(page)
    with django_assert_num_queries(15):
        http.get(page)


def test_what_changes_is_shown_before_anything_is_written(http, leaving, dana, juniper, sorrel, noor):
    make_episode(noor)
    sent = {"when": "now", named(juniper): f"hand-over:{noor.code}", named(sorrel): "end", "look": "yes"}
    page = http.post(leaving, sent)
    text = " ".join(page.text.split())
    assert page.status_code == 200 and "What changes" in text
    assert "<bdi>Noor Haddad</bdi> </th> <td>1</td> <td>2</td>" in text
    assert page.context["form"][named(juniper)].value() == sent[named(juniper)], "what was chosen stays"
    assert (page.context["outcome"].total_now, page.context["outcome"].total_then) == (3, 3)
    assert not Episode.objects.filter(ends_at__isnull=False).exists()
    assert http.post(leaving, {"when": "now", "look": "yes"}).status_code == 422
