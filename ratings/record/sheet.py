"""Reads: the sheet of one case for supervision, as the supervisor reads the case."""

from dataclasses import replace

from alliance.models import Episode, User
from ratings.cases.case import CasePage, case_page


def case_sheet(episode: Episode, reader: User) -> CasePage:
    """The page of a case for paper, whoever prints it: names in place of "you", and nothing private.

    What a client meant for the therapist alone stays off it, and so do private notes and wishes.
    """
    page = case_page(episode, reader)
    return replace(
        page,
        reader_is_therapist=False,
        can_log=False,
        can_add=False,
        wishes=[],
        now=None,
        notes=[],
        comments=[comment for comment in page.comments if comment.for_supervisor][:1],
    )
