"""Whatever happened in a practice: what a preview says of other settings is what then happens, and the settings before
bring back every flag, every word and the order of the cases."""

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from alliance.access import check_role
from alliance.models import Episode, Membership
from alliance.refusal import Refused
from ratings.cases.actions import end_episode
from ratings.cases.attention import caseload_of
from ratings.cases.register import Asked, register
from ratings.detection.actions import go_back, put_in_force
from ratings.detection.preview import Counts, preview
from ratings.detection.proposal import Choice, proposed
from ratings.detection.reassess import reassess
from ratings.detection.stored import as_version, current_version, version_before
from ratings.models import Assessment, CheckIn, InstrumentText, Rating, Rupture, Standing
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evidence import Budget, Pillar, Use
from ratings.psychometrics.standing import group_of
from ratings.ruptures.actions import (
    RuptureOver,
    bring_rupture_back,
    name_rupture,
    rebase_usual,
    say_step,
    set_rupture_aside,
)
from sessions.models import TherapySession
from tests.courses import ITEMS
from tests.factories import days_ago, editor_of, make_episode, make_supervision, make_therapy_session

CASES = 4


@contextmanager
def taken_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- What happens -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heard:
    """What one session left behind: levels of 0 to 4 by pillar; None where nobody answered."""

    client: tuple[int, int, int] | None
    therapist: tuple[int, int, int] | None
    tension: bool
    noticed: str


LEVEL = st.sampled_from([4, 3, 3, 3, 3, 2, 1, 0])
LEVELS = st.tuples(LEVEL, LEVEL, LEVEL) | LEVEL.map(lambda one: (one, one, one))
NOTICED = st.sampled_from(["", "", "nothing", "nothing", "pulling_back", "pushing_back"])
HEARD = st.builds(
    Heard,
    client=st.one_of(LEVELS, LEVELS, LEVELS, st.none()),
    therapist=st.one_of(LEVELS, LEVELS, st.none()),
    tension=st.sampled_from([False, False, False, False, True]),
    noticed=NOTICED,
)
COURSES = st.lists(st.lists(HEARD, min_size=2, max_size=9), min_size=CASES, max_size=CASES)
CHOICES = st.builds(
    Choice,
    criterion=st.sampled_from(["rupture_filter"] * len(REGISTRY) + list(REGISTRY)),
    budget=st.sampled_from(Budget),
    use=st.sampled_from(Use),
    clear_only=st.booleans(),
    shadow=st.sampled_from([False] * 5 + [True]),
    learn=st.sampled_from([False] * 5 + [True]),
    renew=st.sampled_from([False] * 5 + [True]),
)


def hear(episode, text, heard, at):
    """Adds a session and what was said of it, as the pages do; the replay is for whoever calls."""
    held = make_therapy_session(episode, starts_at=at, attendance="attended")
    check_in = CheckIn.objects.create(episode=episode, therapy_session=held, text=text)
    received = min(at + timedelta(hours=2), timezone.now())
    if heard.client or heard.tension:
        rate(held, text, "client", heard.client, received, check_in=check_in, tension=heard.tension or None)
    if heard.therapist or heard.noticed:
        rate(held, text, "therapist", heard.therapist, received, noticed=heard.noticed)


def rate(held, text, rater, levels, at, **said):
    levels = dict(zip(Pillar, levels, strict=True)) if levels else {}
    Rating.objects.create(
        episode=held.episode,
        therapy_session=held,
        rater=rater,
        instrument=text.instrument,
        text=text,
        answers={item: levels[Pillar(item.split("_")[0])] for item in ITEMS} if levels else {},
        items_answered=len(ITEMS) if levels else 0,
        **{f"{pillar}_raw": level for pillar, level in levels.items()},
        **{f"{pillar}_pomp": 25 * level for pillar, level in levels.items()},
        overall_pomp=25 * sum(levels.values()) / 3 if levels else None,
        straight_line=len(set(levels.values())) == 1,
        mode="link" if rater == "client" else "member",
        answered_at=at,
        received_at=at,
        **said,
    )


@dataclass(frozen=True)
class Draw:
    """What a step may choose from."""

    mona: Membership
    sam: Membership
    text: InstrumentText
    number: int
    heard: Heard
    choice: Choice

    @property
    def episode(self):
        return Episode.objects.select_related("client__practice", "therapist__user").order_by("pk")[self.number % CASES]

    def rupture(self, **which):
        found = Rupture.objects.told().filter(episode=self.episode, **which).last()
        if found is None:
            raise Refused("")
        return found


