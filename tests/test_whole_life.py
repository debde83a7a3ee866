"""Of a life with a row in every table and words in every column: what the copy tells, and that an erasure leaves none.

A new table or column about clients fails the first test here, until the life has something in it.
"""

import csv
import io
import json
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection, connections

from alliance.drafts.actions import keep_draft
from alliance.drafts.shown import ShownForm
from alliance.models import Erasure
from ratings.check_in import links
from ratings.rights.copy import copy_of
from ratings.rights.erase import _kinds_of, erase_client
from ratings.rights.registry import IN_COPY, LEFT_OUT
from tests.factories import editor_of
from tests.lives import CANARY, empty_columns, words_in, written_columns
from tests.lives import whole_life as whole_life  # a fixture
from tests.ratings.rights.test_erase import traces_of
from tests.test_nothing_left import everything, found

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


# --- The bytes of the file --------------------------------------------------------------------------------------------


@pytest.fixture
def in_a_file(db, tmp_path):
    """The database in a file, as the settings have it, on a SQLite that of itself overwrites nothing."""
    path, in_memory = tmp_path / "alliance.sqlite3", connections["default"]
    path.write_bytes(in_memory.connection.serialize())
    shipped = settings.DATABASES["default"]["OPTIONS"]
    options = shipped | {"init_command": f"PRAGMA secure_delete = OFF; {shipped['init_command']}"}
    connections["default"] = type(in_memory)(in_memory.settings_dict | {"NAME": str(path), "OPTIONS": options})
    yield path
    connections["default"].close()
    connections["default"] = in_memory


class Written:
    """Every sealed text that a statement has written."""

    def __init__(self):
        self.tokens = set()

    def __call__(self, execute, sql, params, many, context):
        for value in params or ():
            if isinstance(value, str) and value.startswith("a2."):
                self.tokens.add(value)
        return execute(sql, params, many, context)


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_after_an_erasure_the_file_has_nothing_of_it_nor_of_what_was_removed_before(in_a_file, request):
    written = Written()
    with connection.execute_wrapper(written):
        episode, dana, mona = map(request.getfixturevalue, ("whole_life", "dana", "mona"))
        page = f"/cases/{episode.code}/goals/"
        draft = keep_draft(form=ShownForm(dana.user.code, uuid4(), page), action=page, fields={"text": [CANARY]})
    draft.delete()  # as when the form is saved; it was under the key of the practice, which stays
    traces = {trace for trace in traces_of(episode.client) if "-" not in trace}  # the audit has codes with these
    erase_client(client=episode.client, reason=Erasure.Reason.ASKED, asked_by=mona, agreed_by=None)
    stays = {text for _table, text in everything()}
    gone = (written.tokens | traces) - stays
    held = b"".join(file.read_bytes() for file in in_a_file.parent.iterdir())
    assert [trace for trace in gone if trace.encode() in held] == []
    assert len(gone) > 100 and len(written.tokens & stays) > 2 and min(written.tokens & stays).encode() in held
