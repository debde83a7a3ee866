"""Nothing typed is lost: what was sent and not saved is filled in again, for whoever typed it and for nobody else."""

import re
from uuid import uuid4

import pytest
from django.conf import settings
from django.core import signing
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alliance.drafts.actions import LONGEST, MOST_DRAFTS, drop_old_drafts, keep_draft
from alliance.drafts.shown import ShownForm, typed_fields
from alliance.models import FormDraft
from sessions.models import PrivateNote
from tests.courses import answers
from tests.factories import days_ago, make_therapy_session

NOTE = 'She said "no" & <left>.\n\nThen a nightingale sang.'
FOR_CASES = {"X-Form-Action": "/cases/new/"}


@pytest.fixture
def mine(dana, instruments):
    """Dana's, with the check of tokens."""
    return signed_in(dana)


def signed_in(membership):
    mine = Client(enforce_csrf_checks=True)
    mine.force_login(membership.user)
    mine.raise_request_exception = False
    return mine


def log_page(episode):
    return reverse("ratings:session-log", args=[episode.code])


def hidden(html, name):
    """The value of the hidden field of this name; of the last form, which is never that of a notice."""
    return re.findall(rf'name="{name}" value="([^"]*)"', html)[-1]


def a_log(html, **changes):
    """A log typed into this page."""
    names = ("csrfmiddlewaretoken", "shown_form", "form_key")
    day = days_ago(3).date().isoformat()
    typed = {"day": day, "time": "09:10", "minutes": "45", "mode": "video", "attendance": "attended"}
    typed |= {name: hidden(html, name) for name in names} | {"private_note": NOTE}
    return typed | {key: str(value) for key, value in answers(3).items()} | changes


def is_filled(html):
    return (
        "What you typed at" in html
        and "nightingale sang" in html
        and f'value="{days_ago(3).date().isoformat()}"' in html
        and re.search(r'value="video"[^>]*checked', html) is not None
    )


def sign_out(mine):
    del mine.cookies[settings.SESSION_COOKIE_NAME]


@pytest.fixture
def lost(mine, juniper):
    """A log that Dana sent after her sign-in had ended; and the page it stood on."""
    page = log_page(juniper)
    typed = a_log(mine.get(page).text)
    sign_out(mine)
    mine.post(page, typed)
    mine.force_login(juniper.therapist.user)
    return page, typed


def test_it_comes_back_filled_and_one_press_saves_it(lost, mine, juniper):
    page, _typed = lost
    html = mine.get(page).text
    assert is_filled(html)
    assert not juniper.therapy_sessions.exists()
    assert mine.post(page, a_log(html)).status_code == 302
    assert PrivateNote.objects.get().text.open(juniper.client.data_key) == NOTE
    assert not FormDraft.objects.exists()
    assert "What you typed at" not in mine.get(page).text


def test_what_arrives_after_the_form_was_saved_is_not_kept(mine, juniper):
    page = log_page(juniper)
    typed = a_log(mine.get(page).text)
    keep = reverse("alliance:draft-keep")
    mine.post(keep, typed, headers={"X-Form-Action": page})
    assert FormDraft.objects.exists()
    assert mine.post(page, typed).status_code == 302
    mine.post(keep, typed, headers={"X-Form-Action": page})
    assert not FormDraft.objects.exists()
    mine.post(keep, typed | {"private_note": "Another."}, headers={"X-Form-Action": page})
    assert FormDraft.objects.exists(), "after going back to the form that was saved, another text is kept"


def test_the_way_back_leads_through_signing_in_and_says_so(mine, juniper):
    page = log_page(juniper)
    typed = a_log(mine.get(page).text)
    sign_out(mine)
    sent = mine.post(page, typed)
    assert (sent.status_code, sent.url) == (302, f"/accounts/login/?next={page}")
    assert "what you typed is kept" in mine.get(sent.url).text


