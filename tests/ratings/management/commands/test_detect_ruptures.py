import csv
import io

import pytest
from django.core.management import CommandError, call_command

HEADER = "episode,session,client_goal,client_task,client_bond,therapist_goal,therapist_task,therapist_bond"
MORE = ",attended,checkin_answered,comment_words,tension"
FALL = [(6, 6, 6), (6, 5.5, 6), (6, 6, 5.5), (6, 6, 6), (2, 2.5, 2), (2, 2, 2)]


def rows(name="a", scores=FALL, first=1):
    return [f"{name},{n},{g},{t},{b},5,5,5" for n, (g, t, b) in enumerate(scores, start=first)]


@pytest.fixture
def detect(tmp_path):
    """Runs the command on these lines; gives the rows that come out."""

    def run(lines, *arguments):
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        text = lines if isinstance(lines, bytes) else "\n".join(lines).encode()
        source.write_bytes(text)
        call_command("detect_ruptures", str(source), "-o", str(target), *arguments)
        return list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))

    run.folder = tmp_path
    return run


def test_the_same_rows_come_out_with_what_the_detector_thinks(detect):
    found = detect([HEADER, *rows("a"), *rows("b", FALL[:4])])
    assert [(row["episode"], row["session"]) for row in found][:2] == [("a", "1"), ("a", "2")]
    assert [row["alert"] for row in found] == list("0000100000")
    assert found[4]["client_task"] == "2.5"
    assert found[4]["state"] == "open"
    assert float(found[4]["score"]) > float(found[3]["score"])
    assert found[0]["score"] == ""
    assert "elow own usual" in found[4]["reason"]


def test_standard_output_gets_it_without_an_output_file(tmp_path, capsys):
    source = tmp_path / "in.csv"
    source.write_text("\n".join([HEADER, *rows()]), encoding="utf-8-sig")
    call_command("detect_ruptures", str(source))
    assert capsys.readouterr().out.startswith(HEADER + ",score,probability,alert,kind,state,reason\na,1,6,6,6,5,5,5,")


def test_another_scale_with_the_same_answers_gives_the_same_scores(detect):
    wide = [f"a,{n},{g * 10 + 3},{t * 10 + 3},{b * 10 + 3},53,53,53" for n, (g, t, b) in enumerate(FALL, start=1)]
    assert [row["score"] for row in detect([HEADER, *rows()])] == [
        row["score"] for row in detect([HEADER, *wide], "--scale", "13", "73")
    ]


def test_columns_in_another_order_more_columns_and_quotes_are_kept(detect):
    lines = ["note,session,episode," + ",".join(HEADER.split(",")[2:]), '"x, ""y""\nz",1,a,6,6,6,,,', "é,2,a,,,,,,"]
    found = detect(lines)
    assert [row["note"] for row in found] == ['x, "y"\nz', "é"]


def test_missed_sessions_have_no_number_of_their_own(detect):
    lines = [HEADER + MORE, *(f"a,{n},6,6,6,5,5,5,1,1,3,0" for n in (1, 2)), "a,3,,,,,,,0,,,", "a,4,1,1,1,5,5,5,,,,"]
    found = detect(lines)
    assert [row["alert"] for row in found] == list("0001")


