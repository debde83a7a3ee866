"""Markup and formulas in what a file tells: a spreadsheet computes no cell, and each text comes back as typed."""

import csv
import io
import json
import zipfile

import pytest
from django.urls import reverse

from alliance.crypto import Sealed
from alliance.models import Membership
from ratings.cells.values import undefused
from ratings.check_in.links import mint_copy_link
from ratings.exchange.actions import make_export, take_archive, write_key
from sessions.models import Goal
from tests.attacks.markup import strings
from tests.factories import editor_of, make_episode

OPENINGS = ["=", "+", "-", "@", "\t=", "\n=", "'=", '=HYPERLINK("//evil.test")', "=cmd|' /C calc'!A0", "-1+", ""]
ALL = [OPENINGS[number % len(OPENINGS)] + text for number, text in enumerate(strings(520, seed=7))]
COMPUTED = ("=", "+", "-", "@", "\t", "\r", "\n")  # CWE-1236


@pytest.fixture
def lived(juniper, live_through):
    """Juniper's case, with all of them as goals."""
    live_through(juniper, [3])
    key = juniper.client.data_key
    Goal.objects.bulk_create(
        Goal(episode=juniper, written_by=juniper.therapist, text=Sealed(text, key)) for text in ALL
    )
    return juniper


def computed(cells):
    return [cell for cell in cells if cell.startswith(COMPUTED) and not cell[1:].replace(".", "").isdigit()]


def test_the_copy_of_a_client_holds_every_text_and_no_formula(lived, http):
    token = mint_copy_link(editor=editor_of(lived))
    answer = http.get(reverse("links:copy-csv", args=[token]))
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "attachment" in answer.headers[
        "Content-Disposition"]  # fmt: skip
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert not computed(cell for row in rows for cell in row)
    assert set(ALL) <= {undefused(row[3]) for row in rows}
    answer = http.get(reverse("links:copy-json", args=[token]))
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert {goal["text"] for goal in json.loads(answer.text)["records"]["therapy.Goal"]} == set(ALL)


def test_an_export_with_names_holds_them_and_no_formula(lived, dana, live_through):
    clients = [make_episode(dana, text) for text in ALL[:22]]
    for episode in clients[::2]:
        live_through(episode, [3])
    dana.name = Sealed(ALL[1], dana.practice.data_key)
    dana.save()
    export = make_export(by=Membership.objects.get(pk=dana.pk), extent="own", reason="move", keeps_names=True)
    with take_archive(export=export) as file, zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name).decode(errors="replace") for name in archive.namelist()}
    files["key.csv"] = write_key(export=export).removeprefix("\ufeff")
    tables = {
        name: list(csv.reader(io.StringIO(text, newline=""))) for name, text in files.items() if name.endswith(".csv")
    }
    assert not [(name, cell) for name, rows in tables.items() for cell in computed(sum(rows, []))]
    named = tables["ratings.csv"][0].index("client_pid")
    told = {undefused(row[named]) for row in tables["ratings.csv"]}
    for episode in clients[::2]:
        assert [one for one in told if one.startswith(episode.client.display_name)], episode.client.display_name
    assert not [line for line in files["ratings-wide.sps"].splitlines() if any(text in line for text in ALL)]
