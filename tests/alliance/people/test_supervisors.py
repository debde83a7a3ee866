"""A supervisor of one case: asked for by code, told to all whom it concerns, and never without a word gone again."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from alliance.access import Denied
from alliance.models import AuditEvent, Episode, Membership, SightAnswer, Supervision
from alliance.people.actions import end_membership
from alliance.people.readers import readers_of
from alliance.people.role_actions import change_roles
from alliance.people.roles import MemberRole
from alliance.people.sight import answer_sight, assign_supervision
from alliance.people.supervisors import supervisors_of
from alliance.refusal import Refused
from alliance.scopes import visible_episodes
from ratings.cases.actions import end_episode
from ratings.handover.actions import hand_over
from tests.factories import days_ago, editor_of, make_episode, make_member, make_supervision
from tests.ratings.pages import statements

pytestmark = pytest.mark.usefixtures("as_application")


@pytest.fixture
def henrik(millrace):
    return make_member(millrace, "Henrik Solberg", "supervisor")


def assign_page(therapist):
    return reverse("alliance:case-supervise", args=[therapist.code])


def end_page(supervision):
    return reverse("alliance:supervision-end", args=[supervision.code])


def reads(member, episode):
    return visible_episodes(member.user).filter(pk=episode.pk).exists()


def told():
    return {message.to[0]: message.body for message in mail.outbox}


def opened(supervision):
    answer_sight(supervision=supervision, answer=SightAnswer.ACCEPT, user=supervision.supervisor.user)
    answer_sight(supervision=supervision, answer=SightAnswer.AGREE, user=supervision.episode.therapist.user)
    return Supervision.objects.get(pk=supervision.pk)


def names(members):
    return [member.display_name for member in members]


# --- Asked for --------------------------------------------------------------------------------------------------------


def test_a_manager_names_a_supervisor_for_one_case_by_its_code(http, mona, dana, sam, henrik, juniper):
    http.force_login(mona.user)
    assert assign_page(dana) in http.get(reverse("alliance:member", args=[dana.code])).text
    page = http.get(assign_page(dana)).text
    assert str(juniper.code)[:8] in page and "not by those who supervise all cases of" in page
    assert "Sam Okafor" in page and "Juniper" not in page
    chosen = {"case": juniper.code, "supervisor": henrik.code}
    response = http.post(assign_page(dana), chosen)
    assert response.url == reverse("alliance:member", args=[dana.code])
    supervision = Supervision.objects.get(episode=juniper)
    assert (supervision.asked_by, supervision.accepted_at) == (mona, None)
    assert supervision.opens_at > timezone.now() + timedelta(hours=23)
    assert AuditEvent.objects.filter(verb="created", subject_type="supervision").count() == 1
    assert reads(sam, juniper) and not reads(henrik, juniper), "nothing changes before it opens"
    asked = http.get("/people/").text
    assert f"is to supervise case {juniper.short_code} of" in asked
    assert "This assignment exists already." in http.post(assign_page(dana), chosen).text
    assert reads(henrik, opened(supervision).episode) and not reads(sam, juniper)
    assert "Juniper" not in "".join(told().values())


def test_all_three_are_told_what_changes_for_whom(http, mona, dana, sam, henrik, juniper):
    http.force_login(mona.user)
    http.post(assign_page(dana), {"case": juniper.code, "supervisor": henrik.code})
    code = juniper.short_code
    mails = told()
    assert set(mails) == {dana.user.email, henrik.user.email, sam.user.email}
    assert f"({henrik.user.email}) supervises your case {code}" in mails[dana.user.email]
    assert "no longer read by: Sam Okafor." in mails[dana.user.email]
    assert f"asks you to supervise case {code} of Dana Whitlock" in mails[henrik.user.email]
    assert "you no longer read this case" in mails[sam.user.email] and code in mails[sam.user.email]


@pytest.mark.parametrize("first", ["a supervisor of its own", "the same person"])
def test_it_takes_a_case_from_nobody_who_goes_on_reading_it(first, http, mona, dana, sam, eve, sorrel, juniper):
    """A second one beside the first reads it as well; and the supervisor of all cases may be that of one."""
    http.force_login(mona.user)
    case, supervisor = (sorrel, sam) if first == "a supervisor of its own" else (juniper, sam)
    http.post(assign_page(dana), {"case": case.code, "supervisor": supervisor.code})
    assert set(told()) == {dana.user.email, sam.user.email}
    assert "no longer" not in "".join(told().values())


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"case": "00000000-0000-4000-8000-000000000000"}, "case", "This is no open case of theirs."),
        ({"case": "' OR 1=1"}, "case", "This is no open case of theirs."),
        ({"case": "ended"}, "case", "This is no open case of theirs."),
        ({"case": "elsewhere"}, "case", "This is no open case of theirs."),
        ({"case": "of a colleague"}, "case", "This is no open case of theirs."),
        ({"case": ""}, "case", "Choose one of these."),
        ({"supervisor": "therapist"}, "supervisor", "Choose one of these."),
        ({"supervisor": "x\x00"}, "supervisor", ""),
        ({"supervisor": "noor"}, "supervisor", "Choose one of these."),
    ],
)
def test_what_cannot_be_comes_back_with_a_sentence(
    change, field, sentence, http, mona, millrace, dana, noor, otis, henrik, juniper
):
    Membership.objects.filter(pk=dana.pk).update(is_supervisor=True)
    words = {
        "ended": make_episode(dana, "Alder", ends_at=days_ago(1), end_reason="completed").code,
        "elsewhere": make_episode(otis, "Aspen").code,
        "of a colleague": make_episode(noor, "Wren").code,
        "therapist": dana.code,
        "noor": noor.code,
    }
    typed = {"case": juniper.code, "supervisor": henrik.code} | {key: words.get(it, it) for key, it in change.items()}
    http.force_login(mona.user)
    response = http.post(assign_page(dana), typed)
    assert response.status_code == 422 and field in response.context["form"].errors
    assert sentence in response.text
    assert not Supervision.objects.exists() and not mail.outbox


def test_who_has_no_page_of_cases_has_no_such_page(http, mona, otis, lee, henrik):
    http.force_login(mona.user)
    for member in (otis, lee, henrik):
        assert http.get(assign_page(member)).status_code == http.post(assign_page(member)).status_code == 404


def test_a_therapist_without_an_open_case_and_a_practice_without_supervisors(http, mona, dana):
    http.force_login(mona.user)
    assert "has no open case" in http.get(assign_page(dana)).text
    make_episode(dana)
    assert "No supervisor has a place here yet." in http.get(assign_page(dana)).text


@pytest.mark.parametrize("is_supervised", [True, False])
def test_the_page_is_right_about_a_case_with_a_supervisor_of_its_own(is_supervised, http, mona, dana, henrik, eve):
    make_supervision(eve, episode=make_episode(dana, "Alder"))
    if is_supervised:
        make_supervision(henrik, therapist=dana)
    http.force_login(mona.user)
    page = " ".join(http.get(assign_page(dana)).text.split())
    assert "reads this case alone." not in page and "when the assignment ends" not in page
    said = (
        "once it has no supervisor of its own." if is_supervised else "alone, or with those who supervise it already."
    )
    assert said in page


def test_it_is_asked_again_under_the_lock(mona, dana, henrik, juniper):
    stale = Episode.objects.get(pk=juniper.pk)
    Episode.objects.filter(pk=juniper.pk).update(ends_at=timezone.now(), end_reason="completed")
    with pytest.raises(Refused, match="ended meanwhile"):
        assign_supervision(supervisor=henrik, episode=stale, by=mona)
    Episode.objects.filter(pk=juniper.pk).update(ends_at=None, end_reason="")
    Membership.objects.filter(pk=henrik.pk).update(is_supervisor=False, is_therapist=True)
    with pytest.raises(Refused, match="not a supervisor"):
        assign_supervision(supervisor=henrik, episode=stale, by=mona)
    Membership.objects.filter(pk=henrik.pk).update(is_supervisor=True)
    Membership.objects.filter(pk=mona.pk).update(ends_at=days_ago(1))
    with pytest.raises(Denied):
        assign_supervision(supervisor=henrik, episode=stale, by=mona)
    assert not Supervision.objects.exists()


def test_the_page_asks_as_often_for_three_cases_as_for_one(http, mona, dana, henrik):
    http.force_login(mona.user)
    counts = []
    for some in (["Alder"], ["Wren", "Heron"]):
        for name in some:
            make_supervision(henrik, episode=make_episode(dana, name))
        counts.append(statements(http, assign_page(dana)))
    assert counts[0] == counts[1]


# --- It ends ----------------------------------------------------------------------------------------------------------


def test_when_it_ends_the_therapists_supervisors_read_the_case_again_and_are_told(http, mona, dana, sam, eve, sorrel):
    http.force_login(mona.user)
    supervision = eve.supervisions_given.get()
    page = http.get(end_page(supervision)).text
    assert "It is then read by:" in page and "Sam Okafor" in page and "Sorrel" not in page
    http.post(end_page(supervision))
    assert reads(sam, sorrel) and not reads(eve, sorrel)
    mails = told()
    assert set(mails) == {dana.user.email, sam.user.email, eve.user.email}
    for body in mails.values():
        assert f"Eve Castell no longer supervises case {sorrel.short_code} of Dana Whitlock" in body
        assert "It is then read by: Sam Okafor." in body and "Sorrel" not in body
    http.post(end_page(supervision))
    assert len(mail.outbox) == 3, "it has ended already, and nobody hears of it twice"


def test_where_nobody_reads_it_then_that_is_said(http, mona, dana, eve, sorrel):
    http.force_login(mona.user)
    supervision = eve.supervisions_given.get()
    assert "Nobody reads it as supervisor then." in http.get(end_page(supervision)).text
    assert "no other reader" not in http.get("/people/").text, "eve reads the one case that there is"
    http.post(end_page(supervision))
    assert "Nobody reads it as supervisor then." in told()[dana.user.email]
    make_supervision(eve, therapist=make_member(dana.practice, "Tom"))
    assert "One open case has no other reader." in " ".join(http.get("/people/").text.split())


@pytest.mark.parametrize("how", ["leaves", "leaves later", "is none any more"])
def test_a_supervisor_who_goes_leaves_no_case_without_a_word(how, mona, dana, sam, eve, sorrel):
    if how == "leaves":
        end_membership(membership=eve, by=mona)
    elif how == "leaves later":
        end_membership(membership=eve, by=mona, at=days_ago(-7))
    else:
        change_roles(membership=eve, roles=[MemberRole.THERAPIST], by=mona)
    assert set(told()) == {dana.user.email, sam.user.email, eve.user.email}
    said = "until" if how == "leaves later" else "no longer supervises"
    assert all(said in body and "It is then read by: Sam Okafor." in body for body in told().values())
    assert reads(sam, sorrel) is (how != "leaves later")


@pytest.mark.parametrize("how", ["leaves", "leaves, with a day of its own", "leaves later", "is none any more"])
def test_who_goes_is_named_as_no_reader_who_stays(how, mona, dana, sam, eve, sorrel):
    of_all = make_supervision(eve, therapist=dana)
    if how == "is none any more":
        change_roles(membership=eve, roles=[MemberRole.THERAPIST], by=mona)
    else:
        if "own" in how:
            Supervision.objects.filter(pk=of_all.pk).update(ends_at=days_ago(-30))
        end_membership(membership=eve, by=mona, at=days_ago(-7) if how == "leaves later" else None)
    bodies = told().values()
    assert bodies and all("It is then read by: Sam Okafor." in body for body in bodies)


@pytest.mark.parametrize("who", ["henrik", "mona"])
def test_what_was_asked_for_and_came_to_nothing_is_said_too(who, mona, dana, sam, henrik, juniper, http):
    supervision = assign_supervision(supervisor=henrik, episode=juniper, by=mona)
    if who == "henrik":
        answer_sight(supervision=supervision, answer=SightAnswer.DECLINE, user=henrik.user)
    else:
        http.force_login(mona.user)
        http.post(end_page(supervision))
    assert {dana.user.email, sam.user.email} <= set(told())
    assert (henrik.user.email in told()) is (who == "mona")
    assert all("Henrik Solberg will not supervise case" in body for body in told().values())


def test_a_mail_that_cannot_be_sent_undoes_nothing(mona, sam, eve, sorrel, monkeypatch):
    def refuse(self):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    end_membership(membership=eve, by=mona)
    assert reads(sam, sorrel)


# --- The case goes on, or ends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_supervised", [True, False])
def test_handed_over_it_is_read_by_who_supervises_the_colleague_and_all_are_told(
    is_supervised, mona, millrace, dana, sam, eve, henrik, noor, sorrel
):
    if is_supervised:
        make_supervision(henrik, therapist=noor)
    following = hand_over(right=editor_of(sorrel), to=noor)
    assert names(supervisors_of(following)) == (["Henrik Solberg"] if is_supervised else [])
    assert reads(eve, sorrel) and not reads(eve, following), "what was, and not what follows"
    assert not reads(sam, sorrel), "whom it was taken from does not come to read it by its end"
    mails = told()
    assert set(mails) == {eve.user.email, noor.user.email, mona.user.email}
    last = "What follows is read by: Henrik Solberg." if is_supervised else "Nobody supervises what follows."
    for body in mails.values():
        assert following.short_code in body and last in body and "Sorrel" not in body


@pytest.mark.parametrize("how", ["takes it over", "supervises the colleague"])
def test_nobody_who_reads_on_is_said_not_to(how, mona, eve, henrik, noor, sorrel):
    make_supervision(henrik, episode=sorrel)
    if how == "takes it over":
        Membership.objects.filter(pk=eve.pk).update(is_therapist=True)
        to = Membership.objects.get(pk=eve.pk)
    else:
        make_supervision(eve, therapist=noor)
        to = noor
    following = hand_over(right=editor_of(sorrel), to=to)
    assert reads(eve, following)
    assert {eve.user.email, henrik.user.email, mona.user.email} <= set(told())
    for body in told().values():
        assert "It had a supervisor of its own: Henrik Solberg. They still read what was until now" in body


def test_where_all_read_on_the_mail_says_who_reads_what_follows(eve, noor, sorrel):
    make_supervision(eve, therapist=noor)
    hand_over(right=editor_of(sorrel), to=noor)
    assert told()
    for body in told().values():
        assert "not what follows" not in body and "What follows is read by: Eve Castell." in body


def test_a_case_without_one_of_its_own_is_handed_over_without_a_mail(dana, sam, noor, juniper):
    hand_over(right=editor_of(juniper), to=noor)
    assert not mail.outbox


@pytest.mark.parametrize("how", ["ended", "handed over"])
def test_nobody_comes_to_read_a_case_that_ended_before_it_opened(how, mona, dana, sam, henrik, noor, juniper):
    supervision = assign_supervision(supervisor=henrik, episode=juniper, by=mona)
    if how == "ended":
        end_episode(editor=editor_of(juniper), reason="completed")
    else:
        hand_over(right=editor_of(juniper), to=noor)
    assert Supervision.objects.get(pk=supervision.pk).ends_at is not None
    with pytest.raises(Denied):
        answer_sight(supervision=supervision, answer=SightAnswer.ACCEPT, user=henrik.user)
    assert reads(sam, juniper) and "will not supervise" in told()[sam.user.email]


def test_an_ended_case_stays_with_its_own_supervisor_and_the_list_says_so(http, mona, dana, sam, eve, sorrel):
    end_episode(editor=editor_of(sorrel), reason="completed")
    assert reads(eve, sorrel) and not reads(sam, sorrel) and not mail.outbox
    http.force_login(mona.user)
    assert "This therapy has ended." in http.get(reverse("alliance:member", args=[dana.code])).text


def test_a_therapist_who_leaves_takes_no_case_from_its_own_supervisor(mona, dana, sam, eve, juniper, sorrel):
    end_membership(membership=dana, by=mona)
    assert reads(eve, sorrel) and not reads(sam, juniper)


def test_a_case_names_its_own_supervisor_and_by_whom_it_was_arranged(mona, dana, sam, henrik, juniper):
    opened(assign_supervision(supervisor=henrik, episode=juniper, by=mona))
    assert [(row.name, row.why, row.arranged_by) for row in readers_of(juniper).all[1:]] == [
        ("Henrik Solberg", "Supervises this case", "Mona Reyes")
    ]


def test_an_emergency_and_an_erasure_are_told_to_who_supervises_the_case_alone(dana, sam, eve, juniper, sorrel):
    assert [names(supervisors_of(episode)) for episode in (juniper, sorrel)] == [["Sam Okafor"], ["Eve Castell"]]
    eve.supervisions_given.update(ends_at=timezone.now())
    assert names(supervisors_of(sorrel)) == ["Sam Okafor"]


def test_the_therapist_sees_on_the_page_of_answers_which_case_it_is(http, mona, dana, henrik, juniper):
    assign_supervision(supervisor=henrik, episode=juniper, by=mona)
    http.force_login(dana.user)
    page = " ".join(http.get("/asked/").text.split())
    assert f"As supervisor of case {juniper.short_code} of" in page
    assert "Juniper" not in page
