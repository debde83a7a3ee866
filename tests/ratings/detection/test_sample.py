"""The sample of sessions without a flag: what is drawn, where it is asked, and what nobody can take back."""

from random import Random

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent, ImportBatch
from alliance.people.cover import arrange_cover
from ratings.detection import sample
from ratings.detection.reassess import reassess, rebuild_standings
from ratings.detection.verdicts import judge_rupture, judge_session, judge_use
from ratings.models import Assessment, Draw, Rupture, StrainVerdict, UsefulVerdict
from tests.courses import Always, held
from tests.factories import days_ago, editor_of, make_episode, make_member

ASKED = "Was there strain between you?"


def session_of(draw):
    return reverse("ratings:session-page", args=[draw.therapy_session.code])


def answer(http, draw, **given):
    return http.post(reverse("ratings:session-strain", args=[draw.therapy_session.code]), given)


# --- Drawing ----------------------------------------------------------------------------------------------------------


def test_each_session_is_drawn_once_with_its_chance_and_what_was_stated(juniper, live_through, monkeypatch):
    seed = 3
    monkeypatch.setattr(sample, "source", Random(seed))
    live_through(juniper, [3, 3, 3, 3])
    chances = Random(seed)
    rows = Draw.objects.order_by("therapy_session__starts_at")
    assert [row.is_drawn for row in rows] == [chances.random() < 0.05 for _row in range(4)]
    assert {row.chance for row in rows} == {0.05}
    assert {row.version_id for row in rows} == {Assessment.objects.first().version_id}


def test_a_later_replay_draws_nothing_anew(juniper, live_through, millrace, monkeypatch):
    live_through(juniper, [3, 3, 3])
    before = list(Draw.objects.order_by("pk").values())
    monkeypatch.setattr(sample, "source", Always(0.0))
    reassess(juniper)
    rebuild_standings(millrace)
    assert list(Draw.objects.order_by("pk").values()) == before
    assert not any(row["is_drawn"] for row in before)


def test_a_session_that_is_brought_back_keeps_its_draw(juniper, live_through, dana, monkeypatch):
    (asked,) = live_through(juniper, [3])
    therapy_session = asked.therapy_session
    therapy_session.voided_at, therapy_session.voided_by = timezone.now(), dana
    therapy_session.save()
    reassess(juniper)
    therapy_session.voided_at = therapy_session.voided_by = None
    therapy_session.save()
    monkeypatch.setattr(sample, "source", Always(0.0))
    reassess(juniper)
    assert not Draw.objects.get().is_drawn


def test_nothing_is_drawn_while_a_flag_is_open_nor_at_its_end(juniper, live_through, all_drawn):
    checked = live_through(juniper, [3, 3, 3, 3, 0, 0, 3, 3, 3])
    drawn = set(Draw.objects.values_list("therapy_session", flat=True))
    numbers = [n for n, check_in in enumerate(checked, start=1) if check_in.therapy_session_id in drawn]
    assert Rupture.objects.get().state == "repaired"
    # The fifth was drawn when the therapist logged it; the client's answer raised the flag, and it asks by itself.
    assert numbers == [1, 2, 3, 4, 5, 9]


def test_nothing_is_drawn_while_one_is_open_that_a_person_named(juniper, live_through, all_drawn):
    first, *_others = live_through(juniper, [3, 3, 3], tension=True)
    assert "open" not in Assessment.objects.values_list("state", flat=True)
    assert [draw.therapy_session for draw in Draw.objects.all()] == [first.therapy_session]  # logged before the tick


def test_nothing_is_drawn_that_was_imported_or_missed(juniper, live_through, dana, millrace, all_drawn):
    (asked,) = live_through(juniper, [3])
    batch = ImportBatch.objects.create(practice=millrace, imported_by=dana, layout="long", counts={})
    row = asked.therapy_session
    imported = type(row).objects.create(
        episode=juniper,
        starts_at=days_ago(30),
        ends_at=days_ago(29),
        zone="UTC",
        attendance="attended",
        import_batch=batch,
    )
    held(juniper, 2)
    missed = held(juniper, 1)
    missed.attendance = "no_show"
    reassess(juniper)
    assert imported.pk in set(Assessment.objects.values_list("therapy_session", flat=True))
    assert imported.pk not in set(Draw.objects.values_list("therapy_session", flat=True))


# --- Asking -----------------------------------------------------------------------------------------------------------


def test_today_asks_in_one_tap_and_then_no_more(http, dana, juniper, live_through, all_drawn):
    live_through(juniper, [3, 3])
    http.force_login(dana.user)
    today = reverse("ratings:today")
    assert http.get(today).text.count('name="strain" value="cant_say"') == 2
    draw = Draw.objects.order_by("-therapy_session__starts_at").first()
    assert answer(http, draw, strain="no", came_from="today").url == today
    assert http.get(today).text.count('name="strain" value="cant_say"') == 1
    verdict = StrainVerdict.objects.get()
    assert (verdict.draw, verdict.rupture, verdict.answer, verdict.given_by) == (draw, None, "no", dana)
    deed = AuditEvent.objects.get(verb="changed", subject_code=draw.therapy_session.code)
    assert deed.actor_code == str(dana.user.code)


