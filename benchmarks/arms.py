"""The pages whose processor time is measured, and their table in the docs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.core.management import call_command
from django.db import transaction
from django.test import Client as Browser

from alliance.models import User
from alliance.scopes import own_episodes
from benchmarks.admin import CASES
from benchmarks.pages import Undone, answers_at, browser_of, check_in_address, first_case
from benchmarks.report import put_between
from benchmarks.urls import EMPTY
from benchmarks.work import Arm, Work

BEGINS, ENDS = "<!-- processor -->", "<!-- end of processor -->"


def fill() -> None:
    """A practice whose supervisor has a hundred open cases, and whose therapist has thirty."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("seed_demo", therapists=4, clients=160, sessions=12, verbosity=0)


def floor() -> Arm:
    return Arm("An empty page", opening(browser_of(), EMPTY), at_once=10)


def of_the_program() -> list[Arm]:
    therapist, supervisor = (User.objects.get(email=f"{role}@demo.test") for role in ("therapist", "supervisor"))
    own, supervising, nobody = browser_of(therapist), browser_of(supervisor), browser_of()
    link = check_in_address(therapist)
    return [
        Arm("Check-in of a client", opening(nobody, link)),
        Arm("Answers of a client, sent", sending(nobody, link, 3)),
        Arm("All cases, fifty of a hundred", opening(supervising, "/caseload/all/")),
        Arm("Needs attention", opening(supervising, "/caseload/")),
        Arm("My cases, thirty", opening(own, "/cases/")),
        Arm("Today", opening(own, "/today/")),
        Arm("Check-ins", opening(own, "/check-ins/")),
        Arm("Case, as its therapist", opening(own, first_case(own_episodes(therapist)))),
    ]


def of_the_admin() -> list[Arm]:
    supervisor = User.objects.get(email="supervisor@demo.test")
    return [Arm("Django's admin, fifty cases", opening(browser_of(supervisor), CASES))]


def opening(browser: Browser, path: str) -> Callable[[], None]:
    def opens() -> None:
        page = browser.get(path)
        if page.status_code != 200:
            raise RuntimeError(f"{path} answered {page.status_code}.")

    return opens


def sending(browser: Browser, path: str, answer: int) -> Callable[[], None]:
    """Sends the same answer to each question; what that writes is taken back."""
    given = answers_at(browser, path, answer)

    def sends() -> None:
        try:
            with transaction.atomic():
                if browser.post(path, given).status_code != 303:
                    raise RuntimeError("The answers were not taken.")
                raise Undone
        except Undone:
            pass

    return sends


def in_words(found: Sequence[Work]) -> str:
    """The table, as the page in docs has it."""
    lines = [
        "| page | ms of the processor | times an empty page | range | functions called |",
        "|---|---|---|---|---|",
    ]
    for one in found:
        calls = f"{one.calls:,}" if one.calls else ""
        spread = f"{one.least:.1f} to {one.most:.1f}"
        lines.append(f"| {one.name} | {one.milliseconds:.1f} | {one.times:.1f} | {spread} | {calls} |")
    return "\n".join(lines)


def write(found: Sequence[Work]) -> None:
    put_between(BEGINS, ENDS, in_words(found))
