"""Questions to think about in supervision, by the kind of a strain. Our own words; none of them claims anything."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from ratings.findings.names import StrOrLazy
from ratings.models import RuptureView

KindSeen = RuptureView.KindSeen


@dataclass(frozen=True, slots=True)
class Prompts:
    """What to ask oneself, and when."""

    title: StrOrLazy
    questions: tuple[StrOrLazy, ...]


PULLING_BACK = Prompts(
    _("When a client pulls back"),
    (
        _("What do you do when they go quiet?"),
        _("What might they be protecting by saying that it is fine?"),
        _("What would you like to hear from them that you haven’t asked for?"),
    ),
)
PUSHING_BACK = Prompts(
    _("When a client pushes back"),
    (
        _("Which part of what they say fits?"),
        _("What did you feel like doing: explain, give in, push back?"),
        _("What could you say first, before you explain anything?"),
    ),
)
ANY_KIND = Prompts(
    _("For any meeting"),
    (
        _("Which client do you think about on the way home?"),
        _("With whom is it easiest, and what could that hide?"),
        _("What would you rather not bring up here?"),
    ),
)


def prompts_for(kinds: Collection[str]) -> list[Prompts]:
    """Those for the kinds that are there; where there is none, those for any day."""
    found = []
    if {KindSeen.WITHDRAWAL, KindSeen.BOTH} & set(kinds):
        found.append(PULLING_BACK)
    if {KindSeen.CONFRONTATION, KindSeen.BOTH} & set(kinds):
        found.append(PUSHING_BACK)
    return found or [ANY_KIND]
