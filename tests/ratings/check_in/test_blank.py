"""The parts of an empty check-in that are drawn once: the page is the same as when all is drawn each time."""

from datetime import timedelta
from unittest import mock

from django.utils.html import strip_spaces_between_tags

from ratings.check_in import blank
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


def test_the_page_is_the_same_as_without(http, asked, opened):
    address = opened(asked)
    asks(asked)
    kept, again = drawn(http, address), drawn(http, address)
    as_before = mock.Mock(side_effect=lambda check_in: CheckInForm(check_in=check_in))
    form_page = answer._form_page
    with mock.patch.object(answer, "_form_page", lambda request, one, _form: form_page(request, one, as_before(one))):
        assert drawn(http, address) == kept == again
    as_before.assert_called_once()


def test_another_revision_or_question_is_drawn_anew(asked):
    first = blank.blank_parts(asked)
    assert "Did you two talk about it?" not in first.rest
    asks(asked)
    asked.refresh_from_db()
    assert "Did you two talk about it?" in blank.blank_parts(asked).rest
    asked.text.revision += 1
    sentence = next(iter(asked.text.text["client"]["items"]))
    asked.text.text["client"]["items"][sentence] = "We said what we came to say."
    assert "We said what we came to say." in blank.blank_parts(asked).questions


def test_what_was_drawn_is_drawn_once(asked):
    blank.blank_parts(asked)
    with mock.patch.object(blank, "_draw") as draw:
        blank.blank_parts(asked)
    draw.assert_not_called()
