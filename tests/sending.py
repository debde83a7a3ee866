"""A practice with messages that are due, and senders in processes of their own that are killed."""

import json
import random
import time
from collections import defaultdict

SET_UP = """
import sys
from datetime import time, timedelta
from django.core.management import call_command
from django.utils import timezone
from alliance.people.actions import add_member
from alliance.practice.actions import create_practice
from ratings.cases.actions import log_session, open_case
from tests.factories import editor_of
call_command("sync_instruments")
practice = create_practice(name="Millrace Practice", zone="Europe/London", crisis_phone="01632 960 117")
practice.live_at, practice.quiet_from, practice.quiet_to = timezone.now(), time(0), time(0)
practice.save()
ada = add_member(practice=practice, email="ada@millrace.test", name="Ada", roles=["therapist"])
for number in range({count}):
    episode = open_case(
        practice=practice, therapist=ada, name=f"Client {{number}}", by=ada, email=f"client{{number}}@example.org",
        consents=["check_in", "email"],
    )
    start = timezone.now() - timedelta(hours=4)
    log_session(
        editor=editor_of(episode), starts_at=start, ends_at=start + timedelta(minutes=50), zone="Europe/London",
        mode="in_person", attendance="attended",
    )
"""

# As if the time had passed after which a claim holds no more.
TEN_MINUTES_LATER = """
from datetime import timedelta
from django.db.models import F
from ratings.models import Delivery
claimed = Delivery.objects.waiting().filter(claimed_at__isnull=False)
print(claimed.update(claimed_at=F("claimed_at") - timedelta(minutes=11)))
"""

STORED = """
import json
from ratings.models import Delivery
rows = Delivery.objects.filter(kind="first").select_related("episode__client__data_key").order_by("pk")
print(json.dumps({
    "ids": {d.episode.client.email.open(d.episode.client.data_key): d.message_id for d in rows},
    "waiting": rows.waiting().count(),
    "reminders": Delivery.objects.filter(kind="reminder").count(),
}))
"""


def due_messages(project, mail_server, count):
    """The project with so many messages due; it sends to the mail server."""
    project.environment.update(ALLIANCE_SMTP_HOST="127.0.0.1", ALLIANCE_SMTP_PORT=str(mail_server.port))
    project.python(SET_UP.format(count=count))
    return project


def arrived(mail_server):
    """Recipient -> the Message-IDs under which something came, in order."""
    found = defaultdict(list)
    for recipient, message in mail_server.handler.received:
        found[recipient].append(message["Message-ID"])
    return found


def stored(project):
    return json.loads(project.python(STORED))


def kill_senders(project, mail_server, kills, rng):
    """Starts a sender, kills it at a random moment, and again; then lets one finish. Returns how many were claimed."""
    mail_server.handler.pause = 0.05  # so that kills fall before a message is taken, and before the sender is told
    abandoned = 0
    for _kill in range(kills):
        before = len(mail_server.handler.received)
        sender = project.start("send_due")
        mail_server.handler.wait_for(before + rng.randint(1, 3))
        time.sleep(rng.uniform(0, 0.25))
        sender.kill()
        sender.wait(timeout=30)
        abandoned += int(project.python(TEN_MINUTES_LATER))
    mail_server.handler.pause = 0
    project.manage("send_due")
    return abandoned


def killed_and_complete(project, mail_server, kills, seed):
    """Every message arrived, each under one Message-ID however often; figures for a report."""
    abandoned = kill_senders(project, mail_server, kills, random.Random(seed))
    found, kept = arrived(mail_server), stored(project)
    assert {recipient: set(ids) for recipient, ids in found.items()} == {
        recipient: {message_id} for recipient, message_id in kept["ids"].items()
    }
    assert kept["waiting"] == 0
    assert kept["reminders"] == len(kept["ids"])
    twice = sum(len(ids) - 1 for ids in found.values())
    assert twice <= abandoned <= kills
    return {"messages": len(found), "kills": kills, "claims left behind": abandoned, "arrived twice": twice}
