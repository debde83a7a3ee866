"""A whole life of a client: a row in every table that is about clients, and something in every column of each.

What somebody wrote of the client holds words that name the column: `words_in`.
"""

from uuid import uuid4

import pytest
from django.db.models import Model
from django.utils import timezone

from alliance.crypto import Sealed, SealedTextField
from alliance.drafts.actions import keep_draft
from alliance.drafts.shown import ShownForm
from alliance.models import (
    CaseJoin,
    CaseOffer,
    Cover,
    EmergencyAccess,
    Episode,
    ImportBatch,
    KeptLook,
    LegalHold,
    Supervision,
)
from ratings.check_in import links
from ratings.check_in.answers import PlanAnswer, PlanAnswers
from ratings.check_in.plan_questions import AskedAbout, PlanAsked
from ratings.detection.stored import current_version
from ratings.detection.verdicts import judge_rupture, judge_use
from ratings.importing import actions as importing
from ratings.models import (
    Assessment,
    CheckIn,
    ClientLink,
    Delivery,
    Draw,
    Meeting,
    NextStep,
    Rating,
    RepairStep,
    Rupture,
    RuptureView,
    SeenRating,
    SetAside,
    Standing,
    StrainVerdict,
    SupervisionNote,
    SupervisionQuestion,
    WishOutcome,
)
from ratings.rights.erase import models_about_clients
from sessions.models import (
    Goal,
    GoalVersion,
    Leave,
    Phase,
    PrivateNote,
    SessionSeries,
    Task,
    TaskVersion,
    TherapySession,
    TherapySessionChange,
)
from tests.factories import days_ago, editor_of, local_day, make_episode

CANARY = "kanarienvogel"


def words_in(model: type[Model], column: str) -> str:
    """What stands in this column of the whole life, and in no other one."""
    return f"{CANARY} in {model._meta.label_lower}.{column}."


def written_columns() -> list[tuple[type[Model], str]]:
    """Every column about a client in which somebody writes as they like."""
    return [
        (model, field.name)
        for model in models_about_clients()
        for field in model._meta.concrete_fields
        if isinstance(field, SealedTextField)
    ]


def empty_columns(kinds) -> list[str]:
    """Of the rows that are about a client, by model: the columns in which none of them has anything."""
    return [
        f"{kind.label}.{field.name}"
        for kind in kinds
        for field in kind.model._meta.concrete_fields
        if not any(getattr(row, field.attname) not in (None, "", [], {}) for row in kind.rows.all())
    ]


@pytest.fixture
def whole_life(dana, noor, sam, mona, juniper, live_through, all_drawn):
    """Juniper, who was treated, supervised, covered, joined, held and asked about; the episode."""
    *_answered, last = live_through(juniper, [3, 3, 3, 3, 1, None])
    life = Life(juniper, last.therapy_session)
    for write in (
        life.record, life.readers, life.sessions, life.plan, life.answers, life.repair, life.supervision, life.messages,
        life.drafts, life.joined,
    ):  # fmt: skip
        write(dana, noor, sam, mona)
    return Episode.objects.select_related("client__practice", "client__data_key", "therapist__user").get(pk=juniper.pk)


