"""Every write that a page makes asks again, after its lock, whether whoever asked for it still may.

A place may end, or a case go to somebody else, while the write waits.
"""

import ast
import re

import pytest
from django.conf import settings

from alliance.access import Denied
from alliance.models import Cover, Supervision
from alliance.people.actions import end_assignment
from alliance.people.cover import end_cover
from ratings.models import OwnWords
from ratings.ruptures.own_words import change_words
from tests.factories import days_ago

ASKS = re.compile(
    r"check_again|check_\w+_again|check_manages|check_cover|check_role|check_log_all|check_sight_answer"
    r"|check_offer_answer|check_take|check_settle"
)
WHO = {"by", "editor", "right", "keeper", "user", "member", "membership"}  # the arguments that say for whom it is done
# What asks in another way, and how.
ELSEWHERE = {
    "answer_offer": "the offer is looked up once more, among those made to this user",
    "choose_digest": "everybody chooses how often they are written to themselves",
    "keep_draft": "a file waits for its sender alone; the import asks",
}
OF_DJANGO = {"all", "clean", "create", "delete", "exclude", "exists", "filter", "first", "get", "save", "update"}


def functions(paths):
    """name -> for each function of it: where it is, what it calls, its arguments by name, whether it is a deed."""
    found = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                calls = {
                    call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                    for call in ast.walk(node)
                    if isinstance(call, ast.Call)
                }
                takes = {argument.arg for argument in node.args.kwonlyargs}
                found.setdefault(node.name, []).append((path, calls, takes, "transaction.atomic" in ast.unparse(node)))
    return found


def is_view(path):
    return "views" in path.stem or path.parent.name == "views"


def silent_deeds(paths):
    """The deeds that a view calls, and that ask nobody whether they may."""
    found = functions(paths)

    def known(path, name):
        return f"{path}:{name}" if name.startswith("_") else name  # a private one is that of its module

    called_by = {}
    for name, ones in found.items():
        for path, calls, *_rest in ones:
            if name not in OF_DJANGO and not is_view(path):
                inside = {known(path, call) for call in calls - OF_DJANGO}
                called_by[known(path, name)] = called_by.get(known(path, name), set()) | inside
    asking = {name for calls in called_by.values() for name in calls if ASKS.fullmatch(name)}
    while more := {name for name, calls in called_by.items() if calls & asking} - asking:
        asking |= more

    called = set().union(*(calls for ones in found.values() for path, calls, *_rest in ones if is_view(path)))
    return {
        name
        for name in called & set(found)
        for path, _calls, takes, is_deed in found[name]
        if is_deed and takes & WHO and not is_view(path) and name not in asking
    }


def sources():
    for floor in ("alliance", "sessions", "ratings"):
        paths = (settings.BASE_DIR / floor).rglob("*.py")
        yield from (path for path in paths if "migrations" not in path.parts)


@pytest.mark.sqlite
def test_every_deed_of_a_page_asks_again():
    assert silent_deeds(sources()) == set(ELSEWHERE)


@pytest.mark.sqlite
def test_one_that_does_not_would_be_found(tmp_path):
    (tmp_path / "views.py").write_text("def page(request):\n    end_it(by=1)\n    keep_it(by=1)\n    close_it(by=1)\n")
    (tmp_path / "actions.py").write_text(
        "@transaction.atomic\ndef end_it(*, by):\n    row.save()\n\n"
        "@transaction.atomic\ndef keep_it(*, by):\n    _begin(by)\n\ndef _begin(by):\n    check_manages(by)\n\n"
        "def close_it(*, by):\n    pass\n"
    )
    assert silent_deeds(tmp_path.glob("*.py")) == {"end_it"}


@pytest.fixture
def ends_while_it_waits():
    """A place that ended after the page had looked, and before the write was done."""

    def end(membership):
        type(membership).objects.filter(pk=membership.pk).update(ends_at=days_ago(0.001))
        return membership

    return end


def test_an_assignment_is_ended_by_a_manager_who_still_is_one(mona, sam, ends_while_it_waits):
    assignment = sam.supervisions_given.get()
    with pytest.raises(Denied):
        end_assignment(supervision=assignment, by=ends_while_it_waits(mona))
    assert Supervision.objects.get().ends_at is None
    type(mona).objects.update(ends_at=None)
    end_assignment(supervision=assignment, by=mona)
    assert Supervision.objects.get().ends_at is not None


def test_a_cover_is_ended_by_somebody_who_is_still_there(dana, noor, ends_while_it_waits):
    cover = Cover.objects.create(covering=noor, therapist=dana, starts_at=days_ago(1), ends_at=days_ago(-1))
    with pytest.raises(Denied):
        end_cover(cover=cover, by=ends_while_it_waits(noor))
    assert Cover.objects.get().taken_back_at is None
    end_cover(cover=cover, by=dana)
    assert Cover.objects.get().taken_back_at is not None


def test_words_are_changed_by_a_manager_who_still_is_one(mona, ends_while_it_waits):
    given = {"practice": mona.practice, "key": "notice-any", "text": "Something is different today."}
    with pytest.raises(Denied):
        change_words(by=ends_while_it_waits(mona), **given)
    assert not OwnWords.objects.exists()
    type(mona).objects.update(ends_at=None)
    assert change_words(by=mona, **given) and OwnWords.objects.count() == 1
