"""The protocol's script, on tables made by hand: which rows count, and the same figures as the program's own."""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from ratings.exchange import study_analysis as script
from ratings.psychometrics import flag_quality as program
from ratings.psychometrics.proportion import wilson
from ratings.psychometrics.uncertainty import Interval


class Tables(dict):
    """The tables of an export, one row at a time; a verdict counts by its place."""

    def __init__(self):
        super().__init__(versions=[], sessions=[], ruptures=[], draws=[], verdicts=[])
        self["versions"] += [
            {"version": "v1", "states_probability": "1"},
            {"version": "v2", "states_probability": "0"},
        ]

    def session(self, imported="0"):
        name = f"s{len(self['sessions'])}"
        self["sessions"].append({"session": name, "imported": imported})
        return name

    def flag(self, *answers, opened=None, stated="", **fields):
        name = f"r{len(self['ruptures'])}"
        row = {"rupture": name, "opened": opened or self.session(), "opened_by": "detector", "state": "open"}
        self["ruptures"].append(row | {"version": "v1", "stated": "", "since_sample": "1"} | fields)
        for answer in answers:
            self.verdict(answer, rupture=name, stated=stated)
        return name

    def draw(self, answer=None, chance="0.5", session=None, **fields):
        name = session or self.session()
        row = {"session": name, "drawn": "1", "chance": chance, "version": "v1", "stated": "0.1"}
        self["draws"].append(row | fields)
        if answer:
            self.verdict(answer, session=name)

    def verdict(self, answer, **fields):
        row = {"position": str(len(self["verdicts"]) + 1), "question": "strain", "rupture": "", "session": ""}
        self["verdicts"].append(row | {"answer": answer, "version": "", "stated": ""} | fields)


@pytest.fixture
def tables():
    return Tables()


def figures(tables):
    return script.figures(tables)


# --- Which flags count ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{"state": "withdrawn"}, {"opened_by": "client"}], ids=str)
def test_what_is_no_flag_that_stands_does_not_count(tables, fields):
    tables.flag("yes")
    tables.flag("yes", **fields)
    assert (figures(tables)["flags"], figures(tables)["answered"]) == (1, 1)


def test_what_began_in_an_imported_session_or_one_that_stayed_away_does_not_count(tables):
    tables.flag("yes", opened=tables.session(imported="1"))
    tables.flag("yes", opened="elsewhere")
    assert figures(tables)["flags"] == 0


def test_who_cannot_say_has_not_answered(tables):
    tables.flag("cant_say")
    tables.flag()
    assert (figures(tables)["flags"], figures(tables)["answered"]) == (2, 0)


def test_another_question_is_no_answer(tables):
    tables.verdict("yes", rupture=tables.flag(), question="useful")
    assert figures(tables)["answered"] == 0


def test_the_newest_answer_counts_by_its_place_and_not_by_its_row(tables):
    for _n in range(20):
        tables.flag("no", "yes")
    tables["verdicts"].reverse()
    assert figures(tables)["precision"]["count"] == 20


def test_a_flag_keeps_the_place_of_its_first_answer(tables):
    """The earliest twenty are told; a yes that came after them is not among them."""
    late, anew = tables.flag(), tables.flag("no")
    for _n in range(19):
        tables.flag("no")
    tables.verdict("yes", rupture=late)
    tables.verdict("no", rupture=anew)
    assert figures(tables)["precision"]["count"] == 0


@pytest.mark.parametrize(("answers", "told"), [(19, None), (20, 20), (24, 20), (25, 25)])
def test_of_fewer_than_twenty_nothing_is_said_and_figures_move_in_steps_of_five(tables, answers, told):
    for _n in range(answers):
        tables.flag("yes")
    precision = figures(tables)["precision"]
    assert precision and {"count": precision["count"], "of": precision["of"]} == {"count": told, "of": told} or not told
    assert figures(tables)["answered"] == answers and (precision is None) == (told is None)


# --- Which drawn sessions count ---------------------------------------------------------------------------------------


def test_a_drawn_session_that_has_a_rupture_does_not_count_unless_it_was_withdrawn(tables):
    for state in ("open", "repaired", "withdrawn"):
        name = tables.session()
        tables.flag(opened=name, state=state)
        tables.draw(session=name)
    assert figures(tables)["drawn"] == 1


def test_drawn_sessions_are_told_by_their_chance_and_whether_a_flag_could_have_come(tables):
    tables.draw("yes", drawn="0", stated="")
    for _n in range(4):
        tables.draw("yes", chance="0.25")
    tables.draw("no", chance="0.25")
    tables.draw(chance="0.25", drawn="0")
    tables.draw(stated="")
    tables.draw(stated="", version="v2")
    tables.draw(stated="", version="v2")
    made = {"drawn": 1, "yes": 0, "no": 0, "sessions": 1, "chance": 0.5}
    assert script._sample(tables, script._verdicts(tables)) == [
        {"chance": 0.25, "judged": True, "sessions": 6, "drawn": 5, "yes": 4, "no": 1},
        made | {"judged": False, "sessions": 2},
        made | {"judged": True, "sessions": 2, "drawn": 2},
    ]


