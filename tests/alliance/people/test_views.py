import uuid

import pytest
from django.core import mail
from django.urls import reverse

from alliance.models import AuditEvent, Membership, Supervision
from alliance.scopes import live_assignments
from tests.factories import days_ago, make_episode, make_member, make_supervision

PEOPLE = "/people/"
INVITE = "/people/invite/"
ASSIGN = "/people/assign/"
NOT_YET = "Invited, has not signed in here yet"


def end_of(row):
    name = "ratings:member-end" if isinstance(row, Membership) else "alliance:supervision-end"
    return reverse(name, args=[row.code])


def audited():
    return list(AuditEvent.objects.order_by("pk").values_list("verb", "subject_type", "count"))


def invitation(**changes):
    return {"name": "Ida Berg", "email": "ida@millrace.test", "roles": ["therapist"]} | changes


# --- The list ---------------------------------------------------------------------------------------------------------


def test_people(http, mona, dana, sam, eve, vera, lee, otis, juniper, sorrel):
    make_supervision(make_member(otis.practice, "Olga", "supervisor"), therapist=otis)
    make_episode(dana, "Heron", ends_at=days_ago(3), end_reason="completed")
    http.force_login(mona.user)
    response = http.get(PEOPLE)
    [staff] = response.context["staffs"]
    assert [(member.name, member.roles, member.open_cases) for member in staff.members] == [
        ("Dana Whitlock", ("therapist",), 2),
        ("Eve Castell", ("supervisor",), 0),
        ("Mona Reyes", ("manager",), 0),
        ("Sam Okafor", ("supervisor",), 0),
        ("Vera Brandt", ("supervisor",), 0),
    ]
    assert [(found.supervisor, found.therapist, found.one_case) for found in staff.assignments] == [
        ("Eve Castell", "Dana Whitlock", True),
        ("Sam Okafor", "Dana Whitlock", False),
    ]
    html = response.text
    assert "dana@millrace.test" in html
    for hidden in ("Juniper", "Sorrel", "Heron", "Otis", "Olga", "Lee Novak", str(juniper.code), str(otis.code)):
        assert hidden not in html
    assert audited() == [("listed", "membership", 5)]


def test_people_says_who_has_not_come_yet(http, mona):
    ida = make_member(mona.practice, "Ida Berg", first_seen_at=None)
    http.force_login(mona.user)
    [staff] = http.get(PEOPLE).context["staffs"]
    assert {member.name: member.invited for member in staff.members} == {"Ida Berg": True, "Mona Reyes": False}
    assert NOT_YET in http.get(PEOPLE).text
    http.force_login(ida.user)
    http.get("/today/")
    came = Membership.objects.get(pk=ida.pk).first_seen_at
    http.get("/today/")
    assert Membership.objects.get(pk=ida.pk).first_seen_at == came
    http.force_login(mona.user)
    assert NOT_YET not in http.get(PEOPLE).text


def test_people_does_not_say_whether_an_address_was_known_elsewhere(http, mona, otis):
    """Otis has an account and a password, from another practice; nobody has heard of Ida."""
    otis.user.set_password("a long pass phrase")
    otis.user.save()
    http.force_login(mona.user)
    marks = {}
    for email in (otis.user.email, "ida@millrace.test"):
        http.post(INVITE, invitation(email=email))
        [staff] = http.get(PEOPLE).context["staffs"]
        marks[email] = [member.invited for member in staff.members if member.email == email]
    assert marks == {otis.user.email: [True], "ida@millrace.test": [True]}


@pytest.mark.parametrize("n", [1, 3])
def test_people_takes_the_same_queries_for_many(n, http, mona, django_assert_num_queries):
    for number in range(n):
        therapist = make_member(mona.practice, f"T{number}")
        make_supervision(make_member(mona.practice, f"S{number}", "supervisor"), therapist=therapist)
        make_episode(therapist)
    http.force_login(mona.user)
    # Sign-in, user, places, people, cases left, assignments, ends of supervision, unread, audit.
    with django_assert_num_queries(10):
        assert len(http.get(PEOPLE).context["staffs"][0].members) == 2 * n + 1


def test_a_manager_of_two_practices_sees_both_apart(http, mona, otis):
    make_member(otis.practice, "Mona Reyes", "manager", user=mona.user)
    http.force_login(mona.user)
    staffs = http.get(PEOPLE).context["staffs"]
    assert {staff.practice: len(staff.members) for staff in staffs} == {"Millrace Practice": 1, "Weir House": 2}
    assert audited() == [("listed", "membership", len(staff.members)) for staff in staffs]


# --- Who gets in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("persona", ["dana", "sam", "lee"])
def test_pages_are_for_managers(persona, http, mona, dana, sam, request):
    pages = [PEOPLE, INVITE, ASSIGN, end_of(dana), end_of(Supervision.objects.get())]
    http.force_login(request.getfixturevalue(persona).user)
    for page in pages:
        assert http.get(page).status_code == 403
    for page in pages[1:]:
        assert http.post(page, invitation()).status_code == 403
    assert audited() == [("denied", "manager_page", 1)] * 9
    assert not Membership.objects.filter(user__email="ida@millrace.test").exists()
    assert not Supervision.objects.filter(ends_at__isnull=False).exists()
    http.force_login(mona.user)
    for page in pages:
        assert http.get(page).status_code == 200


