"""How well flags hold here, as rows of a table and in a sentence."""

from django.utils.translation import gettext as _

from alliance.dates import DateFormat, day
from ratings.figures.flags import FlagsPage, Settings
from ratings.figures.rows import Measure, bar, in_100, in_ten
from ratings.findings import names
from ratings.psychometrics.evidence import Sureness
from ratings.psychometrics.flag_quality import FEWEST, FlagQuality, Group

TOO_WIDE = 0.5  # an interval whose middle is no news; convention of this app
MOST_PER_100 = 10.0  # at the end of the drawn axis, or the end of the interval


def lead(quality: FlagQuality) -> str:
    """What a reader should take along, in two sentences at most."""
    if quality.precision is None:
        known = {"n": quality.answered, "fewest": FEWEST}
        return _("Not enough yet: %(n)s of the %(fewest)s flags with an answer that it takes.") % known
    right = _("About %(n)s in 10 flags here turn out to be strain.") % {"n": in_ten(quality.precision.share)}
    if quality.caught is None:
        return right
    if quality.caught.high - quality.caught.low > TOO_WIDE:
        return f"{right} {_('How much strain has no flag can’t be said well yet.')}"
    caught = {"n": in_ten(quality.caught.value)}
    return f"{right} {_('About %(n)s in 10 sessions with strain had a flag.') % caught}"


def main_measures(quality: FlagQuality) -> list[Measure]:
    """What is found in the practice as a whole."""
    return [_precision(quality), _caught(quality), _false_alerts(quality), _useful(quality)]


def _precision(quality: FlagQuality) -> Measure:
    title, hint = _("Flags with strain"), _("the therapist says that there was strain")
    if quality.precision is None:
        return Measure(title, hint, _too_few(quality.answered, _("flags with an answer")))
    found = quality.precision
    counted = _("%(count)s of %(of)s flags with an answer") % {"count": found.count, "of": found.of}
    return in_100(title, hint, counted, found.share, found.low, found.high)


def _caught(quality: FlagQuality) -> Measure:
    title = _("Strain that had a flag")
    hint = _("estimated: what therapists say of sessions picked at random stands for all others")
    if quality.caught is None:
        return Measure(title, hint, _sample_too_small(quality))
    counted = _("%(count)s sessions without a flag, picked at random") % {"count": quality.drawn_answered}
    return in_100(title, hint, counted, quality.caught.value, quality.caught.low, quality.caught.high)


def _false_alerts(quality: FlagQuality) -> Measure:
    title, hint = _("False alerts"), _("quiet: sessions without strain, from the third on; estimated as above")
    found = quality.false_alerts
    if found is None:
        return Measure(title, hint, _sample_too_small(quality))
    most = max(MOST_PER_100, found.high)
    return Measure(
        title,
        hint,
        counted=_("%(count)s flags with an answer, and that sample") % {"count": quality.answered},
        value=f"{found.value:.1f}",
        unit=_("in 100 quiet sessions"),
        likely=_("%(low)s to %(high)s") % {"low": f"{found.low:.1f}", "high": f"{found.high:.1f}"},
        bar=bar(found.value / most, found.low / most, found.high / most),
    )


def _useful(quality: FlagQuality) -> Measure:
    title, hint = _("Useful"), _("useful, or known already; right or not")
    found = quality.useful
    if found is None:
        return Measure(title, hint, _too_few(quality.use_answered, _("flags with an answer")))
    counted = _("%(count)s of %(of)s flags with an answer") % {"count": found.count, "of": found.of}
    return in_100(title, hint, counted, found.share, found.low, found.high)


def by_grade(quality: FlagQuality) -> list[Measure]:
    """What flags stated, beside what was found."""
    titles = {Sureness.CLEAR: _("Clear flags"), Sureness.POSSIBLE: _("Possible flags")}
    return [_group(group, titles[Sureness(group.key)]) for group in quality.by_grade if group.key and group.answered]


def by_settings(page: FlagsPage) -> list[Measure]:
    """The flags of each version of the settings, the newest first."""
    groups = sorted(page.quality.by_version, key=lambda group: int(group.key), reverse=True)
    return [_group(group, _settings(page.settings[group.key])) for group in groups if group.key in page.settings]


def stated_holds(quality: FlagQuality) -> bool | None:
    """Whether each stated figure lies inside the interval that was found; None where none was found."""
    told = [group for group in quality.by_grade if group.found is not None and group.stated is not None]
    if not told:
        return None
    return all(_lies_inside(group) for group in told)


def _lies_inside(group: Group) -> bool:
    assert group.found is not None and group.stated is not None
    return group.found.low <= group.stated <= group.found.high


def _settings(settings: Settings) -> str:
    name = names.budget(settings.budget)
    if settings.since is None:
        return _("%(name)s, from the start") % {"name": name}
    return _("%(name)s, since %(day)s") % {"name": name, "day": day(settings.since, DateFormat.DAY)}


def _group(group: Group, title: str) -> Measure:
    stated = _("stated: %(n)s in 100") % {"n": f"{100 * group.stated:.0f}"} if group.stated is not None else ""
    if group.found is None:
        if group.answered < FEWEST:
            return Measure(title, "", _too_few(group.answered, _("flags with an answer")))
        return Measure(title, "", _("held back: with the figures above it would show a smaller group"))
    counted = _("%(count)s of %(of)s flags") % {"count": group.found.count, "of": group.found.of}
    found = group.found
    return in_100(title, stated, counted, found.share, found.low, found.high, group.stated)


def _too_few(n: int, what: str) -> str:
    return _("Not enough yet: %(n)s of the %(fewest)s %(what)s that it takes") % {
        "n": n,
        "fewest": FEWEST,
        "what": what,
    }


def _sample_too_small(quality: FlagQuality) -> str:
    if quality.precision is None:
        return _too_few(quality.answered, _("flags with an answer"))
    return _too_few(quality.drawn_answered, _("picked sessions with an answer"))
