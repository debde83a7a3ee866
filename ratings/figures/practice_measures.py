"""The figures of a practice as rows of tables. A group of fewer than five people is kept back, with its difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ratings.figures.practice import NO_PILLAR, SEVERAL, Counted, PracticeCounts, Values
from ratings.figures.rows import Measure, bar, in_100, in_ten
from ratings.findings.names import StrOrLazy
from ratings.models import Rupture, RuptureView
from ratings.psychometrics.constants import DEFAULTS, EARLIER
from ratings.psychometrics.evidence import Pillar
from ratings.psychometrics.proportion import wilson
from ratings.psychometrics.small_cells import (
    FEWEST_PEOPLE,
    kept_back,
    told_about,
    told_alike,
    told_mean,
)
from ratings.psychometrics.uncertainty import mean_of, median_of, rate_per_100
from sessions.models import Mode

PILLARS: list[tuple[str, StrOrLazy]] = [
    (str(Pillar.GOAL), gettext_lazy("Goals fell, and no other pillar")),
    (str(Pillar.TASK), gettext_lazy("Tasks fell, and no other pillar")),
    (str(Pillar.BOND), gettext_lazy("The bond fell, and no other pillar")),
    (SEVERAL, gettext_lazy("Several pillars fell")),
    (NO_PILLAR, gettext_lazy("No pillar fell by itself")),
]
MOST_PER_100 = 10.0  # at the end of the drawn axis of a rate, or the end of the interval
MOST_SESSIONS = 12.0  # likewise of sessions to a repair
FEWEST_REPAIRS = 9  # from here on the range of the middle one is inside the shortest and the longest


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that belong together, with what the reader should know of all."""

    title: str
    aside: str
    rows: list[Measure]
    notes: list[str]


def is_enough(counts: PracticeCounts) -> bool:
    """Whether anything can be told."""
    return _are_enough(counts.held.clients)


def practice_lead(counts: PracticeCounts) -> str:
    """What a reader should take along, in two sentences at most."""
    told = []
    if _are_enough(counts.answered.clients):
        n = in_ten(_roughly(counts.answered))
        told.append(_("About %(n)s in 10 check-ins were answered.") % {"n": n})
    if _are_enough(counts.repaired.clients):
        n = in_ten(_roughly(counts.repaired))
        told.append(_("Of the ruptures that are over, about %(n)s in 10 were repaired.") % {"n": n})
    return " ".join(told)


def practice_tables(counts: PracticeCounts) -> list[Table]:
    """All figures."""
    return [_heard(counts), _ruptures(counts), _done(counts), _third(counts), _course(counts), _endings(counts)]


def _heard(counts: PracticeCounts) -> Table:
    rows = [
        _share_about(
            _("Check-ins answered"), "", counts.answered, _("about %(count)s of %(of)s sessions with a check-in")
        ),
        _share_about(_("Therapist’s own rating done"), "", counts.rated, _("about %(count)s of %(of)s sessions")),
    ]
    return Table(_("Answers"), _("Who is heard"), rows, [])


def _ruptures(counts: PracticeCounts) -> Table:
    namers: list[tuple[str, StrOrLazy]] = [
        (Rupture.OpenedBy.CLIENT, _("Named first by the client")),
        (Rupture.OpenedBy.THERAPIST, _("Named first by the therapist")),
        (Rupture.OpenedBy.DETECTOR, _("Found by a flag")),
    ]
    seen: list[tuple[str, StrOrLazy]] = [(kind, force_str(RuptureView.KindSeen(kind).label)) for kind in counts.by_kind]
    every = Counted(clients=set[int]().union(*(part.clients for part in counts.by_namer.values())))
    every.of = sum(part.of for part in counts.by_namer.values())
    hint = _("named by the client or the therapist, or found by a flag that nobody set aside")
    rows = [_rate(_("All ruptures"), hint, every, counts.held)]
    if _are_enough(every.clients):
        rows += _parts(counts.by_namer, namers, counts.held) + _parts(counts.by_kind, seen, counts.held)
        rows += _parts(counts.by_pillar, PILLARS, counts.held)
    return Table(
        _("Ruptures"), _("Per 100 sessions"), rows, [_("More is not worse: it can mean that more are noticed.")]
    )