class Life:
    """Writes it, a subject at a time."""

    def __init__(self, episode, therapy_session):
        self.episode, self.client, self.session = episode, episode.client, therapy_session
        self.now = timezone.now()

    def text(self, model, column, client=None):
        return Sealed(words_in(model, column), (client or self.client).data_key)

    def add(self, model, *written, **fields):
        """A row of the case with words in these columns."""
        fields |= {column: self.text(model, column) for column in written}
        return model._base_manager.create(episode=self.episode, **fields)

    def record(self, dana, noor, sam, mona):
        practice = self.client.practice
        batch = ImportBatch.objects.create(practice=practice, imported_by=dana, layout="ours")
        before = make_episode(noor, client=self.client, ends_at=days_ago(400), end_reason="transferred")
        before.end_planned = before.end_agreed = True
        before.save()
        self.set(self.client, email_hash="e" * 64, phone_hash="f" * 64, external_ref="a" * 64, language="en")
        self.set(self.client, zone="Europe/Berlin", check_in_delay_minutes=30, paused_until=days_ago(3))
        self.write(self.client)
        self.set(self.episode, previous=before, external_ref="b" * 64, import_batch=batch)
        for purpose, over in (("email", None), ("history", days_ago(2)), ("study", None)):
            self.client.consents.create(
                purpose=purpose, text_version="2026-11", text_hash="c" * 64, withdrawn_at=over, recorded_by=dana
            )
        asked = {"reason": "asked", "asked_by": mona, "agreed_by": sam, "due_at": days_ago(5)}
        self.client.erasure_requests.create(taken_back_at=days_ago(4), **asked)
        held = {"placed_by": mona, "placed_at": days_ago(9), "lifted_by": mona, "lifted_at": days_ago(8)}
        LegalHold.objects.create(client=self.client, reason=self.text(LegalHold, "reason"), **held)

    def readers(self, dana, noor, sam, mona):
        times = {"starts_at": days_ago(30), "ends_at": days_ago(20)}
        self.add(Cover, covering=noor, taken_back_at=days_ago(21), **times)
        asked = {"asked_by": mona, "accepted_at": days_ago(29), "opens_at": days_ago(29), "not_before": days_ago(29)}
        self.add(Supervision, supervisor=sam, objected_at=days_ago(28), agreed_by=mona, **asked, **times)
        covers = {"kind": "cover", "covers_from": days_ago(30), "covers_until": days_ago(20), "agreed_by": sam}
        ended = {"opens_at": days_ago(29), "objected_at": days_ago(28), "accepted_at": days_ago(27)}
        self.add(CaseOffer, to=noor, asked_by=mona, ended_at=days_ago(26), **covers, **ended)
        self.episode.history_shares.create(extent="scores", recorded_by=dana, withdrawn_at=days_ago(3))
        self.add(KeptLook, event_key=1)
        self.add(EmergencyAccess, "reason", reader=mona, starts_at=days_ago(3), ends_at=days_ago(2.9))

    def sessions(self, dana, noor, sam, mona):
        series = self.add(SessionSeries, every_weeks=1, planned_by=dana)
        leave = Leave.objects.create(therapist=dana, starts_at=days_ago(-20), ends_at=days_ago(-30))
        times = {"starts_at": days_ago(3), "ends_at": days_ago(2.9), "mode": "video"}
        removed = self.add(
            TherapySession, "voided_reason", zone="UTC", attendance="cancelled", voided_at=self.now, voided_by=dana,
            cancelled_by="client", cancelled_at=days_ago(4), refiled_to=self.session, external_ref="d" * 64,
            import_batch=self.episode.import_batch, series=series, leave=leave, logged_by=dana, **times,
        )  # fmt: skip
        said = {"kind": "removed", "attendance": "attended", "changed_by": dana}
        self.add(TherapySessionChange, "reason", therapy_session=removed, **said, **times)
        self.add(PrivateNote, "text", therapy_session=self.session, written_by=dana, replaced_at=days_ago(1))

    def plan(self, dana, noor, sam, mona):
        self.add(Phase, "name", number=2, starts_at=days_ago(9), written_by=dana)
        over = {"ended_at": self.now, "ended_by": "client"}
        revised = {"agreed_at": days_ago(9), "revision": 2, "revised_at": days_ago(5), "written_by": dana}
        agreed = {"phase": 2, "agreed_by": "together", "revised_by": "client"}
        self.goal = self.add(Goal, "text", outcome="reached", **agreed, **revised, **over)
        replaced = {"revision": 1, "replaced_at": days_ago(5), "replaced_by": dana} | over
        self.add(GoalVersion, "text", goal=self.goal, outcome="dropped", **replaced)
        written = ("activity", "why_it_helps", "adapted_why")
        how = {"modality": "writing", "willing": "yes"}
        self.task = self.add(Task, *written, goal=self.goal, **how, **revised, **over)
        self.add(TaskVersion, *written, task=self.task, since=days_ago(9), **how, **replaced)

    def answers(self, dana, noor, sam, mona):
        goal, task = (str(one.code) for one in (self.goal, self.task))
        check_in = CheckIn.objects.get(therapy_session=self.session)
        asked = PlanAsked((AskedAbout(goal, 1),), (AskedAbout(task, 1),)).to_json()
        read = {"read_at": self.now, "read_by": dana, "closed_unread_at": self.now, "closed_unread_by": dana}
        guessed = {"guesses": 1, "guessed_since": self.now, "shown_unrated_at": self.now}
        self.set(check_in, plan_asked=asked, asks_about_repair=True, **read, **guessed)
        first = Rating.objects.filter(episode=self.episode, rater="client").earliest("pk")
        said = PlanAnswers("yes", (PlanAnswer(goal, 1, "yes"),), (PlanAnswer(task, 1, "yes"),)).to_json()
        rated = {"tension": True, "tension_talked_about": False, "tension_strength": "quite", "bring_up": "gently"}
        repair = {"repair_talked": True, "repair_helped": "little", "noticed": "both", "plan_answers": said}
        more = {"import_batch": self.episode.import_batch, "entered_by": dana, "comment_for": "supervisor"}
        more |= {"replaced_at": self.now, "replaced_by": dana, "replaced_reason": "mistyped", "comment_words": 3}
        first.pk, first.code = None, uuid4()
        self.set(first, **rated, **repair, **more)
        self.write(first)
        SeenRating.objects.create(episode=self.episode, rating=first, by=sam)
        wish = {"therapy_session": self.session, "said_by": dana, "taken_back_at": self.now}
        self.add(WishOutcome, rating=first, outcome="brought_up", **wish)

    def repair(self, dana, noor, sam, mona):
        rupture = Rupture.objects.get(episode=self.episode)
        judge_use(editor=editor_of(self.episode), rupture=rupture, answer="useful")
        judge_rupture(editor=editor_of(self.episode), rupture=rupture, answer="yes")
        rebased = {"rebased_session": self.session, "rebased_at": self.now, "rebased_by": dana}
        over = {"state": "set_aside", "closed_at": self.now, "closed_session": self.session, "named_by": dana}
        version = current_version(self.client.practice)
        self.set(rupture, kind="withdrawal", pillars=["bond"], taken_over=version, **over, **rebased)
        self.write(rupture)
        step = {"planned_for": self.session, "logged_with": self.session, "task": self.task, "taken_back_at": self.now}
        said = {"rupture": rupture, "said_by": dana}
        self.add(RepairStep, "words", "line", step="ask", outcome="planned", **step, **said)
        self.add(RuptureView, kind="both", signs=["quiet"], **said)
        undone = {"undone_by": dana, "undone_at": self.now}
        self.add(SetAside, "reason", rupture=rupture, by=dana, **undone)
        drawn, _new = Draw.objects.update_or_create(
            therapy_session=self.session,
            defaults={"episode": self.episode, "is_drawn": True, "chance": 0.05, "version": version, "stated": 0.1},
        )
        self.add(StrainVerdict, draw=drawn, answer="no", version=version, stated=0.1, given_by=dana)
        assessed = Assessment.objects.filter(episode=self.episode).latest("pk")
        self.set(
            assessed, kind="withdrawal", pillars=["bond"], notes=["ceiling"], points=assessed.points or [["bond", 1]]
        )
        standing = Standing.objects.get(episode=self.episode)
        self.set(standing, rupture=rupture, settled_since=1, words={"bond": "down"}, notes=["ceiling"])

    def supervision(self, dana, noor, sam, mona):
        meeting = Meeting.objects.create(supervisor=sam, therapist=dana, closed_at=days_ago(2))
        self.add(SupervisionQuestion, "text", asked_by=dana, withdrawn_at=days_ago(2), meeting=meeting)
        replaced = {"meeting": meeting, "replaced_at": days_ago(2)}
        self.add(SupervisionNote, "text", reader="both", written_by=sam, **replaced)
        done = {"due_on": local_day(), "done_at": days_ago(1), "done_by": dana}
        self.add(NextStep, "text", agreed_by=sam, **replaced, **done)

    def messages(self, dana, noor, sam, mona):
        check_in = CheckIn.objects.get(therapy_session=self.session)
        when = {name: days_ago(1) for name in ("due_at", "claimed_at", "sent_at", "failed_at", "dropped_at")}
        self.add(Delivery, check_in=check_in, kind="again", message_id=f"<{CANARY}@millrace.test>", **when)
        self.token = links.mint_copy_link(editor=editor_of(self.episode))
        links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
        ClientLink.objects.filter(check_in=check_in).update(revoked_at=self.now)

    def drafts(self, dana, noor, sam, mona):
        page = f"/cases/{self.episode.code}/goals/"
        keep_draft(form=ShownForm(dana.user.code, uuid4(), page), action=page, fields={"text": ["Sleep."]})
        new = ShownForm(dana.user.code, uuid4(), "/cases/new/")
        keep_draft(form=new, action="/cases/new/", fields={"name": [f"  {self.client.display_name.upper()} "]})
        importing.keep_draft(text=f"name\n{self.client.display_name}\n", by=mona, therapist=dana)

    def joined(self, dana, noor, sam, mona):
        """Another record of the same person, of which the sessions stand in this case."""
        other = make_episode(dana, f"{CANARY} twice", ends_at=self.now, end_reason="other")
        other.joined_into = self.episode
        other.save()
        paused = {"paused_until": days_ago(2), "brought_pause": days_ago(1), "began_at": days_ago(900)}
        ended = {"ended_at": self.now, "end_reason": "other", "parted_at": self.now, "parted_by": dana}
        came = {"moved": [str(self.session.code)], "carried": [str(self.goal.code)]}
        self.add(CaseJoin, joined=other, joined_by=dana, **paused, **ended, **came)
        told = {"end_reason": "completed", "end_planned": True, "end_agreed": True}
        self.set(self.episode, ends_at=self.now, **told)

    def set(self, row, **fields):
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()

    def write(self, row):
        """Words in every column of the row in which somebody writes."""
        model = type(row)
        self.set(row, **{column: self.text(model, column) for of, column in written_columns() if of is model})
