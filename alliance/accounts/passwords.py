"""Long passwords that are easy to guess.

NIST SP 800-63B 5.1.1.2 asks to refuse common ones, repeated and rising characters, and words of the place. Django's
list of common ones has few of twelve characters, so it is taken here for what longer ones are made of.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from alliance.models import Membership, User

FEWEST_WORDS = 3  # convention of this app: so many common words are enough, and fewer are not
LONGEST = 128  # characters (OWASP ASVS 2.1.2): looking for words in thirty thousand takes a processor many minutes
SHORTEST_WORD = 3
SHORTEST_RUN = 3
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn")
LEET = str.maketrans("013457@$", "oleastas")
PROGRAM = """
    alliance demo practice therapist therapists therapy supervisor supervision manager client clients session sessions
    rupture repair check checkin checkins bond goal goals task tasks login signin password passwort welcome admin change
    spring summer autumn winter january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday
"""


class MadeOfCommonWords:
    """Refuses a password of fewer than three common words, with whatever digits and signs between; and a very long one.

    Not signing in: a longer one of before still opens.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(
                _("Shorten this to %(limit_value)s characters."),
                code="password_too_long",
                params={"limit_value": LONGEST},
            )
        if common_words_in(password, _words_of(user)) < FEWEST_WORDS:
            raise ValidationError(
                _(
                    "This password is easy to guess. Take three words or more that have nothing to do with each other, "
                    "or let a password manager make one."
                ),
                code="password_made_of_common_words",
            )

    def get_help_text(self) -> str:
        return _(
            "Take three words or more that have nothing to do with each other, or let a password manager make one."
        )


def common_words_in(password: str, more: frozenset[str] = frozenset()) -> float:
    """The least number of common words and runs that it is made of; infinite where something else is in it."""
    text = password.lower()
    return min(_least(one, more) for one in {text, _once(text), _once(text.translate(LEET))})


def _once(text: str) -> str:
    """What is said again and again counts once."""
    letters = "".join(character for character in text if character.isalpha())
    again = re.fullmatch(r"(.+?)\1+", letters)
    return again[1] if again and len(again[1]) >= SHORTEST_WORD else text


def _least(text: str, more: frozenset[str]) -> float:
    plain = text.translate(LEET)
    least: list[float] = [0] + [float("inf")] * len(text)
    for end in range(1, len(text) + 1):
        if not text[end - 1].isalpha():
            least[end] = least[end - 1]  # digits and signs are soon tried
        for start in range(end - SHORTEST_WORD + 1):
            is_less = least[start] + 1 < least[end]
            if is_less and any(_is_common(one[start:end], more) for one in (text, plain)):
                least[end] = least[start] + 1
    return least[-1]


def _is_common(part: str, more: frozenset[str]) -> bool:
    return part in _common() or part in more or _is_run(part)


def _is_run(part: str) -> bool:
    """One character again and again, or the order of the alphabet or of a keyboard, forwards or backwards."""
    steps = {ord(after) - ord(before) for before, after in pairwise(part)}
    return len(part) >= SHORTEST_RUN and (
        steps in ({0}, {1}, {-1}) or any(part in row or part[::-1] in row for row in ROWS)
    )


@cache
def _common() -> frozenset[str]:
    known = (word for word in CommonPasswordValidator().passwords if len(word) >= SHORTEST_WORD)
    return frozenset(known) | frozenset(PROGRAM.split())


def _words_of(user: User | None) -> frozenset[str]:
    """The words of the practices where somebody has a place, and of their own name and address."""
    if user is None:
        return frozenset()
    texts = [user.email]
    if user.pk:
        for place in Membership.objects.filter(user=user).select_related("practice__data_key"):
            texts += [place.practice.name, place.display_name]
    return frozenset(word for text in texts for word in re.findall(rf"\w{{{SHORTEST_WORD},}}", text.lower()))
