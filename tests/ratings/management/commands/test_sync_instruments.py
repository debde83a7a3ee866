"""Instruments are loaded from their files; what somebody has answered to is kept as it was."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ratings.management.commands import sync_instruments
from ratings.models import Instrument, InstrumentText
from ratings.psychometrics.instruments import load

OURS = sync_instruments.FOLDER / "alliance-6.toml"


@pytest.fixture
def file(tmp_path, monkeypatch, db):
    """The file of our six items, alone in a folder."""
    monkeypatch.setattr(sync_instruments, "FOLDER", tmp_path)
    (tmp_path / OURS.name).write_text(OURS.read_text())
    return tmp_path / OURS.name


def change(file, old, new):
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def sync(**options):
    out = StringIO()
    call_command("sync_instruments", stdout=out, **options)
    return out.getvalue().splitlines()


def test_it_says_of_each_instrument_what_it_did(db):
    keys = [f"{load(path).key} {load(path).version}" for path in sorted(sync_instruments.FOLDER.glob("*.toml"))]
    first = sync()
    assert [line.split(":")[0] for line in first] == keys
    assert first[1:2] == ["alliance-6 1: loaded, text en loaded"]
    assert "wai-sr-client 1: loaded" in first
    assert sync() == [f"{key}: unchanged" for key in keys]
    assert sync(verbosity=0) == []


def test_what_nobody_has_used_is_replaced_and_what_was_answered_to_stays(file, juniper, live_through):
    change(file, 'pillar = "bond"', 'pillar = "bond"\nreversed = true')
    change(file, "I felt listened to.", "I felt heard.")
    assert sync() == ["alliance-6 1: replaced, as nobody had used it, text en corrected, as nobody had used it"]
    assert [item.get("reversed") for item in Instrument.objects.get().definition["items"]] == [None] * 4 + [True] * 2
    assert InstrumentText.objects.get().revision == 1
    (check_in,) = live_through(juniper, [None], therapist=None)  # asked, not answered yet
    change(file, "I felt heard.", "I felt understood.")
    assert sync() == ["alliance-6 1: text en revision 2"]
    assert check_in.text.text["client"]["items"]["bond_listened"] == "I felt heard."
    change(file, "lowest = 0", "lowest = 1")
    change(file, "highest = 4", "highest = 5")
    with pytest.raises(CommandError, match=r"alliance-6\.toml: alliance-6 1 .* needs a new version"):
        sync()
    assert Instrument.objects.get().definition["lowest"] == 0


def test_title_source_and_licence_are_corrected_at_any_time(file, juniper, live_through):
    live_through(juniper, [3])
    change(file, 'title = "Alliance check-in, six items"', 'title = "Check-in of six"')
    assert sync() == ["alliance-6 1: title, source or licence corrected"]
    assert Instrument.objects.get().definition["title"] == "Check-in of six"


def test_a_text_that_no_page_could_show_is_refused_with_file_and_key(file):
    sync()
    change(file, "[text.en.therapist", "[text.de.therapist")
    with pytest.raises(CommandError, match=r"alliance-6\.toml: \[text\.en\.therapist\]"):
        sync()
    assert InstrumentText.objects.get().language == "en"
