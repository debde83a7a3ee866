"""The same file twice, a file that grew, and a file that says something else."""

from datetime import UTC, datetime

import pytest
from django.apps import apps

from alliance.models import Episode, ImportBatch
from ratings.importing.actions import NotAllGood, import_ratings
from ratings.importing.matching import make_preview, read
from ratings.importing.receiver import Receiver
from ratings.models import Rating
from tests.ratings.importing.conftest import LONG, OPENFIT, lines

OWN = [model for app in ("alliance", "therapy", "ratings") for model in apps.get_app_config(app).get_models()]


def everything():
    """Every row of every table."""
    return {model.__name__: list(model.objects.order_by("pk").values_list()) for model in OWN}


def refused(bring_in, data, **receiver):
    with pytest.raises(NotAllGood) as refusal:
        bring_in(data, **receiver)
    return [(error.line, error.sentence) for error in refusal.value.preview.errors]


def test_a_second_import_changes_nothing(bring_in, dana, noor, mona):
    first = bring_in("openfit.csv", by=mona)
    bring_in("long.csv", by=mona, named={"T-1": dana})
    assert first.counts == {
        "clients": {"new": 2, "known": 0},
        "episodes": {"new": 2, "known": 0},
        "sessions": {"new": 19, "known": 0},
        "ratings": {"new": 18, "known": 0},
        "left_out": 0,
    }
    before = everything()
    assert bring_in("openfit.csv", by=mona) is None
    assert bring_in("long.csv", by=mona, named={"T-1": dana}) is None
    assert everything() == before


def test_a_preview_that_another_import_has_overtaken_writes_nothing(millrace, dana, noor):
    preview = make_preview(practice=millrace, parsed=read(OPENFIT), receiver=Receiver())
    assert import_ratings(practice=millrace, preview=preview, by=dana)
    before = everything()
    assert import_ratings(practice=millrace, preview=preview, by=dana) is None
    assert everything() == before


@pytest.mark.parametrize("rows", [(2,), (2, 3, 15, 16)], ids=["one case", "two cases"])
def test_a_preview_takes_as_many_statements_for_two_cases_as_for_one(
    bring_in, millrace, dana, noor, rows, django_assert_num_queries
):
    bring_in("openfit.csv")
    parsed = read(lines(OPENFIT, *rows))
    with django_assert_num_queries(6):
        make_preview(practice=millrace, parsed=parsed, receiver=Receiver())


def test_a_file_that_grew_brings_what_is_new_into_the_same_case(bring_in, dana):
    bring_in(lines(OPENFIT, *range(2, 12)))
    episode = Episode.objects.get()
    batch = bring_in(lines(OPENFIT, *range(2, 15)))
    assert batch.counts["sessions"] == {"new": 3, "known": 10}
    assert episode.ruptures.count() == 2  # the second drop is in the rows that came later
    assert Episode.objects.get() == episode


def test_a_rating_that_came_later_joins_its_session(bring_in, dana):
    rows = LONG.splitlines(keepends=True)
    without = b"".join(row for row in rows if b";therapist;" not in row)
    bring_in(without, named={"T-1": dana})
    batch = bring_in(LONG, named={"T-1": dana})
    assert batch.counts["sessions"]["new"] == 0
    assert batch.counts["ratings"] == {"new": 5, "known": 8}


def test_other_answers_to_a_known_session_are_a_conflict_and_not_written(bring_in, dana):
    bring_in(lines(OPENFIT, 2, 3))
    before = everything()
    changed = lines(OPENFIT, 2, 3, 4).replace(b"8.0,8.1,7.8,8.1", b"1.0,8.1,7.8,8.1")
    assert refused(bring_in, changed) == [(3, "This rating is here already, with other answers.")]
    assert everything() == before
    assert bring_in(changed, only_good=True).counts["sessions"] == {"new": 1, "known": 1}
    assert sorted(Rating.objects.values_list("answers__relationship", flat=True)) == [8, 8.1, 8.2]


def test_what_was_corrected_here_is_not_brought_back(bring_in, dana):
    bring_in(lines(OPENFIT, 2, 3))
    old = Rating.objects.order_by("therapy_session__starts_at").first()
    Rating.objects.filter(pk=old.pk).update(replaced_at=old.received_at, replaced_reason="typing error")
    old.pk = old.code = None
    Rating.objects.create(
        **{f.attname: getattr(old, f.attname) for f in Rating._meta.concrete_fields if f.name not in ("id", "code")}
        | {"answers": {}, "overall_pomp": 10, "replaced_at": None, "replaced_reason": ""}
    )
    before = everything()
    assert bring_in(lines(OPENFIT, 2, 3)) is None
    assert everything() == before


