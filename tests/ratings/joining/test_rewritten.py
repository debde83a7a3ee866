"""What was written for supervision in place of what came in is about the one who was put away."""

import pytest

from alliance.refusal import Refused
from ratings.joining.actions import part_cases
from ratings.supervision.actions import ask_for_supervision
from tests.factories import editor_of
from tests.ratings.joining.test_actions import join
from tests.ratings.joining.test_moving import double, kept, texts_of  # noqa: F401 -- fixtures
from tests.ratings.meetings.conftest import adviser, close, write  # noqa: F401 -- fixtures


def ask(episode, text):
    ask_for_supervision(editor=editor_of(episode), text=text)


@pytest.mark.parametrize("reader", ["both", "supervisor"])  # the sentence is the same, so that it tells of no own note
@pytest.mark.parametrize("what", ["note", "step"])
def test_what_a_meeting_said_in_other_words_since_keeps_them_one(
    kept, double, write, what, reader  # noqa: F811 -- fixtures
):  # fmt: skip
    write(double, **{what: "She is alone."}, reader=reader)
    done = join(kept, double)
    write(kept, **{what: "She is alone, and tired."}, reader=reader)
    with pytest.raises(Refused, match="written about what came in since"):
        part_cases(editor=editor_of(kept), join=done)


def test_a_question_asked_in_other_words_since_keeps_them_one(kept, double):  # noqa: F811 -- fixtures
    ask(double, "Why?")
    done = join(kept, double)
    ask(kept, "Why now?")
    with pytest.raises(Refused, match="written about what came in since"):
        part_cases(editor=editor_of(kept), join=done)


def test_a_question_asked_once_a_meeting_was_about_the_other_stays(
    kept, double, write, close  # noqa: F811 -- fixtures
):  # fmt: skip
    ask(double, "Why?")
    write(double, note="Talked.")
    done = join(kept, double)
    close()
    ask(kept, "And of the first?")
    part_cases(editor=editor_of(kept), join=done)
    assert ("SupervisionQuestion", "And of the first?") in texts_of(kept)


def test_an_own_note_in_other_words_stays_where_one_meeting_agreed_a_step_of_the_other(
    kept, double, write  # noqa: F811 -- fixtures
):  # fmt: skip
    write(kept, note="Of the first.")
    write(double, step="Ask her.")
    done = join(kept, double)
    write(kept, note="Of the first, again.", step="Ask her.")
    part_cases(editor=editor_of(kept), join=done)
    assert ("SupervisionNote", "Of the first, again.") in texts_of(kept)


def test_nobody_is_kept_one_by_what_the_case_that_stays_had_alone(kept, double, write):  # noqa: F811 -- fixtures
    write(kept, note="Of the first.", step="Ask him.")
    ask(kept, "Why?")
    done = join(kept, double)
    write(kept, note="Of the first, again.", step="Ask him now.")
    ask(kept, "Why now?")
    part_cases(editor=editor_of(kept), join=done)
    assert ("SupervisionQuestion", "Why now?") in texts_of(kept)
