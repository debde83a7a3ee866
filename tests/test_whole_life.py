"""Of a life with a row in every table and words in every column: what the copy tells, and that an erasure leaves none.

A new table or column about clients fails the first test here, until the life has something in it.
"""

import csv
import io
import json

from ratings.check_in import links
from ratings.rights.copy import copy_of
from ratings.rights.erase import _kinds_of
from ratings.rights.registry import IN_COPY, LEFT_OUT
from tests.factories import editor_of
from tests.lives import empty_columns, words_in, written_columns
from tests.lives import whole_life as whole_life  # a fixture
from tests.test_nothing_left import found

# The row is of one case, or of all the cases of a therapist, and then about no client.
ALWAYS_EMPTY = ["alliance.Supervision.therapist", "alliance.Cover.therapist"]
TOLD = {row.model: row.told for row in IN_COPY}


def test_every_table_has_a_row_of_it_and_every_column_something_in_one(whole_life):
    kinds = list(_kinds_of(whole_life.client))
    assert [kind.label for kind in kinds if not kind.rows.exists()] == []
    assert empty_columns(kinds) == ALWAYS_EMPTY
    assert [words_in(*column) for column in written_columns() if not found(words_in(*column))] == []


# --- The copy ---------------------------------------------------------------------------------------------------------


def test_the_copy_has_all_that_somebody_wrote_but_what_it_says_it_leaves_out(whole_life, http):
    token = links.mint_copy_link(editor=editor_of(whole_life))
    forms = {way: http.get(f"/c/k/{way}{token}/").text for way in ("", "json/", "csv/")}
    told = [column for column in written_columns() if column[1] in TOLD.get(column[0]._meta.label, ())]
    left_out = [column for column in written_columns() if column not in told]
    for text in forms.values():
        assert [words_in(*column) for column in told if words_in(*column) not in text] == []
        assert [words_in(*column) for column in left_out if words_in(*column) in text] == []
    assert {model._meta.label for model, _column in left_out} <= set(LEFT_OUT)
    assert len(told) > 20 and len(left_out) > 3


def test_every_column_that_is_told_has_something_in_all_three_forms(whole_life):
    copy = copy_of(whole_life)
    records = json.loads(copy.as_json())["records"]
    rows = [row for row in csv.DictReader(io.StringIO(copy.as_csv())) if row["value"]]
    in_csv = {(row["record"], row["column"]) for row in rows}
    for section in copy.sections:
        filled = {label for entries in section.entries for label, _value in entries}
        assert len(filled) == len(section.columns), section.model
    for model, columns in TOLD.items():
        for column in columns:
            assert any(row[column] not in (None, "", [], {}) for row in records[model]), f"{model}.{column}"
            assert (model, column) in in_csv
