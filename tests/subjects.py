"""What the routes are asked about, by the words of the table in `tests/test_access_matrix.py`."""

from uuid import uuid4

import pytest
from django.utils import timezone

from alliance.access import check_settle
from alliance.accounts.digests import mint_digest_link
from alliance.crypto import Sealed
from alliance.drafts.actions import keep_draft
from alliance.drafts.shown import ShownForm
from alliance.models import BrowserSession, CaseJoin, Digest, Erasure
from alliance.people.case_offers import offer_case
from alliance.people.cover import arrange_cover
from alliance.people.sight import assign_supervision
from ratings.check_in import links
from ratings.check_in.links import mint_preferences_link
from ratings.detection.stored import current_version
from ratings.exchange.actions import make_export
from ratings.importing import actions as importing
from ratings.models import CheckIn, Draw, Meeting, Rating, Standing
from ratings.supervision.actions import ask_for_supervision
from sessions.models import Leave
from sessions.plan import actions as plan
from tests.courses import consent
from tests.factories import days_ago, editor_of, local_day, make_episode, make_member, make_therapy_session


@pytest.fixture
def subjects(millrace, dana, noor, otis, sam, vera, eve, mona, lee, juniper, sorrel, live_through):
    """What the routes are asked about, by the word in the table; and the cookie of a browser that sent its answers."""
    used, waiting = live_through(juniper, [3, None])
    live_through(sorrel, [3])
    millrace.shows_history = True  # juniper agreed to it, sorrel did not
    millrace.names_readers = juniper.client.therapist_may_be_named = True
    millrace.save()
    juniper.client.save()
    juniper.client.consents.create(purpose="history", text_version="2026-11")
    planned = make_therapy_session(juniper, starts_at=days_ago(-1))
    wish = Rating.objects.get(check_in=used)
    wish.pk, wish.code, wish.check_in, wish.bring_up = None, uuid4(), None, "gently"
    wish.therapy_session = make_therapy_session(juniper, starts_at=days_ago(30))
    wish.save()
    drawn = {"is_drawn": True, "chance": 0.05, "version": current_version(millrace)}
    Draw.objects.create(episode=juniper, therapy_session=wish.therapy_session, **drawn)
    leave = Leave.objects.create(therapist=dana, starts_at=days_ago(-20), ends_at=days_ago(-30))

    voided = make_therapy_session(juniper, starts_at=days_ago(4), voided_at=days_ago(3), voided_by=dana)

    covered = make_episode(noor, "Wren")
    live_through(covered, [3])
    cover = arrange_cover(right=editor_of(covered), covering=dana, starts_at=days_ago(1), ends_at=days_ago(-7))
    past = Meeting.objects.create(supervisor=sam, therapist=dana, closed_at=days_ago(7))
    for episode in (juniper, covered):
        sealed = Sealed("Ring.", episode.client.data_key)
        past.next_steps.create(episode=episode, text=sealed, due_on=local_day(), agreed_by=sam)

    typed = ShownForm(dana.user.code, uuid4(), "/cases/new/")

    left = make_episode(lee, "Hazel")
    before = make_episode(dana, "Alder", ends_at=days_ago(3), end_reason="transferred")

    def minted(check_in):
        return links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")

    return {
        "": [],
        "juniper": [juniper.code],
        "sorrel": [sorrel.code],
        "nothing": ["00000000-0000-4000-8000-000000000000"],
        "planned": [planned.code],
        "leave": [leave.code],
        "voided": [voided.code],
        "covered": [covered.code],
        "cover": [cover.code],
        "case_offer": [offer_case(right=check_settle(mona, left.code), to=noor, kind="hand-over").code],
        "held": [used.therapy_session.code],
        "drawn": [wish.therapy_session.code],
        "elsewhere": [sorrel.therapy_sessions.first().code],
        "goal": [plan.agree_goal(editor=editor_of(juniper), text="We are working on sleep.").code],
        "task": [plan.agree_task(editor=editor_of(juniper), activity="Walking.", modality="doing").code],
        "after": [make_episode(noor, previous=before, client=before.client).code],
        "practice": [millrace.code],
        "to_erase": [before.client.code],
        "elsewhere_client": [make_episode(otis, "Aspen").client.code],
        "erased": [_erased(millrace, mona).code],
        "erased_elsewhere": [_erased(otis.practice, otis).code],
        "check_in": [waiting.code],
        "wish": [wish.code],
        "token": [minted(waiting)],
        "used": [minted(used)],
        "unread": [minted(_of_nobody(lee, waiting.text))],
        "history": [links.mint_history_link(editor=editor_of(juniper))],
        "copy": [links.mint_copy_link(editor=editor_of(juniper))],
        "preferences": [mint_preferences_link(juniper.client)],
        "stop": [mint_digest_link(Digest.objects.create(user=dana.user, due_at=days_ago(-7)))],
        "unknown": ["A" * 43],
        "malformed": ["nonsense"],
        "member": [noor.code],
        "stranger": [otis.code],
        "supervision": [sam.supervisions_given.get().code],
        "asked": [assign_supervision(supervisor=vera, therapist=noor, by=mona).code],
        "offer": [make_member(otis.practice, "Noor Haddad", user=noor.user, accepted_at=None).code],
        "lower": [_settled_lower(juniper, used.therapy_session).code],
        "flag": [juniper.ruptures.create(opened_session=used.therapy_session, opened_by="therapist").code],
        "question": [ask_for_supervision(editor=editor_of(juniper), text="What pulls me in?").code],
        "dana": [dana.code],
        "noor": [noor.code],
        "of_juniper": [dana.code, juniper.code],
        "of_sorrel": [dana.code, sorrel.code],
        "of_nobody": [dana.code, "00000000-0000-4000-8000-000000000000"],
        "past": [past.code],
        "open": [Meeting.objects.create(supervisor=sam, therapist=dana).code],
        "step": [past.next_steps.get(episode=juniper).code],
        "step_covered": [past.next_steps.get(episode=covered).code],
        "browser": [_elsewhere(dana).code],
        "juniper_twice": [juniper.code, juniper.code],
        "join": [CaseJoin.objects.create(episode=juniper, joined=before, began_at=days_ago(900), joined_by=dana).code],
        "export": [make_export(by=mona, extent="practice", reason="quality").code],
        "own_export": [make_export(by=dana, extent="own", reason="move").code],
        "draft": [importing.keep_draft(text="no header of ours\n", by=mona, therapist=dana).code],
        "typed": [keep_draft(form=typed, action="/cases/new/", fields={"name": ["June"]}).code],
        "key": ["nonsense"],
        "words": ["notice-any"],
        "reset": ["1", "nonsense"],
        "passkey": ["1"],
    }


def _erased(practice, by):
    """The certificate of a client who was."""
    codes = {"practice_code": practice.code, "client_code": uuid4(), "asked_by_code": by.user.code}
    return Erasure.objects.create(reason="asked", counts={"alliance.Client": 1}, **codes)


def _elsewhere(member):
    """Another browser in which somebody is signed in."""
    return BrowserSession.objects.create(user=member.user, session_key="elsewhere", expire_date=days_ago(-1))


def _settled_lower(episode, therapy_session):
    """A rupture after which the ratings settled lower."""
    Standing.objects.filter(episode=episode).update(settled_since=1)
    of = {"opened_session": therapy_session, "closed_session": therapy_session, "opened_at": timezone.now()}
    return episode.ruptures.create(state="settled_lower", closed_at=timezone.now(), **of)


def _of_nobody(gone, text):
    """A check-in of a therapist whose place has ended."""
    therapy_session = make_therapy_session(make_episode(gone, "Brook"), attendance="attended")
    consent(therapy_session.episode.client)
    return CheckIn.objects.create(episode=therapy_session.episode, therapy_session=therapy_session, text=text)
