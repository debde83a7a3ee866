"""The command that writes the ledger of erasures out, and reads it in after a restore."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from alliance.models import Erasure
from ratings.management.commands.erase_client import certificate
from ratings.rights.erase import erase_again
from ratings.rights.requests import erase_due
from ratings.rights.retention import erase_what_is_over


class Command(BaseCommand):
    help = "Prints the ledger of erasures, a line each; with --again, reads one and erases whom a restore brought back."

    def add_arguments(self, parser):
        parser.add_argument(
            "--due", action="store_true", help="erase first what managers agreed on, and what their rules say"
        )
        parser.add_argument("--again", metavar="LEDGER", help="a file that this command printed; - for standard input")

    def handle(self, again, due, **options):
        if due:
            self.stderr.write(f"{erase_due() + erase_what_is_over()} erased.")
        if again is None:
            for erasure in Erasure.objects.order_by("pk"):
                self.stdout.write(json.dumps(certificate(erasure)))
            return
        try:
            text = sys.stdin.read() if again == "-" else Path(again).read_text(encoding="utf-8")
            ledger = [_erasure_of(json.loads(line)) for line in text.splitlines() if line.strip()]
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"This is no ledger: {error}") from None
        n_erased = sum(erase_again(erasure) for erasure in ledger)
        self.stdout.write(f"{len(ledger)} in the ledger, {n_erased} erased again.")


def _erasure_of(line):
    return Erasure(
        code=line["erasure"],
        practice_code=line["practice"],
        client_code=line["client"],
        reason=line["reason"],
        asked_by_code=line["asked_by"],
        agreed_by_code=line["agreed_by"],
        erased_at=line["erased_at"],
        counts=line["counts"],
    )
