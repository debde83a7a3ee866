"""A hundred submits of one link at once, fifty times, on each database."""

import json

import pytest

from tests.e2e.test_parallel import ANSWERS, COUNT, PARALLEL, parallel_submits

ROUNDS = 50


@pytest.mark.evidence
def test_fifty_rounds_leave_fifty_ratings(gunicorn_server, record_property):
    for _round in range(ROUNDS):
        parallel_submits(gunicorn_server)
    kept = json.loads(gunicorn_server.python(COUNT))
    assert kept["ratings"] == [ANSWERS] * ROUNDS
    assert kept["written"] == ROUNDS
    record_property("submits, all with one receipt per round", ROUNDS * PARALLEL)
