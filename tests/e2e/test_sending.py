"""Sending by real processes to a real mail server: killed, two at once, ended politely."""

import signal
import subprocess
import time
from collections import Counter

from tests.sending import arrived, due_messages, killed_and_complete, stored


def test_killed_three_times_everything_arrives_and_a_second_copy_has_the_same_message_id(project, mail_server):
    due_messages(project, mail_server, count=16)
    killed_and_complete(project, mail_server, kills=3, seed=4)


def test_two_senders_at_once_send_everything_once(project, mail_server):
    due_messages(project, mail_server, count=40)
    mail_server.handler.pause = 0.01  # long enough that neither has done it all before the other began
    senders = [project.start("send_due", stdout=subprocess.PIPE, text=True) for _sender in range(2)]
    said = [sender.communicate(timeout=120)[0] for sender in senders]
    assert [sender.returncode for sender in senders] == [0, 0]
    numbers = [int(line.split()[0]) for line in said if line]
    assert sum(numbers) == 40
    assert Counter(len(ids) for ids in arrived(mail_server).values()) == {1: 40}
    assert stored(project)["waiting"] == 0
    assert project.manage("send_due") == ""


CLAIM_ALL = """
import random, time
from ratings.delivery.send import claim
from ratings.models import Delivery
keys = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
print("ready", flush=True)
start = float(input())
won = 0
for place, key in enumerate(keys):  # all at the same message within two milliseconds, now one first, now another
    time.sleep(max(0, start + 0.03 * place + random.uniform(0, 0.002) - time.time()))
    won += claim(key)
print(won)
"""


def test_a_race_for_every_message_has_one_winner_each(project, mail_server):
    """Four that claim the same messages in the same order, at the same moment, and do nothing else."""
    due_messages(project, mail_server, count=60)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    racers = [project.start("shell", "--no-imports", "--command", CLAIM_ALL, **pipes) for _racer in range(4)]
    assert {racer.stdout.readline() for racer in racers} == {"ready\n"}
    start = time.time() + 0.2
    for racer in racers:
        racer.stdin.write(f"{start}\n")
        racer.stdin.flush()
    won = [int(racer.communicate(timeout=120)[0]) for racer in racers]
    assert sum(won) == 60
    assert sum(number > 0 for number in won) > 1, "there was no race"


def test_a_sender_that_goes_round_is_ended_politely(project, mail_server):
    """It finishes the message in hand, and leaves no claim behind."""
    due_messages(project, mail_server, count=12)
    mail_server.handler.pause = 0.2
    sender = project.start("send_due", "--loop", "60")
    mail_server.handler.wait_for(3)
    sender.send_signal(signal.SIGTERM)
    assert sender.wait(timeout=30) == 0
    sent = len(mail_server.handler.received)
    assert 3 <= sent < 12
    assert stored(project)["waiting"] == 12 - sent
    mail_server.handler.pause = 0
    assert project.manage("send_due") == f"{12 - sent} sent.\n"
    assert Counter(len(ids) for ids in arrived(mail_server).values()) == {1: 12}
