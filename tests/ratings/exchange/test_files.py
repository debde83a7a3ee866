"""What each file of an export says, row by row, and how much went into the archive."""

import csv
import io
import struct
import zipfile
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from alliance.models import Episode
from alliance.refusal import Refused
from ratings.cells.long_layout import COLUMNS
from ratings.detection.stored import evidence_of
from ratings.exchange import sav
from ratings.exchange.export_codebook import FLAGS, LONG, LONG_ITEMS, REPAIRS, WIDE
from ratings.exchange.exported import Exported, Names, Person, Pseudonyms
from ratings.exchange.files import Written, _item_columns, codebook_rows, key_text, write_archive
from ratings.exchange.long import long_rows
from ratings.exchange.spss import syntax
from ratings.models import Instrument, InstrumentText, Rating, RuptureView, StrainVerdict, UsefulVerdict
from ratings.psychometrics.evidence import sureness
from tests.factories import make_therapy_session

FIRST = datetime(2024, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CALLED = Pseudonyms(b"a key that is known")


@pytest.fixture
def session(juniper):
    return make_therapy_session(juniper, starts_at=FIRST, attendance="attended")


@pytest.fixture
def rating(session, instruments):
    text = InstrumentText.objects.filter(instrument__key="alliance-6", language="en").select_related("instrument").get()
    return Rating.objects.create(
        episode=session.episode, therapy_session=session, rater="client", instrument=text.instrument, text=text,
        items_answered=2, answers={"goal_matters": 3, "bond_open": 0}, answered_at=FIRST + DAY, mode="paper",
        goal_raw=3.0, bond_raw=0.0, goal_pomp=75.0, bond_pomp=0.0, overall_pomp=37.5, straight_line=True, tension=True,
        tension_talked_about=False, tension_strength="strong", comment_words=7,
    )  # fmt: skip


@pytest.fixture
def rupture(juniper, session):
    return juniper.ruptures.create(opened_session=session, opened_at=FIRST + DAY, opened_by="client")


def archive_of(episode, *, is_shifted=False):
    """What was counted, and the rows of a file of the archive."""
    file = io.BytesIO()
    names = Names(CALLED, is_shifted, tells_therapists=True)
    written = write_archive(Exported(Episode.objects.filter(pk=episode.pk), names), file)
    archive = zipfile.ZipFile(file)
    return written, lambda name: list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def filled(row):
    """The cells that say something, behind those that say whose row it is."""
    return {name: cell for name, cell in list(row.items())[3:] if cell}


def test_it_counts_what_it_wrote(juniper, rating):
    make_therapy_session(juniper, starts_at=FIRST + DAY)
    written, _rows = archive_of(juniper)
    assert written == Written(cases=1, sessions=2, ratings=1)


@pytest.fixture
def members(juniper):
    """What the archive says of its files."""
    file = io.BytesIO()
    write_archive(Exported(Episode.objects.all(), Names(CALLED, False, True)), file)
    with zipfile.ZipFile(file) as archive:
        return archive.infolist()


def test_no_file_of_the_archive_tells_its_day(members):
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}


def test_each_file_of_the_archive_is_packed(members):
    assert {member.compress_type for member in members} == {zipfile.ZIP_DEFLATED}


def test_a_file_of_cases_may_grow_beyond_four_gigabytes(juniper):
    """By the header before each file: its extra field begins with the id of the long sizes (APPNOTE 4.5.3)."""
    file = io.BytesIO()
    write_archive(Exported(Episode.objects.all(), Names(CALLED, False, True)), file)
    grows = set()
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            header = file.getvalue()[member.header_offset :]
            name_length, extra_length = struct.unpack("<HH", header[26:30])
            if header[30 + name_length :][:extra_length][:2] == b"\x01\x00":
                grows.add(member.filename)
    assert grows == {"ratings.csv", "ratings-wide.csv", "flags.csv", "repairs.csv", "ratings-wide.sav"}


@pytest.fixture
def whole(juniper, rating, rupture):
    """Each file of the archive of a client whose name is a formula, by its name; those of rows as these."""
    file = io.BytesIO()
    names = Names(CALLED, False, tells_therapists=True, by_name={juniper.client_id: "=1+1"})
    write_archive(Exported(Episode.objects.all(), names), file)
    with zipfile.ZipFile(file) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    for name in found:
        if name.endswith(".csv"):
            found[name] = list(csv.reader(io.StringIO(found[name].decode())))
    return found


def test_each_table_begins_with_its_columns_and_has_rows(whole, juniper):
    columns = {"ratings.csv": list(COLUMNS)}
    for name, described in {"flags.csv": FLAGS, "repairs.csv": REPAIRS}.items():
        columns[name] = [column.name for column in described]
    assert {name: whole[name][0] for name in columns} == columns
    assert whole["ratings-wide.csv"][0][: len(WIDE)] == [column.name for column in WIDE]
    assert [len(whole[name]) for name in ("ratings-wide.csv", "flags.csv", "repairs.csv")] == [2, 2, 1]
    names = Names(CALLED, False, tells_therapists=True, by_name={juniper.client_id: "=1+1"})
    (case,) = Exported(Episode.objects.all(), names).cases()
    assert len(whole["ratings.csv"]) == 1 + len(list(long_rows(case))) > 10


