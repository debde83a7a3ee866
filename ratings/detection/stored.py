"""Stored assessments and detector versions, as the pure code knows them."""

from ratings.models import Assessment, DetectorVersion
from ratings.psychometrics import evidence


def detector_version(practice):
    """The practice's newest detector version, or None before the first."""
    return DetectorVersion.objects.filter(practice=practice).order_by("-valid_from").first()


def as_version(row):
    return evidence.Version(
        criterion=row.criterion,
        budget=evidence.Budget(row.budget),
        use=row.use,
        constants=row.constants,
        threshold=row.threshold,
    )


def as_assessment(row, number=None):
    """A stored assessment as the pure code made it."""
    return evidence.Assessment(
        number=number,
        state=evidence.State(row.state),
        suspicion=row.score,
        probability=row.probability,
        alert=row.alert,
        kind=evidence.Kind(row.kind) if row.kind else None,
        pillars=tuple(evidence.Pillar(pillar) for pillar in row.pillars),
        points=tuple(evidence.Points(**point) for point in row.points),
        notes=tuple(row.notes),
    )


def evidence_of(rupture):
    """The assessment that a rupture carries as its evidence; None where a person opened it."""
    if not rupture.evidence:
        return None
    columns = {field.name for field in Assessment._meta.fields}
    stored = {name: value for name, value in rupture.evidence.items() if name in columns}
    return as_assessment(Assessment(**stored), rupture.evidence.get("number"))
