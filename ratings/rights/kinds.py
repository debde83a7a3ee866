"""What goes with a client, as a manager reads it: the rows of all models in a few kinds."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from ratings.findings.names import StrOrLazy

# In the order of the page. A test holds that every model that goes with a client is here.
KINDS: tuple[tuple[StrOrLazy, str], ...] = (
    (_("Name, address, phone"), "alliance.Client"),
    (_("Consents"), "alliance.Consent alliance.HistoryShare"),
    (
        _("Cases, and who was to read them"),
        "alliance.Episode ratings.Standing alliance.Cover alliance.CaseOffer alliance.Supervision "
        "alliance.EmergencyAccess alliance.CaseJoin alliance.KeptLook",
    ),
    (_("Requests to erase the record, and holds that kept it"), "alliance.ErasureRequest alliance.LegalHold"),
    (_("Sessions"), "therapy.TherapySession therapy.SessionSeries therapy.TherapySessionChange"),
    (_("Answers and comments"), "ratings.CheckIn ratings.Rating ratings.SeenRating ratings.WishOutcome"),
    (_("Goals and tasks"), "therapy.Phase therapy.Goal therapy.GoalVersion therapy.Task therapy.TaskVersion"),
    (
        _("Ruptures and repairs"),
        "ratings.Assessment ratings.Rupture ratings.RuptureView ratings.SetAside ratings.RepairStep "
        "ratings.StrainVerdict ratings.UsefulVerdict ratings.Draw",
    ),
    (
        _("Private notes, and notes of supervision"),
        "therapy.PrivateNote ratings.SupervisionQuestion ratings.SupervisionNote ratings.NextStep",
    ),
    (_("Messages and links"), "ratings.Delivery ratings.ClientLink"),
    (_("What somebody typed or uploaded, and did not save"), "alliance.FormDraft alliance.ImportDraft"),
)


@dataclass(frozen=True, slots=True)
class KindCount:
    """So many rows of one kind."""

    name: StrOrLazy
    count: int


def by_kind(counts: Mapping[str, int]) -> list[KindCount]:
    """The counts of models, by kind; a kind without a row is left out."""
    found = [KindCount(name, sum(counts.get(model, 0) for model in models.split())) for name, models in KINDS]
    return [kind for kind in found if kind.count]