def test_no_name_is_taken_for_a_formula(whole):
    for name in ("ratings-wide.csv", "flags.csv"):
        assert whole[name][1][0] == "'=1+1"


def test_the_file_of_spss_is_its_head_and_the_rows_of_the_wide_table(whole):
    columns = sav.variables(list(_item_columns()))
    rows = (sav.row_of(columns, row) for row in whole["ratings-wide.csv"][1:])
    assert whole["ratings-wide.sav"] == sav.head(columns) + b"".join(rows)


def test_the_codebook_and_the_syntax_go_along(whole):
    assert [tuple(row) for row in whole["codebook.csv"]] == [tuple(row) for row in codebook_rows()]
    assert whole["ratings-wide.sps"].decode() == syntax(list(_item_columns()))


def test_nothing_goes_out_where_a_record_was_erased_meanwhile(juniper):
    exported = Exported(Episode.objects.all(), Names(CALLED, False, True))
    Episode.objects.filter(pk=juniper.pk).delete()
    with pytest.raises(Refused, match="erased or joined meanwhile"):
        write_archive(exported, io.BytesIO())


def test_a_row_begins_with_who_it_is_about(juniper, rating, rupture):
    _written, rows = archive_of(juniper)
    for name in ("ratings-wide.csv", "flags.csv"):
        (row,) = rows(name)
        assert list(row.values())[:3] == [
            CALLED.client(juniper.client.code),
            CALLED.therapist(juniper.therapist.code),
            "1",
        ]


def test_a_row_of_the_wide_table_has_each_answer_in_its_own_column(juniper, rating):
    _written, rows = archive_of(juniper)
    (row,) = rows("ratings-wide.csv")
    assert filled(row) == {
        "session_no": "1", "session_start_utc": "2024-03-01T12:00:00Z", "tz": rating.therapy_session.zone,
        "rater": "client", "instrument": "alliance-6", "instrument_version": rating.instrument.version,
        "mode": "paper", "submitted_utc": "2024-03-02T12:00:00Z", "goal_mean": "3.0", "bond_mean": "0.0",
        "goal": "75.0", "bond": "0.0", "overall": "37.5", "items_answered": "2", "straight_line": "1", "tension": "1",
        "tension_talked_about": "0", "tension_strength": "strong", "comment_words": "7",
        "alliance_6_1_goal_matters": "3", "alliance_6_1_bond_open": "0",
    }  # fmt: skip


def test_an_answer_stands_in_the_column_of_its_own_instrument_alone(juniper, rating):
    Instrument.objects.create(key="other", version="1", definition=rating.instrument.definition)
    _written, rows = archive_of(juniper)
    (row,) = rows("ratings-wide.csv")
    assert (row["alliance_6_1_goal_matters"], row["other_1_goal_matters"]) == ("3", "")


def test_columns_of_items_stand_by_the_keys_of_their_instruments(juniper, rating, in_no_order):
    _written, rows = archive_of(juniper)
    (row,) = rows("ratings-wide.csv")
    keys = [key.rpartition("_item_")[0] for key in row if "_item_" in key]
    assert keys and keys == sorted(keys)


def test_an_item_is_told_in_english_where_a_text_in_another_language_came_later(juniper, rating):
    text = rating.text.text | {"client": rating.text.text["client"] | {"items": {"bond_open": "Offen"}}}
    InstrumentText.objects.create(instrument=rating.instrument, language="zu", text=text)
    file = io.BytesIO()
    write_archive(Exported(Episode.objects.none(), Names(CALLED, False, True)), file)
    assert "Offen" not in zipfile.ZipFile(file).read("ratings-wide.sps").decode()


def test_the_codebook_has_each_column_of_each_file_with_what_it_means(instruments):
    head, *rows = codebook_rows()
    assert head == ("file", "column", "meaning", "unit and range", "empty where")
    described = {"ratings.csv": LONG, "ratings-wide.csv": WIDE, "flags.csv": FLAGS, "repairs.csv": REPAIRS}
    told = [
        (file, column.name, column.meaning, column.values, column.missing)
        for file, columns in described.items()
        for column in columns
    ]
    told += [("ratings.csv", f"item: {item.name}", item.meaning, item.values, item.missing) for item in LONG_ITEMS]
    assert rows[: len(told)] == told
    assert [row[1] for row in rows[len(told) :]] == [item.column for item in _item_columns()]


def test_no_question_is_taken_for_a_formula(instruments):
    definition = Instrument.objects.get(key="alliance-6").definition
    items = [{"id": "=1+1", "pillar": "bond"}]
    Instrument.objects.create(key="other", version="1", definition=definition | {"title": "Other", "items": items})
    assert "'=1+1 (Other)" in [meaning for _file, _column, meaning, *_rest in codebook_rows()]


