"""A practice for three weeks: what is said and done in it, and who must be able to read it.

Each kind of click is done once in the browser; the rest of the same kind goes through the same routes without one.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import mail
from django.test import Client as Browser
from django.urls import reverse

from alliance.crypto import token_hash
from alliance.models import Episode, Membership
from ratings.models import CheckIn, Rating
from sessions.models import TherapySession
from tests.courses import answers
from tests.ratings.delivery.conftest import run

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 9)  # on the last day of the three weeks the clock goes forward
HANDED_OVER_ON = MONDAY + timedelta(weeks=1, days=2)
DANAS = ["Alder", "Bracken", "Clover", "Dogwood", "Elder", "Fennel", "Gorse", "Hazel", "Iris", "Juniper"]
NOORS = ["Knapweed", "Larch", "Mallow", "Nettle", "Oxlip", "Primrose", "Rowan", "Sorrel"]
LOUS = ["Teasel", "Umbel", "Vetch", "Willow", "Xylem", "Yarrow", "Zinnia"]
SILENT = {"Clover", "Oxlip"}  # never answer
ANSWERS_THE_REMINDER = {"Hazel", "Mallow"}
NEVER_LOGGED = {("Gorse", 0), ("Primrose", 2), ("Umbel", 0)}  # (client, week)
NO_SHOWS = {("Larch", 0), ("Hazel", 1), ("Vetch", 2)}  # and Bracken's, in the browser
# 75 sessions of series, one of Iris's after the therapy is open again, and Fennel's that was filed wrong. Cancelled are
# Clover's and Mallow's ahead, Nettle's and Sorrel's by the leave, and Iris's two by the end of the therapy.
HELD = {"attended": 64, "cancelled": 6, "no_show": 4, "planned": 3}
ANSWERS = 62  # all about what was held or not logged, but the two of Clover's and the three of Oxlip's


@dataclass(frozen=True)
class Said:
    """What a client wrote under a link, and of which session."""

    name: str
    held_on: date
    is_shared: bool  # with the supervisor


@dataclass(frozen=True)
class People:
    """Who works there; Eve supervises nobody, Otis is of another practice."""

    dana: Membership
    noor: Membership
    lou: Membership
    sam: Membership
    vera: Membership
    eve: Membership
    mona: Membership
    otis: Membership

    def readers_of(self, said):
        """Who is to read an answer: the therapist, and the supervisors."""
        if said.name in LOUS:
            return self.lou, {self.vera}
        handed_over = said.name in ("Dogwood", "Elder") and said.held_on >= HANDED_OVER_ON
        return self.noor if said.name in NOORS or handed_over else self.dana, {self.sam}


class House:
    """The practice, its people, and what has been said in it."""

    def __init__(self, clock, url, people):
        self.clock, self.url, self.people = clock, url, people
        self.said, self.read_mails, self.browsers = {}, 0, {}

    def at(self, week, weekday, hour, minute=0):
        day = MONDAY + timedelta(weeks=week, days=weekday)
        self.clock.move_to(datetime.combine(day, time(hour, minute), BERLIN).timestamp())
        self.browsers = {}  # nobody stays signed in from hour to hour
        return day

    def as_(self, member):
        """A browser in which a member is signed in."""
        if member not in self.browsers:
            self.browsers[member] = Browser()
            self.browsers[member].force_login(member.user)
        return self.browsers[member]

    def post(self, member, route, row, /, **typed):
        """Sends a form; it must have been taken."""
        args = [row.code] if row else []
        response = self.as_(member).post(reverse(route, args=args), typed)
        assert response.status_code == 302, (route, typed, response.content.decode()[-4000:])

    def page_for(self, member, route, code):
        """Status and text of a page, asked of the server: quicker than the test client, which keeps each template."""
        cookie = f"{settings.SESSION_COOKIE_NAME}={self.as_(member).cookies[settings.SESSION_COOKIE_NAME].value}"
        request = Request(self.url + reverse(route, args=[code]), headers={"Cookie": cookie})
        try:
            with urlopen(request, timeout=30) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def case(self, name):
        """The open episode of a client, or the last one."""
        named = [row for row in Episode.objects.order_by("-starts_at") if row.client.display_name == name]
        return next((row for row in named if row.ends_at is None), named[0])

    def session(self, name, day):
        return self.case(name).therapy_sessions.get(
            starts_at__range=(
                datetime.combine(day, time(0), BERLIN),
                datetime.combine(day, time(23), BERLIN),
            ),
        )

    def log_the_day(self, day, week):
        """In the evening each therapist logs what was planned for the day; in the second week Dana does for Lou."""
        covers = {self.people.lou: self.people.dana} if week == 1 else {}
        start = datetime.combine(day, time(0), BERLIN)
        rows = TherapySession.objects.filter(
            attendance="planned", starts_at__gte=start, starts_at__lt=start + timedelta(days=1)
        )
        for row in rows.select_related("episode__client__data_key", "episode__therapist__user"):
            name = row.episode.client.display_name
            by = covers.get(row.episode.therapist, row.episode.therapist)
            if (name, week) in NO_SHOWS:
                self.post(by, "ratings:session-no-show", row)
            elif (name, week) not in NEVER_LOGGED:
                self.log(by, row)

    def log(self, by, row):
        local = row.starts_at.astimezone(BERLIN)
        typed = {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", "minutes": "50", "mode": "in_person"}
        self.post(by, "ratings:planned-session-log", row, attendance="attended", **typed, **answers(3))

    def send(self):
        """What is due goes out; the messages that came, as (client, key of the link)."""
        run()
        new, self.read_mails = mail.outbox[self.read_mails :], len(mail.outbox)
        for message in new:
            (address,) = message.to
            if key := re.search(r"/c/([\w-]{43})/", message.body):  # else the counts for a member
                yield address.split("@")[0].title(), key[1]

    def answer_mails(self, by_phone=None):
        """What is due goes out, and is answered by who answers: Juniper `by_phone`, if it is given."""
        for name, key in self.send():
            check_in = CheckIn.objects.get(links__token_hash=token_hash(key))
            reminded = check_in.links.count() > 1
            if name in SILENT or (name in ANSWERS_THE_REMINDER and not reminded):
                continue
            answer = by_phone if by_phone and name == "Juniper" else self.answer
            answer(name, key, check_in)

    def answer(self, name, key, check_in):
        held_on = check_in.therapy_session.starts_at.astimezone(BERLIN).date()
        comment, typed = self.note(name, held_on)
        response = Browser().post(f"/c/{key}/", answers(2 + len(comment) % 3) | typed)
        assert response.status_code == 303, (name, held_on, response.content.decode()[-3000:])

    def note(self, name, held_on):
        """Keeps what a client is about to say; every second one says it to the supervisor as well."""
        comment = f"{name} of {held_on:%d %B}."
        assert comment not in self.said, "asked twice about one session"
        self.said[comment] = Said(name, held_on, is_shared=len(self.said) % 2 == 0)
        return comment, {"comment": comment} | ({"share_comment": "on"} if self.said[comment].is_shared else {})

    def faults(self):
        """What is wrong with who reads what, a line each. Asked of the database's scope, and of the pages."""
        found, everybody = [], list(vars(self.people).values())
        ratings = Rating.objects.filter(rater="client", replaced_at__isnull=True)
        by_comment = {row.comment.open(row.episode.client.data_key): row for row in ratings}
        if set(by_comment) != set(self.said):
            found.append(f"said and not kept, or the other way round: {set(by_comment) ^ set(self.said)}")
        scopes = {who: set(Rating.objects.visible_to(who.user).values_list("pk", flat=True)) for who in everybody}
        for comment, row in by_comment.items():
            said = self.said[comment]
            therapist, supervisors = self.people.readers_of(said)
            readers = {who for who in everybody if row.pk in scopes[who]}
            if readers != {therapist, *supervisors}:
                found.append(f"{comment} is visible to {[str(who.display_name) for who in readers]}")
            for who in readers:
                found += self._faults_on_page(row, comment, who, is_shown=who == therapist or said.is_shared)
        one_each = {row.episode_id: (row, comment) for comment, row in by_comment.items()}
        for row, comment in one_each.values():
            for who in everybody:
                if row.pk not in scopes[who]:
                    found += self._faults_on_page(row, comment, who, is_shown=False, status=404)
        return found

    def _faults_on_page(self, row, comment, who, *, is_shown, status=200):
        answered, page = self.page_for(who, "ratings:session-page", row.therapy_session.code)
        if answered != status:
            yield f"{comment} answers {answered} to {who.display_name}"
        if (comment in page) != is_shown:
            yield f"{comment} is {'not ' if is_shown else ''}shown to {who.display_name}"


