"""What stands in a cell, as Python, R, SPSS and spreadsheets write it.

None stands for what cannot be read as such. Only the caller knows what a column must hold, so the sentences are there.
"""

import re
import string
import unicodedata
from decimal import Decimal

MISSING = {
    "", "na", "n/a", "n.a.", "<na>", "nan", "nat", "null", "<null>", "(null)", "\\n", "none", "#null!",
    "na_character_", "na_integer_", "na_real_", "na_complex_",
    "#n/a", "#na", "#n/a n/a", "#nv", "#n/d", "#n/b", "#i/t",  # a spreadsheet says it in the language of its reader
    ".", *(f".{letter}" for letter in string.ascii_lowercase),  # Stata and SAS number what is missing by letters
    "-", "\u2013", "\u2014",
}  # fmt: skip
YES = {"y", "yes", "j", "ja", "oui", "t", "true", "wahr", "vrai", "verdadero", "vero", "waar"}
NO = {"n", "no", "nein", "non", "f", "false", "falsch", "faux", "falso", "onwaar"}
ONE_OR_NONE = re.compile(r"([01])(?:[.,]0*)?")
NUMBER = re.compile(r"[+-]?(?:[0-9]{1,12}(?:[.,][0-9]{0,20})?|[.,][0-9]{1,20})(?:[eE][+-]?[0-9]{1,3})?")
NOISE = Decimal("1e-9")  # convention of this app: what two programs lose of a decimal number, and no answer has
MOST = Decimal(10**9)
BLANK = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
UNSEEN = re.compile(r"[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
COUNTED = re.compile(r"(0|[1-9][0-9]*)[.,]0*")
POWER = re.compile(r"[1-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}")
FORMULA, DEFUSED = re.compile(r"'*[=+\-@\t\r\n]"), re.compile(r"'+[=+\-@\t\r\n]")
DIGITS_KEPT = 15  # R writes as many, and so leaves none out of a whole number with fewer


def is_missing(text: str) -> bool:
    """Whether a cell says that nothing is known."""
    return text.strip().casefold() in MISSING


def number_in(text: str) -> Decimal | None:
    """The number in a cell, with a decimal point or a decimal comma."""
    text = text.strip().replace("\u2212", "-")
    return Decimal(text.replace(",", ".")) if NUMBER.fullmatch(text) else None


def without_noise(number: Decimal) -> Decimal:
    """The number that was meant by 32.199999999999996."""
    return number.quantize(NOISE).normalize() + 0


def within(number: Decimal, lowest: float, highest: float) -> Decimal | None:
    """The number if it lies between the two; one that misses them by noise alone is put right."""
    low, high = Decimal(str(lowest)), Decimal(str(highest))
    return min(max(number, low), high) if low - NOISE <= number <= high + NOISE else None


def whole_in(text: str) -> int | None:
    """The whole number in a cell, also where a program writes it as 1.0; none below zero."""
    number = number_in(text)
    if number is None or not 0 <= number < MOST:
        return None
    number = without_noise(number)
    return int(number) if number == int(number) else None


def yes_or_no_in(text: str) -> bool | None:
    """Whether a cell says yes; None for what is neither."""
    text = text.strip().casefold()
    if number := ONE_OR_NONE.fullmatch(text):
        return number[1] == "1"
    return text in YES if text in YES | NO else None


def reference_in(text: str) -> str | None:
    """The reference in a cell: text with its leading zeros, the same whichever program wrote it.

    A whole number comes without the ".0" that some put behind it, any blank is a plain one, letters are composed. None
    for a number that a program has shortened, such as 1.2E+11: another may have been shortened to the same.
    """
    text = unicodedata.normalize("NFC", UNSEEN.sub("", BLANK.sub(" ", text)).strip())
    if counted := COUNTED.fullmatch(text):
        return counted[1]
    if not POWER.fullmatch(text):
        return text
    number = Decimal(text.replace(",", "."))
    is_whole = number == number.to_integral_value()
    return str(int(number)) if is_whole and "e" in text and number < 10**DIGITS_KEPT else None


def defused(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe before it.

    Numbers below zero stay numbers. So does text with apostrophes before it, so that `undefused` gives each text back.
    """
    is_formula = FORMULA.match(text) and not is_missing(text) and number_in(text) is None
    return f"'{text}" if is_formula else text


def undefused(text: str) -> str:
    """The text that a cell had before it was defused."""
    return text[1:] if DEFUSED.match(text) else text