def test_a_form_on_another_page_comes_back_there(mine, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    code = juniper.ruptures.get().code
    page, action = (reverse(f"ratings:{name}", args=[code]) for name in ("rupture", "rupture-set-aside"))
    html = mine.get(page).text
    html = html[html.index(action) :]
    typed = {name: hidden(html, name) for name in ("csrfmiddlewaretoken", "shown_form")}
    sign_out(mine)
    assert mine.post(action, typed | {"reason": NOTE}).url == f"/accounts/login/?next={page}"
    mine.force_login(juniper.therapist.user)
    assert "nightingale" in mine.get(page).text


def test_a_form_of_somebody_else_is_not_saved_by_the_next_person(mine, juniper, noor):
    """Noor signs in where Dana's form is still on screen, and presses."""
    typed = a_log(mine.get(log_page(juniper)).text)
    mine.force_login(noor.user)
    mine.get(reverse("ratings:today"))
    token = mine.cookies[settings.CSRF_COOKIE_NAME].value
    sent = mine.post(log_page(juniper), typed | {"csrfmiddlewaretoken": token})
    assert sent.status_code == 403
    assert "kept for them" in sent.text and "nightingale" not in sent.text
    assert not juniper.therapy_sessions.exists()
    assert FormDraft.objects.get().sent_by == juniper.therapist
    for page in (log_page(juniper), reverse("ratings:today")):
        assert "nightingale" not in mine.get(page).text
    mine.force_login(juniper.therapist.user)
    assert is_filled(mine.get(log_page(juniper)).text)


def test_nobody_leaves_a_draft_for_somebody_else(mine, dana, noor, juniper):
    """What a form says about itself is signed."""
    forged = ShownForm(noor.user.code, uuid4(), "/today/").token[:-1] + "x"
    for token in (forged, "", "x", signing.dumps(["a"])):
        keep = mine.post(reverse("alliance:draft-keep"), {"shown_form": token, "x": "y"}, headers=FOR_CASES)
        assert keep.status_code == 400
    true = ShownForm(noor.user.code, uuid4(), "/today/").token
    for action in ("", "/accounts/password/change/", "/c/x/", "/nowhere/", "/drafts/"):
        keep = mine.post(
            reverse("alliance:draft-keep"), {"shown_form": true, "x": "y"}, headers={"X-Form-Action": action}
        )
        assert keep.status_code == 400
    assert not FormDraft.objects.exists()


def test_no_password_no_token_and_no_file_is_kept(dana):
    fields = QueryDict("password=a&new_password1=b&csrfmiddlewaretoken=c&shown_form=d&text=e")
    assert typed_fields(fields) == {"text": ["e"]}


def test_a_form_that_has_changed_since_keeps_what_fits_and_shows_the_rest(dana, mine, juniper):
    page = log_page(juniper)
    fields = {
        "private_note": [NOTE],
        "mode": ["by_pigeon"],
        "gone": ["An old answer & more"],
        "form_key": [str(uuid4())],
    }
    keep_draft(form=ShownForm(dana.user.code, uuid4(), page), action=page, fields=fields)
    html = mine.get(page).text
    assert "This form has changed since." in html
    assert "An old answer &amp; more" in html and "by_pigeon" in html
    assert hidden(html, "form_key") == fields["form_key"][0]
    assert "nightingale sang.</textarea>" in html


def test_what_was_shown_comes_back_with_what_was_typed(dana, mine, juniper):
    """Somebody put the address right meanwhile; the old form must not look as if it had shown that."""
    page = reverse("ratings:client-contact", args=[juniper.code])
    fields = {"email": ["old@example.org"], "was_shown_agreed": ["True"], "agrees_to_email": ["on"]}
    keep_draft(form=ShownForm(dana.user.code, uuid4(), page), action=page, fields=fields)
    html = mine.get(page).text
    assert hidden(html, "was_shown_agreed") == "True"
    assert 'value="old@example.org"' in html


def test_a_form_that_is_gone_shows_what_was_typed(lost, dana, mine, juniper):
    """The planned session was logged in another tab meanwhile: its page only leads on."""
    planned = make_therapy_session(juniper)
    page = reverse("ratings:planned-session-log", args=[planned.code])
    keep_draft(form=ShownForm(dana.user.code, uuid4(), page), action=page, fields={"private_note": [NOTE]})
    planned.attendance = "attended"
    planned.save()
    gone = mine.get(page)
    assert gone.status_code == 200
    assert "The form is gone, your text is not." in gone.text and "nightingale sang." in gone.text
    assert reverse("ratings:case", args=[juniper.code]) in gone.text


def test_a_page_that_was_taken_away_shows_what_was_just_typed(mine, juniper, noor):
    """The case was given to somebody else while the form was open."""
    page = log_page(juniper)
    typed = a_log(mine.get(page).text)
    juniper.therapist = noor
    juniper.save()
    sent = mine.post(page, typed)
    assert sent.status_code == 404
    assert "This is what you typed." in sent.text and "nightingale sang." in sent.text
    assert not FormDraft.objects.exists()


def test_a_refused_form_comes_back_also_by_going_back(mine, juniper):
    page = log_page(juniper)
    refused = mine.post(page, a_log(mine.get(page).text, minutes="none"))
    assert refused.status_code == 422
    html = mine.get(page).text
    assert is_filled(html) and 'value="none"' in html
    assert mine.post(page, a_log(refused.text)).status_code == 302
    assert not FormDraft.objects.exists(), "the refused page and the one before it are one form"


def test_of_two_tabs_each_keeps_its_own(dana, mine, juniper):
    page = log_page(juniper)
    for text in ("The first text.", "The second text."):
        keep_draft(form=ShownForm(dana.user.code, uuid4(), page), action=page, fields={"private_note": [text]})
    html = mine.get(page).text
    assert "The second text.</textarea>" in html and "The first text." not in html
    (other,) = re.findall(r'href="(\?draft=[^"]+)"', html)
    assert "The first text.</textarea>" in mine.get(page + other).text


def test_it_can_be_thrown_away(lost, mine):
    page, _typed = lost
    html = mine.get(page).text
    (address,) = re.findall(r'action="(/drafts/[^"]+/discard/)"', html)
    token = hidden(html, "csrfmiddlewaretoken")
    assert mine.post(address, {"csrfmiddlewaretoken": token}).url == page
    assert "nightingale" not in mine.get(page).text
    assert not FormDraft.objects.exists()


def test_signing_out_throws_it_away(lost, mine):
    token = hidden(mine.get(reverse("alliance:you")).text, "csrfmiddlewaretoken")
    assert FormDraft.objects.count() == 1
    mine.post(reverse("account_logout"), {"csrfmiddlewaretoken": token})
    assert not FormDraft.objects.exists()


def test_it_is_gone_after_a_day_and_with_the_place(lost, dana, mine):
    page, _typed = lost
    FormDraft.objects.update(created_at=days_ago(1.01))
    assert "nightingale" not in mine.get(page).text
    drop_old_drafts()
    assert not FormDraft.objects.exists()
    dana.ends_at = days_ago(0.01)
    dana.save()
    assert keep_draft(form=ShownForm(dana.user.code, uuid4(), page), action=page, fields={"text": [NOTE]}) is None


def test_there_is_an_end_to_what_is_kept(dana):
    def keep(text):
        return keep_draft(form=ShownForm(dana.user.code, uuid4(), "/x/"), action="/x/", fields={"text": [text]})

    drafts = [keep(f"text {number}") for number in range(MOST_DRAFTS + 2)]
    assert set(FormDraft.objects.all()) == set(drafts[2:])
    assert keep("x" * LONGEST) is None
    assert keep(" ") is None


def test_a_button_without_a_box_has_nothing_to_keep_and_says_so(mine, juniper, live_through):
    """The form of a link to the history, with a stale token."""
    juniper.client.consents.create(purpose="history", text_version="2026-11")
    juniper.client.practice.shows_history = True
    juniper.client.practice.save()
    live_through(juniper, [3])
    page = reverse("ratings:case", args=[juniper.code])
    typed = {"shown_form": hidden(mine.get(page).text, "shown_form"), "csrfmiddlewaretoken": "a" * 32}
    assert mine.post(reverse("ratings:history-link", args=[juniper.code]), typed).url == page
    assert "Nothing was done yet: press again." in mine.get(page).text
    assert not FormDraft.objects.exists()


def test_a_page_without_drafts_asks_no_more_than_before(lost, mine):
    """Whether there are any comes with the sight of the member."""
    page = reverse("ratings:today")
    mine.get(page)  # shows the message, which is gone then
    with CaptureQueriesContext(connection) as with_one:
        mine.get(page)
    FormDraft.objects.all().delete()
    with CaptureQueriesContext(connection) as without:
        mine.get(page)
    assert len(without) == len(with_one) - 1
