"""Reads: who looks after a client now, as far as the client's pages say it."""

from dataclasses import dataclass

from alliance import access
from alliance.models import Client


@dataclass(frozen=True, slots=True)
class Responsible:
    """Who looks after a client now."""

    is_there: bool
    name: str  # empty where the client has not agreed that the therapist is named


def responsible_now(client: Client) -> Responsible:
    """The therapist of the client's newest case that somebody reads, if there is one."""
    membership = access.responsible_for(client)
    name = membership.display_name if membership and client.therapist_may_be_named else ""
    return Responsible(is_there=membership is not None, name=name)
