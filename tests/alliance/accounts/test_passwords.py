"""Which long passwords are refused as easy to guess."""

import math

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from alliance.accounts.passwords import common_words_in
from tests.signing_in import PASSWORD, sign_in

EASY = "is easy to guess"


@pytest.mark.parametrize(
    "password",
    [
        "123456789012",
        "2026-11-29 07:30",
        "alliance-demo",
        "passwordpassword",
        "P@ssw0rd!P@ssw0rd!",
        "password123456",
        "iloveyou1234567",
        "qwertyuiopas",
        "QWERTZ-asdfgh",
        "abcdefghijkl",
        "aaaaaaaaaaaa",
        "dragon-dragon-dragon-dragon",
        "dragonmonkey99",
        "Supervision2026!",
        "Therapy-Session-1",
        "!!!!!!!!!!!!",
    ],
)
def test_common_ones_of_twelve_characters_and_more_are_refused(password):
    assert len(password) >= 12
    with pytest.raises(ValidationError, match=EASY):
        validate_password(password)


@pytest.mark.parametrize(
    "password", [PASSWORD, "eight calm herons", "korrekt-pferd-batterie", "xK9#mQ2vL7pR", "grsalwpqmfhtz"]
)
def test_three_words_or_what_a_manager_makes_are_taken(password):
    validate_password(password)


def test_a_very_long_one_is_refused_before_anything_looks_for_words_in_it(monkeypatch):
    """It would keep a processor busy for minutes, and somebody could send several."""
    validate_password("x kq" * 32)
    monkeypatch.setattr("alliance.accounts.passwords.common_words_in", lambda *_: pytest.fail("looked for words"))
    for password in ("heron " * 5000, "x" * 30_000, "x kq" * 33):
        with pytest.raises(ValidationError, match="Shorten this to 128 characters"):
            validate_password(password)


def test_the_words_of_the_practice_and_of_the_person_are_refused(mona):
    assert mona.practice.name == "Millrace Practice"
    for password in ("MillracePractice1", "Reyes-millrace-99", "mona!mona!mona!"):
        with pytest.raises(ValidationError):
            validate_password(password, mona.user)
    validate_password("millrace-heron-kettle-brass", mona.user)


def test_words_are_counted_as_few_as_they_can_be():
    assert common_words_in("password-dragon") == 2
    assert common_words_in("2026") == 0
    assert math.isinf(common_words_in("password kxqvw"))


def test_whoever_changes_a_password_to_such_a_one_reads_why(http, known):
    sign_in(http, known)
    new = {"oldpassword": PASSWORD, "password1": "Supervision2026!", "password2": "Supervision2026!"}
    page = http.post("/accounts/password/change/", new)
    assert EASY in page.text
    assert "three words or more" in page.text
    known.user.refresh_from_db()
    assert known.user.check_password(PASSWORD)
