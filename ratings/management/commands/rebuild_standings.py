from django.core.management.base import BaseCommand

from alliance.models import Practice
from ratings.detection.reassess import rebuild_standings


class Command(BaseCommand):
    help = "Computes all assessments, ruptures and standings once more from what was logged and rated."

    def handle(self, **options):
        rebuilt = sum(rebuild_standings(practice) for practice in Practice.objects.order_by("pk"))
        self.stdout.write(f"{rebuilt} standings rebuilt.")
