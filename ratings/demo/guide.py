"""The demo's guide: what one is looking at, page by page and story by story.

A real practice never sees it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, QuerySet, When
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alliance import scopes
from alliance.crypto import keyed_hash
from alliance.dates import DateFormat, written
from alliance.models import Episode, Practice, User
from alliance.prepared import Prepared
from ratings.demo.people import address_of
from ratings.demo.study import CODE as STUDY_CODE
from ratings.demo.write import made_by_seed, seen_from
from ratings.findings.names import StrOrLazy

PUT_AWAY = "guide_put_away"  # in the session of whoever is signed in


@dataclass(frozen=True, slots=True)
class Story:
    """A case that teaches something, in words for its therapist and for its readers.

    Empty words: it is not shown to them. What is said here of sessions, pillars and words is held against the pages by
    tests/ratings/demo/test_guide.py.
    """

    name: str
    title: StrOrLazy
    for_therapist: StrOrLazy
    for_readers: StrOrLazy


BRAMBLE = _(
    "In session 7 only the answers on goals fell below the usual. It was loud: tension was ticked and not talked about "
    "yet, and the comment was shared with the supervisor: “I want that to count.” The therapist rated the goals lower "
    "too. The page of the repair begins with the client's word: “Bramble says something did not fit.”"
)

STORIES = (
    Story(
        "Teasel",
        _("a rupture and its repair"),
        for_therapist=_(
            "In sessions 7 and 8 Teasel's answers fell on goals, tasks and bond, and the program spoke after session "
            "7. Read what Teasel wrote after session 9: you had said that you went too fast. By session 11 two ratings "
            "in a row were back at the usual, and the rupture counts as repaired."
        ),
        for_readers=_(
            "In sessions 7 and 8 Teasel's answers fell on goals, tasks and bond, and the program spoke after session "
            "7. By session 11 two ratings in a row were back at the usual, and the rupture counts as repaired. What "
            "was said in between is not shown here: Teasel's comments were for the therapist, and notes are private."
        ),
    ),
    Story(
        "Juniper",
        _("one pillar slips"),
        for_therapist=_(
            "Only the tasks fell, in sessions 10 and 11. In one overall score it would still pass as usual, so each "
            "pillar is compared with its own. Your own ratings of the tasks stayed at Mostly; Juniper says what was "
            "missing: “I was not sure what it was for.”"
        ),
        for_readers=_(
            "Only the tasks fell, in sessions 10 and 11. In one overall score it would still pass as usual, so each "
            "pillar is compared with its own. The therapist's own ratings of the tasks stayed at Mostly: that gap is a "
            "good question for supervision."
        ),
    ),
    Story(
        "Fern",
        _("a quiet withdrawal"),
        for_therapist=_(
            "Nothing loud happened: goals and tasks sank in session 7, the bond in session 8, a session was "
            "missed between them, and the comments shrank to “Fine.” Your own ratings stayed at Mostly in both, as a "
            "withdrawal is easily missed in the room. The flag does not name it either: the numbers alone cannot."
        ),
        for_readers=_(
            "Nothing loud happened: goals and tasks sank in session 7, the bond in session 8, and a session was "
            "missed between them. The therapist's own ratings stayed at Mostly in both, as a withdrawal is easily "
            "missed in the room. The flag does not name it either: the numbers alone cannot."
        ),
    ),
    Story("Bramble", _("a confrontation"), for_therapist=BRAMBLE, for_readers=BRAMBLE),
    Story(
        "Sorrel",
        _("a confrontation, and its repair"),
        for_therapist=_(
            "In session 7 Sorrel's answers on the bond fell to Not at all. It was in the open, your own ratings fell "
            "too, and the page of the repair begins with “Sorrel says something did not fit.” By session 10 the bond "
            "stood at Completely, and after session 11 the rupture was closed as repaired: “I could be angry with you, "
            "and you came back.”"
        ),
        for_readers="",  # who reads along has Bramble's, which is still open
    ),
    Story(
        "Marten",
        _("forms without a flaw"),
        for_therapist=_(
            "From session 2 to session 8 every answer was Completely. Such forms cannot show strain, so the program "
            "raises no flag and gives no praise: it says so in one line, and proposes to ask what could be better. "
            "Your own ratings of the bond stood at Somewhat all that time."
        ),
        for_readers=_(
            "From session 2 to session 8 every answer was Completely. Such forms cannot show strain, so the program "
            "raises no flag and gives no praise: it says so in one line, and proposes to ask what could be better. "
            "The therapist's own ratings of the bond stood at Somewhat all that time."
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The first page of a role, and what the guide says on it."""

    role: scopes.Role
    text: StrOrLazy
    to_try: tuple[tuple[str, StrOrLazy, StrOrLazy], ...] = ()  # route, name, what for
    example: tuple[str, StrOrLazy, StrOrLazy] | None = None  # a file to try it with, name, what is in it