def session(draw):
    if draw.episode.ends_at:
        raise Refused("")
    at = days_ago(1) + timedelta(seconds=TherapySession.objects.count())
    hear(draw.episode, draw.text, draw.heard, at)
    reassess(draw.episode)


def put_aside(draw):
    rupture = draw.rupture(state__in=Rupture.ACTIVE, kept_back=False)
    set_rupture_aside(editor=editor_of(draw.episode), rupture=rupture, reason="She had moved.")


def bring_back(draw):
    bring_rupture_back(editor=editor_of(draw.episode), rupture=draw.rupture(state="set_aside"))


def name(draw):
    last = draw.episode.therapy_sessions.latest("starts_at")
    name_rupture(editor=editor_of(draw.episode), therapy_session=last, kind="withdrawal", pillars=["bond"])


def work_on(draw):
    rupture = draw.rupture(state__in=Rupture.ACTIVE, kept_back=False)
    say_step(editor=editor_of(draw.episode), rupture=rupture, step="ask", outcome="done")


def take_for_usual(draw):
    rebase_usual(editor=editor_of(draw.episode), rupture=draw.rupture(state="settled_lower"), reason="It is so.")


def end(draw):
    if draw.episode.ends_at or draw.number % 3:
        raise Refused("")
    end_episode(editor=editor_of(draw.episode), reason="completed")


# --- Other settings ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """The flag that a case has, and its group in the caseload."""

    name: str
    flag: int | None
    group: int
    is_read: bool  # by the manager


def places(draw):
    """The open cases in the order of their names, from what is stored."""
    rows = Standing.objects.filter(episode__ends_at__isnull=True).select_related("episode__client__data_key", "rupture")
    read = set(Episode.objects.visible_to(draw.mona.user).values_list("pk", flat=True))
    found = [
        Place(
            row.episode.client.display_name,
            row.rupture_id if row.rupture and row.rupture.opened_by == "detector" else None,
            group_of(row.attention),
            row.episode_id in read,
        )
        for row in rows
    ]
    return sorted(found, key=lambda place: place.name)


def told(before, after):
    """What a preview has to say: own counts, the named cases in order, the counts of the others."""
    changes = [
        (one.is_read, one.name, one.flag not in (None, then.flag), then.flag not in (None, one.flag), way(one, then))
        for one, then in zip(before, after, strict=True)
    ]
    own, others = ([change[2:] for change in changes if change[0] == is_read] for is_read in (True, False))
    named = [change[1:] for change in changes if change[0] and change[2:] != (False, False, "stays")]
    return counted(own), named, counted(others)


def way(one, then):
    return "stays" if one.group == then.group else "up" if then.group > one.group else "down"


def counted(changes):
    closes, opens, moves = (list(zip(*changes, strict=True)) or [()] * 3)[:3]
    return Counts(len(changes), sum(closes), sum(opens), sum(move != "stays" for move in moves))


def said(shown):
    named = [(row.name, row.change.closes, row.change.opens, row.change.move) for row in shown.named]
    return shown.own, named, shown.others


def seen_before_and_after(draw, change, version, **restores):
    """Previews a version, puts it in force by `change`, and compares the two."""
    practice = draw.mona.practice
    in_shadow = current_version(practice).shadow or version.shadow
    before, stored = places(draw), all_that_stands(draw)
    shown = preview(draw.mona, version, **restores)
    assert all_that_stands(draw) == stored, "a preview writes nothing"
    changed = change()
    if in_shadow:
        assert shown is None
        return changed
    found = told(before, places(draw))
    assert said(shown) == found
    own, named, others = found
    for kind, is_seen in {
        "a flag closes": own.closes or others.closes,
        "a flag opens": own.opens or others.opens,
        "a case moves up": any(move == "up" for *_change, move in named),
        "a case moves down": any(move == "down" for *_change, move in named),
    }.items():
        if is_seen:
            event(kind)
    return changed


def all_that_stands(draw):
    """As text: every flag, every assessment under the version in force, every standing, the lists in their order."""
    sam = check_role(draw.sam.user, "supervisor")
    attention = caseload_of(draw.sam.user, sam)
    flags = Rupture.objects.exclude(state="withdrawn")
    judged = Assessment.objects.filter(version=current_version(draw.mona.practice))
    rows = {
        "flags": without(flags.order_by("pk"), "version_id", *Rupture.Sensitivity.sealed),
        "judged": without(judged.order_by("therapy_session"), "id", "version_id", "assessed_at"),
        "standings": without(Standing.objects.order_by("pk"), "updated_at"),
        "all cases": [row.code for row in register(draw.sam.user, sam, Asked()).rows],
        "first": [row.code for row in attention.first],
        "repairs": [row.code for row in attention.repairs.rows],
        "settled": [row.code for row in attention.settled.rows],
    }
    return json.dumps(rows, cls=DjangoJSONEncoder, indent=1)


