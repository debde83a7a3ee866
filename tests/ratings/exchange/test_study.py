"""What goes to a study, and that the protocol's script finds there what the page of figures says."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from random import Random

import pytest
from django.core.management import CommandError, call_command

from alliance.clients.actions import settle_consent
from alliance.models import AuditEvent
from ratings.check_in.actions import answer_check_in
from ratings.detection.verdicts import judge_rupture, judge_session
from ratings.exchange import study_analysis
from ratings.exchange.codebook import TABLES
from ratings.exchange.study import Pseudonyms, Study, write_study
from ratings.figures.flags import flags_page
from ratings.models import DetectorVersion, Draw, Rupture
from ratings.psychometrics.proportion import Share
from ratings.record.actions import remove_session
from sessions.models import TherapySession
from tests.courses import answers, client_answers, held
from tests.factories import editor_of, make_episode


def agree(episode):
    settle_consent(client=episode.client, purpose="study", given=True)


def exported(practice):
    """Name -> text of each file of the export."""
    archive = io.BytesIO()
    write_study(Study(practice), archive)
    with zipfile.ZipFile(archive) as files:
        return {name: files.read(name).decode() for name in files.namelist()}


def table(files, name):
    return list(csv.DictReader(io.StringIO(files[f"{name}.csv"])))


# --- Who and what goes out --------------------------------------------------------------------------------------------


def test_only_clients_who_agree_go_out(millrace, juniper, sorrel, live_through):
    live_through(juniper, [3, 3, 3, 0])
    live_through(sorrel, [3, 3])
    assert table(exported(millrace), "sessions") == []
    agree(juniper)
    assert len(table(exported(millrace), "sessions")) == 4
    settle_consent(client=juniper.client, purpose="study", given=False)
    assert table(exported(millrace), "sessions") == []


def test_another_practice_gives_nothing(millrace, otis, live_through):
    elsewhere = make_episode(otis, "Reed")
    live_through(elsewhere, [3, 3])
    agree(elsewhere)
    assert table(exported(millrace), "cases") == []


def test_no_name_no_text_no_date_and_no_code(millrace, dana, juniper, live_through):
    juniper.client.consents.create(purpose="check_in", text_version="2026-11")
    answer_check_in(
        check_in=held(juniper, 1, answers=answers(3), private_note="He cried.").check_in,
        answers=client_answers(3, tension=True, comment="Seven calm herons."),
        may_change=False,
    )
    agree(juniper)
    files = exported(millrace)
    assert len(table(files, "ratings")) == 2
    assert table(files, "ratings")[0]["comment_words"] == "3"
    text = "\n".join(text for name, text in files.items() if name.endswith(".csv"))
    for private in ("Juniper", "Dana", "Whitlock", "Millrace", "herons", "cried", dana.user.email):
        assert private not in text
    assert not re.search(r"\d{4}-\d\d-\d\d|\d\d:\d\d|[0-9a-f]{8}-[0-9a-f]{4}", text)
    codes = [juniper.code, juniper.client.code, dana.code, juniper.ruptures.get().code]
    assert not [code for code in codes if code.hex[:12] in text]


def test_pseudonyms_of_two_exports_have_nothing_in_common(millrace, juniper, live_through):
    live_through(juniper, [3])
    agree(juniper)
    first, second = ({row["case"] for row in table(exported(millrace), "cases")} for _again in "ab")
    assert len(first) == len(second) == 1
    assert first.isdisjoint(second)
    assert "key" not in repr(Pseudonyms())


def test_a_therapist_with_few_cases_has_no_pseudonym(millrace, dana, noor, live_through):
    for therapist, count in ((dana, 5), (noor, 4)):
        for _n in range(count):
            agree(make_episode(therapist))
    shown = [row["therapist"] for row in table(exported(millrace), "cases")]
    assert shown.count("") == 4
    assert len(set(shown)) == 2


def test_days_are_counted_from_the_first_session(millrace, juniper, live_through):
    live_through(juniper, [3, None, 3])
    agree(juniper)
    rows = table(exported(millrace), "sessions")
    assert sorted((row["number"], row["day"]) for row in rows) == [("1", "0"), ("2", "7"), ("3", "14")]


def test_the_codebook_has_every_column(millrace):
    files = exported(millrace)
    described = {(row["table"], row["column"]) for row in table(files, "codebook")}
    headers = {
        (name.removesuffix(".csv"), column)
        for name, text in files.items()
        if name.endswith(".csv") and name != "codebook.csv"
        for column in text.splitlines()[0].split(",")
    }
    assert described == headers == {(name, column.name) for name, columns in TABLES.items() for column in columns}


def test_the_codebook_names_the_words_that_a_cell_may_have(millrace):
    told = {(row["table"], row["column"]): row["unit and range"] for row in table(exported(millrace), "codebook")}
    assert told["ratings", "mode"] == "link, member, tablet, paper, import"
    assert told["reports", "strength"] == "little, quite, lot"
    assert told["assessments", "state"].startswith("too_few, steady, open, ")


def test_the_command_writes_one_archive_and_puts_it_on_record(millrace, juniper, live_through, tmp_path):
    live_through(juniper, [3])
    file = tmp_path / "study.zip"
    with pytest.raises(CommandError, match="No client of this practice has agreed"):
        call_command("export_study", str(file), practice=millrace.name)
    agree(juniper)
    call_command("export_study", str(file), practice=millrace.name)
    assert "analysis.py" in zipfile.ZipFile(file).namelist()
    event = AuditEvent.objects.get(verb="exported")
    assert (event.subject_code, event.count) == (str(millrace.code), 1)
    with pytest.raises(CommandError, match="File exists"):
        call_command("export_study", str(file), practice=millrace.name)
    assert AuditEvent.objects.filter(verb="exported").count() == 1


# --- The analysis of the protocol -------------------------------------------------------------------------------------


@pytest.fixture
def judged(millrace, dana, live_through, all_drawn):
    """A practice of 26 clients with a fall, invented with a seed and written as people write it."""
    chance = Random(20261129)
    for n in range(26):
        episode = make_episode(dana, f"Client {n}")
        agree(episode)
        live_through(episode, [3, 3, 3, chance.choice([0, 0, 1])])
    said = make_episode(dana, "Says so")
    agree(said)
    live_through(said, [3, 3], tension=True)
    for flag in Rupture.objects.filter(opened_by="detector").order_by("pk"):
        for answer in chance.choices(["yes", "no", "cant_say"], [6, 4, 1], k=chance.choice([1, 1, 2])):
            judge_rupture(editor=editor_of(flag.episode), rupture=flag, answer=answer)
    for draw in Draw.objects.order_by("pk"):
        if chance.random() < 0.6:
            judge_session(editor=editor_of(draw.episode), draw=draw, answer=chance.choice(["yes", "no", "no", "no"]))


def of_share(found: Share | None):
    return found and {name: getattr(found, name) for name in ("count", "of", "share", "low", "high")}


def of_estimate(found):
    return found and {name: getattr(found, name) for name in ("value", "low", "high")}


def of_groups(groups, name_of=str):
    return {
        name_of(group.key): {"answered": group.answered, "found": of_share(group.found), "stated": group.stated}
        for group in groups
    }


def test_the_script_finds_exactly_what_the_page_of_figures_says(millrace, judged, tmp_path):
    study = Study(millrace)
    file = tmp_path / "study.zip"
    with file.open("wb") as archive:
        write_study(study, archive)
    zipfile.ZipFile(file).extract("analysis.py", tmp_path)
    # Isolated: nothing of the program is on its path.
    run = [sys.executable, "-I", "analysis.py", "study.zip"]
    found = json.loads(subprocess.run(run, cwd=tmp_path, capture_output=True, check=True, text=True).stdout)
    quality = flags_page(millrace).quality
    assert quality.precision
    assert quality.caught
    assert quality.false_alerts
    names = {str(row.pk): study.pseudonyms.of("version", row.code) for row in DetectorVersion.objects.all()}
    assert found == {
        "flags": quality.flags,
        "answered": quality.answered,
        "precision": of_share(quality.precision),
        "drawn": quality.drawn,
        "drawn_answered": quality.drawn_answered,
        "caught": of_estimate(quality.caught),
        "false_per_100": of_estimate(quality.false_alerts),
        "by_grade": of_groups(quality.by_grade),
        "by_version": of_groups(quality.by_version, names.__getitem__),
    }


def test_the_script_runs_on_an_invented_export(tmp_path):
    """Of which the truth is known; the seed is one of the nineteen in twenty whose intervals hold it."""
    study_analysis.simulate(tmp_path / "first", seed=2)
    study_analysis.simulate(tmp_path / "second", seed=2)
    tables = study_analysis.read_tables(tmp_path / "first")
    assert tables == study_analysis.read_tables(tmp_path / "second")
    found = study_analysis.figures(tables)
    truth = csv.DictReader((tmp_path / "first" / "truth.csv").read_text().splitlines())
    strained = {row["session"] for row in truth if row["strained"] == "1"}
    flagged = {row["opened"] for row in tables["ruptures"]}
    caught = len(strained & flagged) / len(strained)
    assert found["caught"]["low"] <= caught <= found["caught"]["high"]
    quiet = {row["session"] for row in tables["sessions"]} - strained
    quiet = {name for name in quiet if int(name[-2:]) >= 3}
    assert found["false_per_100"]["low"] <= 100 * len(quiet & flagged) / len(quiet) <= found["false_per_100"]["high"]
    assert found["by_grade"]["clear"]["found"]["share"] > found["by_grade"]["possible"]["found"]["share"]


def test_too_few_answers_say_nothing(millrace, juniper, live_through):
    live_through(juniper, [3, 3, 3, 0])
    agree(juniper)
    files = exported(millrace)
    names = ("versions", "sessions", "ruptures", "draws", "verdicts")
    found = study_analysis.figures({name: table(files, name) for name in names})
    assert (found["flags"], found["precision"], found["caught"]) == (1, None, None)


def test_a_removed_session_takes_its_answers_along(millrace, juniper, all_drawn, live_through):
    removed = live_through(juniper, [3, 3, 3])[0].therapy_session
    agree(juniper)
    for draw in Draw.objects.order_by("pk"):
        judge_session(editor=editor_of(juniper), draw=draw, answer="no")
    remove_session(editor=editor_of(juniper), therapy_session=removed, reason="Of another client.")
    about = [row["session"] for row in table(exported(millrace), "verdicts")]
    assert about
    assert "" not in about


def test_what_was_rated_of_a_missed_session_does_not_go_out(millrace, juniper, live_through):
    missed = live_through(juniper, [3, 3])[1].therapy_session
    agree(juniper)
    TherapySession.objects.filter(pk=missed.pk).update(attendance="no_show")
    assert len({row["session"] for row in table(exported(millrace), "ratings")}) == 1
