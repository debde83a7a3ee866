"""Reads: all that the page of a rupture shows."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from alliance import access
from alliance.dates import DateFormat, day
from alliance.models import DataKey, Episode, User
from ratings.detection.history import HeldSession, held_sessions
from ratings.detection.shadow import is_in_shadow
from ratings.detection.stored import evidence_of
from ratings.findings import phrases, scale
from ratings.findings.flag import FlagContext, FlagText, flag_text
from ratings.models import (
    CheckIn,
    Rating,
    RepairStep,
    Rupture,
    RuptureView,
    SetAside,
    Standing,
    StrainVerdict,
    UsefulVerdict,
)
from ratings.psychometrics.evidence import Rater, Use
from ratings.psychometrics.records import RuptureEvidence
from ratings.psychometrics.series import OVERALL, SERIES, value_of
from ratings.psychometrics.usual import TrendWord
from ratings.supervision.queries import Question, questions_of, standing_steps

LOW_BY = 10  # POMP under what was usual when it began, and a cell is marked; convention of this app


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What a person said of the strain after one session."""

    session_code: str
    number: int
    held_at: datetime
    by_client: bool
    what: str
    strength: str
    talked_about: bool | None


@dataclass(frozen=True, slots=True)
class StepView:
    """One of the four steps as it stands."""

    step: RepairStep.Step
    words: str
    line: str
    task: str  # of the plan, made from what was agreed; empty: none
    outcome: str  # RepairStep.Outcome; empty: not begun
    outcome_in_words: str
    planned_for: datetime | None
    said_at: datetime | None
    is_current: bool

    @property
    def is_taken(self) -> bool:
        return self.outcome in RepairStep.TAKEN

    @property
    def mark(self) -> str:
        if self.is_taken:
            return "mended"
        return "mending" if self.is_current or self.outcome else "few"


@dataclass(frozen=True, slots=True)
class SinceRow:
    """What came in with one session since it began."""

    session_code: str
    number: int
    held_at: datetime
    score: str
    is_low: bool
    tension: str
    was_asked: bool  # whether the check-in asked about the repair
    talked: str
    helped: str
    steps: list[str]


@dataclass(frozen=True, slots=True)
class AsideRow:
    """That it was set aside once, and brought back."""

    reason: str
    at: datetime
    undone_at: datetime


@dataclass(frozen=True, slots=True)
class LowerLevel:
    """That the ratings settled lower after it, and whether the therapist took that level for the usual one."""

    since: int | None  # the number of the session from which on they lie lower; None: they no longer count as lower
    reason: str
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class RupturePage:
    """The page of one rupture, for one reader."""

    rupture: Rupture
    episode: Episode
    name: str
    reader_is_therapist: bool
    can_answer: bool  # the reader is the therapist, or covers for them
    flag: FlagText | None  # None where a person opened it
    number: int | None  # of the session that speaks for it
    seen_at: datetime | None
    worded: bool
    aside_reason: str
    said_by: str  # a sentence: who named it; empty where the program did
    named_line: str
    reports: list[ReportRow]  # who said what since it began, the client first
    kind: str  # as the therapist sees it, or else the program; empty: neither says
    view: RuptureView | None
    steps: list[StepView]
    since: list[SinceRow]  # newest first
    asides: list[AsideRow]
    lower: LowerLevel | None
    strain: StrainVerdict | None  # the newest answer
    use: UsefulVerdict | None  # as above
    question: Question | None
    untold: bool  # shadow mode: nothing of detection may be shown
    sees_no_slip: bool  # the program could judge, and the ratings are as usual

    @property
    def series(self) -> str:
        """Of which series the ratings since it began are told."""
        return _series(self.rupture)

    @property
    def may_set_aside(self) -> bool:
        return self.reader_is_therapist and self.rupture.is_active

    @property
    def may_bring_back(self) -> bool:
        return self.reader_is_therapist and self.rupture.state == Rupture.RuptureState.SET_ASIDE

    @property
    def signs_in_words(self) -> str:
        signs = self.view.signs if self.view else []
        return ", ".join(str(RuptureView.SignSeen(sign).label) for sign in signs)

    @property
    def may_take_level(self) -> bool:
        """Whether the reader may say that the lower level is the usual one now."""
        return bool(self.reader_is_therapist and self.lower and self.lower.since and not self.lower.taken_at)

    @property
    def current(self) -> StepView | None:
        """The step that the repair is at; None where all are taken, or it is over."""
        return next((step for step in self.steps if step.is_current), None)