@pytest.mark.parametrize(("flags", "drawn", "is_told"), [(20, 20, True), (19, 20, False), (20, 19, False)])
def test_what_was_caught_is_told_from_twenty_answers_of_each_kind_on(tables, flags, drawn, is_told):
    for n in range(flags):
        tables.flag("yes" if n % 2 else "no")
    for n in range(drawn):
        tables.draw("yes" if n % 4 == 0 else "no")
    found = figures(tables)
    assert [found["caught"] is not None, found["false_per_100"] is not None] == [is_told] * 2


def test_what_people_named_counts_from_the_sample_on_as_seen_or_missed_unless_there_was_no_strain(tables):
    named = {"opened_by": "client"}
    tables.flag(**named)
    tables.flag("yes", **named)
    tables.flag("cant_say", **named, version="")
    tables.flag("no", **named)
    tables.flag(**named, since_sample="0")
    tables.flag()
    assert script._named(tables["ruptures"], script._verdicts(tables)) == (2, 1)


def test_the_figures_are_made_of_all_of_these(tables):
    for n in range(30):
        tables.flag("yes" if n % 3 else "no", since_sample="1" if n % 5 else "0")
    tables.flag(opened_by="client", version="")
    tables.flag(opened_by="client")
    for n in range(40):
        tables.draw("yes" if n % 10 == 0 else "no", chance="0.5" if n % 2 else "0.1", stated="" if n < 5 else "0.1")
    found, groups = figures(tables), script._sample(tables, script._verdicts(tables))
    unflagged = [program.Unflagged(**group) for group in groups]
    precision, named = wilson(20, 30), program.NamedStrain(1, 1)
    caught = program.share_caught(precision, 24, unflagged, named)
    false = program.false_per_100(precision, 24, [one for one in unflagged if one.judged])
    assert found["caught"] == {"value": caught.value, "low": caught.low, "high": caught.high}
    assert found["false_per_100"] == {"value": false.value, "low": false.low, "high": false.high}
    assert (found["drawn"], found["drawn_answered"]) == (40, 40)


# --- What they come to ------------------------------------------------------------------------------------------------


def practices():
    """Counts of every kind: with nothing right, nothing wrong, nothing missed, and all between."""
    chance = Random(20261130)
    for true in (0, 1, 10, 20):
        for yes, no in ((0, 20), (20, 0), (5, 15)):
            for seen, missed in ((0, 0), (3, 0), (0, 2)):
                for flags in (0, 25):
                    group = {"drawn": 30, "sessions": chance.randrange(30, 900), "judged": True}
                    sampled = {"chance": chance.choice([0.05, 0.5]), "yes": yes, "no": no}
                    silent = {"chance": 1.0, "yes": 0, "no": 0}
                    yield (
                        true,
                        flags,
                        [group | sampled, group | silent, group | {"chance": 0.2, "yes": 1, "no": 4}][
                            : chance.choice([1, 2, 3])
                        ],
                        (seen, missed),
                    )


@pytest.mark.parametrize("flags_true", [0, 1, 10, 20])
def test_the_script_computes_what_the_program_does_whatever_the_counts(flags_true):
    counted = [one for one in practices() if one[0] == flags_true]
    assert len(counted) == 18
    for true, flags, groups, named in counted:
        unflagged, precision = [program.Unflagged(**group) for group in groups], (true, 20)
        for found, right in (
            (
                script.share_caught(precision, flags, groups, *named),
                program.share_caught(wilson(*precision), flags, unflagged, program.NamedStrain(*named)),
            ),
            (
                script.false_per_100(precision, flags, groups),
                program.false_per_100(wilson(*precision), flags, unflagged),
            ),
        ):
            assert found == (right and {"value": right.value, "low": right.low, "high": right.high})


def test_without_an_answer_nothing_is_said_of_flags_that_came_for_nothing():
    group = {"chance": 0.5, "sessions": 9, "drawn": 4, "yes": 0, "no": 0, "judged": True}
    assert script.false_per_100((10, 20), 20, [group]) is None


def test_as_many_yes_as_no_are_answers():
    group = {"chance": 0.5, "sessions": 9, "drawn": 4, "yes": 2, "no": 2, "judged": True}
    assert script.false_per_100((10, 20), 20, [group])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((5, 3, 7), (5, 2, 9)),
        ((5, 3, 7), (0, 0, 0)),
        ((0, 0, 0), (5, 2, 9)),
        ((5, 0, 7), (0, 0, 3)),
        ((0, 0, 3), (5, 0, 7)),
        ((5, 0, 7), (5, 2, 9)),
        ((5, 3, 7), (1, 0, 3)),
        ((0, 0, 0), (0, 0, 0)),
    ],
)
def test_a_share_of_two_parts_is_that_of_the_program_also_where_one_may_be_nothing(one, other):
    right = program._as_share(Interval(*one), Interval(*other))
    assert script._as_share(one, other) == (right and {"value": right.value, "low": right.low, "high": right.high})


