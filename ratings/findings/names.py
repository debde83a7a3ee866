"""What pillars, series, signs and rules are called."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ratings.psychometrics.evidence import BehaviourSign, Budget, Kind, Note, Pillar, Rater, Report, State, Use
from ratings.psychometrics.measured import FALSE_FLAGS
from ratings.psychometrics.series import OVERALL

StrOrLazy = str | Promise


@dataclass(frozen=True, slots=True)
class SeriesName:
    """What a series is called, each translated where it is shown."""

    title: StrOrLazy  # heads a chart or a column
    listed: StrOrLazy  # beside others in a table
    in_sentence: StrOrLazy


SERIES_NAMES = {
    Pillar.GOAL: SeriesName(gettext_lazy("Goals"), gettext_lazy("goals"), gettext_lazy("goals")),
    Pillar.TASK: SeriesName(gettext_lazy("Tasks"), gettext_lazy("tasks"), gettext_lazy("tasks")),
    Pillar.BOND: SeriesName(gettext_lazy("Bond"), gettext_lazy("bond"), gettext_lazy("the bond")),
    OVERALL: SeriesName(gettext_lazy("Overall"), gettext_lazy("overall"), gettext_lazy("overall")),
}


def series_title(series: str) -> str:
    return str(SERIES_NAMES[series].title)


def series_name(series: str) -> str:
    return str(SERIES_NAMES[series or OVERALL].listed)


def pillar_names(pillars: Iterable[str]) -> str:
    return ", ".join(series_title(pillar) for pillar in pillars)


def behaviour_name(source: str) -> str | None:
    named: dict[str, str] = {
        BehaviourSign.NO_SHOW: _("no-show"),
        BehaviourSign.UNANSWERED: _("check-in not answered"),
        BehaviourSign.COMMENT: _("comment shorter than usual"),
        BehaviourSign.STRAIGHT_LINE: _("every answer the same"),
    }
    return named.get(source)


def report_name(source: str) -> str | None:
    """Who says so: a report, and no prediction."""
    named: dict[str, str] = {Report.CLIENT: _("the client says so"), Report.THERAPIST: _("the therapist says so")}
    return named.get(source)


def pillars_in_a_row(pillars: Iterable[str]) -> str:
    """ "goals", "goals and tasks"; empty for none.

    Three are never named: then it is the whole alliance.
    """
    return _(" and ").join(str(SERIES_NAMES[pillar].in_sentence) for pillar in pillars)


def source_name(source: str) -> str:
    """Where a sign comes from, as a row of a table names it.

    Empty for a source that is not shown.
    """
    if name := behaviour_name(source) or report_name(source):
        return name[:1].upper() + name[1:]
    rater, _colon, series = source.partition(":")
    if rater not in tuple(Rater):  # a sign of an older program
        return ""
    templates = {Rater.CLIENT: _("Client, %(series)s"), Rater.THERAPIST: _("Therapist, %(series)s")}
    return templates[Rater(rater)] % {"series": series_name(series)}


# The rules whose comparison is with the client's own usual, which is what every sentence here says.
OFFERED = ("rupture_filter", "own_mean_pooled_sd", "own_mean_own_sd", "shewhart", "ewma", "cusum")

GRADED = ("rupture_filter",)  # those that say how likely a rupture is


def budget(name: str) -> str:
    """The name of how many flags come."""
    return {Budget.QUIET: _("Quiet"), Budget.NORMAL: _("Normal"), Budget.WATCHFUL: _("Watchful")}[Budget(name)]


def budgets() -> list[tuple[str, str]]:
    """How many flags may come, with what was measured of each."""
    sentences = {
        Budget.QUIET: _("Quiet: %(fewest)s to %(most)s false flags in 100 quiet sessions, on average %(mean)s"),
        Budget.NORMAL: _("Normal: %(fewest)s to %(most)s, on average %(mean)s"),
        Budget.WATCHFUL: _("Watchful: %(fewest)s to %(most)s, on average %(mean)s"),
    }
    return [(name, sentence % asdict(FALSE_FLAGS[name].rounded)) for name, sentence in sentences.items()]


def use(name: str) -> str:
    """The name of what counts."""
    return {
        Use.CLIENT: _("The client's answers only"),
        Use.BOTH: _("The client's and the therapist's answers"),
        Use.ALL: _("Also what happens: missed sessions, check-ins not answered, shorter comments"),
    }[Use(name)]


def uses() -> list[tuple[str, str]]:
    """What may count, with its names."""
    return [(one, use(one)) for one in Use]


def criteria() -> list[tuple[str, str]]:
    """The rules a practice can choose from, with their names."""
    return [(name, criterion(name)) for name in OFFERED]


def criterion(name: str) -> str:
    """The name of a rule."""
    return {
        "rupture_filter": _("Our filter: this pair's own ups and downs, both sides together"),
        "own_mean_pooled_sd": _("Own mean: a drop below this client's own mean, against ordinary ups and downs"),
        "own_mean_own_sd": _("Own mean and own spread: a control chart for each pair"),
        "shewhart": _("Shewhart's chart of single values"),
        "ewma": _("EWMA: a moving average that forgets slowly"),
        "cusum": _("CUSUM: small drops that add up"),
    }.get(name, name.replace("_", " ").capitalize())


def answered_of(answered: int, held: int) -> str:
    """How many check-ins were answered, of how many sessions."""
    return _("%(answered)s of %(held)s") % {"answered": answered, "held": held}


def state_name(state: State) -> str:
    """Where a therapy stands after one session, as a cell says it."""
    return {
        State.TOO_FEW: _("too few ratings to say"),
        State.STEADY: _("about as usual"),
        State.OPEN: _("below the usual"),
        State.RECOVERING: _("back near the usual, once"),
        State.UNREPAIRED: _("still on after four sessions"),
        State.REPAIRED: _("repaired, back at the usual"),
        State.BACK_TO_USUAL: _("back at the usual"),
        State.SETTLED_LOWER: _("settled lower than before"),
    }[state]


def kind_name(kind: Kind) -> str:
    """How a strain shows."""
    return {
        Kind.WITHDRAWAL: _("pulling back"),
        Kind.CONFRONTATION: _("pushing back"),
        Kind.UNCLEAR: _("not clear in which way"),
    }[kind]


def note_name(note: Note) -> str:
    """What is worth a remark and is no strain, in short."""
    return {
        Note.CEILING: _("the last forms were perfect in every answer"),
        Note.EARLY_LOW: _("a low start"),
        Note.NO_CHECK_INS: _("three sessions in a row without a check-in"),
        Note.THERAPIST_FELL: _("the therapist's own ratings fell"),
        Note.CLIENT_ESTIMATED: _("the client left a pillar out: the whole is estimated"),
        Note.THERAPIST_ESTIMATED: _("the therapist left a pillar out: the whole is estimated"),
    }[note]