def test_nothing_is_asked_where_nothing_was_drawn(http, dana, juniper, live_through):
    live_through(juniper, [3, 3])
    http.force_login(dana.user)
    draw = Draw.objects.first()
    assert ASKED not in http.get(reverse("ratings:today")).text
    assert ASKED not in http.get(session_of(draw)).text
    assert answer(http, draw, strain="yes").status_code == 404
    assert not StrainVerdict.objects.exists()


def test_the_session_keeps_asking_and_the_newest_answer_counts(http, dana, sam, juniper, live_through, all_drawn):
    live_through(juniper, [3])
    draw = Draw.objects.get()
    http.force_login(sam.user)
    assert "Was there strain" not in http.get(session_of(draw)).text
    assert answer(http, draw, strain="yes").status_code == 403
    http.force_login(dana.user)
    assert answer(http, draw, strain="perhaps").status_code == 400
    for given in ("yes", "no"):
        assert answer(http, draw, strain=given).url == session_of(draw)
    assert "You said: No." in http.get(session_of(draw)).text
    assert [row.answer for row in StrainVerdict.objects.order_by("pk")] == ["yes", "no"]
    assert [row.answer for row in StrainVerdict.objects.all().newest()] == ["no"]
    http.force_login(sam.user)
    assert "The therapist says: No." in http.get(session_of(draw)).text


def test_who_covers_is_asked_and_answers(http, juniper, live_through, millrace, all_drawn):
    live_through(juniper, [3])
    priya = make_member(millrace, "Priya Raman")
    arrange_cover(right=editor_of(juniper), covering=priya, starts_at=days_ago(1), ends_at=days_ago(-7))
    http.force_login(priya.user)
    assert ASKED in http.get(reverse("ratings:today")).text
    assert answer(http, Draw.objects.get(), strain="cant_say").status_code == 302
    assert StrainVerdict.objects.get().given_by == priya


def test_a_flag_that_comes_later_asks_by_itself_and_takes_no_answer_away(http, dana, juniper, live_through, all_drawn):
    *_before, last = live_through(juniper, [3, 3, 3, 3, 0])
    draw = Draw.objects.get(therapy_session=last.therapy_session)
    assert Rupture.objects.get().opened_session == last.therapy_session
    http.force_login(dana.user)
    assert ASKED not in http.get(session_of(draw)).text
    assert answer(http, draw, strain="yes").status_code == 302
    assert StrainVerdict.objects.get().draw == draw


@pytest.mark.parametrize("n", [1, 3])
def test_today_asks_as_often_for_three_as_for_one(n, http, dana, live_through, all_drawn, django_assert_num_queries):
    for name in ("Alder", "Birch", "Cedar")[:n]:
        live_through(make_episode(dana, name), [3])
    with django_assert_num_queries(1):
        assert len(sample.open_questions(dana.user)) == n


# --- What is said stays -----------------------------------------------------------------------------------------------


def test_what_a_flag_stated_stays_with_the_answer(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    rupture = Rupture.objects.get()
    stated = rupture.evidence["probability"]
    judge_rupture(editor=editor_of(juniper), rupture=rupture, answer="yes")
    Rupture.objects.update(evidence=rupture.evidence | {"probability": 0.1})
    verdict = StrainVerdict.objects.get()
    assert (verdict.stated, verdict.version) == (stated, rupture.version)


def test_the_database_keeps_draws_and_verdicts(juniper, live_through, all_drawn):
    live_through(juniper, [3, 3, 3, 3, 0])
    editor, rupture = editor_of(juniper), Rupture.objects.get()
    judge_rupture(editor=editor, rupture=rupture, answer="yes")
    judge_session(editor=editor, draw=Draw.objects.first(), answer="yes")
    judge_use(editor=editor, rupture=rupture, answer="useful")
    for model in (Draw, StrainVerdict, UsefulVerdict):
        row, before = model.objects.first(), list(model.objects.order_by("pk").values())
        removals = [] if model is Draw else [row.delete, model.objects.all().delete]
        for change in (row.save, *removals):
            with pytest.raises(DatabaseError, match="are kept as they are"), transaction.atomic():
                change()
        assert before and list(model.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("about", ["both", "nothing"])
def test_an_answer_is_about_one_thing(juniper, dana, live_through, all_drawn, about):
    live_through(juniper, [3, 3, 3, 3, 0])
    both = {"rupture": Rupture.objects.get(), "draw": Draw.objects.first()} if about == "both" else {}
    with pytest.raises(IntegrityError), transaction.atomic():
        StrainVerdict.objects.create(episode=juniper, answer="yes", given_by=dana, **both)
