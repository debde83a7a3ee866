import ast
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from alliance import access, query_sets, scopes
from alliance.crypto import Sealed
from alliance.models import Client, Episode, Membership, Supervision
from sessions.models import PrivateNote, TherapySession
from tests.factories import days_ago, make_episode, make_member, make_supervision, make_therapy_session

# Who sees which episodes. Sam's assignment to Dana yields where somebody is named for one episode, which Eve is.
SEEN = {
    "dana": {"juniper", "sorrel", "heron"},
    "sam": {"juniper", "heron"},
    "noor": {"rowan"},
    "otis": {"teasel"},
    "vera": set(),
    "eve": {"sorrel"},
    "mona": set(),
    "lee": set(),
}


@pytest.fixture
def episodes(dana, juniper, sorrel, noor, otis, lee, sam, vera, eve, mona):
    """One of each kind, so that whoever sees nothing could have seen something."""
    return {
        "juniper": juniper,
        "sorrel": sorrel,
        "heron": make_episode(dana, "Heron", ends_at=days_ago(364), end_reason="completed"),
        "marten": make_episode(dana, "Marten", ends_at=days_ago(366), end_reason="completed"),
        "rowan": make_episode(noor, "Rowan"),
        "teasel": make_episode(otis, "Teasel"),
        "brook": make_episode(lee, "Brook"),
    }


@pytest.mark.parametrize("persona", SEEN)
def test_visible_to(persona, episodes, request, django_assert_num_queries):
    user = request.getfixturevalue(persona).user
    with django_assert_num_queries(1):
        seen = set(Episode.objects.visible_to(user))
    assert seen == {episodes[name] for name in SEEN[persona]}
    with django_assert_num_queries(1):
        clients = set(Client.objects.visible_to(user))
    assert clients == {episodes[name].client for name in SEEN[persona]}


def test_visible_to_nobody(episodes, dana, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not list(Episode.objects.visible_to(AnonymousUser()))
    assert Episode.objects.visible_to(dana.user).exists()
    dana.user.is_active = False
    dana.user.save()
    assert not Episode.objects.visible_to(dana.user).exists()


def test_sight_is_the_union_over_live_memberships(dana, juniper, otis):
    elsewhere = make_member(otis.practice, "Dana", user=dana.user)
    teasel = make_episode(elsewhere, "Teasel")
    assert set(Episode.objects.visible_to(dana.user)) == {juniper, teasel}
    elsewhere.ends_at = days_ago(1)
    elsewhere.save()
    assert set(Episode.objects.visible_to(dana.user)) == {juniper}


def test_sight_is_judged_now(sam, dana, juniper):
    assert list(Episode.objects.visible_to(sam.user)) == [juniper]
    supervision = Supervision.objects.get(supervisor=sam)
    for change in ({"starts_at": days_ago(-1)}, {"starts_at": days_ago(9), "ends_at": days_ago(1)}):
        Supervision.objects.filter(pk=supervision.pk).update(**change)
        assert not Episode.objects.visible_to(sam.user).exists()


def test_supervision_needs_the_role_and_the_place(sam, juniper):
    for change in ({"is_supervisor": False, "is_manager": True}, {"is_supervisor": True, "ends_at": days_ago(1)}):
        assert Episode.objects.visible_to(sam.user).exists()
        Membership.objects.filter(pk=sam.pk).update(**change)
        assert not Episode.objects.visible_to(sam.user).exists()
        Membership.objects.filter(pk=sam.pk).update(is_supervisor=True, ends_at=None)


def test_ended_visible_days_is_the_practices(dana, millrace):
    heron = make_episode(dana, "Heron", ends_at=days_ago(31), end_reason="completed")
    assert list(Episode.objects.visible_to(dana.user)) == [heron]
    millrace.ended_visible_days = 30
    millrace.save()
    assert not Episode.objects.visible_to(dana.user).exists()


def test_sam_is_back_when_nobody_is_named(sam, eve, sorrel):
    assert not Episode.objects.visible_to(sam.user).exists()
    Supervision.objects.filter(supervisor=eve).update(ends_at=days_ago(1))
    assert list(Episode.objects.visible_to(sam.user)) == [sorrel]
    assert not Episode.objects.visible_to(eve.user).exists()


def test_nobody_supervises_themselves(dana, juniper, millrace):
    Membership.objects.filter(pk=dana.pk).update(is_supervisor=True)
    make_supervision(dana, episode=juniper)
    assert not scopes.supervised_episodes(dana.user).exists()
    assert list(scopes.own_episodes(dana.user)) == [juniper]


def test_private_notes_are_the_therapists_alone(dana, sam, juniper):
    therapy_session = make_therapy_session(juniper)
    note = PrivateNote.objects.create(
        episode=juniper,
        therapy_session=therapy_session,
        text=Sealed("Doubts", juniper.client.data_key),
        written_by=dana,
    )
    assert list(PrivateNote.objects.visible_to(dana.user)) == [note]
    assert list(TherapySession.objects.visible_to(sam.user)) == [therapy_session]
    assert not PrivateNote.objects.visible_to(sam.user).exists()


def test_get_visible_or_404(dana, noor, juniper):
    assert access.get_visible_or_404(Episode.objects, dana.user, code=juniper.code) == juniper
    with pytest.raises(access.NotVisible) as hidden:
        access.get_visible_or_404(Episode.objects, noor.user, code=juniper.code)
    assert (hidden.value.subject_type, hidden.value.subject_code) == ("episode", str(juniper.code))


def test_managed_by(mona, dana, sam, otis):
    make_supervision(make_member(otis.practice, "Olga", "supervisor"), therapist=otis)
    assert set(Membership.objects.managed_by(mona.user)) == {mona, dana, sam}
    assert [found.supervisor for found in Supervision.objects.managed_by(mona.user)] == [sam]
    assert not Membership.objects.managed_by(dana.user).exists()
    with pytest.raises(access.NotVisible):
        access.get_managed_or_404(Membership.objects, mona.user, code=otis.code)


def test_repr_shows_no_rows(juniper, dana, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert repr(Episode.objects.all()) == "<ScopedQuerySet of Episode>"
        assert repr(Membership.objects.filter(pk=dana.pk)) == "<MembershipQuerySet of Membership>"


def test_check_role(mona, dana, lee):
    assert access.check_role(mona.user, "manager") == [mona]
    for user in (dana.user, lee.user):
        with pytest.raises(access.Denied):
            access.check_role(user, "manager")


def test_only_the_therapist_edits(dana, sam, juniper):
    assert access.check_edit(dana.user, juniper) == access.Editor(dana, juniper)
    assert access.can_edit(dana.user, juniper)
    assert not access.can_edit(sam.user, juniper)
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(1))
    assert not access.can_edit(dana.user, juniper)


def test_an_editor_is_asked_again(dana, noor, juniper, sorrel):
    editor = access.check_edit(dana.user, juniper)
    editor.check_again(make_therapy_session(juniper))
    with pytest.raises(access.Denied):
        editor.check_again(make_therapy_session(sorrel))
    Episode.objects.filter(pk=juniper.pk).update(therapist=noor)  # it went to somebody else in the meantime
    with pytest.raises(access.Denied):
        editor.check_again()
    Episode.objects.filter(pk=juniper.pk).update(therapist=dana)
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(1))
    with pytest.raises(access.Denied):
        editor.check_again()


