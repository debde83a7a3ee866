from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from alliance.models import Practice
from ratings.demo.study import fill_study
from ratings.demo.write import made_by_seed, seen_from


class Command(BaseCommand):
    help = "Adds a small practice to the demo that takes part in a study. Again: nothing more."

    def handle(self, **options):
        if not settings.LOCAL:
            raise CommandError("ALLIANCE_SECRET_KEY is set: demo data and its known passwords don't belong there.")
        demo = next((practice for practice in Practice.objects.order_by("pk") if made_by_seed(practice)), None)
        if demo is None:
            raise CommandError("There is no demo data here; `manage.py seed_demo` brings it.")
        if practice := fill_study(seen_from(demo)):
            self.stdout.write(f"Demo data of a study: {practice.name}.")
