"""The write of how flags are made in a practice."""

from dataclasses import asdict, replace

from django.db import transaction

from alliance import audit
from alliance.audit import Verb
from ratings.detection.history import histories
from ratings.detection.reassess import current_version, rebuild_standings
from ratings.detection.stored import as_version
from ratings.models import DetectorVersion
from ratings.psychometrics.assess import freeze
from ratings.psychometrics.evidence import Budget, Use
from ratings.psychometrics.population import learn_constants


def set_detector(*, practice, criterion, budget, use, by, clear_only=False, learn=False):
    """Makes a new detector version, valid from now, and replays all cases under it.

    That redraws history, and raises no old alert. None where nothing was changed: then the version and all findings
    stay. How this practice rates is learned where `learn` says so, and frozen in the version with the thresholds of
    today; while there are too few cases the published values stand.
    """
    current = as_version(current_version(practice))
    chosen = replace(current, criterion=criterion, budget=Budget(budget), use=Use(use), clear_only=clear_only)
    if (chosen.criterion, chosen.use) != (current.criterion, current.use):
        chosen = replace(chosen, recalibration=None)  # it was learned from flags of another rule
    if learn:
        chosen = replace(chosen, constants=learn_constants(histories(practice)).constants)
    if chosen == current:
        return None
    version = replace(chosen, threshold=None, thresholds=None)
    with transaction.atomic():
        row = DetectorVersion.objects.create(practice=practice, **asdict(freeze(version)))
        audit.record(Verb.CHANGED, row, by=by)
    rebuild_standings(practice)
    return row
