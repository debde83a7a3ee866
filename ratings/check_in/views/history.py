"""What a client gets back: their own answers, through a link that only reads and lives for half an hour."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alliance import audit
from ratings.check_in.links import live_link, shows_history
from ratings.check_in.views.link import key_in_address, link_gone
from ratings.detection.history import held_sessions
from ratings.findings import phrases, scale, sparklines
from ratings.models import ClientLink
from ratings.psychometrics.evidence import Pillar


@key_in_address
@require_safe
def history(request, token):
    link = live_link(token, ClientLink.LinkKind.HISTORY)
    if link is None or not shows_history(link.client):
        return link_gone(request)
    audit.record(audit.Verb.READ, link, practice=link.episode.client.practice)
    # In the client's own words only: what was imported from elsewhere is a number, and is asked for on paper.
    rated = [
        therapy_session
        for therapy_session in held_sessions(link.episode)
        if therapy_session.client and therapy_session.client.text_id
    ]
    with timezone.override(ZoneInfo(link.episode.zone)):
        context = {
            "practice": link.episode.client.practice,
            "lines": [_line(title, pillar, rated) for pillar, title in _titles().items()],
            "said": [_said(therapy_session, link.episode.client.data_key) for therapy_session in reversed(rated)],
            "until": link.expires_at,
        }
        return render(request, "ratings/check_in/history.html", context)


@dataclass(frozen=True, slots=True)
class Line:
    """One small chart: what it is about, its picture, and the same in words, oldest first."""

    title: str
    picture: str
    words: list[tuple[datetime, str]]


@dataclass(frozen=True, slots=True)
class Said:
    """What the client answered after one session."""

    at: datetime
    answers: list[tuple[str, str]]
    comment: str


def _titles():
    """The three pillars as a client would name them."""
    return {Pillar.GOAL: _("What we work on"), Pillar.TASK: _("How we work"), Pillar.BOND: _("How we are together")}


def _line(title, pillar, rated):
    dots = [(therapy_session.row.starts_at, therapy_session.evidence.client.of(pillar)) for therapy_session in rated]
    return Line(
        title=title,
        picture=sparklines.own_line([value for _at, value in dots]),
        words=[(at, scale.on_scale(value)) for at, value in dots if value is not None],
    )


def _said(therapy_session, key):
    rating = therapy_session.client
    wording, lowest = rating.text.text["client"], rating.instrument.definition["lowest"]
    answers = [
        (sentence, wording["answers"][rating.answers[item] - lowest])
        for item, sentence in wording["items"].items()
        if item in rating.answers
    ]
    if rating.tension is not None:
        answers.append((_("Tension or misunderstanding"), phrases.tension(rating)))
    return Said(therapy_session.row.starts_at, answers, rating.comment.open(key) if rating.comment else "")
