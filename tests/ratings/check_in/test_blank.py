"""The page of an empty check-in, which is drawn once: it is the same as when it is drawn each time."""

import re
from dataclasses import replace
from datetime import timedelta
from unittest import mock

from django.utils.html import strip_spaces_between_tags

from ratings.check_in import blank
from ratings.check_in.blank import Own, Said
from ratings.check_in.forms import CheckInForm
from ratings.check_in.views import answer
from ratings.models import CheckIn, Rupture
from ratings.ruptures.actions import plan_step
from tests.factories import days_ago, editor_of, make_therapy_session


def drawn(http, address):
    page = http.get(address)
    assert page.status_code == 200
    return strip_spaces_between_tags(page.text)


def asks(check_in):
    """From now on it asks about a repair."""
    start = days_ago(30)
    before = make_therapy_session(check_in.episode, starts_at=start, ends_at=start + timedelta(minutes=50))
    rupture = Rupture.objects.create(episode=check_in.episode, opened_session=before)
    plan_step(editor=editor_of(check_in.episode), rupture=rupture, step="ask", words="How was that for you?")
    CheckIn.objects.update(asks_about_repair=True)


NOTHING_SAID = Said(is_covered=False, last_was_read=False, own_device=False, leads_to_readers=False)


def page_of(check_in, said=NOTHING_SAID, **own):
    return blank.blank_page(check_in, said).filled(
        Own(**{"date": "Monday", "asked_by": "", "plan": "", "way_to_readers": ""} | own)
    )


def test_the_page_is_the_same_as_one_drawn_for_the_client(http, asked, opened):
    address = opened(asked)
    asks(asked)
    kept, again = drawn(http, address), drawn(http, address)
    as_before = mock.Mock(side_effect=lambda check_in: CheckInForm(check_in=check_in))
    form_page = answer._form_page
    with mock.patch.object(answer, "_form_page", lambda request, one, _form: form_page(request, one, as_before(one))):
        assert drawn(http, address) == kept == again
    as_before.assert_called_once()


def test_another_revision_or_question_is_drawn_anew(asked):
    assert "Did you two talk about it?" not in page_of(asked)
    asks(asked)
    asked.refresh_from_db()
    assert "Did you two talk about it?" in page_of(asked)
    asked.text.revision += 1
    sentence = next(iter(asked.text.text["client"]["items"]))
    asked.text.text["client"]["items"][sentence] = "We said what we came to say."
    assert "We said what we came to say." in page_of(asked)


def test_another_practice_has_its_own_lines(asked):
    page_of(asked)
    practice = asked.episode.client.practice
    practice.crisis_phone, practice.emergency_phone = "020 7946 0000", "999"
    assert "020 7946 0000" in page_of(asked) and "999" in page_of(asked)


def test_what_one_client_is_told_is_not_told_to_another(asked):
    said = page_of(
        asked, Said(is_covered=True, last_was_read=True, own_device=True, leads_to_readers=False), asked_by="From Dana."
    )
    assert "stands in for them. Their supervisor can see the answers too." in said
    assert "has read your last answers" in said and "From Dana." in said
    plain = page_of(asked)
    assert "Goes to your therapist. Their supervisor can see" in plain
    assert "has read your last answers" not in plain and "From Dana." not in plain


def test_what_is_put_in_is_text_unless_it_is_safe(asked):
    assert "From Dana &lt;b&gt;." in page_of(asked, asked_by="From Dana <b>.")


def test_what_was_drawn_is_drawn_once(asked):
    page_of(asked)
    with mock.patch.object(blank, "_draw") as draw:
        page_of(asked)
    draw.assert_not_called()


def test_the_way_to_who_reads_is_that_of_the_own_link(asked):
    said = replace(NOTHING_SAID, leads_to_readers=True)
    for way in ("/c/w/one/", "/c/w/two/"):
        assert re.findall('"(/c/w/.*?)"', page_of(asked, said, way_to_readers=way)) == [way]
    assert "/c/w/" not in page_of(asked, NOTHING_SAID, way_to_readers="/c/w/three/")
