"""The wordings that clients are asked to agree to, and what one client agreed to.

A wording is never changed. A better one is a new version, and clients are asked again; until then the earlier consent
holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from alliance.models import Client, Consent

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of what clients are asked, for one purpose. A translation belongs to the same version."""

    purpose: Consent.Purpose
    version: str
    text: _StrPromise

    @property
    def sha256(self) -> str:
        """SHA-256 of the untranslated text in UTF-8, in hexadecimal digits."""
        with override(None):
            return sha256(str(self.text).encode()).hexdigest()


# The newest of a purpose last. Of the first versions the therapist was shown no more than this.
WORDINGS: Sequence[Wording] = (
    Wording(Consent.Purpose.CHECK_IN, "2026-11", _("The client agreed to answer check-ins.")),
    Wording(Consent.Purpose.EMAIL, "2026-11", _("The client agreed to receive e-mail.")),
    Wording(Consent.Purpose.HISTORY, "2026-11", _("The client agreed to see their own past answers through a link.")),
    Wording(
        Consent.Purpose.STUDY,
        "2026-11",
        _("The client agreed that their scores go into a study, without their name."),
    ),
    Wording(
        Consent.Purpose.CHECK_IN,
        "2026-12",
        _(
            "After a session you are asked a few questions. Your therapist reads what you answer. Their supervisor "
            "may read it too. You may leave out what you like, and stop when you like. You need no reason. Nothing "
            "about your care changes."
        ),
    ),
    Wording(
        Consent.Purpose.EMAIL,
        "2026-12",
        _(
            "After a session you get a short e-mail with a link. It names a day, and says nothing about you. You can "
            "stop it when you like."
        ),
    ),
    Wording(
        Consent.Purpose.HISTORY,
        "2026-12",
        _(
            "You can see your own past answers. Your therapist gives you a link for it. It works for half an hour. "
            "Whoever has it in that time can open it."
        ),
    ),
    Wording(
        Consent.Purpose.STUDY,
        "2026-12",
        _(
            "The answers that you tick may go into a study, with the day after the first session. Your name, the "
            "date and what you write do not. What has been given to a study can’t be called back."
        ),
    ),
    # It names who stands in and an emergency too; who takes over is asked about then.
    Wording(
        Consent.Purpose.CHECK_IN,
        "2027-01",
        _(
            "After a session you are asked a few questions. Your therapist reads what you answer. So does a colleague "
            "who stands in for them. Their supervisor may read it too, but what you write only if you say so. In an "
            "emergency another supervisor or the office may read as much. You may leave out what you like, and stop "
            "when you like. You need no reason. Nothing about your care changes."
        ),
    ),
)


def wording_in_force(purpose: str) -> Wording:
    """What clients are asked now."""
    return next(wording for wording in reversed(WORDINGS) if wording.purpose == purpose)


def wordings_mark() -> str:
    """What a page says about the wordings that it shows, so that nobody agrees to others after an upgrade."""
    return sha256("".join(wording_in_force(purpose).sha256 for purpose in Consent.Purpose).encode()).hexdigest()[:16]


def wording_of(consent: Consent) -> Wording | None:
    """The one that a consent was given to; None where its text is not the one that was kept by its hash."""
    agreed = (consent.purpose, consent.text_version, consent.text_hash)
    return next((word for word in WORDINGS if (word.purpose, word.version, word.sha256) == agreed), None)


@dataclass(frozen=True, slots=True)
class Agreement:
    """The last word of a client on one purpose."""

    purpose: Consent.Purpose
    wording: Wording | None
    given_at: datetime
    withdrawn_at: datetime | None

    @property
    def is_about_email(self) -> bool:
        """Whether it is to be written to; the box for it stands with the address."""
        return self.purpose == Consent.Purpose.EMAIL

    @property
    def in_force(self) -> Wording:
        """What the client would be asked today."""
        return wording_in_force(self.purpose)

    @property
    def is_to_be_renewed(self) -> bool:
        """Whether it holds, to a wording that is not the one in force."""
        return self.withdrawn_at is None and self.wording != self.in_force


def agreements_of(client: Client) -> list[Agreement]:
    """What a client agreed to, and what they agree to no longer: one for each purpose that was ever settled."""
    latest = {consent.purpose: consent for consent in client.consents.order_by("given_at", "pk")}
    return [
        Agreement(purpose, wording_of(consent), consent.given_at, consent.withdrawn_at)
        for purpose in Consent.Purpose
        if (consent := latest.get(purpose))
    ]
