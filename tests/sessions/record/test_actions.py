from alliance.models import AuditEvent
from sessions.models import TherapySession
from sessions.record import actions
from tests.factories import editor_of, make_therapy_session


def test_a_voided_session_stays_with_its_reason_and_counts_no_more(dana, juniper):
    therapy_session = make_therapy_session(juniper, attendance="attended")
    assert TherapySession.objects.attended().get() == therapy_session
    actions.void_therapy_session(
        editor=editor_of(therapy_session.episode), therapy_session=therapy_session, reason="For somebody else."
    )
    assert not TherapySession.objects.attended().exists()
    stays = TherapySession.objects.get()
    assert (stays.voided_reason.open(juniper.client.data_key), stays.voided_by) == ("For somebody else.", dana)
    assert [event.verb for event in AuditEvent.objects.filter(subject_code=str(therapy_session.code))] == ["ended"]