TO_TRY = (
    ("alliance:member-invite", _("Invite somebody"), _("they set their own password")),
    ("alliance:supervision-assign", _("Assign a supervisor"), _("from then on they can read those cases")),
    ("alliance:practice-settings", _("Settings"), _("the crisis line, and when check-ins go out")),
    (
        "ratings:detection-settings",
        _("How flags are made"),
        _("how readily the program speaks, and what another setting would change"),
    ),
    ("ratings:client-list-upload", _("Import a list of clients"), _("an example list lies ready there")),
)

FIRST_PAGES = {
    "ratings:today": FirstPage(
        "therapist",
        _(
            "Everybody here is invented. This is a therapist's day: who comes, what to bring up, and whose check-in "
            "is not answered yet. Each story is a case; its page says what to notice, and leads to the next. To be the "
            "client, open the link that was printed when the demo started."
        ),
    ),
    "ratings:caseload": FirstPage(
        "supervisor",
        _(
            "Everybody here is invented. This is a supervisor's first page: which cases to talk about, why, and since "
            "when; all the others follow. You can read each: no private notes, and a comment only where the client "
            "shared it. Each story is a case; its page says what to notice, and leads to the next."
        ),
    ),
    "alliance:people": FirstPage(
        "manager",
        _(
            "Everybody here is invented. This is a manager's page: who has a place, who supervises whom, and how many "
            "open cases a therapist has. You see no client's name, no answer and no flag, and the address of a case "
            "opens nothing for you, except in an emergency. What is yours to do:"
        ),
        TO_TRY,
    ),
    "ratings:client-list-upload": FirstPage(
        "manager",
        _("Try it with a list of invented clients. The preview sorts it before anything is written:"),
        example=(
            "files/clients-of-the-demo.csv",
            _("Example list"),
            _("two new clients, one who is here already, and a line with a fault"),
        ),
    ),
}

