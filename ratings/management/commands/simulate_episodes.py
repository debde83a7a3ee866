"""Writes simulated episodes with their truth, as `detect_ruptures` reads them."""

import csv
import sys
from contextlib import ExitStack
from itertools import islice

from django.core.management.base import BaseCommand, CommandError

from ratings.importing.episode_files import NEEDED_COLUMNS, OPTIONAL_COLUMNS, PILLARS, RATERS
from ratings.psychometrics.evaluation.compare import OTHER_GENERATOR, SCENARIO_NAMES
from ratings.psychometrics.evaluation.simulate import SCENARIOS, simulate
from ratings.psychometrics.evaluation.simulate_ordinal import simulate_ordinal

TRUTH = ("true_rupture", "true_onset", "true_kind")


class Command(BaseCommand):
    help = "Write simulated episodes as CSV, with the truth in the last columns."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("-o", "--output", metavar="OUT.csv", help="default: standard output")
        parser.add_argument("--episodes", type=int, default=100)
        parser.add_argument("--scenario", choices=SCENARIO_NAMES, default="base")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--scale", nargs=2, type=float, default=(1.0, 7.0), metavar=("LO", "HI"))

    def handle(self, *, output, episodes, scenario, seed, scale, **options):
        lowest, highest = scale
        if not lowest < highest or episodes < 0:
            raise CommandError("--scale: LO must be below HI; --episodes: not below 0.", returncode=2)
        if scenario == OTHER_GENERATOR:
            simulated = simulate_ordinal(episodes, seed)
        else:
            simulated = simulate(SCENARIOS[scenario], episodes, seed)
        try:
            with ExitStack() as stack:
                target = sys.stdout
                if output:
                    target = stack.enter_context(open(output, "w", encoding="utf-8", newline=""))
                writer = csv.writer(target, lineterminator="\n")
                writer.writerow([*NEEDED_COLUMNS, *OPTIONAL_COLUMNS, *TRUTH])
                for number, episode in enumerate(islice(simulated, episodes), start=1):
                    writer.writerows(_rows(f"e{number:06d}", episode, lowest, highest))
        except OSError as error:
            raise CommandError(f"{error.filename or output}: {error.strerror}.", returncode=2) from None


def _rows(name, episode, lowest, highest):
    for position, therapy_session in enumerate(episode.history):
        rupture = episode.in_rupture(position)
        yield [
            name,
            position + 1,
            *(
                "" if scores is None else f"{lowest + scores.of(pillar) / 100 * (highest - lowest):.6g}"
                for scores in (getattr(therapy_session, rater) for rater in RATERS)
                for pillar in PILLARS
            ),
            int(therapy_session.attended),
            *(
                "" if value is None else int(value)
                for value in (therapy_session.checkin_answered, therapy_session.comment_words)
            ),
            *(
                "" if said is None else int(said)
                for said in (therapy_session.tension, therapy_session.tension_therapist)
            ),
            int(rupture is not None),
            int(rupture is not None and rupture.first == position),
            "" if rupture is None else rupture.kind,
        ]
