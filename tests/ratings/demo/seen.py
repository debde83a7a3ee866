"""The demo as its people see it."""

import re
from dataclasses import dataclass
from html import unescape

from django.test import Client as Browser
from django.urls import reverse

from alliance.models import Client, Episode, User
from ratings.cases.case import case_history
from ratings.cases.pillars import pillar_views
from ratings.findings.scale import on_scale
from ratings.models import Rupture

GUIDE = re.compile(r'<aside class="guide".*?</aside>', re.DOTALL)


def signed_in(name):
    browser = Browser()
    browser.force_login(User.objects.get(email=f"{name}@demo.test"))
    return browser


def text_of(html):
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def page_of(browser, path):
    """What the guide says there, and what the page itself says."""
    html = browser.get(path).content.decode()
    said = GUIDE.findall(html)
    assert len(said) <= 1
    return text_of("".join(said)), text_of(GUIDE.sub("", html))


@dataclass
class Case:
    """A story as it is stored, and as its reader sees it."""

    episode: Episode
    reader: Browser

    def __post_init__(self):
        self.history = case_history(self.episode)
        name = self.episode.client.display_name
        self.pillars = {view.key: view for view in pillar_views(self.history, self.episode.standing, name)}
        self.numbered = {session.number: session for session in self.history.sessions if session.number}
        self.said, self.page = page_of(self.reader, reverse("ratings:case", args=[self.episode.code]))
        self.ruptures = list(Rupture.objects.filter(episode=self.episode))

    def below(self):
        return {key: [row.number for row in view.rows if row.below] for key, view in self.pillars.items()}

    def marks(self, rater, pillar, *numbers):
        return [getattr(self.pillars[pillar].rows[number - 1], rater) for number in numbers]

    def in_words(self, rater, pillar, *numbers):
        return {on_scale(mark) for mark in self.marks(rater, pillar, *numbers)}

    def comment(self, number):
        sealed = self.numbered[number].client.comment
        return sealed.open(self.episode.client.data_key) if sealed else ""

    def span(self):
        """The one rupture: its state, and the numbers of the sessions at which it was opened and closed."""
        (rupture,) = self.ruptures
        number_of = {session.row.pk: session.number for session in self.history.sessions}
        return rupture.state, number_of[rupture.opened_session_id], number_of.get(rupture.closed_session_id)

    def flag(self):
        (rupture,) = self.ruptures
        return page_of(self.reader, reverse("ratings:rupture", args=[rupture.code]))[1]

    def for_therapist_only(self):
        comments = [s.client for s in self.numbered.values() if s.client and s.client.comment]
        return {rating.comment_for for rating in comments} == {"therapist"} and "after session" not in self.page


def case_of(name, reader):
    clients = Client.objects.select_related("data_key")
    client = next(client for client in clients if client.display_name == name)
    episodes = Episode.objects.filter(client=client).select_related("standing__rupture")
    return Case(episodes.latest("starts_at"), signed_in(reader))