def test_all_of_some_episodes_are_the_users_own_or_none_is_edited(dana, noor, juniper, sorrel):
    access.check_log_all(dana.user, [juniper, sorrel])
    with pytest.raises(access.Denied):
        access.check_log_all(dana.user, [juniper, make_episode(noor, "Wren")])


def test_a_comment_is_for_whom_the_client_said(dana, sam, juniper):
    shared = SimpleNamespace(comment_for="supervisor", episode=juniper)
    private = SimpleNamespace(comment_for="therapist", episode=juniper)
    assert access.comments_readable_by(dana.user, shared.episode)(shared)
    assert access.comments_readable_by(dana.user, private.episode)(private)
    assert access.comments_readable_by(sam.user, shared.episode)(shared)
    assert not access.comments_readable_by(sam.user, private.episode)(private)


def test_what_a_member_is_asked_is_built_into_one_statement_once(dana, monkeypatch):
    """Each page asks it; built each time, it took nine of the thirteen milliseconds of the look-up."""
    scopes.memberships_of(dana.user)
    monkeypatch.setattr(query_sets.SupervisionQuerySet, "waiting_for", None)
    assert [place.is_asked for place in scopes.memberships_of(dana.user)] == [False]


def test_a_page_that_only_reads_takes_its_places_from_the_request():
    """The middleware has read them, in the same statement: to read them again is one more for each page."""
    again = [
        f"{file}: {view.name}"
        for room in ("alliance", "ratings", "sessions")
        for file in Path(settings.BASE_DIR, room).rglob("*.py")
        for view in ast.walk(ast.parse(file.read_text()))
        if isinstance(view, ast.FunctionDef) and reads_places_again(view)
    ]
    assert not again


def reads_places_again(view):
    only_reads = any("require_safe" in ast.unparse(one) for one in view.decorator_list)
    return only_reads and "check_role(request.user" in ast.unparse(view)