def test_the_codebook_says_where_a_high_answer_means_a_weak_alliance(instruments):
    definition = Instrument.objects.get(key="alliance-6").definition
    items = [{"id": "apart", "pillar": "bond", "reversed": True}, {"id": "near", "pillar": "bond"}]
    Instrument.objects.create(key="other", version="1", definition=definition | {"title": "Other", "items": items})
    told = {column: meaning for _file, column, meaning, *_rest in codebook_rows() if column.startswith("other_1_")}
    assert told == {
        "other_1_apart": "apart (Other), a high answer means a weak alliance",
        "other_1_near": "near (Other)",
    }


def test_a_flag_says_what_was_found_and_what_was_said_of_it(juniper, rupture, dana):
    later = make_therapy_session(juniper, starts_at=FIRST + 7 * DAY)
    fields = {"state": "repaired", "closed_session": later, "closed_at": FIRST + 8 * DAY, "kind": "both"}
    juniper.ruptures.update(**fields, pillars=["goal", "bond"], named_by=dana)
    about = {"episode": juniper, "rupture": rupture}
    RuptureView.objects.create(**about, kind="withdrawal", signs=["quiet", "angry"], said_by=dana)
    StrainVerdict.objects.create(**about, answer="yes", given_by=dana)
    UsefulVerdict.objects.create(**about, answer="known", given_by=dana)
    _written, rows = archive_of(juniper)
    (row,) = rows("flags.csv")
    assert list(filled(row).values()) == [
        "1", "1", "2", "2024-03-02T12:00:00Z", "2024-03-09T12:00:00Z", "client", "repaired", "both", "goal bond", "1",
        "withdrawal", "quiet angry", "yes", "known",
    ]  # fmt: skip


def test_a_flag_of_which_nobody_said_anything_has_empty_cells(juniper, rupture):
    _written, rows = archive_of(juniper)
    (row,) = rows("flags.csv")
    assert list(filled(row).values()) == ["1", "1", "2024-03-02T12:00:00Z", "client", "open", "0"]


def test_a_step_is_told_with_the_session_whose_log_said_so_or_else_the_planned_one(juniper, rupture, dana):
    later = make_therapy_session(juniper, starts_at=FIRST + 7 * DAY)
    said = {"episode": juniper, "said_by": dana, "said_at": FIRST + DAY, "outcome": "done"}
    rupture.steps.create(**said, step="ask", planned_for=rupture.opened_session, logged_with=later)
    rupture.steps.create(**said, step="own", planned_for=rupture.opened_session)
    rupture.steps.create(**said, step="fit")
    _written, rows = archive_of(juniper)
    assert [list(filled(row).values()) for row in rows("repairs.csv")] == [
        ["1", "ask", "done", "2024-03-02T12:00:00Z", "2"],
        ["1", "own", "done", "2024-03-02T12:00:00Z", "1"],
        ["1", "fit", "done", "2024-03-02T12:00:00Z"],
    ]


def test_where_the_time_is_shifted_it_is_so_in_each_file(juniper, rating, rupture, dana):
    later = {"closed_at": FIRST + 8 * DAY, "state": "repaired"}
    juniper.ruptures.update(**later)
    rupture.steps.create(episode=juniper, step="ask", outcome="done", said_by=dana, said_at=FIRST)
    _written, rows = archive_of(juniper, is_shifted=True)
    cells = [
        cell for name in ("ratings-wide.csv", "flags.csv", "repairs.csv") for row in rows(name) for cell in row.values()
    ]
    told = sorted(datetime.fromisoformat(cell) for cell in cells if cell.endswith("Z"))
    shift = CALLED.shift(juniper.client.code)
    assert told == [FIRST + days * DAY - shift for days in (0, 0, 1, 1, 8)]


def test_the_key_is_read_by_a_spreadsheet_and_says_who_is_who(juniper):
    text = key_text(Exported(Episode.objects.all(), Names(CALLED, True, True)))
    shifted = CALLED.shift(juniper.client.code) // timedelta(minutes=1)
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text[1:]))) == [
        ["kind", "pseudonym", "name", "shifted_minutes"],
        ["client", CALLED.client(juniper.client.code), "Juniper", str(shifted)],
        ["therapist", CALLED.therapist(juniper.therapist.code), "Dana Whitlock", ""],
    ]


def test_no_name_in_the_key_is_taken_for_a_formula():
    people = [Person("client", "=C", "=1+1", 7)]
    assert key_text(SimpleNamespace(people=lambda: people)).splitlines()[1] == "client,'=C,'=1+1,7"


def test_an_instrument_without_sentences_has_columns_all_the_same(juniper, rating):
    InstrumentText.objects.filter(instrument__key="sai-6").delete()
    _written, rows = archive_of(juniper)
    (row,) = rows("ratings-wide.csv")
    for instrument in Instrument.objects.filter(key="sai-6"):
        assert f"sai_6_{instrument.version}_item_1" in row


def test_a_flag_of_the_program_says_how_sure_it_was(juniper, live_through):
    live_through(juniper, [3, 3, 3, 0])
    _written, rows = archive_of(juniper)
    (row,) = rows("flags.csv")
    stated = evidence_of(juniper.ruptures.get()).assessment.probability
    assert stated and {str(stated), sureness(stated).value} <= set(row.values())
