import pytest

from alliance.access import check_settle
from alliance.models import Membership, SightAnswer
from alliance.people.case_offers import end_case_offer, offer_case
from alliance.people.cover import arrange_cover
from alliance.people.readers import readers_of
from alliance.people.sight import answer_sight, assign_supervision
from tests.factories import days_ago, editor_of, make_episode, make_member, make_supervision


def names(episode):
    return [(reader.name, reader.is_responsible, reader.why) for reader in readers_of(episode).all]


def test_each_reader_of_a_case_is_named_with_why(dana, juniper, sorrel, noor, sam, eve, vera):
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(1), ends_at=days_ago(-7))
    assert names(juniper) == [
        ("Dana Whitlock", True, "Therapist of this case"),
        ("Noor Haddad", True, "Covers for the therapist"),
        ("Sam Okafor", False, "Supervises the therapist"),
    ]
    assert names(sorrel)[1:] == [("Eve Castell", False, "Supervises this case")]


def test_nobody_has_read_a_case_since_before_it_began(dana, sam):
    episode = make_episode(dana, "Fern", starts_at=days_ago(40))
    assert {reader.starts_at for reader in readers_of(episode).all} == {episode.starts_at}


def test_a_case_that_nobody_is_responsible_for_says_so(dana, juniper, sam):
    assert readers_of(juniper).responsible
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(1))
    assert not readers_of(juniper).responsible


@pytest.mark.parametrize(
    ("kind", "why"),
    [("hand-over", "Is asked to take the case over"), ("cover", "Is asked to cover for the therapist")],
)
def test_a_colleague_to_whom_the_case_is_offered_is_told_as_one_who_is_to_read_it(kind, why, dana, juniper, noor, mona):
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(-7))
    until = days_ago(-7) if kind == "cover" else None
    offer = offer_case(right=check_settle(mona, juniper.code), to=noor, kind=kind, covers_until=until)
    [row] = readers_of(juniper).asked
    assert (row.name, row.why, row.asked_by, row.is_accepted) == ("Noor Haddad", why, "Mona Reyes", False)
    end_case_offer(offer, mona)
    assert readers_of(juniper).asked == []


def test_it_asks_as_often_for_three_readers_as_for_one(dana, juniper, sorrel, sam, noor, django_assert_num_queries):
    with django_assert_num_queries(5):
        readers_of(juniper)
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(1), ends_at=days_ago(-7))
    make_episode(noor, "Wren")
    with django_assert_num_queries(5):
        assert len(readers_of(juniper).all) == 3


@pytest.mark.parametrize(("opens_in", "may"), [(-1, False), (1, True), (None, True)])
def test_a_day_passed_in_silence_leaves_nothing_to_answer(opens_in, may, http, dana, millrace, juniper, live_through):
    live_through(juniper, [3])
    henrik = make_member(millrace, "Henrik Solberg", "supervisor")
    opens_at = None if opens_in is None else days_ago(-opens_in)
    make_supervision(henrik, therapist=dana, starts_at=days_ago(2), accepted_at=None, opens_at=opens_at)
    http.force_login(dana.user)
    text = http.get(f"/cases/{juniper.code}/").text
    assert ("Agree or object" in text) is may
    assert "Asked for, not open yet" in text and "You agreed." not in text


def test_who_has_answered_is_not_asked_to_agree_or_object_once_more(http, dana, mona, millrace, juniper, live_through):
    live_through(juniper, [3])
    henrik = make_member(millrace, "Henrik Solberg", "supervisor")
    row = assign_supervision(supervisor=henrik, therapist=dana, by=mona)
    http.force_login(dana.user)
    page = f"/cases/{juniper.code}/"
    assert "Agree or object" in http.get(page).text
    answer_sight(supervision=row, answer=SightAnswer.OBJECT, user=dana.user)
    assert "Change your answer" in http.get(page).text
    answer_sight(supervision=row, answer=SightAnswer.AGREE, user=dana.user)
    text = http.get(page).text
    assert "You agreed." in text and "Agree or object" not in text and "Change your answer" not in text


def test_a_case_says_whether_its_client_can_open_the_list(http, dana, millrace, juniper, live_through):
    live_through(juniper, [3])
    http.force_login(dana.user)
    told, without_names = "the client can read this list in plain words", "as the client did not agree"
    assert told not in http.get(f"/cases/{juniper.code}/").text
    millrace.names_readers = True
    millrace.save()
    text = http.get(f"/cases/{juniper.code}/").text
    assert told in text and without_names in text
    juniper.client.therapist_may_be_named = True
    juniper.client.save()
    assert without_names not in http.get(f"/cases/{juniper.code}/").text