@pytest.mark.parametrize(("count", "of"), [(0, 20), (20, 20), (40, 40), (13, 20), (1, 1000)])
def test_a_share_is_that_of_the_program(count, of):
    right = wilson(count, of)
    assert script._share(count, of) == {
        "count": count, "of": of, "share": right.share, "low": right.low, "high": right.high,
    }  # fmt: skip


# --- Stated against found ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stated", "grade"), [("0.35", "clear"), ("0.349", "possible"), ("", "")])
def test_a_flag_is_of_the_grade_that_it_stated_when_it_was_judged(tables, stated, grade):
    for _n in range(20):
        tables.flag("yes", stated=stated)
    found = figures(tables)["by_grade"]
    assert {key: group["answered"] for key, group in found.items() if group["answered"]} == {grade: 20}


def test_a_group_says_the_mean_of_what_was_stated_beside_what_was_found(tables):
    for n in range(20):
        tables.flag("yes" if n < 5 else "no", stated="0.4" if n % 2 else "0.6")
    clear = figures(tables)["by_grade"]["clear"]
    assert clear["stated"] == pytest.approx(0.5) and clear["found"] == script._share(5, 20)


def test_a_flag_is_of_the_settings_that_it_was_judged_under_or_else_of_its_own(tables):
    for _n in range(20):
        tables.verdict("yes", rupture=tables.flag(), version="v2")
        tables.flag("yes")
    found = figures(tables)["by_version"]
    assert {key: group["answered"] for key, group in found.items()} == {"v2": 20, "v1": 20}


def test_each_answer_counts_once_towards_the_twenty_of_a_group(tables):
    for n in range(20):
        tables.flag("yes", stated="0.5" if n % 2 else "0.2")
    assert [group["found"] for group in figures(tables)["by_grade"].values()] == [None] * 3


def test_settings_whose_grades_are_held_back_are_too(tables):
    for n in range(40):
        tables.flag("yes", stated="0.5" if n % 8 else "0.2")
    assert figures(tables)["by_version"]["v1"]["found"] is None


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ({"a": {"": 20}, "b": {"": 20}}, ["a", "b"]),
        ({"a": {"": 20}, "b": {"": 0}}, ["a"]),
        ({"a": {"": 30}, "b": {"": 19}}, []),  # what b is could be read from the difference
        ({"a": {"": 30}, "b": {"": 40}, "c": {"": 5}}, ["b"]),  # a is held back with c: together there are enough
        ({"a": {"": 30}, "b": {"": 10}, "c": {"": 10}}, ["a"]),
        ({"a": {"clear": 20, "possible": 19}, "b": {"clear": 30, "possible": 30}}, []),
        ({"a": {"clear": 20, "possible": 20}, "b": {"clear": 30}}, ["b", "a"]),
        ({}, []),
    ],
)
def test_no_group_of_fewer_than_twenty_can_be_read_from_the_others(groups, told):
    counted = {key: Counter({cell: n for cell, n in cells.items() if n}) for key, cells in groups.items()}
    assert script._tellable(counted) == told


# --- As a program -----------------------------------------------------------------------------------------------------


@pytest.fixture
def run(capsys):
    """What it prints."""

    def printed(*arguments):
        script.main([str(one) for one in arguments])
        return capsys.readouterr().out

    return printed


def test_it_prints_the_figures_of_a_folder(run, tmp_path):
    script.simulate(tmp_path, seed=2)
    assert run(tmp_path) == json.dumps(figures(script.read_tables(tmp_path)), indent=2) + "\n"


def test_it_reads_an_archive_as_its_folder(tmp_path):
    script.simulate(tmp_path / "folder", seed=2)
    archive = shutil.make_archive(str(tmp_path / "study"), "zip", tmp_path / "folder")
    assert script.read_tables(Path(archive)) == script.read_tables(tmp_path / "folder")


def test_an_invented_export_is_written_over_and_analysed_and_has_the_seed_one(run, tmp_path):
    folder = tmp_path / "new" / "folder"
    printed = [run("--simulate", folder, "--seed", seed) for seed in (2, 1)]
    assert run("--simulate", folder) == printed[1] != printed[0]


def test_without_an_export_it_says_what_it_needs(run, capsys):
    with pytest.raises(SystemExit):
        run()
    assert "name the export, or --simulate FOLDER" in capsys.readouterr().err


def test_a_seed_gives_the_same_files_in_each_version(tmp_path):
    """So that figures of an invented export can be told by its seed."""
    script.simulate(tmp_path, seed=2)
    content = b"".join(
        (tmp_path / f"{name}.csv").read_bytes()
        for name in ("versions", "sessions", "ruptures", "draws", "verdicts", "truth")
    )
    assert hashlib.sha256(content).hexdigest().startswith("1e79f8844d9ff66f")
