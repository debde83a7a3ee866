import pytest

from ratings.importing.actions import keep_draft
from ratings.importing.clients.actions import import_clients, preview_of

HEADER = "Client_ID,Name,Therapist_Email,Start_Day,Email,Phone\n"


@pytest.fixture
def draft_of():
    """`draft_of(lines, by)`: a list with these lines below its first, uploaded."""

    def draft_of(lines, by, therapist=None, header=HEADER):
        return keep_draft(text=header + "\n".join(lines) + "\n", by=by, therapist=therapist)

    return draft_of


@pytest.fixture
def preview(draft_of):
    return lambda lines, by, **fields: preview_of(draft_of(lines, by, **fields))


@pytest.fixture
def bring_in(draft_of):
    def bring_in(lines, by, only_good=False, **fields):
        return import_clients(draft=draft_of(lines, by, **fields), only_good=only_good)

    return bring_in