def test_what_was_voided_here_is_not_brought_back(bring_in, dana):
    bring_in(lines(OPENFIT, 2, 3))
    therapy_session = Episode.objects.get().therapy_sessions.order_by("starts_at").first()
    therapy_session.voided_at, therapy_session.voided_by = therapy_session.created_at, dana
    therapy_session.save()
    before = everything()
    assert bring_in(lines(OPENFIT, 2, 3)) is None
    assert everything() == before


def test_another_day_for_a_known_session_is_a_conflict(bring_in, dana):
    bring_in(lines(OPENFIT, 2, 3))
    moved = lines(OPENFIT, 2, 3).replace(b"2025-01-14", b"2025-01-15")
    assert refused(bring_in, moved) == [(3, "This session is here already, on another day.")]


def test_a_known_case_keeps_its_therapist(bring_in, dana, noor):
    bring_in(lines(OPENFIT, 2))
    assert refused(bring_in, lines(OPENFIT, 2, 3), all_to=noor) == [
        (2, "This case is here already, with another therapist."),
        (3, "This case is here already, with another therapist."),
    ]


def test_of_several_cases_of_a_client_the_latest_stays_open(bring_in, dana):
    second = lines(OPENFIT, 2).splitlines()[1].replace(b"0042,1,2025-01-02,1,2025-01-07", b"0042,2,,1,2025-06-01")
    bring_in(lines(OPENFIT, 2, 3) + second)
    earlier, later = Episode.objects.order_by("starts_at")
    assert earlier.client == later.client
    assert (earlier.end_reason, later.ends_at) == ("other", None)
    assert earlier.ends_at == earlier.therapy_sessions.latest("starts_at").ends_at


def test_a_case_that_is_open_here_is_ended_by_a_person_and_not_by_a_file(bring_in, dana):
    bring_in(lines(OPENFIT, 2, 3))
    second = lines(OPENFIT, 2).replace(b"0042,1,2025-01-02,1,2025-01-07", b"0042,2,,1,2025-06-01")
    assert refused(bring_in, second) == [(2, "Another case of this client with this therapist is open; end it first.")]
    assert ImportBatch.objects.count() == 1


def test_nothing_crosses_into_another_practice(bring_in, dana, otis):
    bring_in(lines(OPENFIT, 2))
    assert refused(bring_in, lines(OPENFIT, 3), all_to=otis) == [(2, "This line names no therapist of this practice.")]
    assert refused(bring_in, lines(OPENFIT, 3).replace(b"dana@millrace", b"otis@weir")) == [
        (2, "This line names no therapist of this practice.")
    ]


# --- What speaks against a row that can be read -----------------------------------------------------------------------


def test_a_provider_without_an_email_is_found_by_what_the_import_is_told(bring_in, dana, noor):
    by_id = lines(OPENFIT, 2).replace(b"Provider_Email", b"Provider_ID").replace(b"dana@millrace.test", b"7")
    assert refused(bring_in, by_id) == [(2, "This line names no therapist of this practice.")]
    bring_in(by_id, named={"7": dana})
    by_name = lines(OPENFIT, 15).replace(b"noor@millrace.test", b"")
    bring_in(by_name, named={"Noor Test": noor})
    assert set(Episode.objects.values_list("therapist", flat=True)) == {dana.pk, noor.pk}


def test_one_case_has_one_therapist(bring_in, dana, noor):
    two = lines(OPENFIT, 2, 3).replace(b"dana@millrace.test,0042,1,2025-01-02,2", b"noor@millrace.test,0042,1,,2")
    assert refused(bring_in, two) == [(3, "This case is another therapist's on line 2; one case has one therapist.")]


def test_two_sessions_of_a_case_cannot_start_together(bring_in, dana):
    both = LONG.replace(b"2025-03-27T13:00:00Z", b"2025-03-20T13:00:00Z")
    assert refused(bring_in, both, named={"T-1": dana}) == [
        (14, "There is another session of this case at the same time.")
    ]


def test_a_case_that_ended_here_takes_no_later_session(bring_in, dana):
    bring_in(lines(OPENFIT, 2))
    Episode.objects.update(ends_at=datetime(2025, 1, 10, tzinfo=UTC), end_reason="other")
    assert refused(bring_in, lines(OPENFIT, 2, 3)) == [(3, "This case had ended here by then.")]


def test_an_earlier_case_comes_in_as_ended_beside_the_open_one(bring_in, dana):
    bring_in(lines(OPENFIT, 2, 3))
    bring_in(lines(OPENFIT, 2).replace(b"0042,1,2025-01-02,1,2025-01-07", b"0042,0,,1,2024-06-01"))
    earlier, later = Episode.objects.order_by("starts_at")
    assert (earlier.end_reason, later.end_reason) == ("other", "")