def without(rows, *names):
    return [{name: value for name, value in row.items() if name not in names} for row in rows.values()]


def change(draw):
    practice = draw.mona.practice
    in_force, version = current_version(practice), proposed(practice, draw.choice)
    if version is None:
        raise Refused("")

    def put():
        return put_in_force(practice=practice, by=draw.mona, version=version, instead_of=in_force)

    return seen_before_and_after(draw, put, version)


def change_and_go_back(draw):
    stood = all_that_stands(draw)
    changed = change(draw)
    before = version_before(changed)

    def back():
        return go_back(practice=draw.mona.practice, by=draw.mona, shown=changed)

    assert seen_before_and_after(draw, back, as_version(before), restores=before).restores == before
    assert all_that_stands(draw) == stood
    event("back")


def go_back_later(draw):
    """After what happened since; the flags of then need not stand."""
    shown = current_version(draw.mona.practice)
    before = version_before(shown)
    if before is None:
        raise Refused("")

    def back():
        return go_back(practice=draw.mona.practice, by=draw.mona, shown=shown)

    seen_before_and_after(draw, back, as_version(before), restores=before)


# --- The property -----------------------------------------------------------------------------------------------------


STEPS = (session, session, session, put_aside, bring_back, name, work_on, take_for_usual, end)
STEPS += (change, change_and_go_back, change_and_go_back, go_back_later)
HISTORIES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 11), HEARD, CHOICES), min_size=2, max_size=9)


@pytest.fixture
def people(millrace, mona, dana, noor, sam, instruments):
    """Mona reads Dana’s cases and not Noor’s; Sam reads all. Their names have another order than their keys."""
    mona.is_supervisor = True
    mona.save()
    make_supervision(mona, therapist=dana)
    make_supervision(sam, therapist=noor)
    names = ("Sorrel", "Wren", "Alder", "Juniper")
    cases = [make_episode((dana, noor)[number % 2], name) for number, name in enumerate(names)]
    text = InstrumentText.objects.select_related("instrument").get(instrument__key="alliance-6", language="en")
    return mona, sam, text, cases


def three(level):
    return (level, level, level)


# Other settings tell of a therapist's report that no flag is of, and are taken back; so are later ones.
TOLD_TWICE = [
    Heard((1, 1, 3), three(3), False, ""),
    Heard((3, 3, 4), (0, 3, 2), False, "pushing_back"),
    Heard(None, None, False, ""),
    Heard((0, 0, 3), three(1), False, "nothing"),
    Heard(three(0), three(3), False, ""),
    Heard(three(4), None, False, "pushing_back"),
    Heard((4, 3, 3), None, False, "pushing_back"),
    Heard((3, 4, 3), three(2), False, ""),
    Heard(None, (3, 4, 3), False, "pushing_back"),
]
CALM = Heard(three(4), three(4), False, "")
OWN_MEAN = Choice("own_mean_own_sd", Budget.NORMAL, Use.ALL, clear_only=True, shadow=False, learn=False, renew=False)
QUIET = Choice("rupture_filter", Budget.QUIET, Use.ALL, clear_only=False, shadow=False, learn=False, renew=False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(
    courses=[[CALM, CALM], [CALM, CALM], TOLD_TWICE, [CALM, CALM]],
    history=[(change_and_go_back, 0, CALM, OWN_MEAN), (put_aside, 2, CALM, QUIET), (end, 0, CALM, QUIET)],
)
@given(courses=COURSES, history=HISTORIES)
def test_the_preview_is_what_then_happens_and_the_way_back_leaves_all_as_it_was(people, courses, history):
    mona, sam, text, cases = people
    with taken_back():
        for episode, course in zip(cases, courses, strict=True):
            for position, heard in enumerate(course):
                hear(episode, text, heard, days_ago(7 * (len(course) - position)))
            reassess(episode)
        for step, *given_to_it in [*history, (change_and_go_back, *history[-1][1:])]:
            try:
                with transaction.atomic():
                    step(Draw(mona, sam, text, *given_to_it))
            except (Refused, RuptureOver):
                continue
