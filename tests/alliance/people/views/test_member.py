"""The page of one person, and what the list says of those who need a look."""

import pytest
from django.core import mail
from django.urls import reverse

from alliance.models import Membership, Supervision, User
from tests.alliance.people.test_views import PEOPLE, audited, end_of
from tests.factories import days_ago, make_episode, make_member


def page_of(member):
    return reverse("alliance:member", args=[member.code])


def test_a_manager_adds_a_role_and_the_person_is_told(http, mona, dana, juniper):
    http.force_login(mona.user)
    page = http.get(page_of(dana))
    assert page.context["form"]["roles"].value() == ("therapist",)
    response = http.post(page_of(dana), {"roles": ["therapist", "supervisor"]}, follow=True)
    assert response.redirect_chain == [(PEOPLE, 302)]
    assert "The roles of Dana Whitlock are changed. We told them by e-mail." in response.text
    [message] = mail.outbox
    assert message.to == [dana.user.email]
    assert message.subject == "Your roles at Millrace Practice, in Alliance"
    assert "Mona Reyes has changed your roles" in message.body
    assert "- Therapist\n- Supervisor\n" in message.body and "- Manager" not in message.body
    assert "http://127.0.0.1:8000/" in message.body
    [staff] = http.get(PEOPLE).context["staffs"]
    assert [(member.roles, member.open_cases) for member in staff.members if member.code == dana.code] == [
        (("therapist", "supervisor"), 1)
    ]


def test_without_the_therapist_role_the_page_leads_to_the_open_cases(http, mona, dana, juniper):
    http.force_login(mona.user)
    response = http.post(page_of(dana), {"roles": ["supervisor"]})
    assert response.status_code == 422
    assert "They have one open case. It needs somebody else first." in response.text
    assert f'href="{end_of(dana)}">\n        Find somebody for their cases' in response.text
    assert list(response.context["form"]["roles"].value()) == ["supervisor"], "what was ticked is kept"
    assert not mail.outbox
    assert "Juniper" not in response.text


@pytest.mark.parametrize(
    ("roles", "sentence"), [([], "Choose at least one role."), (["owner"], "Choose at least one of these.")]
)
def test_roles_with_a_mistake(roles, sentence, http, mona, dana):
    http.force_login(mona.user)
    response = http.post(page_of(dana), {"roles": roles})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["roles"])
    assert sentence in response.text


def test_own_roles_are_changed_without_a_mail(http, mona):
    make_member(mona.practice, "Ida Berg", "manager")
    http.force_login(mona.user)
    assert http.post(page_of(mona), {"roles": ["therapist"]}).url == "/"
    assert not mail.outbox
    assert http.get(PEOPLE).status_code == 403


def test_the_same_roles_are_said_to_be_the_same(http, mona, dana):
    http.force_login(mona.user)
    assert "Nothing was changed." in http.post(page_of(dana), {"roles": ["therapist"]}, follow=True).text
    assert not mail.outbox


def test_a_mail_server_that_does_not_answer_keeps_the_roles(http, mona, dana, monkeypatch):
    def refuse(self):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    http.force_login(mona.user)
    assert "could not be sent" in http.post(page_of(dana), {"roles": ["manager"]}, follow=True).text
    assert Membership.objects.get(pk=dana.pk).is_manager


def test_the_page_of_a_person_has_their_supervision_and_no_case(http, mona, dana, sam, eve, juniper, sorrel, lee):
    http.force_login(mona.user)
    page = http.get(page_of(dana)).text
    assert "<bdi>Sam Okafor</bdi> reads their cases" in page
    assert f"<bdi>Eve Castell</bdi> reads case {sorrel.short_code} of theirs" in page
    assert "Reads the cases of <bdi>Dana Whitlock</bdi>" in http.get(page_of(sam)).text
    assert "Juniper" not in page and "Sorrel" not in page
    assert ("read", "membership", 1) in audited()
    assert http.get(page_of(lee)).url == end_of(lee)


def test_what_is_not_open_yet_is_not_said_to_be_read(http, mona, dana, sam, eve, juniper, sorrel):
    Supervision.objects.update(opens_at=days_ago(-1))
    http.force_login(mona.user)
    of_dana, of_sam, of_eve = (http.get(page_of(one)).text for one in (dana, sam, eve))
    assert "<bdi>Sam Okafor</bdi> is to read their cases" in of_dana
    assert f"<bdi>Eve Castell</bdi> is to read case {sorrel.short_code} of theirs" in of_dana
    assert "Is to read the cases of <bdi>Dana Whitlock</bdi>" in of_sam
    assert f"Is to read case {sorrel.short_code} of <bdi>Dana Whitlock</bdi>" in of_eve


def test_people_says_what_needs_a_look(http, mona, dana, noor, sam, juniper):
    make_episode(noor)
    http.force_login(mona.user)
    page = " ".join(http.get(PEOPLE).text.split())
    assert "<bdi>Noor Haddad</bdi> has no supervisor. One open case has no other reader." in page
    assert "<bdi>Dana Whitlock</bdi> has no supervisor" not in page
    dana.ends_at = days_ago(-5)
    dana.save()
    page = " ".join(http.get(PEOPLE).text.split())
    assert "<bdi>Dana Whitlock</bdi> leaves after" in page and "One open case needs somebody." in page


def test_people_says_who_has_not_signed_in_for_long(http, mona, dana, noor, juniper):
    """Whoever was never seen to sign in is not named."""
    User.objects.filter(pk=dana.user_id).update(last_login=days_ago(36))
    User.objects.filter(pk=noor.user_id).update(last_login=days_ago(27))
    http.force_login(mona.user)
    page = " ".join(http.get(PEOPLE).text.split())
    assert "<bdi>Dana Whitlock</bdi> has not signed in for 5 weeks. They have one open case." in page
    assert page.count("has not signed in for") == 1
    assert (
        reverse("alliance:member", args=[dana.code]) in page.partition("has not signed in for")[2].partition("</li>")[0]
    )


def test_no_button_of_the_list_takes_anything_away(http, mona, dana, sam):
    http.force_login(mona.user)
    page = http.get(PEOPLE).text
    assert end_of(dana) not in page and end_of(Supervision.objects.get()) not in page
    assert page.count("Change\n") == 3
