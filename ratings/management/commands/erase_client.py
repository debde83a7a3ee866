"""The command that erases everything about one client, after showing what would go."""

import json

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from alliance.models import Client, Episode, Erasure, Membership
from alliance.refusal import Refused
from alliance.scopes import accepted, live
from ratings.rights.erase import erase_client, what_would_go


class Command(BaseCommand):
    help = "Shows what would be erased of a client; with --yes, erases it. There is no way back."

    def add_arguments(self, parser):
        parser.add_argument("code", help="of the client, or of a case: it stands in the address of the case")
        parser.add_argument("--reason", choices=Erasure.Reason.values)
        parser.add_argument("--asked-by", help="e-mail of the manager who asks for it")
        parser.add_argument("--agreed-by", help="e-mail of the second manager")
        parser.add_argument("--yes", action="store_true", help="erase it now")

    def handle(self, code, **options):
        client = _client_of(code)
        if not options["yes"]:
            for label, count in what_would_go(client).items():
                self.stdout.write(f"{count:8} {label}")
            self.stdout.write("Nothing was changed. With --yes, --reason, --asked-by and --agreed-by it is erased.")
            return
        if not options["reason"] or not options["asked_by"]:
            raise CommandError("Say --reason and --asked-by.")
        try:
            erasure = erase_client(
                client=client,
                reason=Erasure.Reason(options["reason"]),
                asked_by=_manager(client, options["asked_by"]),
                agreed_by=_manager(client, options["agreed_by"]) if options["agreed_by"] else None,
            )
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(json.dumps(certificate(erasure), indent=1))


def certificate(erasure: Erasure) -> dict[str, object]:
    """The line of the ledger: codes and counts."""
    return {
        "erasure": str(erasure.code),
        "practice": erasure.practice_code,
        "client": erasure.client_code,
        "reason": erasure.reason,
        "asked_by": erasure.asked_by_code,
        "agreed_by": erasure.agreed_by_code,
        "erased_at": erasure.erased_at.isoformat(),
        "counts": erasure.counts,
    }


def _client_of(code):
    try:
        episode = Episode.objects.filter(code=code).select_related("client").first()
        client = episode.client if episode else Client.objects.filter(code=code).first()
    except (ValueError, ValidationError):
        client = None
    if client is None:
        raise CommandError("There is no client and no case with this code.")
    return client


def _manager(client, email):
    members = Membership.objects.filter(live(), accepted(), practice=client.practice_id, is_manager=True)
    member = members.filter(user__email__iexact=email).select_related("user").first()
    if member is None:
        raise CommandError(f"{email} is no manager of the client's practice.")
    return member
