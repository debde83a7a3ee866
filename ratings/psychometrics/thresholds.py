"""The suspicion from which a session raises an alert, as the evaluation found it."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from ratings.psychometrics.evidence import Budget, ByNumber, Use

ALERTS_PER_100 = {Budget.QUIET: 2.0, Budget.NORMAL: 5.0, Budget.WATCHFUL: 10.0}  # new ones, of quiet sessions
PATH = Path(__file__).with_name("thresholds.toml")


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(PATH.read_text(encoding="utf-8"))


def thresholds(criterion: str, budget: Budget, use: Use) -> ByNumber:
    """The thresholds for a criterion and budget, by the number of the session.

    A row for this use goes before the general one.

    Raises
    ------
    ValueError
        There is no row for the criterion.
    """
    rows = _table()
    row = rows.get(criterion)
    if row is None:
        raise ValueError(f"There are no thresholds for the criterion {criterion!r}.")
    row = row.get(use, row)
    return ByNumber(**{stretch: float(value) for stretch, value in row[Budget(budget).value].items()})


def as_toml(by_entry: dict[str, dict[Budget, ByNumber]], entries: dict[str, tuple[str, Use]]) -> str:
    """The text of the file, for thresholds by entry.

    A criterion with several uses gets a table for each.
    """
    uses = [criterion for criterion, _ in entries.values()]
    lines = [
        "# The suspicion from which a session raises an alert, per criterion, budget and number of the session.",
        "# Written by `manage.py evaluate_detection --write-thresholds`; do not edit by hand.",
    ]
    for entry, row in by_entry.items():
        criterion, use = entries[entry]
        several = uses.count(criterion) > 1
        lines += ["", f'[{criterion}."{use}"]' if several else f"[{criterion}]"]
        lines += [
            f"{budget.value} = {{ third = {one.third:.6g}, early = {one.early:.6g}, later = {one.later:.6g} }}"
            for budget, one in row.items()
        ]
    return "\n".join(lines) + "\n"
