"""The settings of two detector versions, side by side, in words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ratings.findings import names
from ratings.models import DetectorVersion


@dataclass(frozen=True, slots=True)
class Setting:
    """One of the settings."""

    title: str
    now: str
    then: str


def settings_beside(now: DetectorVersion, then: DetectorVersion) -> list[Setting]:
    """The settings in which two versions differ."""
    before, after = _words(now), _words(then)
    return [Setting(title, before[title], after[title]) for title in before if before[title] != after[title]]


def _words(row: DetectorVersion) -> dict[str, str]:
    return {
        _("How many flags"): names.budget(row.budget),
        _("What counts"): names.use(row.use),
        _("Clear flags only"): _("yes") if row.clear_only else _("no"),
        _("Shadow mode"): _("on") if row.shadow else _("off"),
        _("Rule"): names.criterion(row.criterion),
        _("How clients rate"): _("learned here") if row.learned_ratings else _("published figures"),
        _("What clients report of strain"): _("learned here") if row.learned_reports else _("as we assume"),
        _("What flags state"): _("as answers here taught") if row.recalibration else _("as the program states it"),
        _("Figures of the program"): _("edition %(n)s") % {"n": row.edition},
    }
