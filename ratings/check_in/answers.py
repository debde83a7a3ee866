"""A client's answers after one session.

The forms make them, the writes take them, and they are read back from a rating.
"""

from dataclasses import dataclass

from ratings.models import Rating


@dataclass(frozen=True, slots=True)
class ClientAnswers:
    """One client's answers to one check-in.

    What was not asked, or was left out, has its default.
    """

    items: dict[str, int]  # item id -> answer on the instrument's scale; a skipped item is absent
    comment: str = ""
    comment_for: str = Rating.CommentFor.THERAPIST
    tension: bool | None = None
    tension_talked_about: bool | None = None
    bring_up: str = ""  # Rating.BringUp


def stored_answers(rating: Rating) -> ClientAnswers:
    """The answers that a client's rating holds, its comment opened."""
    return ClientAnswers(
        items=rating.answers,
        comment=rating.comment.open(rating.episode.client.data_key) if rating.comment else "",
        comment_for=rating.comment_for,
        tension=rating.tension,
        tension_talked_about=rating.tension_talked_about,
        bring_up=rating.bring_up,
    )
