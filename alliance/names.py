"""How names are compared: the one way in which a name is searched, sorted, or taken for another.

Whoever types a name has a plain keyboard, little time, and the spelling from memory. So accents, capitals, apostrophes,
hyphens, blanks and the order of the words make no difference.
"""

import re
import unicodedata
from collections.abc import Iterator

# Letters that Unicode does not take apart into a plain letter and a mark.
PLAIN = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t",
        "ı": "i", "ȷ": "j", "ŋ": "n", "ĸ": "k", "ɨ": "i", "ʉ": "u", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ɛ": "e",
        "ɔ": "o", "ə": "e", "ɣ": "g", "ƀ": "b", "ǥ": "g", "ɋ": "q", "ɍ": "r", "ⱥ": "a", "ⱦ": "t", "ƶ": "z", "ƒ": "f",
    }
)  # fmt: skip
# What others write in their place where the keyboard lacks them: Mueller, Joergensen, Haakon.
SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
APOSTROPHES = re.compile(
    "['`´\u02b9-\u02bf\u02c8\u02ca\u02cb\u055a\u05f3\u07f4\u2018-\u201b\u2032\u2035\ua78b\ua78c\uff07]"
)

SHORTEST = 4  # letters and digits; convention of this app: a shorter name is a part of many a word


def folded(name: str) -> str:
    """The name in plain small letters, its words parted by one blank: the same for all spellings of it."""
    return " ".join(_words(unicodedata.normalize("NFKD", _small(name))))


def is_found(typed: str, name: str) -> bool:
    """Whether a name is one of those that were meant by what was typed.

    Each typed word is a part of a word of the name, or begins several of its words that are written as one. What has no
    word in it leaves every name.
    """
    spellings = [spelling.split() for spelling in _spellings(name)]
    wanted = zip(*(spelling.split() for spelling in _spellings(typed)), strict=True)
    return all(any(_is_in(word, words) for word in ways for words in spellings) for ways in wanted)


def is_named(name: str, text: str) -> bool:
    """Whether the name stands somewhere in a text, however either is spelt; a short one as words of their own.

    Else a pseudonym such as "K." would stand in any text. A name without a letter or digit stands in none.
    """
    sought, read = set(_spellings(name)) - {""}, set(_spellings(text))
    pairs = ((one, spelling) for one in sought for spelling in read)
    return any(f" {one} " in f" {spelling} " if len(one) < SHORTEST else one in spelling for one, spelling in pairs)


def _is_in(typed: str, words: list[str]) -> bool:
    run_together = ("".join(words[first:]) for first in range(len(words)))
    return any(typed in word for word in words) or any(text.startswith(typed) for text in run_together)


def _spellings(name: str) -> Iterator[str]:
    yield folded(name)
    yield folded(unicodedata.normalize("NFC", _small(name)).translate(SPELT_OUT))


def _small(name: str) -> str:
    return APOSTROPHES.sub("", name).casefold()


def _words(text: str) -> list[str]:
    kept = []
    for character in text.translate(PLAIN):
        kind = unicodedata.category(character)
        if kind[0] in "ZP" or kind == "Cc":
            kept.append(" ")
        elif kind not in ("Mn", "Me", "Cf"):
            kept.append(character)
    return "".join(kept).casefold().split()