def test_pages_need_a_sign_in_and_the_right_method(http, mona, dana, sam):
    pages = [PEOPLE, INVITE, ASSIGN, end_of(dana), end_of(Supervision.objects.get())]
    for page in pages:
        assert http.get(page).url == f"/accounts/login/?next={page}"
    http.force_login(mona.user)
    assert http.post(PEOPLE).status_code == 405
    for page in pages:
        assert http.put(page).status_code == http.delete(page).status_code == 405
        assert http.head(page).status_code == 200


def test_another_practices_rows_do_not_exist(http, mona, dana, otis):
    olga = make_member(otis.practice, "Olga", "supervisor manager")
    elsewhere = make_supervision(olga, therapist=otis)
    http.force_login(mona.user)
    for page in (end_of(otis), end_of(elsewhere), reverse("ratings:member-end", args=[uuid.uuid4()])):
        assert http.get(page).status_code == http.post(page).status_code == 404
    assert Membership.objects.filter(practice=otis.practice, ends_at__isnull=True).count() == 2
    assert Supervision.objects.get().ends_at is None
    assert {verb for verb, *_ in audited()} == {"denied"}
    http.force_login(olga.user)
    assert http.post(end_of(elsewhere)).url == PEOPLE
    assert Supervision.objects.get().ends_at is not None


# --- Inviting ---------------------------------------------------------------------------------------------------------


def test_invite_and_come_in(http, mona, settings):
    http.force_login(mona.user)
    response = http.post(INVITE, invitation(roles=["therapist", "supervisor"]))
    assert (response.status_code, response.url) == (302, PEOPLE)
    ida = Membership.objects.get(user__email="ida@millrace.test")
    assert (ida.practice, ida.display_name) == (mona.practice, "Ida Berg")
    assert (ida.is_therapist, ida.is_supervisor, ida.is_manager) == (True, True, False)
    assert audited() == [("created", "membership", 1)]
    assert "has been invited." in http.get(PEOPLE).text

    [message] = mail.outbox
    assert message.to == ["ida@millrace.test"]
    assert message.subject == "Your place at Millrace Practice, in Alliance"
    assert message.body.startswith("Mona Reyes has made a place for you at Millrace Practice. Alliance is the program")
    link = next(word for word in message.body.split() if "/password/reset/key/" in word).removeprefix(
        "http://testserver"
    )
    http.logout()
    form = http.get(link, follow=True)
    assert "Set your password" in form.text
    address = form.redirect_chain[-1][0]
    asked = http.get(address).text
    assert "New password</label>" in asked and "New password, once more</label>" in asked
    done = http.post(address, {"password1": "seven calm herons", "password2": "seven calm herons"}, follow=True)
    assert done.text.count("is set") == 1, "it is said once"
    response = http.post(
        "/accounts/login/", {"login": "ida@millrace.test", "password": "seven calm herons"}, follow=True
    )
    assert response.redirect_chain == [("/", 302), ("/today/", 302)]
    assert "This link does not work any more" in http.get(link, follow=True).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "DANA@millrace.test"}, "email"),
        ({"email": "ida"}, "email"),
        ({"name": " "}, "name"),
        ({"roles": []}, "roles"),
        ({"roles": ["owner"]}, "roles"),
    ],
)
def test_invite_with_a_mistake_keeps_what_was_typed(changes, field, http, mona, dana):
    http.force_login(mona.user)
    response = http.post(INVITE, invitation(**changes))
    assert list(response.context["form"].errors) == [field]
    html = response.text
    assert "<title>Error: Invite somebody" in html
    assert f'href="#id_{field}"' in html
    assert f'id="id_{field}"' in html
    assert f'value="{invitation(**changes)["email"]}"' in html
    assert Membership.objects.count() == 2
    assert not mail.outbox
    assert audited() == []


def test_invite_somebody_whose_place_ended_and_somebody_from_elsewhere(http, mona, lee, otis):
    for member in (lee, otis):
        member.user.set_password("a long pass phrase")
        member.user.save()
        http.force_login(mona.user)
        response = http.post(INVITE, invitation(email=member.user.email), follow=True)
        assert "has been invited." in response.text
        assert member.user.memberships.filter(practice=mona.practice, ends_at__isnull=True).count() == 1
    assert not mail.outbox


def test_names_stand_in_a_mail_as_they_are_and_only_in_an_invitation(http, mona):
    mona.practice.name = "Brook & O'Hara"
    mona.practice.save()
    http.force_login(mona.user)
    http.post(INVITE, invitation())
    http.logout()
    http.post("/accounts/password/reset/", {"email": "ida@millrace.test"})
    invited, forgotten = mail.outbox
    assert invited.subject == "Your place at Brook & O'Hara, in Alliance"
    assert "place for you at Brook & O'Hara." in invited.body
    assert forgotten.subject == "Use this link to set your password for Alliance"
    assert "Brook" not in forgotten.body and "Mona" not in forgotten.body


