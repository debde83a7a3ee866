"""A practice's own words for a repair."""

import pytest
from django.urls import reverse

from alliance.models import AuditEvent
from ratings.models import OwnWords, RepairStep, Rupture
from ratings.ruptures.actions import plan_step
from ratings.ruptures.words import PHRASES
from tests.factories import editor_of

OURS = "Was that <i>too much</i> for you?"
ORIGINAL = str(next(phrase.text for phrase in PHRASES if phrase.key == "notice-any"))


def address(name, *key):
    return reverse(f"ratings:{name}", args=key)


def edit(http, text, key="notice-any"):
    return http.post(address("repair-words-edit", key), {"text": text})


@pytest.fixture
def offered(http, dana, juniper, live_through):
    """`offered()`: the words that Dana is offered for the first step of a repair."""
    live_through(juniper, [3, 3, 3, 3, 0])
    page = reverse("ratings:rupture", args=[Rupture.objects.get().code])

    def words():
        http.force_login(dana.user)
        return {label for _key, label in http.get(page).context["plan"].fields["words"].choices}

    return words


def test_a_manager_words_a_sentence_anew_and_restores_it_with_one_press(http, mona, offered):
    assert ORIGINAL in offered()
    http.force_login(mona.user)
    assert edit(http, OURS).status_code == 302
    page = http.get(address("repair-words")).text
    assert "Was that &lt;i&gt;too much&lt;/i&gt; for you?" in page and page.count("your practice’s own") == 1
    own, other = (http.get(address("repair-words-edit", key)).text for key in ("notice-any", "notice-task"))
    assert "Restore the original" in own and ORIGINAL.split("'")[0] in own and "Restore the original" not in other
    assert OURS in offered() and ORIGINAL not in offered()
    http.force_login(mona.user)
    assert http.post(address("repair-words-restore", "notice-any")).status_code == 302
    assert "your practice’s own" not in http.get(address("repair-words")).text
    assert ORIGINAL in offered() and OURS not in offered()
    assert OwnWords.objects.count() == AuditEvent.objects.filter(subject_type="ownwords", verb="changed").count() == 2


def test_words_are_of_one_practice_and_of_its_language(http, mona, otis, millrace, offered):
    http.force_login(mona.user)
    edit(http, OURS)
    OwnWords.objects.update(practice=otis.practice)
    assert OURS not in offered()
    OwnWords.objects.update(practice=millrace)
    assert OURS in offered()
    millrace.language = "de"
    millrace.save()
    assert OURS not in offered()


def test_what_cannot_be_saved_stands_in_the_form(http, mona):
    http.force_login(mona.user)
    empty, long = edit(http, " "), edit(http, "so " * 101)
    assert empty.status_code == long.status_code == 422
    assert "Write the words, or restore the original." in empty.text and "so so so" in long.text
    assert edit(http, OURS, key="nothing").status_code == 404
    assert not OwnWords.objects.exists()


def test_to_save_the_original_is_to_change_nothing(http, mona):
    http.force_login(mona.user)
    assert edit(http, ORIGINAL).status_code == 302
    assert not OwnWords.objects.exists()


def test_what_was_planned_keeps_the_words_that_it_had(http, mona, juniper, offered):
    step = {"step": "notice", "words": ORIGINAL}
    plan_step(editor=editor_of(juniper), rupture=Rupture.objects.get(), **step)
    http.force_login(mona.user)
    edit(http, OURS)
    assert RepairStep.objects.get().words.open(juniper.client.data_key) == ORIGINAL


def test_the_list_has_no_box_and_each_sentence_a_page_of_its_own(http, mona):
    """Of many forms on one page, to save one is to lose what was typed into another, where no script keeps it."""
    http.force_login(mona.user)
    page = http.get(address("repair-words")).text
    assert "<textarea" not in page
    for phrase in PHRASES:
        assert address("repair-words-edit", phrase.key) in page
    assert http.get(address("repair-words-edit", PHRASES[-1].key)).text.count("<textarea") == 1


def test_whoever_saves_comes_back_to_where_the_sentence_stands(http, mona):
    http.force_login(mona.user)
    assert edit(http, OURS, key="ask-push").url == address("repair-words") + "#ask-push"
