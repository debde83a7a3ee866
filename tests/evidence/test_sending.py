"""Senders killed a hundred times at random moments, on each database."""

import pytest

from tests.sending import due_messages, killed_and_complete

KILLS = 100


@pytest.mark.evidence
def test_killed_a_hundred_times_everything_arrives(project, mail_server, record_property):
    due_messages(project, mail_server, count=5 * KILLS)  # more than the senders reach before they are killed
    for name, figure in killed_and_complete(project, mail_server, kills=KILLS, seed=4).items():
        record_property(name, figure)