@pytest.mark.parametrize(
    ("printed", "invited", "forgotten"),
    [
        (False, "we e-mailed a link", "Look into your mailbox."),
        (True, "is printed in the terminal where this program runs.", "Look into the terminal."),
    ],
)
def test_where_no_mail_leaves_the_page_says_where_it_is(http, mona, settings, capsys, printed, invited, forgotten):
    if printed:
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    http.force_login(mona.user)
    assert invited in http.post(INVITE, invitation(), follow=True).text
    http.logout()
    page = http.post("/accounts/password/reset/", {"email": mona.user.email}, follow=True).text
    assert forgotten in page
    assert ("/password/reset/key/" in capsys.readouterr().out) is printed


def test_invite_survives_a_mail_server_that_does_not_answer(http, mona, monkeypatch):
    def refuse(self):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    http.force_login(mona.user)
    assert "could not be sent" in http.post(INVITE, invitation(), follow=True).text
    assert Membership.objects.filter(user__email="ida@millrace.test").exists()


def test_invite_into_one_of_two_practices(http, mona, otis):
    make_member(otis.practice, "Mona Reyes", "manager", user=mona.user)
    http.force_login(mona.user)
    assert list(http.post(INVITE, invitation()).context["form"].errors) == ["practice"]
    assert list(http.post(INVITE, invitation(practice=uuid.uuid4())).context["form"].errors) == ["practice"]
    assert http.post(INVITE, invitation(practice=otis.practice.code)).url == PEOPLE
    assert Membership.objects.get(user__email="ida@millrace.test").practice == otis.practice


# --- Assigning --------------------------------------------------------------------------------------------------------


def test_assign(http, mona, noor, vera, otis):
    http.force_login(mona.user)
    assert otis.display_name not in http.get(ASSIGN).text
    chosen = {"supervisor": vera.code, "therapist": noor.code}
    for wrong in (
        {"therapist": otis.code},
        {"therapist": vera.code},
        {"supervisor": noor.code},
        {"supervisor": "x"},
        {"supervisor": ""},
    ):
        response = http.post(ASSIGN, chosen | wrong)
        assert list(response.context["form"].errors) == list(wrong)
        assert "<title>Error: " in response.text
    assert not Supervision.objects.filter(therapist=noor).exists()
    assert http.post(ASSIGN, chosen).url == PEOPLE
    assert Supervision.objects.get(therapist=noor).supervisor == vera
    assert not live_assignments(vera.user).filter(therapist=noor).exists()
    assert [message.to for message in mail.outbox] == [[noor.user.email], [vera.user.email]]
    assert all("/asked/" in message.body for message in mail.outbox)
    assert f"Vera Brandt ({vera.user.email})" in mail.outbox[0].body
    assert ("created", "supervision", 1) in audited()
    assert "exists already" in http.post(ASSIGN, chosen).text
    assert Supervision.objects.filter(therapist=noor).count() == 1


def test_nobody_is_assigned_to_themselves_or_across_practices(http, mona, otis):
    both = make_member(mona.practice, "Bo", "therapist supervisor")
    make_member(otis.practice, "Mona Reyes", "manager", user=mona.user)
    http.force_login(mona.user)
    assert "Nobody supervises themselves" in http.post(ASSIGN, {"supervisor": both.code, "therapist": both.code}).text
    assert "within one practice" in http.post(ASSIGN, {"supervisor": both.code, "therapist": otis.code}).text
    assert not Supervision.objects.exists()


# --- Ending -----------------------------------------------------------------------------------------------------------


def test_end_an_assignment(http, mona, dana, sam, eve):
    http.force_login(mona.user)
    of_dana, of_one_case = Supervision.objects.get(supervisor=sam), Supervision.objects.get(supervisor=eve)
    assert "read the cases of Dana Whitlock" in http.get(end_of(of_dana)).text
    confirmation = http.get(end_of(of_one_case)).text
    assert f"no longer read case {of_one_case.episode.short_code} of Dana Whitlock" in confirmation
    assert "Sorrel" not in confirmation
    assert not Supervision.objects.filter(ends_at__isnull=False).exists()
    for _ in range(2):
        assert http.post(end_of(of_dana)).url == PEOPLE
    assert Supervision.objects.get(pk=of_dana.pk).ends_at is not None
    assert audited() == [("read", "supervision", 1), ("read", "supervision", 1), ("ended", "supervision", 1)]
    [staff] = http.get(PEOPLE).context["staffs"]
    assert [found.supervisor for found in staff.assignments] == ["Eve Castell"]


def test_a_manager_who_assigns_themselves_can_open_the_page_of_people_while_nobody_has_agreed(http, mona, dana):
    Membership.objects.filter(pk=mona.pk).update(is_supervisor=True)
    http.force_login(mona.user)
    assert http.post(ASSIGN, {"supervisor": mona.code, "therapist": dana.code}).status_code == 302
    page = http.get("/people/")
    assert page.status_code == 200
    (found,) = [one for one in page.context["staffs"][0].assignments if one.supervisor_code == mona.code]
    assert found.is_open is False
