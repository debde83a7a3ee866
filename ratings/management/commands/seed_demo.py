import gc
from datetime import date

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from alliance.models import Practice
from ratings.demo.write import Recipe, fill, seen_from, today_there


class Command(BaseCommand):
    help = "Fills an empty database with an invented practice. Again with the same arguments: nothing more."

    def add_arguments(self, parser):
        recipe = Recipe()
        parser.add_argument("--therapists", type=_positive, default=recipe.therapists)
        parser.add_argument("--clients", type=_positive, default=recipe.clients)
        parser.add_argument("--sessions", type=_positive, help="for each client without a story; default: 4 to 24")
        parser.add_argument("--seed", type=int, default=recipe.seed)
        parser.add_argument("--today", type=date.fromisoformat, help="YYYY-MM-DD: the day the data is seen from")

    def handle(self, *, therapists, clients, sessions, seed, today, **options):
        if not settings.LOCAL:
            raise CommandError("ALLIANCE_SECRET_KEY is set: demo data and its known passwords don't belong there.")
        recipe = Recipe(therapists=therapists, clients=clients, sessions=sessions, seed=seed)
        practice = Practice.objects.filter(code=recipe.code).first()
        if practice and today in (None, seen_from(practice)):
            return
        if Practice.objects.exists():
            raise CommandError(
                "This database was filled otherwise. Take an empty one (DATABASE_URL), or ask for what is there."
            )
        call_command("sync_instruments", verbosity=0)
        gc.set_threshold(100_000)  # collecting garbage at each 700 new objects takes a tenth of the time
        episodes = fill(recipe, today or today_there())
        self.stdout.write(f"Demo data: {episodes} episodes, {therapists} therapists.")


def _positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number
