"""The command that writes the ledger of erasures out, and reads it in after a restore."""

import json
import sys
from collections.abc import Set
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q

from alliance.models import CaseJoin, Client, Episode, Erasure, Practice
from ratings.detection.reassess import reassess_all
from ratings.joining.parting import lock_two, take_apart
from ratings.management.commands.erase_client import certificate
from ratings.rights.erase import empty_the_log, erase_again, lock_all_of
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
        self._erase_all(ledger)

    def _erase_all(self, ledger):
        codes = {erasure.client_code for erasure in ledger}
        n_erased = n_failed = 0
        for erasure in ledger:
            try:
                n_erased += _part_and_erase(erasure, codes)
            except Exception as error:  # whatever it is, those who come after are erased
                n_failed += 1
                self.stderr.write(f"The record {erasure.client_code} was not erased: {type(error).__name__}.")
        empty_the_log()
        self.stdout.write(f"{len(ledger)} in the ledger, {n_erased} erased again.")
        if n_failed:
            raise CommandError(f"{n_failed} in the ledger could not be erased, and can be read again.")


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


@transaction.atomic
def _part_and_erase(erasure: Erasure, ledger: Set[str]) -> bool:
    """Erases a client once more; whoever was one case with them in the backup, and was not erased, stays."""
    client = Client.objects.filter(code=erasure.client_code).first()
    if client is None:
        return False
    # All at once, as a service may run beside this: as a parting does, then in the order of their keys.
    Practice.objects.select_for_update(no_key=True).get(pk=client.practice_id)
    lock_all_of(client)
    of_client = Q(episode__client=client) | Q(joined__client=client)
    joins = CaseJoin.objects.filter(of_client, parted_at__isnull=True).select_related(
        "episode__client__data_key", "joined__client__data_key"
    )
    cases: set[int] = set()
    for join in joins.order_by("-pk"):  # the later one first, as on its page
        if not {str(case.client.code) for case in (join.episode, join.joined)} <= ledger:
            # Whatever came since: the ledger says that the two were parted after the backup.
            lock_two(join.episode, join.joined)
            take_apart(join)
            cases |= {join.episode_id, join.joined_id}
    is_erased = erase_again(erasure)
    for practice in Practice.objects.filter(clients__episodes__in=cases).distinct():
        reassess_all(list(Episode.objects.filter(pk__in=cases).values_list("pk", flat=True)), practice)
    return is_erased
