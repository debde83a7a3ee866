"""A practice's own words for the steps of a repair: the sentences as they stand there, and how they are changed."""

from dataclasses import replace

from django.db import transaction

from alliance import audit
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.models import Membership, Practice
from alliance.people.actions import check_manages, lock_practice
from ratings.models import OwnWords
from ratings.ruptures.words import PHRASES, Phrase


def phrases_of(practice: Practice) -> list[Phrase]:
    """All sentences, with the practice's own words where it has some in its language."""
    rows = OwnWords.objects.filter(practice=practice, language=practice.language).order_by("pk")
    newest = {row.key: row.text for row in rows}
    own = {key: text.open(practice.data_key) for key, text in newest.items() if text}
    return [replace(phrase, text=own[phrase.key], is_own=True) if phrase.key in own else phrase for phrase in PHRASES]


def original_of(key: str) -> str:
    """A sentence in the program's words."""
    return str(next(phrase.text for phrase in PHRASES if phrase.key == key))


@transaction.atomic
def change_words(*, practice: Practice, by: Membership, key: str, text: str) -> bool:
    """Puts a practice's own words in the place of a sentence; what was there before is kept.

    An empty text, or the program's own, restores that. Whether anything was changed.

    Raises
    ------
    Denied
        They are no manager of the practice any more.
    """
    lock_practice(practice)
    check_manages(practice, by)
    now = next(phrase for phrase in phrases_of(practice) if phrase.key == key)
    text = "" if text == original_of(key) else text
    if text == (str(now.text) if now.is_own else ""):
        return False
    row = OwnWords.objects.create(
        practice=practice,
        language=practice.language,
        key=key,
        text=Sealed(text, practice.data_key) if text else None,
        said_by=by,
    )
    audit.record(Verb.CHANGED, row, by=by)
    return True