def rupture_page(rupture: Rupture, reader: User) -> RupturePage:
    """The page of a rupture, with what this reader may see.

    The rupture comes with its episode, sessions and version.
    """
    episode = rupture.episode
    name = episode.client.display_name
    reader_is_therapist = access.can_edit(reader, episode)
    worded = is_worded(episode)
    shadow = is_in_shadow(episode.client.practice)
    evidence = evidence_of(rupture) if not shadow else None
    history = held_sessions(episode)
    view = RuptureView.objects.filter(rupture=rupture).order_by("-pk").first()
    standing = standing_steps([episode.pk]).filter(rupture=rupture)
    rows = list(standing.select_related("planned_for", "logged_with", "task").order_by("pk"))
    since = [held for held in history if held.number and held.row.starts_at >= rupture.opened_session.starts_at]
    reports = _reports(since)
    return RupturePage(
        rupture=rupture,
        episode=episode,
        name=name,
        reader_is_therapist=reader_is_therapist,
        can_answer=reader_is_therapist or access.can_log(reader, episode),
        flag=_flag(rupture, evidence, reader_is_therapist, worded) if evidence else None,
        number=evidence.assessment.number if evidence else None,
        seen_at=evidence.held_at if evidence else None,
        worded=worded,
        aside_reason=rupture.aside_reason.shown(episode.client.data_key) if rupture.aside_reason else "",
        said_by=_said_by(rupture, name, reports, reader_is_therapist),
        named_line=rupture.named_line.shown(episode.client.data_key) if rupture.named_line else "",
        reports=reports,
        kind=view.kind if view else rupture.kind,
        view=view,
        steps=_steps(rupture, rows, episode.client.data_key),
        since=_since(rupture, evidence, since, rows, worded),
        untold=shadow,
        sees_no_slip=not shadow and not evidence and _all_as_usual(episode.standing),
        asides=[
            AsideRow(row.reason.shown(episode.client.data_key) if row.reason else "", row.at, row.undone_at)
            for row in SetAside.objects.filter(rupture=rupture, undone_at__isnull=False).order_by("-at")
            if row.undone_at
        ],
        lower=_lower(rupture),
        strain=StrainVerdict.objects.filter(rupture=rupture).newest().first(),
        use=UsefulVerdict.objects.filter(rupture=rupture).newest().first(),
        question=questions_of([episode.pk]).get(episode.pk),
    )


def _all_as_usual(standing: Standing) -> bool:
    words = {standing.words.get(series) for series in SERIES}
    return words <= {TrendWord.USUAL, TrendWord.ABOVE}


def what_was_agreed(rupture: Rupture) -> str:
    """The line of the step in which the two agreed on a change; empty: none was written."""
    row = standing_steps([rupture.episode_id]).filter(rupture=rupture, step=RepairStep.Step.AGREE).last()
    return row.line.shown(rupture.episode.client.data_key) if row and row.line else ""


def _lower(rupture: Rupture) -> LowerLevel | None:
    lies_lower = rupture.state == Rupture.RuptureState.SET_ASIDE and rupture.episode.standing.settled_since
    if not (lies_lower or rupture.rebased_at or rupture.state == Rupture.RuptureState.SETTLED_LOWER):
        return None
    key, reason = rupture.episode.client.data_key, rupture.rebased_reason
    return LowerLevel(rupture.episode.standing.settled_since, reason.shown(key) if reason else "", rupture.rebased_at)


def _reports(since: list[HeldSession]) -> list[ReportRow]:
    rows = []
    for held in since:
        client, therapist = held.client, held.therapist
        if client and client.tension:
            strength = str(client.get_tension_strength_display()).lower() if client.tension_strength else ""
            rows.append(_report(held, by_client=True, strength=strength, talked_about=client.tension_talked_about))
        if held.evidence.tension_therapist and therapist:
            rows.append(_report(held, by_client=False, what=str(therapist.get_noticed_display()).lower()))
    return sorted(rows, key=lambda row: (not row.by_client, -row.number))


def _report(
    held: HeldSession, *, by_client: bool, what: str = "", strength: str = "", talked_about: bool | None = None
) -> ReportRow:
    number, held_at = held.number or 0, held.row.starts_at
    return ReportRow(str(held.row.code), number, held_at, by_client, what, strength, talked_about)


