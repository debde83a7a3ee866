"""A client's links: who is given one, what each opens, and until when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alliance.access import Denied, Editor
from alliance.models import AuditEvent, Cover, Membership
from ratings.check_in import links
from ratings.models import ClientLink, InstrumentText, Rating
from sessions.models import TherapySession
from tests.factories import days_ago, editor_of, make_episode

KIND = ClientLink.LinkKind
HOUR = timedelta(hours=1)


def test_a_link_keeps_only_the_hash_of_its_key(juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    other = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    assert token != other
    assert len(token) == 43
    stored = [value for row in ClientLink.objects.values() for value in map(str, row.values())]
    assert not [value for value in stored if token in value]


# --- Who may be given one ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("without", ["consent", "hands", ""])
def test_a_client_is_asked_who_agreed_and_of_whom_somebody_looks_after(without, juniper, dana):
    juniper.client.consents.create(purpose="check_in", text_version="2026-11")
    if without == "consent":
        juniper.client.consents.update(withdrawn_at=timezone.now())
    elif without == "hands":
        Membership.objects.filter(pk=dana.pk).update(ends_at=timezone.now())
    assert links.may_be_asked(juniper) is (not without)


@pytest.fixture
def shows(millrace, juniper):
    """The practice shows own answers, and Juniper wants to see them."""
    millrace.shows_history = True
    millrace.save()
    juniper.client.practice = millrace
    return juniper.client.consents.create(purpose="history", text_version="2026-11")


@pytest.mark.parametrize("without", ["consent", "practice"])
def test_own_answers_are_shown_where_the_practice_does_and_the_client_agreed(without, shows, juniper, dana, millrace):
    assert links.shows_history(juniper.client)
    if without == "consent":
        shows.delete()
    else:
        millrace.shows_history = False
    assert not links.shows_history(juniper.client)
    with pytest.raises(links.NotShown):
        links.mint_history_link(editor=Editor(dana, juniper))


# --- Making one -------------------------------------------------------------------------------------------------------


@pytest.fixture
def check_in(juniper, live_through):
    """Of Juniper's only session, unanswered."""
    return live_through(juniper, [None])[0]


def minted(check_in, editor=None):
    return links.mint_check_in_link(check_in=check_in, editor=editor, channel="screen")


def test_a_check_in_is_open_for_as_many_days_as_the_practice_says(check_in, millrace):
    check_in.episode.client.practice.link_days = 5
    minted(check_in)
    ends = ClientLink.objects.get().expires_at - timezone.now()
    assert timedelta(days=5) - HOUR < ends < timedelta(days=5) + HOUR


def test_who_made_a_link_is_on_record_and_in_which_practice(check_in, dana, juniper):
    minted(check_in)
    minted(check_in, editor_of(juniper))
    found = AuditEvent.objects.filter(verb="linked").order_by("pk")
    practice = str(dana.practice.code)
    assert list(found.values_list("actor_code", "practice_code")) == [("", practice), (str(dana.user.code), practice)]


def test_whose_right_is_over_makes_no_link(check_in, dana, juniper):
    editor = editor_of(juniper)
    Membership.objects.filter(pk=dana.pk).update(ends_at=timezone.now())
    with pytest.raises(Denied):
        minted(check_in, editor)
    assert not ClientLink.objects.exists()


def test_the_link_to_ones_own_answers_is_on_record_and_lives_for_half_an_hour(shows, juniper, dana):
    links.mint_history_link(editor=editor_of(juniper))
    link = ClientLink.objects.get()
    assert timedelta(minutes=29) < link.expires_at - timezone.now() < timedelta(minutes=31)
    event = AuditEvent.objects.get(verb="linked")
    assert (event.subject_code, event.actor_code) == (str(link.code), str(dana.user.code))


def test_a_link_to_the_copy_ends_the_one_before_it_of_this_case_and_no_other(shows, juniper, dana):
    again = make_episode(dana, client=juniper.client, ends_at=days_ago(1), end_reason="completed")
    for episode in (again, juniper):
        links.mint_copy_link(editor=editor_of(episode))
    links.mint_history_link(editor=editor_of(juniper))
    revoked = timezone.now() - HOUR
    ended = {"kind": KIND.COPY, "token_hash": "a", "channel": "screen", "expires_at": revoked, "revoked_at": revoked}
    ClientLink.objects.create(client=juniper.client, episode=juniper, **ended)
    links.mint_copy_link(editor=editor_of(juniper))
    live = ClientLink.objects.filter(revoked_at__isnull=True).order_by("pk").values_list("episode", "kind")
    assert list(live) == [(again.pk, KIND.COPY), (juniper.pk, KIND.HISTORY), (juniper.pk, KIND.COPY)]
    assert ClientLink.objects.get(token_hash="a").revoked_at == revoked, "when it ended stays"
    newest = ClientLink.objects.latest("pk")
    assert timedelta(days=14) - HOUR < newest.expires_at - timezone.now() < timedelta(days=14) + HOUR
    assert AuditEvent.objects.filter(verb="linked", subject_code=str(newest.code)).count() == 1


# --- Opening one ------------------------------------------------------------------------------------------------------


@pytest.fixture
def tokens(shows, juniper, check_in):
    """Kind -> the token of a link of Juniper's."""
    return {
        KIND.CHECK_IN: minted(check_in),
        KIND.HISTORY: links.mint_history_link(editor=editor_of(juniper)),
        KIND.COPY: links.mint_copy_link(editor=editor_of(juniper)),
        KIND.PREFERENCES: links.mint_preferences_link(juniper.client),
    }


