"""A therapist's own figures, worked out again from the files of an export, by code that knows no program."""

from collections import defaultdict
from datetime import timedelta
from random import Random

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import ImportBatch
from ratings.models import CheckIn, InstrumentText, Rating, RepairStep, Rupture
from sessions.models import TherapySession
from tests import courses
from tests.factories import days_ago, make_episode, make_supervision, make_therapy_session
from tests.ratings.cases.views.test_lists import text_of
from tests.ratings.exported_files import cases_of, files_of, instant
from tests.ratings.intervals import wilson

DAY, WINDOW, WEEK = timedelta(days=1), timedelta(days=90), timedelta(days=7)
SESSIONS, RUPTURES = 20, 5  # the fewest of which a share is told


# --- From the files ---------------------------------------------------------------------------------------------------


def part_of(at, now):
    """The last 90 days are 0, the 90 before 1; else None."""
    return next((part for part in (0, 1) if now - (part + 1) * WINDOW <= at < now - part * WINDOW), None)


def recomputed(files, therapist, now):
    """Title of a figure -> hits and number, in the last 90 days and in the 90 before."""
    found = defaultdict(lambda: [[0, 0], [0, 0]])

    def add(title, part, hit):
        found[title][part][0] += bool(hit)
        found[title][part][1] += 1

    (called,) = (row["pseudonym"] for row in files["key.csv"] if (row["kind"], row["name"]) == ("therapist", therapist))
    own = [row for row in files["ratings.csv"] if row["therapist_pid"] == called]
    for case in cases_of(own).values():
        for held in case.sessions.values():
            part = part_of(held.start, now)
            if held.attendance != "attended" or part is None:
                continue
            client, therapist_said = held.said["client"], held.said["therapist"]
            if (held.asked or client) and held.start < now - DAY:
                add("Check-ins answered", part, client)
            add("Own ratings", part, any(row["pillar"] and row["answered"] == "1" for row in therapist_said.values()))
    steps = defaultdict(list)
    for row in files["repairs.csv"]:
        if row["outcome"] in ("done", "partly"):
            steps[row["client_pid"], row["episode_no"], row["rupture_no"]].append(instant(row["said_utc"]))
    for row in files["flags.csv"]:
        opened = instant(row["opened_utc"])
        part = part_of(opened, now)
        if row["therapist_pid"] == called and row["state"] != "set_aside" and part is not None and opened < now - WEEK:
            said = steps[row["client_pid"], row["episode_no"], row["rupture_no"]]
            add("First step within 7 days", part, any(at <= opened + WEEK for at in said))
    return found


OF_WHAT = {
    "Check-ins answered": (SESSIONS, "sessions with a check-in, a day ago or earlier"),
    "Own ratings": (SESSIONS, "sessions"),
    "First step within 7 days": (RUPTURES, "ruptures"),
}


def in_100(share):
    return f"{100 * share:.0f} %"


def row_of(title, parts):
    """A row of the page, in its words."""
    fewest, what = OF_WHAT[title]
    told = []
    for hits, of in parts:
        low, high = map(in_100, wilson(hits, of)) if of >= fewest else ("", "")
        told.append((in_100(hits / of), f"{low} to {high}") if of >= fewest else None)
    (hits, of), (now, before) = parts[0], told
    row = f"{title} not enough yet: {of} of the {fewest} {what} that it takes"
    if now:
        row = f"{title} {now[0]} {now[1]} {hits} of {of} {what}"
    return f"{row} {' '.join(before) if before else 'not enough yet'}"


# --- A therapist as chance makes one ----------------------------------------------------------------------------------


