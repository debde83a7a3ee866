"""The page of how well flags work: what it counts, what it keeps back, and who may read it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent
from ratings.detection.stored import current_version
from ratings.figures.flags import flags_page
from ratings.models import Draw, Rupture, StrainVerdict, UsefulVerdict
from tests.factories import days_ago, make_episode, make_therapy_session

PAGE = "ratings:flags-work"


def flag(dana, answers=(), use="", stated=0.5, **given):
    """A flag on a case of its own, with the answers to whether there was strain, the oldest first."""
    episode = make_episode(dana, "Alder")
    row = Rupture.objects.create(
        episode=episode,
        opened_session=make_therapy_session(episode, attendance="attended"),
        version=current_version(dana.practice),
        evidence={"state": "open", "probability": stated},
        **given,
    )
    for answer in answers:
        StrainVerdict.objects.create(
            episode=episode, rupture=row, answer=answer, stated=stated, version=row.version, given_by=dana
        )
    if use:
        UsefulVerdict.objects.create(episode=episode, rupture=row, answer=use, given_by=dana)
    return row


def session(dana, answer=None, is_drawn=True, stated=0.05):
    """A session without a flag that could be drawn."""
    episode = make_episode(dana, "Birch")
    draw = Draw.objects.create(
        episode=episode,
        therapy_session=make_therapy_session(episode, attendance="attended"),
        is_drawn=is_drawn,
        chance=0.05,
        stated=stated,
        version=current_version(dana.practice),
        drawn_at=days_ago(400),
    )
    if answer:
        StrainVerdict.objects.create(episode=episode, draw=draw, answer=answer, given_by=dana)
    return draw


@pytest.fixture
def practice_with_answers(dana):
    """20 flags of which 10 had strain; 20 sessions that were asked about, one with strain, and 380 that were not."""
    for position in range(20):
        flag(dana, ["yes"] if position < 10 else ["no"], "useful" if position < 15 else "not_useful")
        session(dana, "yes" if position == 0 else "no")
    rows = [session(dana, is_drawn=False) for _one in range(3)]
    return dana.practice, rows


def test_the_figures_are_those_of_the_answers(practice_with_answers):
    practice, _rows = practice_with_answers
    quality = flags_page(practice).quality
    assert (quality.precision.count, quality.precision.of, quality.useful.count) == (10, 20, 15)
    assert quality.caught.value == pytest.approx(10 / (10 + 23 / 20))
    assert quality.false_alerts.value == pytest.approx(100 * 10 / (10 + 23 * 19 / 20))


def test_the_newest_answer_counts_and_cant_say_is_none(dana):
    flag(dana, ["yes", "no"])
    flag(dana, ["yes", "cant_say"])
    flag(dana)
    quality = flags_page(dana.practice).quality
    assert (quality.flags, quality.answered) == (3, 1)


def test_what_does_not_stand_any_more_is_left_out(dana):
    flag(dana, ["yes"], state="withdrawn", closed_at=timezone.now() + timedelta(days=1))
    voided = flag(dana, ["yes"]).opened_session
    voided.voided_at, voided.voided_by = timezone.now(), dana
    voided.save()
    flag(dana, ["yes"], opened_by="client")  # a report, and no flag of the program
    assert flags_page(dana.practice).quality.flags == 0


def test_another_practice_is_not_in_it(practice_with_answers, otis):
    assert flags_page(otis.practice).quality.flags == 0


def test_few_answers_show_how_many_are_missing_and_nothing_else(http, dana, mona):
    for _one in range(7):
        flag(dana, ["yes"], "useful")
    http.force_login(mona.user)
    page = http.get(reverse(PAGE)).text
    assert "Not enough yet: 7 of the 20 flags with an answer that it takes." in page
    assert 'class="ci"' not in page and "100 %" not in page


def test_the_page_for_many(http, sam, mona, practice_with_answers):
    for reader in (sam, mona):
        http.force_login(reader.user)
        page = " ".join(http.get(reverse(PAGE)).text.split())
        assert "About 5 in 10 flags here turn out to be strain." in page
        assert "10 of 20 flags with an answer" in page and "30 to 70" in page
        assert "stated: 50 in 100" in page and "What flags state fits what was found." in page
        assert not any(name in page for name in ("Alder", "Birch", "Dana"))
    seen = AuditEvent.objects.filter(verb="listed", subject_type="strainverdict")
    assert set(seen.values_list("count", flat=True)) == {40}


@pytest.mark.parametrize("n", [3, 40])
def test_the_number_of_statements_does_not_grow(n, dana, django_assert_num_queries):
    for _one in range(n):
        flag(dana, ["yes"], "useful")
        session(dana, "no")
    with django_assert_num_queries(5):
        flags_page(dana.practice)
