"""Counts of a practice that are told to somebody who may not read its cases."""

from django.utils.translation import gettext as _

from ratings.psychometrics.flag_quality import STEP


def told_count(count: int) -> str:
    """A count in steps of five, so that nobody can read a single case from it.

    Examples
    --------
    >>> told_count(0), told_count(4), told_count(5), told_count(13)
    ('fewer than 5', 'fewer than 5', 'at least 5', 'at least 10')
    """
    if count < STEP:
        return _("fewer than %(n)s") % {"n": STEP}
    return _("at least %(n)s") % {"n": count // STEP * STEP}
