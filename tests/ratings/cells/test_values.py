"""Cells as other programs write them; and that no text at all is read as something it does not say."""

import math
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ratings.cells.values import (
    defused,
    is_missing,
    number_in,
    reference_in,
    undefused,
    whole_in,
    within,
    without_noise,
    yes_or_no_in,
)

MISSING = [
    "",
    " ",
    "NA",
    "na",
    "N/A",
    "n.a.",
    "NULL",
    "Null",
    "NaN",
    "nan",
    ".",
    "#NULL!",
    "#N/A",
    "#NV",
    "<NA>",
    "None",
    "NaT",
    "NA_character_",
    "NA_real_",
    "NA_integer_",
    "#NA",
    "#N/A N/A",
    "#N/D",
    "\\N",
    "(null)",
    "<NULL>",
    ".a",
]


@pytest.mark.parametrize("code", [*MISSING, *(f" {code}\t" for code in MISSING), "-", "–", "—"])
def test_what_stands_for_nothing_is_missing(code):
    assert is_missing(code)
    assert number_in(code) is whole_in(code) is yes_or_no_in(code) is None


@pytest.mark.parametrize("text", ["0", "0.0", "n", "NO", "nap", "nat.", "..", "#DIV/0!", "x", ".5", "a.", "N"])
def test_what_says_something_is_not(text):
    assert not is_missing(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7.5", "7.5"), ("7,5", "7.5"), (" 7.50 ", "7.5"), ("+7", "7"), ("-3", "-3"), ("\u22123", "-3"), (".5", "0.5"),
        (",5", "0.5"), ("5.", "5"), ("1e1", "10"), ("1E-05", "0.00001"), ("7.0000000000000001", "7"), ("007", "7"),
        ("32.199999999999996", "32.2"), ("0.30000000000000004", "0.3"), ("-0", "0"),
        ("1.2345678912e+01", "12.345678912"),
    ],
)  # fmt: skip
def test_a_number_is_read_without_the_noise_of_a_program(text, number):
    assert str(without_noise(number_in(text))) == str(Decimal(number).normalize() + 0)


@pytest.mark.parametrize(
    "text",
    ["inf", "-inf", "1_0", "١", "７", "1.234,5", "1,2,3", "5 6", "0x10", "1e", "e5", "=1", "7 %", "--1", ".", "5a"],
)
def test_what_is_no_number_is_not_read_as_one(text):
    assert number_in(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6))
def test_every_number_that_python_writes_is_read_to_the_last_digit_that_counts(number):
    for text in (repr(number), repr(number).replace(".", ",")):
        read = number_in(text)
        assert read is not None and math.isclose(float(read), number, abs_tol=1e-12)


@given(st.text(max_size=20))
def test_any_text_is_answered_and_is_never_two_things(text):
    number, whole, said = number_in(text), whole_in(text), yes_or_no_in(text)
    assert not (is_missing(text) and (number, whole, said) != (None, None, None))
    if whole is not None:
        assert number is not None and abs(number - whole) < Decimal("1e-8")


@pytest.mark.parametrize(("text", "whole"), [("1", 1), ("1.0", 1), ("1,0", 1), ("01", 1), ("1e3", 1000), ("0", 0)])
def test_a_whole_number_may_come_with_a_zero_behind_it(text, whole):
    assert whole_in(text) == whole


@pytest.mark.parametrize("text", ["1.5", "-1", "1e12", "first", "", "1 2"])
def test_another_number_is_no_whole_one(text):
    assert whole_in(text) is None


@pytest.mark.parametrize(
    "text", ["Y", "yes", "1", "1.0", "1.00", "1.", "1,000", "TRUE", "true", "T", "ja", " y ", "oui", "VERDADERO"]
)
def test_yes(text):
    assert yes_or_no_in(text) is True


@pytest.mark.parametrize("text", ["N", "no", "0", "0.0", "0,0", "0.00", "0.", "FALSE", "F", "nein", "non", "FALSO"])
def test_no(text):
    assert yes_or_no_in(text) is False


@pytest.mark.parametrize("text", ["2", "1.5", "-1", "10", "1.01", "01", "1e0", "yes no", "x"])
def test_neither_yes_nor_no(text):
    assert yes_or_no_in(text) is None


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("1.0", "1"), ("1", "1"), ("12.00", "12"), ("12,0", "12"), ("7.", "7"), ("0.0", "0"), ("1e+05", "100000"),
        ("1.2e+05", "120000"), ("007", "007"), ("007.0", "007.0"), ("1.5", "1.5"), ("1.10", "1.10"), ("1.0.0", "1.0.0"),
        ("-1.0", "-1.0"), ("A1.0", "A1.0"), ("1e5", "1e5"), ("=7+1", "=7+1"), ("A\u00a01", "A 1"), ("A\u202f1", "A 1"),
        ("\u00a0A1\u3000", "A1"), ("A\u200b1\ufeff", "A1"), ("A  1", "A  1"), ("Zoe\u0308", "Zo\u00eb"),
    ],
)  # fmt: skip
def test_a_reference_is_the_same_whichever_program_wrote_it(text, reference):
    assert reference_in(text) == reference


@pytest.mark.parametrize("text", ["1.23457E+11", "4,93E+11", "1e+16", "1.23456e+03"])
def test_a_reference_that_a_program_shortened_is_nobodys(text):
    """Else two clients whose numbers begin alike would be one."""
    assert reference_in(text) is None


@given(st.integers(0, 10**15 - 1), st.sampled_from(["{}", "{}.0", "{},0", "{}.", "{}.00"]))
def test_a_whole_number_is_one_reference_in_each_spelling(number, pattern):
    assert reference_in(pattern.format(number)) == str(number)


def test_noise_alone_does_not_leave_a_scale():
    assert within(Decimal("7.0000000000000009"), 1, 7) == 7
    assert within(Decimal("-0.0000000000000001"), 0, 10) == 0
    assert within(Decimal("7.001"), 1, 7) is None


@pytest.mark.parametrize("text", ["=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-x"])
def test_text_that_begins_like_a_formula_is_defused(text):
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-3", "-3.5", "-3,5", "+3", "-1e-05", "-", "a=b", "", "3"])
def test_a_number_below_zero_stays_one(text):
    assert defused(text) == text


@given(st.text(max_size=20))
def test_nothing_that_comes_out_is_a_formula(text):
    out = defused(text)
    assert out in (text, f"'{text}")
    assert out[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n") or is_missing(out) or number_in(out) is not None


@given(st.text("'=+-@\t\r\n1e.,x", max_size=6) | st.text(max_size=20))
@example("'=1")
@example("'-3")
def test_what_was_defused_comes_back(text):
    assert undefused(defused(text)) == text


def test_a_whole_number_has_nine_digits_at_most():
    assert (whole_in("999999999"), whole_in("1000000000")) == (999999999, None)


def test_a_number_that_was_written_by_its_power_is_a_reference_below_ten_to_the_fifteenth():
    assert (reference_in("9e+14"), reference_in("1e+15")) == ("900000000000000", None)


def test_a_number_misses_its_bounds_by_noise_and_no_more():
    assert within(Decimal("0.999999999"), 1, 5) == 1 and within(Decimal("5.000000001"), 1, 5) == 5
    assert within(Decimal("0.9999999989"), 1, 5) is within(Decimal("5.0000000011"), 1, 5) is None