class Hand:
    """What is clicked in the browser, each kind once."""

    def __init__(self, house, page, phone, sign_in):
        self.house, self.page, self.phone, self.sign_in = house, page, phone, sign_in

    def open(self, member, name, *args, query=""):
        self.sign_in(member)
        self.page.goto(self.house.url + reverse(name, args=args) + query)

    def press(self, name, role="button", then=None):
        self.page.get_by_role(role, name=name).first.click()
        if then:
            self.page.get_by_text(then).first.wait_for()

    def press_all_the_same(self, name, then):
        """Where the colleague has other sessions then, it is asked once."""
        self.press(name)
        box = self.page.get_by_label("Save it all the same")
        box.or_(self.page.get_by_text(then)).first.wait_for()
        if box.count():
            box.check()
            self.press(name)
        self.page.get_by_text(then).first.wait_for()

    def opens_and_plans(self, name, day, clock):
        self.open(self.house.people.dana, "ratings:cases")
        self.press("New client", role="link")
        self.page.get_by_label("Name or pseudonym").fill(name)
        self.page.locator("[name=email]").fill(f"{name.lower()}@example.org")
        self.page.get_by_label("The client agreed to receive e-mail").check()
        self.page.get_by_label("The client agreed to answer check-ins").check()
        self.press("Open the case")
        self.page.get_by_role("heading", name=name).wait_for()
        self.open(self.house.people.dana, "ratings:week", query=f"?day={day}")
        plan = self.page.locator("#plan")
        plan.get_by_label("Client").select_option(label=name)
        plan.get_by_label("Day").fill(day.isoformat())
        plan.get_by_label("Start").fill(clock)
        plan.get_by_label("Repeat").select_option(label="Every week")
        plan.get_by_label("How many times").fill("3")
        plan.get_by_role("button").click()
        self.page.get_by_text(f"{name}: 3 sessions planned").wait_for()

    def logs(self, name):
        self.open(self.house.people.dana, "ratings:today")
        self.press(f"Log {name}", role="link")
        for question in self.page.locator("[data-digits]").all():
            question.locator("label").nth(3).click()
        self.press("Save")
        self.page.wait_for_url("**/today/")

    def answers(self, name, key, check_in):
        """The client opens the link of the mail on a phone."""
        comment, typed = self.house.note(name, check_in.therapy_session.starts_at.astimezone(BERLIN).date())
        self.phone.goto(f"{self.house.url}/c/{key}/")
        for question in self.phone.locator("fieldset", has_text=" of 6").all():
            question.get_by_role("radio").nth(3).check()
        self.phone.get_by_label("Anything you want to say?").fill(comment)
        if "share_comment" in typed:
            self.phone.get_by_label("My therapist's supervisor may read this too.").check()
        self.phone.get_by_role("button", name="Send").click()
        self.phone.get_by_role("heading", name="Thank you").wait_for()

    def says_no_show(self, name):
        self.open(self.house.people.dana, "ratings:today")
        self.press(re.compile(f"No-show.*{name}"), then=f"{name}, no-show.")

    def cancels(self, name, day):
        self.open(self.house.people.dana, "ratings:week", query=f"?day={day}")
        self.press(name, role="link")
        self.page.locator("#change").get_by_label("Cancelled by").select_option(label="The client, ahead")
        self.page.locator("#change").get_by_role("button", name="Cancel it").click()
        self.page.get_by_text(f"cancelled by {name}").first.wait_for()

    def corrects(self, name, day):
        self.open(self.house.people.dana, "ratings:session-page", self.house.session(name, day).code)
        self.press("Correct this session", role="link")
        self.page.get_by_label("video").check()
        self.press("Save the correction", then="Saved. What stood before is kept.")

    def has_covered(self, name, first, last):
        self.open(self.house.people.lou, "ratings:case", self.house.case(name).code)
        self.press("Have it covered", role="link")
        self.page.get_by_label("Colleague").select_option("Dana Whitlock")
        self.page.get_by_label("First day").fill(first.isoformat())
        self.page.get_by_label("Last day").fill(last.isoformat())
        self.page.get_by_label("All my open cases in this practice").check()
        self.press_all_the_same("Arrange the cover", then="The cover is arranged.")

    def takes_leave(self, first, last):
        self.open(self.house.people.noor, "ratings:week", query=f"?day={first}")
        leave = self.page.locator("#leave")
        leave.get_by_label("From").fill(first.isoformat())
        leave.get_by_label("To", exact=True).fill(last.isoformat())
        leave.get_by_label("The sessions that fall into it").select_option(label="Cancel them")
        leave.get_by_role("button").click()
        self.page.get_by_text("Your leave is saved.").wait_for()

    def ends(self, name):
        self.open(self.house.people.dana, "ratings:case", self.house.case(name).code)
        self.press("End this therapy", role="link")
        self.page.get_by_role("radio").first.check()
        self.press("End it now")
        self.page.get_by_role("heading", name=name).wait_for()

    def hands_over(self, name, colleague):
        self.open(self.house.people.dana, "ratings:case", self.house.case(name).code)
        self.press("Hand over", role="link")
        self.page.get_by_label("Colleague").select_option(colleague)
        self.press_all_the_same("Hand over now", then="Handed over.")

    def reopens(self, name):
        self.open(self.house.people.dana, "ratings:case", self.house.case(name).code)
        self.press("Open this therapy again", then="The therapy is open again.")

    def reads_at_the_end(self):
        """Dana reads what Juniper wrote on the phone."""
        row = self.house.session("Juniper", MONDAY + timedelta(days=4))
        self.open(self.house.people.dana, "ratings:session-page", row.code)
        assert "Juniper of 13 March." in self.page.inner_text("main")
