"""The codebook holds for the files beside it: read by pandas, as whoever gets an export reads them."""

import json
import re
import zipfile
from zoneinfo import available_timezones

import pandas
import pyreadstat
import pytest

from tests.ratings.exchange.test_actions import exported, lived  # noqa: F401 -- fixtures

TABLES = ("ratings.csv", "ratings-wide.csv", "flags.csv", "repairs.csv")
ANSWER = ["client_pid", "episode_no", "session_no", "rater"]
INSTANT = "2026-03-14T09:00:00Z"
ITEM, PARTED = "item: ", ", parted by blanks"

pytestmark = pytest.mark.sqlite


@pytest.fixture
def archive(lived, tmp_path):  # noqa: F811 -- the fixture
    with zipfile.ZipFile(exported(lived)) as found:
        found.extractall(tmp_path)
    return tmp_path


@pytest.fixture
def tables(archive):
    """Name of a file -> its rows."""
    return {name: pandas.read_csv(archive / name) for name in TABLES}


@pytest.fixture
def codebook(archive):
    return pandas.read_csv(archive / "codebook.csv").rename(
        columns={"unit and range": "values", "empty where": "empty"}
    )


# --- What a cell may hold, by the words of the codebook ---------------------------------------------------------------


def is_whole(cells):
    return pandas.api.types.is_numeric_dtype(cells) and (cells % 1 == 0).all()


def are_words(cells, said):
    return cells.isin(said.split(", ")).all()


def holds_object(text):
    return isinstance(json.loads(text), dict)


def holds(cells, said):
    """Whether what stands in a column is what the codebook says of it; a phrase that nobody knows is a fault."""
    for phrase, check in {
        r"letters and digits": lambda: cells.astype(str).str.strip().ne("").all(),
        r"0 or 1": lambda: cells.isin([0, 1]).all(),
        r"1": lambda: cells.eq(1).all(),
        r"1, 2, …": lambda: is_whole(cells) and cells.ge(1).all(),
        r"(words, )?from 0": lambda: is_whole(cells) and cells.ge(0).all(),
        r"0-1": lambda: cells.between(0, 1).all(),
        r"0-100, .*": lambda: cells.between(0, 100).all(),
        r"\d+-\d+(; .*)?": lambda: is_whole(cells) and cells.between(*map(int, re.findall(r"\d+", said)[:2])).all(),
        r"minutes": lambda: cells.gt(0).all(),
        r"(its scale|scale of the questionnaire.*)": lambda: pandas.to_numeric(cells).ge(0).all(),
        rf"{INSTANT}, .*": lambda: cells.str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z").all(),
        r"name such as Europe/Berlin": lambda: cells.isin(available_timezones()).all(),
        r"such as en": lambda: cells.str.fullmatch(r"[a-z]{2}(-[A-Za-z]+)?").all(),
        r"JSON object": lambda: cells.map(holds_object).all(),
        r"(.*), parted by blanks": lambda: are_words(
            cells.str.split().explode(), said.removesuffix(", parted by blanks")
        ),
        r"(.*); then (.*)": lambda: all(
            are_words(cells.str.split().str[place], words) for place, words in enumerate(said.split("; then "))
        ),
        r"[a-z_]+(, [a-z_]+)*": lambda: are_words(cells, said),
    }.items():
        if re.fullmatch(phrase, said):
            return bool(check())
    raise LookupError(said)


def faults(tables, codebook):
    """Each column of each file, and each item of the long one, of which the codebook says something else."""
    found = []
    items = codebook[codebook["column"].str.startswith(ITEM)]
    for row in codebook.drop(items.index).itertuples():
        cells = tables[row.file][row.column]
        said = row.values
        if said == "as item state in ratings.csv":
            said = items.loc[items["column"] == f"{ITEM}state", "values"].item()
        is_empty = cells.isna()
        if is_empty.any() if row.empty == "never" else (row.empty == "always" and not is_empty.all()):
            found.append((row.file, row.column, "empty"))
        if not holds(cells[~is_empty], said):
            found.append((row.file, row.column, said))
    long = tables["ratings.csv"]
    for row in items.itertuples():
        of_item = long[long["item"] == row.column.removeprefix(ITEM)]
        cells = of_item["value"].where(of_item["value_label"].isna(), of_item["value_label"])
        if "in submitted_utc" in row.meaning and row.values.startswith(INSTANT):
            cells = of_item["submitted_utc"]
        if re.fullmatch(r"[\d, …or-]+|minutes|.*from 0", row.values):
            cells = of_item["value"]
        if cells.isna().any() or not holds(cells, row.values):
            found.append((row.file, row.column, row.values))
    return found