def _parts(parts: Mapping[str, Counted], titles: Sequence[tuple[str, StrOrLazy]], held: Counted) -> list[Measure]:
    """The parts of all ruptures; each alone, and less the others, is of five people or more."""
    kept = kept_back([parts[key].clients for key, _title in titles])
    return [
        _held_back(force_str(title))
        if position in kept
        else _rate(force_str(title), "", parts[key], held, is_part=True)
        for position, (key, title) in enumerate(titles)
    ]


def _done(counts: PracticeCounts) -> Table:
    rows = [
        _share_about(
            _("Noticed by the therapist"),
            _("where the client named a tension, and the therapist was asked"),
            counts.recognised,
            _("about %(count)s of %(of)s sessions"),
        ),
        _share_about(_("A first step within 7 days"), "", counts.first_steps, _("about %(count)s of %(of)s ruptures")),
        _share_about(
            _("Repaired"),
            _(
                "the client said that it helped; or two rated sessions were back, and somebody had named it, or its "
                "probability once was %(least)g or more. Any other is called back to usual, and is not counted here"
            )
            % {"least": DEFAULTS.repaired_from},
            counts.repaired,
            _("about %(count)s of %(of)s ruptures that are over"),
        ),
        _share_about(
            _("Repaired by the client’s word"),
            _("the client said, after the session that closed it, that talking about it helped"),
            counts.helped,
            _("about %(count)s of %(of)s ruptures that are over"),
        ),
        _share_about(
            _("Still on"),
            _("now, or when the therapy ended"),
            counts.still_on,
            _("about %(count)s of %(of)s ruptures"),
        ),
        _sessions_to_repair(counts.to_repair),
    ]
    note = _(
        "Repaired: figures of the program before edition 3 asked for a probability of %(least)g only. What was counted "
        "by both cannot be compared."
    ) % {"least": EARLIER[2]["repaired_from"]}
    return Table(_("What was done"), _("About ruptures"), rows, [note])


def _sessions_to_repair(found: Values) -> Measure:
    title = _("Sessions to repair")
    if not _are_enough(found.clients):
        return _too_few(title)
    # Of fewer, the ends of the range are the shortest and the longest of all: what happened to one client each.
    likely = median_of(found.values) if len(found.values) >= FEWEST_REPAIRS else None
    if likely is None:
        return Measure(title, "", _("fewer than %(n)s repairs") % {"n": FEWEST_REPAIRS})
    most = max(MOST_SESSIONS, likely.high)
    return Measure(
        title,
        "",
        _("the middle one of about %(n)s repairs") % {"n": told_about(len(found.values))},
        value=f"{likely.value:g}",
        unit=_("sessions"),
        likely=_range(f"{likely.low:g}", f"{likely.high:g}"),
        bar=bar(likely.value / most, likely.low / most, likely.high / most),
    )


def _third(counts: PracticeCounts) -> Table:
    modes = {Mode.IN_PERSON: _("In person"), Mode.VIDEO: _("Video"), Mode.PHONE: _("Phone")}
    everybody = Values()
    for part in counts.third.values():
        everybody.values += part.values
        everybody.clients |= part.clients
    rows = [_mean(_("All clients"), everybody)]
    if _are_enough(everybody.clients):
        kept = kept_back([counts.third[mode].clients for mode in modes])
        rows += [
            _held_back(title) if position in kept else _mean(title, counts.third[mode])
            for position, (mode, title) in enumerate(modes.items())
        ]
    note = _("Where ranges overlap, no difference can be told. Who comes by video may differ in other ways, too.")
    return Table(_("Alliance at session 3"), _("What clients answered, 0 to 100"), rows, [note])


def _course(counts: PracticeCounts) -> Table:
    rows = [_mean(_("Session %(number)s") % {"number": number}, found) for number, found in counts.course.items()]
    note = _("Whoever is still there at a late session is not all who began: a rise can mean that others have left.")
    return Table(_("The course of the alliance"), _("What clients answered, 0 to 100"), rows, [note])


