"""Runs the detector over a CSV file of ratings, without a database."""

import csv
import io
import math
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from ratings.cells.encoding import encoding_of
from ratings.cells.problem import BadLine
from ratings.cells.rows import column_key
from ratings.cells.values import defused
from ratings.findings.phrases import reason
from ratings.importing.episode_files import EpisodeReader, FileError
from ratings.psychometrics.assess import assess
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evidence import Budget, Use, Version

ADDED = ("score", "probability", "alert", "kind", "state", "reason")
WRONG_INPUT = 2


class Command(BaseCommand):
    help = "Judge every session of a CSV file of ratings: the same rows come out with what the detector thinks."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="IN.csv", help="one row per session, in order; - for standard input")
        parser.add_argument("-o", "--output", metavar="OUT.csv", help="default: standard output")
        parser.add_argument(
            "--scale", nargs=2, type=float, default=(1.0, 7.0), metavar=("LO", "HI"), help="of the pillars; default 1 7"
        )
        parser.add_argument("--use", choices=[str(use) for use in Use], default=str(Version().use))
        parser.add_argument("--criterion", choices=sorted(REGISTRY), default=Version().criterion)
        parser.add_argument("--budget", choices=[str(budget) for budget in Budget], default=str(Budget.NORMAL))

    def handle(self, *, file, output, scale, use, criterion, budget, **options):
        lowest, highest = scale
        if not (lowest < highest and math.isfinite(lowest) and math.isfinite(highest)):
            raise CommandError(f"--scale {lowest:g} {highest:g}: LO must be below HI.", returncode=WRONG_INPUT)
        version = Version(criterion=criterion, budget=Budget(budget), use=Use(use))
        try:
            with ExitStack() as stack:
                source = stack.enter_context(_open_source(file))
                target = stack.enter_context(_open_target(output))
                judge(source, target, lowest, highest, version)
        except FileError as error:
            raise CommandError(f"{file}: {error}", returncode=WRONG_INPUT) from None
        except BadLine as error:
            raise CommandError(f"{file}: Line {error.line}: {error}", returncode=WRONG_INPUT) from None
        except UnicodeDecodeError as error:
            raise CommandError(f"{file}: Line 1: this is not {error.encoding} text.", returncode=WRONG_INPUT) from None
        except BrokenPipeError:  # the reader of our output has left
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror}.", returncode=WRONG_INPUT) from None


def judge(source, target, lowest, highest, version):
    """Copies the rows of `source` to `target`, each with its session's assessment."""
    reader = EpisodeReader(source, lowest, highest)
    for name in reader.header:
        if column_key(name) in ADDED:
            raise FileError(1, f"the column {name!r} is one that this command adds.")
    writer = csv.writer(target, delimiter=reader.delimiter, lineterminator="\n")
    writer.writerow([*map(defused, reader.header), *ADDED])
    for episode in reader.episodes():
        for row, assessment in zip(episode.rows, assess(episode.history, version), strict=True):
            writer.writerow([*map(defused, row), *_columns(assessment)])


def _columns(assessment):
    return (
        "" if assessment.suspicion is None else f"{assessment.suspicion:.6f}",
        "" if assessment.probability is None else f"{assessment.probability:.4f}",
        int(assessment.alert),
        assessment.kind or "",
        assessment.state,
        reason(assessment),
    )


@contextmanager
def _open_source(file):
    if file == "-":
        if sys.stdin is None:
            raise CommandError("There is no standard input.", returncode=WRONG_INPUT)
        yield _text_of(sys.stdin.buffer)
        return
    with open(file, "rb") as source:
        yield _text_of(source)


def _text_of(source):
    return io.TextIOWrapper(source, encoding_of(source.peek(4)[:4]), errors="surrogateescape", newline="")


@contextmanager
def _open_target(output):
    """A file to write to, which reaches its place only once everything is in it."""
    if output is None:
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as spool:
            yield spool
            spool.seek(0)
            shutil.copyfileobj(spool, sys.stdout)
            sys.stdout.flush()
        return
    final = Path(os.path.realpath(output))  # through a link to the file it names
    if final.exists() and not final.is_file():
        raise CommandError(
            f"{output} is not an ordinary file; leave out -o to write to the standard output.", returncode=WRONG_INPUT
        )
    handle, draft = tempfile.mkstemp(prefix=f".{final.name}.", dir=final.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as target:
            yield target
        mask = os.umask(0)
        os.umask(mask)
        # mkstemp makes it private: the finished file is an ordinary one, or as private as the one it replaces.
        os.chmod(draft, final.stat().st_mode & 0o777 if final.exists() else 0o666 & ~mask)
        os.replace(draft, final)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