def test_a_file_of_only_a_header_has_nothing_to_judge(detect):
    assert detect([HEADER]) == []


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        ([""], 1, "empty"),
        (["episode,session"], 1, "client_goal"),
        ([HEADER + ",client_goal"], 1, "twice"),
        ([HEADER + ",score"], 1, "score"),
        ([HEADER, *rows(), "b,1,8,6,6,5,5,5"], 8, "client_goal is 8, outside the scale of 1 to 7"),
        ([HEADER, "a,1,6,0.9,6,5,5,5"], 2, "client_task"),
        ([HEADER, "a,1,6,six,6,5,5,5"], 2, "'six'"),
        ([HEADER, "a,1,6,1_0,6,5,5,5"], 2, "'1_0'"),
        ([HEADER, "a,1,6,١,6,5,5,5"], 2, "client_task is '١'"),
        ([HEADER, "a,1,6,6,6,5,5,inf"], 2, "therapist_bond"),
        ([HEADER, "a,1,6,6,6,5,5,5,5"], 2, "more values than the 8 columns"),
        ([HEADER, "a,1,5,5,6,6,5,5,5"], 2, "A value with a comma in it needs quotation marks."),
        ([HEADER, "NA,1,6,6,6,5,5,5"], 2, "episode is empty"),
        ([HEADER, "a,1.5,6,6,6,5,5,5"], 2, "'1.5'; it must be a whole number"),
        ([HEADER, "a,one,6,6,6,5,5,5"], 2, "session"),
        ([HEADER, "a,,6,6,6,5,5,5"], 2, "session"),
        ([HEADER, " ,1,6,6,6,5,5,5"], 2, "episode is empty"),
        ([HEADER, *rows()[:2], *rows()[:1]], 4, "comes after session 2"),
        ([HEADER, *rows()[:2], *rows()[1:2]], 4, "there twice"),
        ([HEADER, *rows("a")[:2], *rows("b")[:2], *rows("a", first=3)], 6, "'a' appeared before"),
        ([HEADER + MORE, "a,1,6,6,6,5,5,5,maybe,,,"], 2, "attended"),
        ([HEADER + MORE, "a,1,6,6,6,5,5,5,1,1,-3,"], 2, "comment_words"),
        ([HEADER, 'a,1,6,6,"6,5,5,5'], 2, "The quotation marks do not match from here on."),
        (HEADER.encode() + b"\n\xff\xfe,1,6,6,6,5,5,5", 2, "UTF-8"),
        (b"PK\x03\x04\x14\x00\x06\x00", 1, "Save as"),
        (HEADER.encode() + b"\na\x00,1,6,6,6,5,5,5", 2, "NUL"),
    ],
)
def test_a_row_that_cannot_be_right_is_named_and_nothing_is_written(detect, lines, line, words):
    with pytest.raises(CommandError, match=f"Line {line}: ") as caught:
        detect(lines)
    assert words in str(caught.value)
    assert caught.value.returncode == 2
    assert [file.name for file in detect.folder.iterdir()] == ["in.csv"]


def test_an_older_output_stays_when_the_new_input_is_wrong(detect):
    detect([HEADER, *rows()])
    before = (detect.folder / "out.csv").read_text()
    with pytest.raises(CommandError):
        detect([HEADER, "a,1,6,6,6,5,5,nine"])
    assert (detect.folder / "out.csv").read_text() == before


