"""What is written of the plan, and that each write is in the audit."""

from alliance.models import AuditEvent
from sessions.models import Goal
from sessions.plan import actions
from tests.factories import editor_of


def audited(subject):
    return list(AuditEvent.objects.filter(subject_code=subject.code).order_by("pk").values_list("verb", flat=True))


def test_a_goal_is_agreed_in_sealed_words(dana, juniper):
    goal = actions.agree_goal(editor=editor_of(juniper), text="We are working on sleep.")
    assert Goal.objects.get().text.open(juniper.client.data_key) == "We are working on sleep."
    assert (goal.written_by, audited(goal)) == (dana, ["created"])