# The practice of the demo that takes part in a study.
STUDY_PAGES = {
    "ratings:today": FirstPage(
        "therapist",
        _(
            "Everybody here is invented. This practice takes part in a study of the flags: no page shows one, and "
            "therapists rate first. Sedge has answered after the last session. You read it once your own rating of "
            "that session is in. Osier's answers fell: you see them in the chart, and no flag says so."
        ),
        (("ratings:cases", _("The own cases"), _("what a case shows without flags")),),
    ),
    "alliance:people": FirstPage(
        "manager",
        _(
            "Everybody here is invented. This practice takes part in a study of the flags. Their therapist has asked "
            "each client whether their scores may go into it; those of one who did not agree stay out."
        ),
        (
            ("ratings:detection-settings", _("How flags are made"), _("shadow mode is on")),
            ("alliance:practice-settings", _("Settings"), _("therapists rate first")),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A link of the guide: to a story or to something to try."""

    url: str
    name: StrOrLazy
    about: StrOrLazy


@dataclass(frozen=True, slots=True)
class Guide:
    """What the guide says on one page."""

    text: StrOrLazy = ""
    title: StrOrLazy = ""  # of the story
    number: int = 0  # of the story, among those that this person is shown
    stories: tuple[Stop, ...] = ()
    to_try: tuple[Stop, ...] = ()
    next: Stop | None = None
    put_away: bool = False


def notice(request: HttpRequest) -> dict[str, Any]:
    """Template context: the guide, where it says something of the page."""
    guide = guide_to(request)
    return {"notice_template": "ratings/demo/_guide.html", "guide": guide} if guide else {}


def demo_of(request: HttpRequest) -> Practice | None:
    """The practice that `seed_demo` made, if whoever is signed in is a member of it."""
    practices = (membership.practice for membership in getattr(request, "memberships", ()))
    return next((practice for practice in practices if made_by_seed(practice)), None)


def guide_to(request: HttpRequest) -> Guide | None:
    """What the guide says on this page; None for nothing."""
    match, demo = request.resolver_match, demo_of(request)
    if match is None or demo is None or not request.user.is_authenticated:
        return None
    page = match.view_name
    if page == "alliance:help" or request.session.get(PUT_AWAY):
        put_away = page == "alliance:help" and request.session.get(PUT_AWAY)
        return Guide(put_away=True) if put_away else None
    if page == "ratings:case":
        return _on_case(request.user, match.kwargs["code"])
    pages = STUDY_PAGES if demo.code == STUDY_CODE else FIRST_PAGES
    return _on_first_page(request.user, demo, pages[page]) if page in pages else None


def _on_first_page(user: User, demo: Practice, page: FirstPage) -> Guide | None:
    if not scopes.live_memberships(user, page.role).exists():
        return None
    stops = [Stop(reverse(url), name, about) for url, name, about in page.to_try]
    if page.example:
        stops.append(Stop(static(page.example[0]), *page.example[1:]))
    if stops:
        return Guide(page.text, to_try=tuple(stops))
    cases = _story_cases(user)
    if not cases:
        return None
    text, day = page.text, seen_from(demo)
    if day < timezone.localdate():
        sentence = gettext(
            "The demo tells the days up to %(day)s; for days around today, begin anew with an empty database."
        )
        text = f"{text} {sentence % {'day': written(day, DateFormat.DAY_YEAR)}}"
    return Guide(text, stories=_links(cases))


def _on_case(user: User, code: UUID) -> Guide | None:
    cases = _story_cases(user)
    number = next((number for number, case in enumerate(cases, 1) if case.code == code), None)
    if number is None:
        return None
    case = cases[number - 1]
    return Guide(case.text, case.story.title, number, _links(cases), next=next(iter(_links(cases[number:])), None))


@dataclass(frozen=True, slots=True)
class StoryCase:
    """A story whose case the user may see, with the words for this user."""

    story: Story
    code: UUID
    text: StrOrLazy


def _story_cases(user: User) -> list[StoryCase]:
    """The stories that have words for the user, in order."""
    by_hash = {keyed_hash("email", address_of(story.name)): story for story in STORIES}
    case_of = {by_hash[row[0]]: row[1:] for row in CASES.rows(user=user, hashes=by_hash)}
    story_cases = []
    for story in STORIES:
        if story in case_of:
            code, is_own = case_of[story]
            story_cases.append(StoryCase(story, code, story.for_therapist if is_own else story.for_readers))
    return [case for case in story_cases if case.text]


def _cases(user: User, hashes: list[str]) -> QuerySet[Any]:
    is_own = Case(When(pk__among=scopes.own_episodes.keys(user), then=True), default=False)
    cases = Episode.objects.visible_to(user).filter(client__email_hash__in=hashes).annotate(is_own=is_own)
    return cases.order_by("-pk").values_list("client__email_hash", "code", "is_own")


CASES = Prepared(_cases, user=User, hashes=list)


def _links(cases: Sequence[StoryCase]) -> tuple[Stop, ...]:
    return tuple(Stop(reverse("ratings:case", args=[case.code]), case.story.name, case.story.title) for case in cases)