@pytest.mark.parametrize("arguments", [["missing.csv"], ["in.csv", "-o", "no/such/folder/out.csv"]])
def test_a_file_that_is_not_there_is_a_sentence(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text(HEADER, encoding="utf-8")
    with pytest.raises(CommandError, match="No such file") as caught:
        call_command("detect_ruptures", *arguments)
    assert caught.value.returncode == 2


def test_a_scale_upside_down_is_refused(detect):
    with pytest.raises(CommandError, match="LO must be below HI"):
        detect([HEADER], "--scale", "7", "1")


# --- The same file as other programs write it -------------------------------------------------------------------------


def as_written(lines, delimiter=",", comma=False, missing="", start="", encoding="utf-8"):
    """The rows as a program with these habits has them."""
    cells = [line.split(",") for line in lines]
    text = "\r\n".join(delimiter.join((c.replace(".", ",") if comma else c) or missing for c in row) for row in cells)
    return (start + text).encode(encoding)


GAPS = [HEADER + MORE, *(f"{row},1,1,3,0" for row in rows()), "a,7,6,6,6,,,,1,0,,", "a,8,,,,,,,0,,,"]


@pytest.mark.parametrize(
    "habits",
    [
        {"delimiter": ";"},
        {"delimiter": ";", "comma": True},
        {"delimiter": "\t"},
        {"delimiter": "|"},
        {"delimiter": ";", "start": "sep=;\r\n"},
        {"delimiter": ", "},
        {"missing": "NA"},
        {"missing": " #N/A "},
        {"missing": "."},
        {"missing": "NULL"},
        {"encoding": "utf-8-sig"},
        {"encoding": "utf-16"},
        {"delimiter": "\t", "encoding": "utf-16-le"},
    ],
    ids=str,
)
def test_the_same_rows_are_judged_alike_however_they_are_written(detect, habits):
    plain = detect(GAPS)
    target = detect.folder / "out.csv"
    detect(as_written(GAPS, **habits))
    delimiter = habits.get("delimiter", ",").strip() if habits.get("delimiter") != "\t" else "\t"
    found = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8")), delimiter=delimiter))
    for name in ("score", "probability", "alert", "kind", "state", "reason"):
        assert [row[name] for row in found] == [row[name] for row in plain], name
    assert [row["alert"] for row in found] == list("00001000")


def test_the_cases_that_were_refused(detect):
    semicolons = HEADER.replace(",", ";") + "\na;1;5,5;5;5;;;\n"
    not_answered = HEADER + "\na,1,5,5,5,NA,NA,NA\n"
    for text in (semicolons, not_answered):
        assert len(detect(text.encode())) == 1


def test_rounding_noise_and_a_whole_number_with_a_zero_are_no_errors(detect):
    noisy = [row.replace("6", "5.999999999999999").replace(",1,", ",1.0,", 1) for row in rows()]
    assert [row["alert"] for row in detect([HEADER, *noisy])] == list("000010")
    assert len(detect([HEADER, "a,1,7.0000000000000001,6,6,5,5,5"])) == 1


def test_an_episode_that_two_programs_number_differently_is_one(detect):
    halves = [*rows("7", FALL[:3]), *rows("7.0", FALL[3:], first=4)]
    assert [row["alert"] for row in detect([HEADER, *halves])] == list("000010")


def test_an_episode_whose_number_was_shortened_is_named(detect):
    with pytest.raises(CommandError, match="Line 2: the episode has a number that a program has shortened"):
        detect([HEADER, *rows("1.23457E+11")])


def test_cells_that_are_left_out_at_the_end_are_empty(detect):
    assert len(detect([HEADER + MORE, "a,1,6,6,6", "a,2,6,6,6,5,5,5,1", "a,3,6,6,6,,,,,,,,,"])) == 3


def test_what_comes_out_is_no_formula_to_a_spreadsheet(detect):
    found = detect([HEADER + ",note", "=1+1,1,6,6,6,5,5,5,-3", "=1+1,2,6,6,6,5,5,5,@SUM(A1)", "=1+1,3,6,6,6,5,5,5,-"])
    assert {row["episode"] for row in found} == {"'=1+1"}
    assert [row["note"] for row in found] == ["-3", "'@SUM(A1)", "-"]


def test_what_came_out_goes_in_again_and_is_no_longer_by_an_apostrophe(detect):
    again = ["'=1+1,1,6,6,6,5,5,5,''=x", "=1+1,2,6,6,6,5,5,5,'@SUM(A1)", "''+a,1,6,6,6,5,5,5,it's"]
    found = detect([HEADER + ",note", *again])
    assert [row["episode"] for row in found] == ["'=1+1", "'=1+1", "''+a"]
    assert [row["note"] for row in found] == ["''=x", "'@SUM(A1)", "it's"]


def test_standard_input_is_read_the_same(monkeypatch, capsys):
    data = io.TextIOWrapper(io.BufferedReader(io.BytesIO(as_written(GAPS, ";", comma=True, encoding="utf-16"))))
    monkeypatch.setattr("sys.stdin", data)
    call_command("detect_ruptures", "-")
    assert capsys.readouterr().out.count("\n") == len(GAPS)