def live(dana, chance):
    """Eight cases of half a year and more, some of which have ended, with all that the figures part."""
    text = InstrumentText.objects.select_related("instrument").get(instrument__key="alliance-6", language="en")
    for number in range(8):
        episode = make_episode(dana, f"Case {number}")
        days = 205 - chance.random()
        while (days := days - chance.uniform(2, 9)) > 0:
            session_of(episode, text, chance, days)
        session_of(episode, text, chance, chance.random())
        if number % 3 == 0:
            episode.ends_at, episode.end_reason = days_ago(chance.uniform(1, 60)), "completed"
            episode.save()


def session_of(episode, text, chance, days):
    at = days_ago(days)
    attendance = chance.choices(["attended", "no_show", "planned"], [8, 1, 1])[0]
    one = make_therapy_session(episode, starts_at=at, attendance=attendance)
    if attendance != "attended":
        return
    if chance.random() < 0.85:
        check_in = CheckIn.objects.create(episode=episode, therapy_session=one, text=text)
        if chance.random() < 0.7:
            rating_of(check_in.therapy_session, text, "client", items=6, check_in=check_in)
    if chance.random() < 0.8:
        items = 0 if chance.random() < 0.3 else 6
        if chance.random() < 0.3:
            rating_of(one, text, "therapist", items=6 - items, replaced_at=timezone.now(), replaced_reason="typo")
        rating_of(one, text, "therapist", items=items, noticed="nothing")
    if chance.random() < 0.5:
        rupture_of(one, chance, at + timedelta(hours=chance.uniform(0, 20)))
    if chance.random() < 0.1:
        one.voided_at, one.voided_by = timezone.now(), episode.therapist
        one.save()


def rating_of(one, text, rater, items, **given):
    named = [item["id"] for item in text.instrument.definition["items"]][:items]
    Rating.objects.create(
        episode=one.episode,
        therapy_session=one,
        rater=rater,
        instrument=text.instrument,
        text=text,
        answers=dict.fromkeys(named, 3),
        items_answered=items,
        overall_pomp=75 if items else None,
        mode="link" if rater == "client" else "member",
        answered_at=one.starts_at,
        **given,
    )


def rupture_of(one, chance, opened):
    state = chance.choices(["repaired", "back_to_usual", "set_aside", "withdrawn"], [5, 3, 2, 2])[0]
    rupture = Rupture.objects.create(
        episode=one.episode,
        opened_session=one,
        opened_by=chance.choice(["client", "therapist", "detector"]),
        opened_at=opened,
        state=state,
        closed_at=opened + 20 * DAY,
    )
    for _step in range(chance.randrange(3)):
        said_at = opened + chance.uniform(0, 15) * DAY
        taken_back = said_at if chance.random() < 0.2 else None
        RepairStep.objects.create(
            episode=one.episode,
            rupture=rupture,
            step="ask",
            outcome=chance.choice(["planned", "done", "partly", "not_yet"]),
            said_by=one.episode.therapist,
            said_at=said_at,
            taken_back_at=taken_back,
        )


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_follows_from_the_files(seed, http, dana, sam, noor, instruments):
    chance = Random(seed)
    live(dana, chance)
    live(noor, chance)
    make_supervision(sam, therapist=noor)
    found = recomputed(files_of(dana.practice), "Dana Whitlock", timezone.now())
    http.force_login(sam.user)
    said = text_of(http, reverse("ratings:meeting", args=[dana.code]))
    for title, parts in found.items():
        assert row_of(title, parts) in said
    assert set(found) == set(OF_WHAT)
    assert all(of for parts in found.values() for _hits, of in parts)


def test_what_an_import_brought_is_left_out(http, dana, sam, juniper, instruments):
    for day in range(2, 27):
        courses.held(juniper, day)
    batch = ImportBatch.objects.create(practice=dana.practice)
    brought = TherapySession.objects.order_by("starts_at").values("pk")[:6]
    TherapySession.objects.filter(pk__in=brought).update(import_batch=batch)
    http.force_login(sam.user)
    assert "Not enough yet: 19 sessions in the last 90 days." in text_of(
        http, reverse("ratings:meeting", args=[dana.code])
    )