READ = (KIND.HISTORY, KIND.COPY, KIND.PREFERENCES)


def test_each_opens_what_it_is_for_and_nothing_else(tokens, check_in):
    opened = {(kind, page) for kind, token in tokens.items() for page in READ if links.live_link(token, page)}
    assert opened == {(kind, kind) for kind in READ}
    assert {kind for kind, token in tokens.items() if links.check_in_of_link(token)} == {KIND.CHECK_IN}
    assert links.check_in_of_link(tokens[KIND.CHECK_IN]) == check_in


@pytest.mark.parametrize("gone", ["expires_at", "revoked_at"])
def test_one_that_has_ended_opens_nothing(gone, tokens):
    ClientLink.objects.update(**{gone: timezone.now()})
    assert not any(links.live_link(tokens[page], page) for page in READ)
    assert links.check_in_of_link(tokens[KIND.CHECK_IN]) is None


def test_at_the_very_instant_of_its_end_it_opens_nothing(tokens, check_in, time_machine):
    end = timezone.now()
    ClientLink.objects.update(expires_at=end)
    time_machine.move_to(end, tick=False)
    assert links.live_link(tokens[KIND.COPY], KIND.COPY) is links.check_in_of_link(tokens[KIND.CHECK_IN]) is None
    TherapySession.objects.update(voided_at=end, voided_by=check_in.episode.therapist)
    assert links.opened(str(check_in.code)) is None


def test_all_that_its_pages_need_comes_in_one_statement(check_in, dana, django_assert_num_queries):
    token = minted(check_in)
    with django_assert_num_queries(1):
        found = links.check_in_of_link(token)
        assert found.text.instrument and found.therapy_session.episode == found.episode
        assert found.episode.client.display_name == "Juniper" and found.episode.client.practice == dana.practice


@pytest.mark.parametrize("token", ["", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 43 + "\n"])
def test_what_is_no_key_is_not_looked_for(token, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert links.live_link(token, KIND.COPY) is links.check_in_of_link(token) is None


def test_a_key_that_nobody_was_given_opens_nothing(tokens):
    assert links.live_link("A" * 43, KIND.COPY) is links.check_in_of_link("A" * 43) is None


def ended(check_in, days):
    ClientLink.objects.update(expires_at=days_ago(days))


def voided(check_in, days):
    # Voided by whom says nothing here.
    TherapySession.objects.update(voided_at=days_ago(days), voided_by=check_in.episode.therapist)


@pytest.mark.parametrize("over", [ended, voided])
def test_what_was_typed_before_it_was_over_is_taken_for_so_long_and_no_longer(over, check_in):
    token = minted(check_in)
    over(check_in, 0.5)
    assert links.check_in_of_link(token) is None
    assert links.check_in_of_link(token, grace=links.TYPING_GRACE) == check_in
    over(check_in, 1.5)
    assert links.check_in_of_link(token, grace=links.TYPING_GRACE) is None


def test_a_check_in_opens_by_its_own_code_alone(check_in, sorrel, live_through):
    live_through(sorrel, [None])
    voided(check_in, 0.5)
    assert links.opened(str(check_in.code)) is None
    assert links.opened(str(check_in.code), grace=links.TYPING_GRACE) == check_in
    TherapySession.objects.update(voided_at=None, voided_by=None)
    assert links.opened(str(check_in.code)) == check_in
    assert links.opened(str(sorrel.code)) is None


def facts(check_in):
    found = links.opened(str(check_in.code))
    return found.agrees, found.is_in_hands, found.client_mode


def test_it_says_whether_the_client_agrees_somebody_reads_it_and_how_it_was_answered(
    check_in, juniper, dana, noor, live_through
):
    live_through(make_episode(noor, "Wren"), [3])  # another client who agrees, is in good hands, and has answered
    assert facts(check_in) == (True, True, None)
    juniper.client.consents.filter(purpose="check_in").update(withdrawn_at=timezone.now())
    juniper.client.consents.create(purpose="history", text_version="2026-11")
    Membership.objects.filter(pk=dana.pk).update(ends_at=timezone.now())
    assert facts(check_in) == (False, False, None)
    text = InstrumentText.objects.select_related("instrument").first()
    made = {"episode": juniper, "therapy_session": check_in.therapy_session, "instrument": text.instrument}
    made |= {"text": text, "items_answered": 1, "answered_at": timezone.now()}
    Rating.objects.create(**made, rater="client", mode="link", replaced_at=timezone.now(), replaced_reason="typo")
    assert facts(check_in)[2] is None
    Rating.objects.create(**made, rater="client", mode="paper")
    assert facts(check_in)[2] == "paper"


def test_it_says_whether_somebody_stands_in_for_the_therapist(check_in, sorrel, noor):
    times = {"starts_at": days_ago(1), "ends_at": days_ago(-7)}
    Cover.objects.create(covering=noor, episode=sorrel, **times)
    assert not links.is_covered(check_in)
    Cover.objects.create(covering=noor, episode=check_in.episode, **times)
    assert links.is_covered(check_in)


# --- Ending -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "stay"), [(0.9, set(KIND)), (1.1, {KIND.CHECK_IN, KIND.PREFERENCES})])
def test_what_read_only_is_dropped_a_day_after_its_end(days, stay, tokens):
    ClientLink.objects.update(expires_at=days_ago(days))
    links.drop_ended_links()
    assert set(ClientLink.objects.values_list("kind", flat=True)) == stay
