from django.core.management.base import BaseCommand

from alliance.models import Episode, Practice
from ratings.reassess import reassess_all

EPISODES_AT_ONCE = 100


class Command(BaseCommand):
    help = "Computes all assessments, ruptures and standings once more from what was logged and rated."

    def handle(self, **options):
        rebuilt = 0
        for practice in Practice.objects.order_by("pk"):
            keys = list(Episode.objects.filter(client__practice=practice).order_by("pk").values_list("pk", flat=True))
            # Each batch is a transaction of its own, so that the program can go on meanwhile.
            for start in range(0, len(keys), EPISODES_AT_ONCE):
                rebuilt += len(reassess_all(keys[start : start + EPISODES_AT_ONCE], practice))
        self.stdout.write(f"{rebuilt} standings rebuilt.")
