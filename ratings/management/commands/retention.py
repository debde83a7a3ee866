"""The command that says which records the time is over for. It erases nothing: `send_due` does, by a rule in force."""

from django.core.management.base import BaseCommand, CommandError

from alliance.models import Practice, RetentionRule
from ratings.rights.retention import due_records, held_back


class Command(BaseCommand):
    help = "Shows which records are over by the rule of each practice, or by one of so many years. Erases nothing."

    def add_arguments(self, parser):
        parser.add_argument("--years", type=int, metavar="N", help="as if this were the rule")

    def handle(self, years, **options):
        if years is not None and not 1 <= years <= 99:
            raise CommandError("Say a number of years from 1 to 99.")
        rules = dict(RetentionRule.objects.standing().values_list("practice", "years"))
        for practice in Practice.objects.order_by("name"):
            kept_for = years or rules.get(practice.pk)
            if kept_for is None:
                self.stdout.write(f"{practice}: no rule. Every record is kept.")
                continue
            due = due_records(practice, kept_for)
            for row in due:
                self.stdout.write(f"{row.short_code}  {row.cases:3} cases, the last ended on {row.ended_at:%Y-%m-%d}")
            held = held_back(practice, kept_for)
            self.stdout.write(f"{len(due)} of {practice} after {kept_for} years; {held} more kept by a legal hold.")