def _endings(counts: PracticeCounts) -> Table:
    titles = {True: _("Planned"), False: _("Not planned"), None: _("Not said")}
    every = Counted(clients=set[int]().union(*(part.clients for part in counts.endings.values())))
    every.of = sum(part.of for part in counts.endings.values())
    if not _are_enough(every.clients):
        return Table(_("Endings"), "", [_too_few(_("All endings"))], [])
    kept = kept_back([counts.endings[planned].clients for planned in titles])
    rows = [
        _held_back(title)
        if position in kept
        else _share_about(
            title,
            "",
            Counted(counts.endings[planned].of, every.of, every.clients),
            _("about %(count)s of %(of)s endings"),
        )
        for position, (planned, title) in enumerate(titles.items())
    ]
    title, strained = _("With an open rupture"), counts.by_strain[True]
    if kept_back([strained.clients, counts.by_strain[False].clients]):
        rows.append(_held_back(title))
    else:
        of_all = Counted(strained.of, every.of, every.clients)
        rows.append(_share_about(title, "", of_all, _("about %(count)s of %(of)s endings")))
    note = _(
        "As the therapist said when the therapy ended. A therapy that went on with another therapist is not in it."
    )
    return Table(_("Endings"), "", rows, [note])


# --- Rows -------------------------------------------------------------------------------------------------------------


def _share_about(title: str, hint: str, found: Counted, counted: str) -> Measure:
    """A share by counts in steps of five. The range is that of all counts that are told alike.

    `counted` has places for `count` and `of`.
    """
    if not _are_enough(found.clients):
        return _too_few(title, hint)
    count, of = told_about(found.count), told_about(found.of)
    (fewest, most), (of_fewest, of_most) = told_alike(found.count), told_alike(found.of)
    low = wilson(fewest, of_most).low
    high = wilson(min(most, of_fewest), of_fewest).high
    return in_100(title, hint, counted % {"count": f"{count:,}", "of": f"{of:,}"}, count / of, low, high)


def _roughly(found: Counted) -> float:
    """The middle of the shares that are told alike."""
    (fewest, most), (of_fewest, of_most) = told_alike(found.count), told_alike(found.of)
    return (fewest / of_most + min(most / of_fewest, 1)) / 2


def _rate(title: str, hint: str, found: Counted, held: Counted, *, is_part: bool = False) -> Measure:
    if not _are_enough(found.clients) and not (is_part and not found.of):
        return _too_few(title, hint)
    count, of = told_about(found.of) if found.of else 0, told_about(held.of)
    (fewest, highest), (of_fewest, of_most) = told_alike(found.of) if found.of else (0, 0), told_alike(held.of)
    low, high = rate_per_100(fewest, of_most).low, rate_per_100(highest, of_fewest).high
    counted = _("about %(count)s in %(of)s sessions") if count else _("none in about %(of)s sessions")
    most = max(MOST_PER_100, high)
    return Measure(
        title,
        hint,
        counted % {"count": f"{count:,}", "of": f"{of:,}"},
        value=f"{100 * count / of:.1f}",
        unit=_("in 100"),
        likely=_range(f"{low:.1f}", f"{high:.1f}"),
        bar=bar(100 * count / of / most, low / most, high / most),
    )


def _mean(title: str, found: Values) -> Measure:
    if not _are_enough(found.clients):
        return _too_few(title)
    mean = mean_of(found.values)
    low, value, high = told_mean(len(found.values), max(mean.low, 0.0), mean.value, min(mean.high, 100.0))
    return Measure(
        title,
        "",
        _("about %(n)s sessions") % {"n": f"{told_about(len(found.values)):,}"},
        value=f"{value:.0f}",
        unit=_("of 100"),
        likely=_range(f"{low:.0f}", f"{high:.0f}"),
        bar=bar(value / 100, low / 100, high / 100),
    )


def _range(low: str, high: str) -> str:
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def _are_enough(clients: set[int]) -> bool:
    return len(clients) >= FEWEST_PEOPLE


def _too_few(title: str, hint: str = "") -> Measure:
    return Measure(title, hint, _("fewer than %(n)s clients") % {"n": FEWEST_PEOPLE})


def _held_back(title: str) -> Measure:
    return Measure(title, "", _("kept back: it would show a group of fewer than %(n)s clients") % {"n": FEWEST_PEOPLE})
