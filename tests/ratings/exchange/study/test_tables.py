"""What each table of a study says of what is on record, row by row."""

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from alliance.clients.actions import settle_consent
from alliance.models import ImportBatch
from ratings.detection.stored import evidence_of
from ratings.exchange.study import Pseudonyms, Study, write_study
from ratings.models import (
    Assessment,
    CheckIn,
    DetectorVersion,
    Draw,
    InstrumentText,
    Rating,
    Rupture,
    StrainVerdict,
    UsefulVerdict,
)
from sessions.models import TherapySession
from tests.factories import make_episode, make_therapy_session

CALLED = Pseudonyms(b"a key that is known")
FIRST = datetime(2024, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
REMOVED = {"voided_at": FIRST + 9 * DAY}


@pytest.fixture
def rows(millrace, juniper):
    """The rows of a table; Juniper agreed to the study."""
    settle_consent(client=juniper.client, purpose="study", given=True)
    return lambda name: list(getattr(Study(millrace, CALLED), name)())


def session(episode, days=0.0, **fields):
    return make_therapy_session(episode, **({"starts_at": FIRST + days * DAY, "attendance": "attended"} | fields))


def called(kind, row):
    return CALLED.of(kind, row.code)


def test_a_pseudonym_is_the_letter_of_its_kind_and_twelve_digits_of_its_own(juniper):
    case, person = CALLED.of("case", juniper.code), CALLED.of("person", juniper.code)
    assert re.fullmatch("c[0-9a-f]{12}", case) and re.fullmatch("p[0-9a-f]{12}", person)
    assert case[1:] != person[1:]


def test_no_file_of_the_archive_tells_its_day(millrace):
    file = io.BytesIO()
    write_study(Study(millrace), file)
    with zipfile.ZipFile(file) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_in_a_file_no_is_nought_and_what_is_not_there_is_empty(rows, millrace, juniper):
    missed, file = session(juniper, attendance="no_show"), io.BytesIO()
    write_study(Study(millrace, CALLED), file)
    with zipfile.ZipFile(file) as archive:
        line = archive.read("sessions.csv").decode().splitlines()[1]
    assert line == f"{called('session', missed)},{called('case', juniper)},,0,0,0,0"


def test_cases(rows, juniper, dana):
    ended = {"ends_at": FIRST + DAY, "end_reason": "completed", "starts_at": FIRST}
    again = make_episode(dana, client=juniper.client, **ended)
    person = called("person", juniper.client)
    assert sorted(rows("cases")) == sorted(
        [(called("case", juniper), person, "", False), (called("case", again), person, "", True)]
    )


def test_sessions_are_those_held_or_missed_and_days_are_those_of_their_zone(rows, juniper, millrace, instruments):
    batch = ImportBatch.objects.create(practice=millrace, layout="long")
    second = session(juniper, 7, import_batch=batch)  # before the others, as an import comes later
    first = session(juniper)
    missed = session(juniper, 1.48, attendance="no_show")
    TherapySession.objects.filter(pk=missed.pk).update(zone="Europe/Berlin")  # 23.31 UTC is tomorrow there
    session(juniper, 3, attendance="cancelled")
    session(juniper, 4, **REMOVED, voided_by=juniper.therapist)
    text = InstrumentText.objects.first()
    CheckIn.objects.create(episode=juniper, therapy_session=second, text=text)
    case = called("case", juniper)
    assert rows("sessions") == [
        (called("session", first), case, 1, 0, True, False, False),
        (called("session", missed), case, None, 2, False, False, False),
        (called("session", second), case, 2, 7, True, True, True),
    ]


def rated(therapy_session, rater="client", **fields):
    text = InstrumentText.objects.filter(instrument__key="alliance-6").select_related("instrument").first()
    made = {"episode": therapy_session.episode, "instrument": text.instrument, "text": text, "items_answered": 2}
    made |= {"answered_at": therapy_session.starts_at, "mode": "link"}
    return Rating.objects.create(therapy_session=therapy_session, rater=rater, **(made | fields))


def test_ratings_say_when_they_were_given_and_never_before_the_session(rows, juniper, instruments):
    one = session(juniper)
    scores = {"goal_pomp": 10.0, "task_pomp": 20.0, "bond_pomp": 30.0, "overall_pomp": 40.0, "comment_words": 7}
    later = rated(one, answered_at=FIRST + 2 * DAY, mode="paper", straight_line=True, **scores)
    rated(one, "therapist", answered_at=FIRST - DAY)
    name, instrument = called("session", one), str(later.instrument)
    assert rows("ratings") == [
        (name, "client", instrument, 10.0, 20.0, 30.0, 40.0, True, 7, 2, "paper"),
        (name, "therapist", instrument, None, None, None, None, False, Rating().comment_words, 0, "link"),
    ]


def test_of_an_answer_that_was_corrected_the_new_one_alone_goes_out(rows, juniper, instruments):
    one = session(juniper)
    rated(one, mode="link", replaced_at=FIRST, replaced_by=juniper.therapist, replaced_reason="Of another client.")
    rated(one, mode="paper")
    assert [row[-1] for row in rows("ratings")] == ["paper"]


def test_items_are_those_that_were_ticked(rows, juniper, instruments):
    one = session(juniper)
    rated(one, answers={"goal_matters": 3, "bond_open": 0})
    name = called("session", one)
    assert rows("items") == [(name, "client", "bond_open", 0), (name, "client", "goal_matters", 3)]


def test_reports_are_what_was_said_and_what_was_noticed(rows, juniper, instruments):
    both, noticed, denied, silent = (session(juniper, days) for days in range(4))
    said = {"tension": True, "tension_strength": "strong", "tension_talked_about": False}
    rated(both, **said, repair_talked=True, repair_helped="yes")
    rated(noticed, "therapist", noticed="pulled_back")
    rated(denied, tension=False)
    rated(silent)
    assert rows("reports") == [
        (called("session", both), True, "strong", False, True, "yes", ""),
        (called("session", noticed), None, None, None, None, None, "pulled_back"),
        (called("session", denied), False, "", None, None, "", ""),
    ]


# --- What the detector said, and what was said of it ------------------------------------------------------------------


def version(practice, **fields):
    made = {"criterion": "cusum", "budget": "normal", "use": "client", "valid_from": FIRST}
    return DetectorVersion.objects.create(practice=practice, **(made | fields))


def test_versions_are_those_of_the_practice_in_their_order(rows, millrace, otis):
    version(otis.practice)
    thresholds = {"third": 0.3, "early": 0.4, "later": 0.5}
    later = version(
        millrace, criterion="rupture_filter", valid_from=FIRST + DAY, thresholds=thresholds,
        constants={"b": 2.0, "a": 1.0}, recalibration={"slope": 0.5}, edition=2, clear_only=True, shadow=True,
    )  # fmt: skip
    earlier = version(millrace, threshold=0.7)
    assert rows("versions") == [
        (
            called("version", earlier), 1, "cusum", False, "normal", "client", False, False, None,
            None, None, 0.7, 1, None, "{}",
        ),
        (
            called("version", later), 2, "rupture_filter", True, "normal", "client", True, True, 0.3, 0.4,
            0.5, None, 2, '{"slope": 0.5}', '{"a": 1.0, "b": 2.0}',
        ),
    ]  # fmt: skip


def test_assessments(rows, juniper, millrace):
    one, made = session(juniper), version(millrace)
    what = {"state": "steady", "score": 0.4, "probability": 0.2, "alert": True, "kind": "withdrawal"}
    Assessment.objects.create(episode=juniper, therapy_session=one, version=made, pillars=["goal", "bond"], **what)
    assert rows("assessments") == [
        (called("session", one), called("version", made), "steady", 0.4, 0.2, True, "withdrawal", "goal bond")
    ]


def drawn(therapy_session, made, **fields):
    what = {"is_drawn": True, "chance": 0.05, "version": made, "drawn_at": FIRST}
    return Draw.objects.create(episode=therapy_session.episode, therapy_session=therapy_session, **(what | fields))


def test_draws(rows, juniper, millrace):
    made = version(millrace)
    yes, no = session(juniper), session(juniper, 1)
    drawn(yes, made, stated=0.1)
    drawn(no, made, is_drawn=False, chance=0.5)
    name = called("version", made)
    assert rows("draws") == [
        (called("session", yes), True, 0.05, name, 0.1),
        (called("session", no), False, 0.5, name, None),
    ]


def test_ruptures_say_whether_sessions_were_drawn_when_they_opened(rows, juniper, millrace):
    opened, closed, removed = (
        session(juniper),
        session(juniper, 1),
        session(juniper, 2, **REMOVED, voided_by=juniper.therapist),
    )
    made = version(millrace)
    first = juniper.ruptures.create(
        opened_session=opened, closed_session=closed, version=made, kind="withdrawal", opened_at=FIRST,
        state="repaired", closed_at=FIRST + DAY, kept_back=True,
    )  # fmt: skip
    second = juniper.ruptures.create(opened_session=removed, opened_by="client", opened_at=FIRST + 9 * DAY)
    case = called("case", juniper)
    at, name = called("session", opened), called("version", made)
    was = (called("rupture", first), case, at, called("session", closed), "detector", "repaired", "withdrawal", name)
    then = (called("rupture", second), case, "", "", "client", "open", "", "", None, False)
    assert rows("ruptures") == [(*was, None, True, False), (*then, False)]
    drawn(opened, made, drawn_at=FIRST + DAY)
    assert [row[-1] for row in rows("ruptures")] == [False, True]
    drawn(closed, made, drawn_at=FIRST)
    assert [row[-1] for row in rows("ruptures")] == [True, True]


def test_what_is_drawn_in_another_practice_says_nothing_here(rows, juniper, otis):
    juniper.ruptures.create(opened_session=session(juniper), opened_at=FIRST + DAY)
    drawn(session(make_episode(otis, "Teasel")), version(otis.practice))
    assert [row[-1] for row in rows("ruptures")] == [False]


def test_a_flag_says_what_it_states(rows, juniper, live_through):
    live_through(juniper, [3, 3, 3, 0])
    stated = evidence_of(Rupture.objects.get()).assessment.probability
    assert stated and [row[8] for row in rows("ruptures")] == [stated]


def test_verdicts_are_about_a_rupture_or_a_drawn_session_that_is_on_record(rows, juniper, millrace, dana):
    held, gone = session(juniper), session(juniper, 1, **REMOVED, voided_by=juniper.therapist)
    made = version(millrace)
    rupture = juniper.ruptures.create(opened_session=held)
    about = {"episode": juniper, "given_by": dana}
    for draw in (drawn(gone, made), drawn(held, made)):
        StrainVerdict.objects.create(**about, draw=draw, answer="no")
    StrainVerdict.objects.create(**about, rupture=rupture, answer="yes", version=made, stated=0.4)
    UsefulVerdict.objects.create(**about, rupture=rupture, answer="known")
    name = called("rupture", rupture)
    assert rows("verdicts") == [
        (1, "strain", "", called("session", held), "no", "", None),
        (2, "strain", name, "", "yes", called("version", made), 0.4),
        (1, "useful", name, "", "known", "", None),
    ]


def test_verdicts_are_those_of_clients_who_agreed(rows, juniper, sorrel, dana):
    for episode in (juniper, sorrel):
        rupture = episode.ruptures.create(opened_session=session(episode))
        about = {"episode": episode, "given_by": dana, "rupture": rupture}
        StrainVerdict.objects.create(**about, answer="yes")
        UsefulVerdict.objects.create(**about, answer="known")
    name = called("rupture", juniper.ruptures.get())
    assert [(row[1], row[2]) for row in rows("verdicts")] == [("strain", name), ("useful", name)]


def test_verdicts_are_numbered_as_they_were_given(rows, juniper, sorrel, dana):
    settle_consent(client=sorrel.client, purpose="study", given=True)
    ruptures = [episode.ruptures.create(opened_session=session(episode)) for episode in (sorrel, juniper)]
    for verdict, answer in ((StrainVerdict, "yes"), (UsefulVerdict, "known")):
        for rupture in ruptures:
            verdict.objects.create(episode=rupture.episode, given_by=dana, rupture=rupture, answer=answer)
    names = [called("rupture", rupture) for rupture in ruptures]
    assert [row[:3] for row in rows("verdicts")] == [
        (number, kind, name) for kind in ("strain", "useful") for number, name in enumerate(names, start=1)
    ]
