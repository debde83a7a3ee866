"""Compares every criterion on simulated episodes.

It writes the thresholds of the program, and the page of the documentation.
"""

import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ratings.importing.episode_files import EpisodeReader, FileError
from ratings.management import detection_report
from ratings.psychometrics import thresholds
from ratings.psychometrics.assess import assess
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evaluation import choices, claims_report, compare, report
from ratings.psychometrics.evaluation.simulate import BASE, simulate
from ratings.psychometrics.evidence import Use, Version

DOCS = Path("docs/reference/detection.md")
ENOUGH = 1500  # ruptures per scenario: the standard error of a share stays under .015
REPLAY_SESSIONS, REPLAYS = 50, 40
FITTED = sorted({*REGISTRY} - {compare.OWN_RULE})  # our simple rule keeps its thresholds


class Command(BaseCommand):
    help = "Print what every criterion catches at equal false alarms, with intervals, on simulated episodes."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("--ruptures", type=int, default=ENOUGH, help=f"per scenario; default {ENOUGH}")
        parser.add_argument("--scenario", action="append", choices=compare.SCENARIO_NAMES, help="default: all")
        parser.add_argument("--seed", type=int, default=compare.REPORTING_SEED)
        parser.add_argument("--processes", type=int, default=2)
        parser.add_argument("--report", metavar="FILE.html", help="the tables and charts as a page of their own")
        parser.add_argument("--write-docs", action="store_true", help=f"write {DOCS}")
        parser.add_argument("--write-thresholds", action="store_true", help="from the tuning seed, for the program")
        parser.add_argument("--criterion", choices=FITTED, help="of --write-thresholds: find these anew only")
        parser.add_argument("--claims", action="store_true", help="only whether the program's statements hold")
        parser.add_argument("--choose", action="store_true", help="how numbers of the program were chosen, tuning seed")
        parser.add_argument("--real", metavar="FILE.csv", help="real series, in the layout of detect_ruptures")
        parser.add_argument("--scale", nargs=2, type=float, default=(1.0, 7.0), metavar=("LO", "HI"), help="of FILE")
        parser.add_argument("--calibrate", action="store_true", help="print the filter's calibration, tuning seed")

    def handle(self, *, ruptures, scenario, seed, processes, **options):
        if ruptures < 20:
            raise CommandError("--ruptures: below 20 no share means anything.", returncode=2)
        if options["calibrate"]:
            self.calibrate(ruptures)
            return
        if options["real"]:
            self.stdout.write(claims_report.real(self.series(options["real"], options["scale"]), Use.CLIENT))
            return
        if options["choose"]:
            self.stdout.write(choices.choices(compare.TUNING_SEED, ruptures))
            return
        if options["claims"]:
            self.stdout.write(claims_report.claims(seed, ruptures))
            return
        if options["write_thresholds"]:
            values = compare.thresholds(compare.TUNING_SEED, ruptures, options["criterion"])
            thresholds.PATH.write_text(thresholds.as_toml(values, compare.ENTRIES), encoding="utf-8")
            self.stdout.write(f"Wrote {thresholds.PATH}.")
            return
        results = compare.compare(scenario or compare.SCENARIO_NAMES, seed, ruptures, processes)
        self.stdout.write(report.plain(results))
        if options["report"]:
            Path(options["report"]).write_text(detection_report.html(results), encoding="utf-8")
        if options["write_docs"]:
            target = settings.BASE_DIR / DOCS
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(
                report.page(results, replay_milliseconds(), claims_report.claims(seed, ruptures), ruptures),
                encoding="utf-8",
            )
            self.stdout.write(f"Wrote {DOCS}.")

    def series(self, path, scale):
        """The histories of a file, of all its episodes."""
        lowest, highest = scale
        if not lowest < highest:
            raise CommandError(f"--scale {lowest:g} {highest:g}: LO must be below HI.", returncode=2)
        try:
            with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
                found = [episode.history for episode in EpisodeReader(lines, lowest, highest).episodes()]
        except FileError as error:
            raise CommandError(f"{path}: {error}", returncode=2) from None
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.", returncode=2) from None
        if not found:
            raise CommandError(f"{path}: there is no episode in it.", returncode=2)
        return found

    def calibrate(self, ruptures):
        for use in Use:
            episodes = compare.episodes_of("base", compare.TUNING_SEED, ruptures)
            pairs = compare.outcome(compare.OURS, use, episodes).calibration
            self.stdout.write(f"{use}: first, second = {compare.calibrate(pairs)} on top of the present calibration")


def replay_milliseconds():
    """CPU time of one replay of 50 sessions, the median of forty."""
    episodes = (episode.history for episode in simulate(BASE, 10**6, seed="replay"))
    long = [history for _, history in zip(range(4000), episodes, strict=False) if len(history) >= REPLAY_SESSIONS]
    times = []
    for history in long[:REPLAYS]:
        start = time.process_time()
        assess(history[:REPLAY_SESSIONS], Version(criterion=compare.OURS))
        times.append(1000 * (time.process_time() - start))
    return sorted(times)[len(times) // 2]