def _said_by(rupture: Rupture, name: str, reports: list[ReportRow], reader_is_therapist: bool) -> str:
    if any(row.by_client for row in reports):
        return _("%(name)s says something did not fit.") % {"name": name}
    if rupture.opened_by != Rupture.OpenedBy.THERAPIST:
        return ""
    if rupture.named_by_id or reports:
        you, others = _("You noticed something between you."), _("The therapist noticed something between the two.")
    else:  # in shadow mode: the program found it, which is not told, and somebody works on it
        you, others = _("You began a repair here."), _("The therapist began a repair here.")
    return you if reader_is_therapist else others


def _steps(rupture: Rupture, rows: list[RepairStep], key: DataKey) -> list[StepView]:
    latest = {row.step: row for row in rows}
    views: list[StepView] = []
    found_current = not rupture.is_active
    for step in RepairStep.Step:
        row = latest.get(step)
        is_taken = row is not None and row.outcome in RepairStep.TAKEN
        is_current = not is_taken and not found_current
        found_current |= is_current
        views.append(
            StepView(
                step=step,
                words=row.words.open(key) if row and row.words else "",
                line=row.line.shown(key) if row and row.line else "",
                task=row.task.activity.shown(key) if row and row.task else "",
                outcome=row.outcome if row else "",
                outcome_in_words=row.get_outcome_display() if row else "",
                planned_for=row.planned_for.starts_at if row and row.planned_for and row.planned_for.is_on else None,
                said_at=row.said_at if row else None,
                is_current=is_current,
            )
        )
    return views


def _series(rupture: Rupture) -> str:
    return rupture.pillars[0] if rupture.pillars else OVERALL


def _since(
    rupture: Rupture,
    evidence: RuptureEvidence | None,
    since: list[HeldSession],
    rows: list[RepairStep],
    worded: bool,
) -> list[SinceRow]:
    series, usual = _series(rupture), None
    if evidence:
        wanted = "client" if series == OVERALL else f"client:{series}"
        usual = next((part.usual for part in evidence.assessment.points if part.source == wanted), None)
    asks = set(
        CheckIn.objects.filter(episode=rupture.episode_id, asks_about_repair=True).values_list(
            "therapy_session", flat=True
        )
    )
    found = []
    for held in reversed(since):
        value = value_of(held.evidence.client, series)
        client = held.client
        taken = [row for row in rows if row.logged_with_id == held.row.pk]
        found.append(
            SinceRow(
                session_code=str(held.row.code),
                number=held.number or 0,
                held_at=held.row.starts_at,
                score="" if value is None else scale.on_scale(value) if worded else scale.in_numbers(value),
                is_low=value is not None and usual is not None and value < usual - LOW_BY,
                tension=phrases.tension(client) if client else "",
                was_asked=held.row.pk in asks and not _came_without_questions(client, rupture),
                talked=_yes_or_no(client.repair_talked if client else None),
                helped=client.get_repair_helped_display() if client and client.repair_helped else "",
                steps=[f"{row.get_step_display()}: {row.get_outcome_display().lower()}" for row in taken],
            )
        )
    return found


def _came_without_questions(rating: Rating | None, rupture: Rupture) -> bool:
    """Whether the form no longer asked about the repair when the client sent it: it was over."""
    if rating is None or rupture.closed_at is None or rating.repair_talked is not None:
        return False
    return rating.received_at > rupture.closed_at


def _yes_or_no(answer: bool | None) -> str:
    return "" if answer is None else _("Yes") if answer else _("No")


def is_worded(episode: Episode) -> bool:
    """Whether a score has words that may be printed, as on the case page.

    Not where a questionnaire came without.
    """
    return not Rating.objects.filter(episode=episode, rater=Rater.CLIENT, text__isnull=True).current().exists()


def _flag(rupture: Rupture, evidence: RuptureEvidence, reader_is_therapist: bool, worded: bool) -> FlagText:
    name, context = rupture.episode.client.display_name, _context(rupture, evidence, reader_is_therapist, worded)
    return flag_text(evidence.assessment, name, evidence.for_sessions, context)


def _context(rupture: Rupture, evidence: RuptureEvidence, reader_is_therapist: bool, worded: bool) -> FlagContext:
    return FlagContext(
        over=not rupture.is_active,
        recovering=rupture.state == Rupture.RuptureState.RECOVERING,
        reader_is_therapist=reader_is_therapist,
        since=day(rupture.opened_session.starts_at, DateFormat.DAY),
        hurried=evidence.hurried,
        straight_before=evidence.straight_before,
        weighs_behaviour=rupture.version is not None and rupture.version.use == Use.ALL,
        worded=worded,
    )