# --- What is so -------------------------------------------------------------------------------------------------------


def test_every_cell_is_what_the_codebook_says(tables, codebook):
    assert faults(tables, codebook) == []


def test_every_column_is_described_and_every_description_has_its_column(tables, codebook):
    described = codebook[~codebook["column"].str.startswith(ITEM)]
    for name, table in tables.items():
        assert list(described.loc[described["file"] == name, "column"]) == list(table.columns)
    assert not codebook.drop(columns="empty").isna().any(axis=None)


def test_every_row_of_the_long_file_is_a_question_or_an_item_that_is_described(tables, codebook):
    long = tables["ratings.csv"]
    described = codebook.loc[codebook["column"].str.startswith(ITEM), "column"].str.removeprefix(ITEM)
    rest = long[~long["item"].isin(described)]
    asked = rest["instrument"] + "_" + rest["instrument_version"].astype("Int64").astype(str) + "_" + rest["item"]
    assert asked.str.replace("-", "_").isin(codebook["column"]).all() and len(asked) > 100
    assert set(described) - set(long["item"]) <= {"day_only", "total", "rebased_in_session"}, (
        "the cases have all others"
    )


def test_what_was_skipped_is_missing_in_both_files_and_nothing_else_is(tables):
    long, wide = tables["ratings.csv"], tables["ratings-wide.csv"]
    assert (long["missing_reason"].isna() == (long["answered"] == 1)).all()
    answers = long[
        long["instrument"].eq("alliance-6") & long["rater"].isin(["client", "therapist"]) & long["pillar"].notna()
    ]
    assert (answers["value"].isna() == (answers["missing_reason"] == "skipped")).all()
    assert answers["value"].isna().any()
    by_item = answers.pivot(index=ANSWER, columns="item", values="value").add_prefix("alliance_6_1_").sort_index(axis=1)
    same = wide.set_index(ANSWER)[list(by_item.columns)].sort_index()
    pandas.testing.assert_frame_equal(by_item, same.astype(float), check_names=False)


def test_the_file_of_spss_has_the_same_cells_and_the_words_of_the_codebook(archive, tables, codebook):
    read, said = pyreadstat.read_sav(str(archive / "ratings-wide.sav"))
    wide = tables["ratings-wide.csv"]
    assert list(read.columns) == [*wide.columns, "session_start", "submitted"]
    for column in wide.columns:
        is_text = pandas.api.types.is_string_dtype(read[column])
        cells = wide[column].astype(str).where(wide[column].notna(), "") if is_text else wide[column].astype(float)
        pandas.testing.assert_series_equal(read[column], cells, check_dtype=False)
    for column, written in (("session_start", "session_start_utc"), ("submitted", "submitted_utc")):
        at = pandas.to_datetime(wide[written], format="ISO8601").dt.tz_localize(None)
        assert ((read[column] - at).abs() < pandas.Timedelta(milliseconds=1)).all()
    of_wide = codebook[codebook["file"] == "ratings-wide.csv"].set_index("column")
    labels = said.column_names_to_labels
    for column, row in of_wide.iterrows():
        assert labels[column].startswith(row["meaning"].split(", a high answer")[0][:60])
        words = {int(n): word for n, word in re.findall(r"(\d+): ([^;]+)", row["values"])}
        assert {k: v for k, v in said.variable_value_labels.get(column, {}).items() if words} == words
    assert said.variable_value_labels["noticed"]["nothing"] == "Nothing"


WRONG = [
    ("ratings.csv", "rater", "colleague"),
    ("ratings.csv", "answered", 2),
    ("ratings.csv", "tz", "Berlin"),
    ("ratings.csv", "submitted_utc", "14.3.2026"),
    ("ratings.csv", "client_pid", None),
    ("ratings.csv", "seconds_to_complete", 30),
    ("ratings-wide.csv", "bond", 101),
    ("ratings-wide.csv", "noticed", "shrugged"),
    ("ratings-wide.csv", "alliance_6_1_bond_open", 5),
    ("ratings-wide.csv", "comment_words", 1.5),
    ("flags.csv", "stated", 1.2),
    ("flags.csv", "pillars", "goal trust"),
    ("flags.csv", "state", "withdrawn"),
    ("repairs.csv", "session_no", 0),
]


def test_a_wrong_cell_is_found(tables, codebook):
    """Of the reading itself: it sees what is wrong."""
    for file, column, cell in WRONG:
        table = tables[file].astype({column: object})
        table.loc[0, column] = cell
        found = faults(tables | {file: table.infer_objects()}, codebook)
        assert (file, column) in [one[:2] for one in found], (file, column, cell)
