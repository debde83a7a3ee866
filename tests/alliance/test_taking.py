"""Who may answer the offer of a case, and with which right a therapist takes it."""

import pytest
from django.utils import timezone

from alliance.access import Denied, NotVisible
from alliance.models import CaseOffer, Membership, SightAnswer
from alliance.taking import check_offer_answer, check_take, get_offer_or_404, offer_answers, offers_asked_of
from tests.factories import days_ago, make_episode, make_member

ACCEPT, DECLINE, AGREE, OBJECT = SightAnswer
STATES = {
    "waits": {"opens_at": days_ago(-1)},
    "objected to": {"opens_at": None, "objected_at": days_ago(0.1)},
    "open": {"opens_at": days_ago(0.01)},
}


@pytest.fixture
def offer(juniper, noor, mona):
    """Dana leaves, and Noor is asked to take Juniper's case: open since the day is over."""
    Membership.objects.filter(pk=juniper.therapist_id).update(ends_at=days_ago(-9))
    return CaseOffer.objects.create(
        episode=juniper, to=noor, kind="hand-over", asked_by=mona, asked_at=days_ago(1), opens_at=days_ago(0.01)
    )


@pytest.fixture
def ida(millrace):
    """The other manager."""
    return make_member(millrace, "Ida Berg", "manager")


def said_by(member):
    """What this person may say to each offer that they are asked about."""
    return [offer_answers(one) for one in offers_asked_of(member.user)]


@pytest.mark.parametrize(
    ("state", "colleague", "therapist", "manager"),
    [
        ("waits", [DECLINE], [AGREE, OBJECT], [AGREE]),
        ("objected to", [DECLINE], [AGREE], [AGREE]),
        ("open", [ACCEPT, DECLINE], [], []),
    ],
)
def test_the_colleague_takes_what_is_open_and_others_answer_before(
    state, colleague, therapist, manager, offer, dana, noor, ida
):
    CaseOffer.objects.filter(pk=offer.pk).update(**STATES[state])
    assert [said_by(member) for member in (noor, dana, ida)] == [[colleague], [therapist], [manager]]


@pytest.mark.parametrize("state", STATES)
def test_who_asked_has_nothing_to_answer_and_nobody_else_is_shown_it(state, offer, mona, sam, otis, millrace):
    CaseOffer.objects.filter(pk=offer.pk).update(**STATES[state])
    olga = make_member(otis.practice, "Olga Weir", "manager")
    assert [said_by(one) for one in (mona, sam, otis, olga, make_member(millrace, "Kai"))] == [[[]], [], [], [], []]


@pytest.mark.parametrize("since", ["starts_at", "manager_since"])
def test_who_became_a_manager_less_than_a_day_before_it_was_asked_does_not_agree(since, offer, ida):
    CaseOffer.objects.filter(pk=offer.pk).update(**STATES["waits"])
    Membership.objects.filter(pk=ida.pk).update(**{since: days_ago(1.9)})
    assert said_by(ida) == [[]]
    Membership.objects.filter(pk=ida.pk).update(**{since: days_ago(2.1)})
    assert said_by(ida) == [[AGREE]]


def test_who_is_no_manager_any_more_does_not_agree(offer, ida):
    CaseOffer.objects.filter(pk=offer.pk).update(**STATES["waits"])
    Membership.objects.filter(pk=ida.pk).update(is_manager=False, is_therapist=True)
    assert said_by(ida) == []


def test_who_became_a_manager_too_late_is_no_second_one_by_a_place_elsewhere(offer, ida, otis):
    CaseOffer.objects.filter(pk=offer.pk).update(**STATES["waits"])
    Membership.objects.filter(pk=ida.pk).update(manager_since=days_ago(0.5))
    make_member(otis.practice, "Ida", "manager", user=ida.user)
    assert said_by(ida) == [[]]


def test_the_therapist_agrees_as_such_and_not_as_a_manager(offer, dana):
    CaseOffer.objects.filter(pk=offer.pk).update(**STATES["waits"])
    (asked,) = offers_asked_of(dana.user)
    assert (asked.may_object, asked.may_agree) == (True, False)


def test_the_colleague_who_manages_too_is_not_the_second_person(offer, noor):
    CaseOffer.objects.filter(pk=offer.pk).update(**STATES["waits"])
    Membership.objects.filter(pk=noor.pk).update(is_manager=True)
    assert said_by(noor) == [[DECLINE]]


def test_who_is_no_therapist_any_more_takes_nothing(offer, noor):
    Membership.objects.filter(pk=noor.pk).update(is_therapist=False, is_supervisor=True)
    assert said_by(noor) == [[]]


def test_an_offer_that_was_answered_asks_nobody(offer, noor, dana, ida):
    CaseOffer.objects.filter(pk=offer.pk).update(ended_at=timezone.now())
    assert [said_by(member) for member in (noor, dana, ida)] == [[], [], []]


def test_an_offer_is_there_for_whom_it_concerns(offer, noor, dana, ida, sam):
    assert [get_offer_or_404(member.user, offer.code) for member in (noor, dana, ida)] == [offer] * 3
    with pytest.raises(NotVisible):
        get_offer_or_404(sam.user, offer.code)


def test_each_answers_with_their_own_place_in_the_practice(offer, noor, dana, otis):
    make_member(otis.practice, "Noor", user=noor.user, starts_at=days_ago(2000))
    assert check_offer_answer(noor.user, offer, ACCEPT) == noor
    for member, answer in ((dana, ACCEPT), (noor, AGREE), (otis, DECLINE)):
        with pytest.raises(Denied):
            check_offer_answer(member.user, offer, answer)


def test_one_offer_says_nothing_of_another(offer, noor, dana, mona):
    other = CaseOffer.objects.create(
        episode=make_episode(dana, "Wren"), to=noor, kind="hand-over", asked_by=mona, opens_at=days_ago(-1)
    )
    assert check_offer_answer(noor.user, offer, ACCEPT) == noor
    with pytest.raises(Denied):
        check_offer_answer(noor.user, other, ACCEPT)


# --- The right to take it ---------------------------------------------------------------------------------------------


def test_the_right_is_of_the_colleague_over_the_case_that_was_offered(sorrel, offer, noor, juniper):
    right = check_take(noor.user, offer)
    assert (right.membership, right.episode, right.offer) == (noor, juniper, offer)


def test_a_case_that_needs_nobody_any_more_is_not_taken(offer, noor, dana):
    Membership.objects.filter(pk=dana.pk).update(ends_at=None)
    with pytest.raises(Denied):
        check_take(noor.user, offer)


@pytest.mark.parametrize("ask", ["check_settle_again", "check_hand_on_again"])
def test_each_write_asks_whether_the_right_still_holds(ask, offer, noor):
    right = check_take(noor.user, offer)
    getattr(right, ask)()
    CaseOffer.objects.filter(pk=offer.pk).update(**STATES["objected to"])
    with pytest.raises(Denied):
        getattr(right, ask)()


def test_the_right_is_good_for_rows_of_that_case_alone(offer, noor, juniper, sorrel):
    right = check_take(noor.user, offer)
    own = CaseOffer(episode=juniper)
    right.check_rows(own)
    with pytest.raises(Denied):
        right.check_rows(own, CaseOffer(episode=sorrel))
